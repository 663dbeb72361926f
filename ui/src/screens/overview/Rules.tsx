import { Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";
import { OutcomeMark } from "@/score/OutcomeMark";
import { CardHead } from "./CardHead";
import { span } from "./days";
import type { OverviewData } from "./Overview";
import classes from "./overview.module.css";

/** What was held back, by the rule that held it. */
export function Rules({ data }: { data: OverviewData }) {
  const { t } = useTranslation("overview");
  const f = useFormats();
  const first = data.days[0]?.date ?? data.today.date;
  const period = span(first, data.today.date, data.timezone);
  const most = Math.max(1, ...data.rules.map((one) => one.withheld + one.deferred));
  return (
    <section className="card" aria-labelledby="rules">
      <CardHead
        id="rules"
        title={t("rules.title")}
        hint={t("rules.hint", { n: data.days.length })}
      />
      {data.rules.length === 0 && <Text c="dimmed">{t("rules.none")}</Text>}
      <ul className={classes.bars}>
        {data.rules.map((one) => (
          <li key={one.rule}>
            <Link to="/ledger" search={{ rule: [one.rule], ...period }} className={classes.barRow}>
              <span className={classes.barName}>
                {t(`common:rule.${one.rule}`, { defaultValue: one.rule })}
              </span>
              <span className={classes.barNumbers}>
                {one.withheld > 0 && (
                  <span title={t("common:outcome.withheld")}>
                    <OutcomeMark outcome="withheld" size={13} labelled /> {f.number(one.withheld)}
                  </span>
                )}
                {one.deferred > 0 && (
                  <span title={t("common:outcome.deferred")}>
                    <OutcomeMark outcome="deferred" size={13} labelled /> {f.number(one.deferred)}
                  </span>
                )}
              </span>
              <span className={classes.track} aria-hidden>
                <span
                  className={classes.withheld}
                  style={{ width: `${(100 * one.withheld) / most}%` }}
                />
                <span
                  className={classes.deferred}
                  style={{ width: `${(100 * one.deferred) / most}%` }}
                />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
