import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";
import type { OverviewData } from "./Overview";
import classes from "./overview.module.css";

/** The morning in a sentence or two: what happened today, what was held back and why, what comes. */
export function Sentence({ data }: { data: OverviewData }) {
  const { t } = useTranslation("overview");
  const f = useFormats();
  const { today } = data;
  const rules = today.rules.filter((one) => one.withheld > 0);
  const rule = rules[0];
  const said: string[] = [];

  if (today.sent === 0) said.push(t("said.nothing"));
  else {
    const messages = t("said.messages", { count: today.sent, n: f.number(today.sent) });
    said.push(
      today.reached === null
        ? t("said.sent", { messages })
        : t("said.reached", {
            messages,
            people: t("said.people", { count: today.reached, n: f.number(today.reached) }),
          }),
    );
  }
  if (today.withheld > 0) {
    const withheld = t("said.withheld", { count: today.withheld, n: f.number(today.withheld) });
    if (!rule) said.push(t("said.just", { withheld }));
    else if (rules.length === 1)
      said.push(
        t("said.all", { withheld, rule: t(`because.${rule.rule}`, { defaultValue: rule.rule }) }),
      );
    else
      said.push(
        t("said.most", { withheld, rule: t(`because.${rule.rule}`, { defaultValue: rule.rule }) }),
      );
  }
  const coming = data.upcoming.reduce((sum, day) => sum + day.may_send + day.deferred, 0);
  if (coming > 0) said.push(t("said.coming", { count: coming, n: f.number(coming) }));

  return <p className={`prose ${classes.sentence}`}>{said.join(" ")}</p>;
}
