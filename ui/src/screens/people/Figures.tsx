import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";
import classes from "./people.module.css";

type Person = components["schemas"]["PersonDetail"];

/** What o'clock it is where somebody lives; null where the zone is none that is known. */
function clockIn(zone: string | null, locale: string): string | null {
  if (!zone) return null;
  try {
    const tag = locale === "ur" ? "ur-PK-u-nu-latn" : "en-GB";
    return new Intl.DateTimeFormat(tag, {
      timeZone: zone,
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    }).format(new Date());
  } catch {
    return null;
  }
}

export function Figures({ person }: { person: Person }) {
  const { t } = useTranslation("people");
  const f = useFormats();
  const { contacts, answered, conversions } = person;
  const clock = clockIn(person.timezone, f.locale);
  const moment = (at: string | null) =>
    at ? (
      <>
        {f.date(at)} <small>{f.ago(at)}</small>
      </>
    ) : (
      t("never")
    );
  return (
    <dl className={classes.figures}>
      <Figure label={t("figure.email")}>
        <span className={classes.clamp}>
          <Name>{person.email}</Name>
        </span>
      </Figure>
      <Figure label={t("figure.localTime")}>
        {clock ?? t("figure.noZone")}
        {person.timezone && (
          <small>
            <Name>{person.timezone}</Name>
          </small>
        )}
      </Figure>
      <Figure label={t("figure.firstSeen")}>{moment(person.first_seen)}</Figure>
      <Figure label={t("figure.lastSeen")}>{moment(person.last_seen)}</Figure>
      <Figure label={t("figure.contacts")}>
        {f.number(contacts.d7)} · {f.number(contacts.d30)}
        <small>{t("figure.contactsTotal", { n: f.number(contacts.total) })}</small>
      </Figure>
      <Figure label={t("figure.answered")}>
        {t("figure.opened", { n: f.number(answered.opened) })}
        <small>{t("figure.clicked", { n: f.number(answered.clicked) })}</small>
      </Figure>
      <Figure label={t("figure.conversions")}>
        {f.number(conversions.count)}
        <small>
          <Name>{conversions.event}</Name>
        </small>
      </Figure>
      <Figure label={t("figure.revenue")}>{f.decimal(conversions.revenue)}</Figure>
    </dl>
  );
}

function Figure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={classes.figure}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
