import { Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";
import { CardHead } from "./CardHead";
import type { OverviewData } from "./Overview";
import classes from "./overview.module.css";

/** Columns drawn one by one; the last one holds everybody beyond. */
const MOST = 12;

/** Who hears from us too often, and who not at all. */
export function Pressure({ data }: { data: OverviewData }) {
  const { t } = useTranslation("overview");
  const f = useFormats();
  const { pressure, totals } = data;
  const days = f.decimal(pressure.window_days);
  const untouched = pressure.untouched;
  const counting = countingOf(pressure);
  return (
    <section className="card" aria-labelledby="pressure">
      <CardHead
        id="pressure"
        title={t("pressure.title")}
        hint={t("pressure.hint", { count: pressure.window_days, n: days })}
      />
      {untouched === null ? (
        <Text c="dimmed">{t("pressure.notYet")}</Text>
      ) : (
        <>
          <div className={classes.ends}>
            <Link to="/people" search={{ contacts: "0", ...counting }} className={classes.end}>
              <span className={classes.endNumber}>{f.compact(untouched)}</span>
              <span className={classes.endLabel}>
                {t("pressure.untouched", { count: untouched })}
              </span>
              <span className={classes.figureHint}>
                {totals.people > 0 &&
                  t("pressure.ofAll", { share: f.percent(untouched / totals.people) })}
              </span>
            </Link>
            {pressure.cap !== null && (
              <Link
                to="/people"
                search={{ at_cap: true, days: counting.days }}
                className={classes.end}
              >
                <span className={classes.endNumber}>{f.compact(pressure.at_cap ?? 0)}</span>
                <span className={classes.endLabel}>
                  {t("pressure.atCap", { count: pressure.at_cap ?? 0 })}
                </span>
                <span className={classes.figureHint}>
                  {t("pressure.cap", { count: pressure.cap, n: f.number(pressure.cap) })}
                </span>
              </Link>
            )}
          </div>
          <Histogram pressure={pressure} />
        </>
      )}
    </section>
  );
}

/** People's search for those whose contacts are counted as they are here. */
function countingOf(pressure: OverviewData["pressure"]): { days: string; pressure: true } {
  return { days: String(pressure.window_days), pressure: true };
}

function Histogram({ pressure }: { pressure: OverviewData["pressure"] }) {
  const counting = countingOf(pressure);
  const { t } = useTranslation("overview");
  const f = useFormats();
  const bars = pressure.histogram.slice(0, MOST - 1);
  const beyond = pressure.histogram.slice(MOST - 1);
  const shown = bars.map((bar) => ({ ...bar, more: false }));
  if (beyond.length > 0)
    shown.push({
      contacts: MOST,
      people: beyond.reduce((sum, bar) => sum + bar.people, 0),
      more: beyond.length > 1,
    });
  if (shown.length === 0) return <Text c="dimmed">{t("pressure.nobody")}</Text>;
  const most = Math.max(1, ...shown.map((bar) => bar.people));
  return (
    <ul className={classes.histogram} aria-label={t("pressure.chart")}>
      {shown.map((bar) => {
        const over = pressure.cap !== null && bar.contacts > pressure.cap;
        const named = bar.more ? `${f.number(bar.contacts)}+` : f.number(bar.contacts);
        return (
          <li key={bar.contacts} data-cap={bar.contacts === pressure.cap || undefined}>
            <Link
              to="/people"
              search={{
                contacts: bar.more ? `${bar.contacts}+` : String(bar.contacts),
                ...counting,
              }}
              className={classes.column}
            >
              <span className="visually-hidden">
                {t("pressure.bar", { contacts: named, people: f.number(bar.people) })}
              </span>
              <span className={classes.columnNumber} aria-hidden>
                {f.compact(bar.people)}
              </span>
              <span
                className={over ? classes.over : classes.under}
                style={{ height: Math.max(bar.people > 0 ? 2 : 0, (110 * bar.people) / most) }}
              />
              <span className={classes.columnName} aria-hidden>
                {named}
              </span>
            </Link>
            {bar.contacts === pressure.cap && (
              <span className={classes.cap}>{t("pressure.capMark")}</span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
