import { Title } from "@mantine/core";
import { IconCheck, IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";
import { Words } from "@/parts/Words";
import classes from "./people.module.css";
import { Value } from "./Value";

type Person = components["schemas"]["PersonDetail"];

/** What is known of a person, each with where it came from and when. */
export function Facts({ person }: { person: Person }) {
  return (
    <div className={classes.facts}>
      <Journeys places={person.journeys} />
      <Segments places={person.segments} />
      <Consents consents={person.consents} />
      <Traits traits={person.traits} />
      <Identities person={person} />
      {person.groups.length > 0 && <Groups groups={person.groups} />}
    </div>
  );
}

function Card({ title, empty, children }: { title: string; empty?: string; children: ReactNode }) {
  return (
    <section className="card">
      <Title order={2} mb="sm">
        {title}
      </Title>
      {empty ? <span className={classes.dimmed}>{empty}</span> : children}
    </section>
  );
}

function Journeys({ places }: { places: Person["journeys"] }) {
  const { t } = useTranslation("people");
  const f = useFormats();
  return (
    <Card title={t("facts.journeys")} empty={places.length ? undefined : t("facts.noJourneys")}>
      <ul className={classes.list}>
        {places.map((place) => (
          <li key={`${place.journey} ${place.entered_at}`}>
            <Link to="/journeys/$name" params={{ name: place.journey }} className="quiet">
              <Name>{place.journey}</Name>
            </Link>
            <p className={`prose ${classes.sentence}`}>
              <Words>{place.sentence}</Words>
            </p>
            <span className={classes.from}>
              {t("facts.entered", { when: f.dateTime(place.entered_at) })}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Segments({ places }: { places: Person["segments"] }) {
  const { t } = useTranslation("people");
  const f = useFormats();
  return (
    <Card title={t("facts.segments")} empty={places.length ? undefined : t("facts.noSegments")}>
      <ul className={classes.list}>
        {places.map((place) => (
          <li key={place.segment} className={classes.split}>
            <Link
              to="/segments"
              search={{ name: place.segment }}
              className={`quiet ${classes.clamp}`}
            >
              <Name>{place.segment}</Name>
            </Link>
            <span className={classes.from}>{t("facts.since", { when: f.date(place.since) })}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Consents({ consents }: { consents: Person["consents"] }) {
  const { t } = useTranslation("people");
  const f = useFormats();
  return (
    <Card title={t("facts.consents")} empty={consents.length ? undefined : t("facts.noConsents")}>
      <ul className={classes.list}>
        {consents.map((one) => (
          <li key={`${one.channel} ${one.topic}`}>
            <div className={classes.split}>
              <span>
                {t(`common:channel.${one.channel}`, { defaultValue: one.channel })}
                {" · "}
                {one.topic === "*" ? t("facts.anyTopic") : <Name>{one.topic}</Name>}
              </span>
              <span className={classes.granted} data-granted={one.granted}>
                {one.granted ? (
                  <IconCheck size={14} aria-hidden />
                ) : (
                  <IconX size={14} aria-hidden />
                )}
                {t(one.granted ? "facts.granted" : "facts.refused")}
              </span>
            </div>
            <span className={classes.from}>
              {f.dateTime(one.at)} · <Name>{one.source}</Name>
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Traits({ traits }: { traits: Person["traits"] }) {
  const { t } = useTranslation("people");
  const f = useFormats();
  const entries = Object.entries(traits);
  return (
    <Card title={t("facts.traits")} empty={entries.length ? undefined : t("facts.noTraits")}>
      <dl className={classes.list}>
        {entries.map(([key, trait]) => (
          <div key={key}>
            <dt>
              <Name>{key}</Name>
            </dt>
            <dd>
              <Value of={trait.value} />
              <span className={classes.from} title={f.exact(trait.at)}>
                <Words>{trait.source_words}</Words> · {f.dateTime(trait.at)}
              </span>
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

function Identities({ person }: { person: Person }) {
  const { t } = useTranslation("people");
  return (
    <Card title={t("facts.identities")}>
      <dl className={classes.list}>
        {person.identifiers.map((one) => (
          <div key={`${one.kind} ${one.value}`}>
            <dt>{t(`identity.${one.kind}`, { defaultValue: one.kind })}</dt>
            <dd>
              <Name>{one.value}</Name>
            </dd>
          </div>
        ))}
        <div>
          <dt>{t("identity.profile")}</dt>
          <dd>
            <Name>{person.id}</Name>
          </dd>
        </div>
      </dl>
    </Card>
  );
}

function Groups({ groups }: { groups: string[] }) {
  const { t } = useTranslation("people");
  return (
    <Card title={t("facts.groups")}>
      <ul className={classes.list}>
        {groups.map((group) => (
          <li key={group}>
            <Link to="/accounts/$group" params={{ group }} className={`quiet ${classes.clamp}`}>
              <Name>{group}</Name>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}
