import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";
import { OutcomeMark } from "@/score/OutcomeMark";
import { span } from "./days";
import type { OverviewData } from "./Overview";
import classes from "./overview.module.css";

/** Today in figures; each opens its list. */
export function Figures({ data }: { data: OverviewData }) {
  const { t } = useTranslation("overview");
  const { today, timezone } = data;
  const day = span(today.date, today.date, timezone);
  return (
    <section aria-labelledby="today">
      <h2 id="today" className="visually-hidden">
        {t("today")}
      </h2>
      <ul className={classes.figures}>
        <Figure n={today.reached} label={t("figure.reached")} hint={t("figure.reachedHint")}>
          {(inner) => (
            <Link to="/ledger" search={{ outcome: ["sent"], ...day }} className={classes.figure}>
              {inner}
            </Link>
          )}
        </Figure>
        {(["sent", "deferred", "withheld"] as const).map((outcome) => (
          <Figure
            key={outcome}
            n={today[outcome]}
            label={t(`common:outcome.${outcome}`)}
            hint={t(`figure.${outcome}Hint`)}
            mark={<OutcomeMark outcome={outcome} size={16} />}
          >
            {(inner) => (
              <Link to="/ledger" search={{ outcome: [outcome], ...day }} className={classes.figure}>
                {inner}
              </Link>
            )}
          </Figure>
        ))}
        <Figure n={today.new_people} label={t("figure.new")} hint={t("figure.newHint")}>
          {(inner) => (
            <Link to="/people" search={day} className={classes.figure}>
              {inner}
            </Link>
          )}
        </Figure>
        <Figure
          n={today.goals}
          label={t("figure.goals")}
          hint={t("figure.goalsHint", { n: today.entered })}
        >
          {(inner) => (
            <Link to="/journeys" className={classes.figure}>
              {inner}
            </Link>
          )}
        </Figure>
      </ul>
    </section>
  );
}

interface FigureProps {
  n: number | null;
  label: string;
  hint: string;
  mark?: ReactNode;
  children: (inner: ReactNode) => ReactNode;
}

function Figure({ n, label, hint, mark, children }: FigureProps) {
  const f = useFormats();
  return (
    <li>
      {children(
        <>
          <span className={classes.figureLabel}>
            {mark}
            {label}
          </span>
          <span className={classes.figureNumber}>{n === null ? "–" : f.compact(n)}</span>
          <span className={classes.figureHint}>{hint}</span>
        </>,
      )}
    </li>
  );
}
