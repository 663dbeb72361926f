import { Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { useFormats } from "@/parts/format";
import { Breakdowns } from "./Breakdowns";
import classes from "./backtest.module.css";
import { DaysChart } from "./DaysChart";
import { daysBetween, periodOf, type RunSummary, total } from "./order";
import { PeopleChanges } from "./PeopleChanges";
import { Sides } from "./Sides";

export function Result({ result }: { result: components["schemas"]["SimulationResult"] }) {
  const { t } = useTranslation("backtest");
  const { as_declared: declared, changed, difference } = result;
  if (!changed) return <Alone summary={declared} />;
  return (
    <Stack gap="lg">
      <ChangedSentence declared={declared} changed={changed} difference={difference ?? null} />
      <Sides
        sides={[
          { name: t("declared"), summary: declared },
          { name: t("changed"), summary: changed },
        ]}
      />
      {difference && <PeopleChanges difference={difference} />}
    </Stack>
  );
}

function Alone({ summary }: { summary: RunSummary }) {
  const { t } = useTranslation("backtest");
  return (
    <Stack gap="lg">
      <Sentence summary={summary} />
      <section className="card">
        <DaysChart sides={[{ name: t("declared"), summary }]} />
      </section>
      <Breakdowns sides={[{ name: t("declared"), summary }]} />
    </Stack>
  );
}

/** What came out, in one sentence; the figures behind it stand below. */
export function Sentence({ summary }: { summary: RunSummary }) {
  const { t } = useTranslation("backtest");
  const f = useFormats();
  const { first, last } = periodOf(summary);
  const days = daysBetween(first, last);
  const withheld = total(summary.withheld);
  return (
    <section className="card">
      <p className={classes.lead}>
        {t("sentence.days", { count: days, n: f.number(days) })}{" "}
        {t("sentence.sent", { count: summary.messages, n: f.number(summary.messages) })}{" "}
        {t("sentence.people", {
          count: summary.people_reached,
          n: f.number(summary.people_reached),
        })}{" "}
        {t("sentence.withheld", { count: withheld, n: f.number(withheld) })}
      </p>
      <Text size="sm" c="dimmed" mt="sm">
        {t("sentence.rest", {
          events: f.number(summary.events),
          entered: f.number(summary.entered),
          inside: f.number(summary.still_inside),
          deferred: f.number(summary.deferred),
        })}
      </Text>
    </section>
  );
}

function ChangedSentence(props: {
  declared: RunSummary;
  changed: RunSummary;
  difference: components["schemas"]["SimulationDifference"] | null;
}) {
  const { declared, changed, difference } = props;
  const { t } = useTranslation("backtest");
  const f = useFormats();
  const more = changed.messages - declared.messages;
  const n = Math.abs(more);
  return (
    <section className="card">
      <p className={classes.lead}>
        {more === 0
          ? t("sentence.same", { n: f.number(declared.messages) })
          : t(more > 0 ? "sentence.more" : "sentence.fewer", {
              count: n,
              n: f.number(n),
              all: f.number(changed.messages),
              before: f.number(declared.messages),
            })}{" "}
        {difference &&
          t("sentence.moved", {
            gained: f.number(difference.people_gained),
            lost: f.number(difference.people_lost),
          })}
      </p>
    </section>
  );
}
