import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { useFormats } from "@/parts/format";
import classes from "./ledger.module.css";

type InForce = components["schemas"]["PolicyInForce"];

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** '7d' in seconds; null where it is written otherwise. */
function seconds(window: string): number | null {
  const found = /^(\d+)([smhd])$/.exec(window);
  return found ? Number(found[1]) * (UNITS[found[2]!] ?? 1) : null;
}

/** What held at the time of the decision, which may not be what holds today. */
export function Policy({ policy }: { policy: InForce }) {
  const { t } = useTranslation("ledger");
  const f = useFormats();
  const caps = Object.entries(policy.caps);
  const hours = policy.quiet_hours;
  return (
    <dl className={classes.pairs}>
      <dt>{t("policy.caps")}</dt>
      <dd>
        {caps.length === 0 && t("policy.noCaps")}
        {caps.map(([name, cap]) => {
          const span = seconds(cap.window);
          return (
            <span key={name} className={classes.line}>
              {t("policy.cap", {
                class: t(`common:class.${name}`, { defaultValue: name }),
                n: f.number(cap.max),
                window: span === null ? cap.window : f.lasting(span),
              })}
            </span>
          );
        })}
      </dd>
      <dt>{t("policy.quiet")}</dt>
      <dd>
        {hours ? t("policy.hours", { from: hours.start, to: hours.end }) : t("policy.noHours")}
      </dd>
      <dt>{t("policy.holdout")}</dt>
      <dd>{policy.holdout > 0 ? f.percent(policy.holdout) : t("common:none")}</dd>
      <dt>{t("policy.version")}</dt>
      <dd>
        {policy.version === null ? t("policy.builtIn") : f.number(policy.version)}
        {policy.since && <> · {t("policy.since", { when: f.dateTime(policy.since) })}</>}
      </dd>
    </dl>
  );
}
