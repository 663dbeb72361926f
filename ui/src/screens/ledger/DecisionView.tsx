import { Title, UnstyledButton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";
import { plain } from "@/parts/text";
import { OutcomeWord, Why } from "@/parts/Why";
import { Words } from "@/parts/Words";
import { Checks } from "./Checks";
import type { Row } from "./columns";
import classes from "./ledger.module.css";
import { Policy } from "./Policy";

type Decision = components["schemas"]["Decision"];

/** What was decided, which rules were asked, what held then, and what came of it. */
export function DecisionView({
  decision,
  onOpen,
}: {
  decision: Decision;
  onOpen: (id: string) => void;
}) {
  const { t } = useTranslation("ledger");
  const { row, rival, others, next_attempt: next } = decision;
  return (
    <div className={classes.decision}>
      <Why
        outcome={row.outcome}
        sentence={decision.sentence}
        size="large"
        failed={decision.delivery?.state === "failed"}
      />
      <Part title={t("decision.checks")}>
        <Checks checks={decision.checks} outcome={row.outcome} person={decision.person.name} />
      </Part>
      {rival && (
        <Part title={t("decision.rival")}>
          <Related rows={[rival]} onOpen={onOpen} />
        </Part>
      )}
      {next && (
        <Part title={t("decision.next")}>
          <Related rows={[next]} onOpen={onOpen} />
        </Part>
      )}
      {row.outcome === "sent" && (
        <Part title={t("decision.outcome")}>
          <Outcome decision={decision} />
        </Part>
      )}
      <Part title={t("decision.message")}>
        <Message decision={decision} />
      </Part>
      {others.length > 0 && (
        <Part title={t("decision.others")}>
          <Related rows={others} onOpen={onOpen} />
        </Part>
      )}
      <Part title={t("decision.policy")}>
        <Policy policy={decision.policy} />
      </Part>
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <Title order={3} className={classes.partTitle}>
        {title}
      </Title>
      {children}
    </section>
  );
}

/** Other rows of the ledger; each opens in this one's place. */
function Related({ rows, onOpen }: { rows: Row[]; onOpen: (id: string) => void }) {
  const f = useFormats();
  return (
    <ul className={classes.related}>
      {rows.map((row) => (
        <li key={row.id}>
          <UnstyledButton className={classes.relatedRow} onClick={() => onOpen(row.id)}>
            <OutcomeWord outcome={row.outcome} rule={row.rule} />
            <span className={classes.two}>
              <span>
                <Name>{row.template}</Name>
              </span>
              <span className={classes.dimmed}>
                <Name>{row.journey}</Name>
              </span>
            </span>
            <time className={classes.dimmed} dateTime={row.at}>
              {f.dateTime(row.at)}
            </time>
          </UnstyledButton>
        </li>
      ))}
    </ul>
  );
}

function Outcome({ decision }: { decision: Decision }) {
  const { t } = useTranslation("ledger");
  const f = useFormats();
  const { delivery, opened_at: opened, clicked_at: clicked } = decision;
  return (
    <dl className={classes.pairs}>
      <dt>{t("decision.delivery")}</dt>
      <dd>
        {delivery
          ? t(`people:delivery.${delivery.state}`, { defaultValue: delivery.state })
          : t("decision.noDelivery")}
        {delivery?.sent_at && <> · {f.dateTime(delivery.sent_at)}</>}
        {delivery && delivery.attempts > 1 && (
          <>
            {" "}
            · {t("decision.attempts", { count: delivery.attempts, n: f.number(delivery.attempts) })}
          </>
        )}
        {delivery?.error && (
          <span className={classes.bad}>
            <Name>{delivery.error}</Name>
          </span>
        )}
      </dd>
      {delivery?.address && (
        <>
          <dt>{t("decision.address")}</dt>
          <dd>
            <Name>{delivery.address}</Name>
          </dd>
        </>
      )}
      <dt>{t("decision.opened")}</dt>
      <dd>{opened ? f.dateTime(opened) : t("decision.notYet")}</dd>
      <dt>{t("decision.clicked")}</dt>
      <dd>{clicked ? f.dateTime(clicked) : t("decision.notYet")}</dd>
    </dl>
  );
}

function Message({ decision }: { decision: Decision }) {
  const { t } = useTranslation("ledger");
  const f = useFormats();
  const { row, person } = decision;
  return (
    <dl className={classes.pairs}>
      <dt>{t("column.at")}</dt>
      <dd>
        <time dateTime={row.at}>{f.exact(row.at)}</time>
      </dd>
      <dt>{t("column.person")}</dt>
      <dd>
        <Link to="/people/$who" params={{ who: person.id }} className="quiet">
          <Name>{person.name}</Name>
        </Link>
      </dd>
      <dt>{t("column.journey")}</dt>
      <dd>
        <Link
          to="/journeys/$name"
          params={{ name: row.journey }}
          search={{ version: String(row.version), step: row.step }}
          className="quiet"
        >
          <Name>{row.journey}</Name>
        </Link>{" "}
        <span className={classes.dimmed}>
          {t("decision.step", { n: f.number(row.version) })} <Words>{row.step_label}</Words>{" "}
          <bdi>({plain(row.step)})</bdi>
        </span>
      </dd>
      <dt>{t("column.template")}</dt>
      <dd>
        <Name>{row.template}</Name>
      </dd>
      <dt>{t("column.channel")}</dt>
      <dd>{t(`common:channel.${row.channel}`, { defaultValue: row.channel })}</dd>
      <dt>{t("filter.class")}</dt>
      <dd>
        {t(`common:class.${row.class}`, { defaultValue: row.class })}
        {row.topic && (
          <>
            {" · "}
            <Name>{row.topic}</Name>
          </>
        )}
      </dd>
      <dt>{t("decision.rank")}</dt>
      <dd>
        {t("decision.priority", { n: f.number(row.priority) })}
        {row.value !== 0 && <> · {t("decision.value", { n: f.decimal(row.value) })}</>}
        {row.attempt > 0 && <> · {t("decision.attempt", { n: f.number(row.attempt + 1) })}</>}
      </dd>
      {row.until && (
        <>
          <dt>{t("column.until")}</dt>
          <dd>{f.exact(row.until)}</dd>
        </>
      )}
    </dl>
  );
}
