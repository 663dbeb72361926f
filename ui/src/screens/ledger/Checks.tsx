import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { Name } from "@/parts/Name";
import classes from "./ledger.module.css";

type Check = components["schemas"]["Check"];

interface Props {
  checks: Check[];
  outcome: string;
  /** Of whom the words speak: they begin where the name ends. */
  person: string;
}

/** The rules in the order in which they are asked, down to the one that ended it. */
export function Checks({ checks, outcome, person }: Props) {
  const { t } = useTranslation("ledger");
  const stopped = checks.find((check) => check.outcome === "stopped");
  return (
    <>
      <ol className={classes.checks}>
        {checks.map((check) => (
          <li key={check.rule} className={classes.check} data-outcome={check.outcome}>
            <Sign outcome={check.outcome} />
            <span className={classes.checkBody}>
              <span className={classes.checkName}>
                {t(`rules.${check.rule}`, { defaultValue: check.rule })}
                <span className={classes.checkSaid}>{t(`check.${check.outcome}`)}</span>
              </span>
              {check.outcome === "stopped" && (
                <span className={`prose ${classes.checkWords}`}>
                  <Name>{person}</Name> {check.words}
                </span>
              )}
            </span>
          </li>
        ))}
      </ol>
      {!stopped && outcome === "sent" && <p className={classes.dimmed}>{t("check.all")}</p>}
    </>
  );
}

function Sign({ outcome }: { outcome: Check["outcome"] }) {
  const isQuiet = outcome === "not_asked" || outcome === "not_applicable";
  return (
    <svg
      width="18"
      height="18"
      viewBox="0 0 18 18"
      className={classes.checkSign}
      aria-hidden="true"
    >
      {outcome === "stopped" && <circle cx="9" cy="9" r="6" fill="currentColor" />}
      {outcome === "passed" && (
        <path d="M4 9.5 7.5 13 14 5.5" fill="none" stroke="currentColor" strokeWidth="1.8" />
      )}
      {isQuiet && (
        <circle
          cx="9"
          cy="9"
          r="4.5"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.3"
          strokeDasharray={outcome === "not_applicable" ? "2 2" : undefined}
        />
      )}
    </svg>
  );
}
