import { Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";
import { plain } from "@/parts/text";
import { CardHead } from "./CardHead";
import { noon, span, ticks } from "./days";
import classes from "./days.module.css";
import type { OverviewData } from "./Overview";

type Past = OverviewData["days"][number];
type Coming = OverviewData["upcoming"][number];

/** Height of the drawing, sent above the line and held back below it. */
const HEIGHT = 230;

interface Column {
  date: string;
  past?: Past;
  coming?: Coming;
}

/** The last fortnight and the week to come on one line of time. */
export function DaysChart({ data }: { data: OverviewData }) {
  const { t } = useTranslation("overview");
  const f = useFormats();
  const { days, upcoming, timezone, today } = data;
  const coming = new Map(upcoming.map((day) => [day.date, day]));
  const columns: Column[] = [
    ...days.map((past) => ({ date: past.date, past, coming: coming.get(past.date) })),
    ...upcoming
      .filter((day) => day.date > today.date)
      .map((day) => ({ date: day.date, coming: day })),
  ];
  const channels = [...new Set(days.flatMap((day) => Object.keys(day.sent_by_channel)))].sort();
  const up = Math.max(1, ...columns.map(above));
  const down = Math.max(0, ...columns.map(below));
  const unit = HEIGHT / (up + down);
  return (
    <section className="card" aria-labelledby="days">
      <CardHead id="days" title={t("days.title")} hint={t("days.hint")} />
      <Legend channels={channels} />
      <div className={classes.chart} style={{ height: HEIGHT + 44 }}>
        {ticks(up).map((n) => (
          <span key={n} className={classes.grid} style={{ top: (up - n) * unit }} aria-hidden>
            <span>{f.compact(n)}</span>
          </span>
        ))}
        <span className={classes.base} style={{ top: up * unit }} aria-hidden />
        <ol className={classes.days} aria-label={t("days.label")}>
          {columns.map((column) => (
            <Day
              key={column.date}
              {...{ column, channels, unit, timezone }}
              top={up * unit}
              isToday={column.date === today.date}
            />
          ))}
        </ol>
      </div>
      <Ahead upcoming={upcoming} />
    </section>
  );
}

const above = ({ past, coming }: Column) =>
  (past?.sent ?? 0) + (coming ? coming.may_send + coming.deferred : 0);
const below = ({ past }: Column) => (past ? past.withheld + past.deferred : 0);

/** Channels in shades of the one accent. */
export function shade(index: number): string {
  return `color-mix(in srgb, var(--accent) ${Math.max(30, 100 - 28 * index)}%, var(--surface))`;
}

interface DayProps {
  column: Column;
  channels: string[];
  unit: number;
  timezone: string;
  /** Where the line between sent and held back lies. */
  top: number;
  isToday: boolean;
}

function Day({ column, channels, unit, timezone, top, isToday }: DayProps) {
  const { t } = useTranslation("overview");
  const f = useFormats();
  const { date, past, coming } = column;
  const at = noon(date, timezone);
  const said = [f.day(at), ...lines(column, channels, t, f.number)];
  const high = (n: number) => ({ height: n > 0 ? Math.max(2, n * unit) : 0 });
  const inner = (
    <>
      <span className={classes.up} style={{ height: top }}>
        {coming && (
          <>
            <span className={classes.until} style={high(coming.deferred)} />
            <span className={classes.may} style={high(coming.may_send)} />
          </>
        )}
        {past &&
          channels.map((channel, index) => (
            <span
              key={channel}
              className={classes.sent}
              style={{ ...high(past.sent_by_channel[channel] ?? 0), background: shade(index) }}
            />
          ))}
      </span>
      <span className={classes.down} style={{ height: HEIGHT - top }}>
        {past && (
          <>
            <span className={classes.withheldDay} style={high(past.withheld)} />
            <span className={classes.deferredDay} style={high(past.deferred)} />
          </>
        )}
      </span>
      <span className={classes.dayName} data-today={isToday || undefined}>
        <span className={classes.weekday}>{isToday ? t("today") : f.weekday(at)}</span>
        <span>{f.number(Number(date.slice(8)))}</span>
      </span>
    </>
  );
  const label = said.join("; ");
  return (
    <li data-coming={!past || undefined}>
      <Tooltip
        label={said.map((line) => <div key={line}>{line}</div>)}
        multiline
        events={{ hover: true, focus: true, touch: false }}
      >
        {past ? (
          <Link to="/ledger" search={span(date, date, timezone)} className={classes.day}>
            <span className="visually-hidden">{label}</span>
            <span aria-hidden>{inner}</span>
          </Link>
        ) : (
          <span className={classes.day} role="img" aria-label={label}>
            {inner}
          </span>
        )}
      </Tooltip>
    </li>
  );
}

type Say = (key: string, options?: Record<string, unknown>) => string;

/** A day's figures, each in a line. */
function lines(
  { past, coming }: Column,
  channels: string[],
  t: Say,
  number: (n: number) => string,
): string[] {
  const said: string[] = [];
  if (past) {
    for (const channel of channels) {
      const n = past.sent_by_channel[channel] ?? 0;
      if (n > 0)
        said.push(
          `${t(`common:channel.${channel}`, { defaultValue: plain(channel) })}: ${number(n)}`,
        );
    }
    if (past.sent === 0) said.push(t("days.nothing"));
    if (past.withheld > 0) said.push(`${t("common:outcome.withheld")}: ${number(past.withheld)}`);
    if (past.deferred > 0) said.push(`${t("common:outcome.deferred")}: ${number(past.deferred)}`);
  }
  if (coming) {
    if (coming.due > 0) said.push(t("days.due", { count: coming.due, n: number(coming.due) }));
    if (coming.may_send > 0)
      said.push(t("days.may", { count: coming.may_send, n: number(coming.may_send) }));
    if (coming.deferred > 0)
      said.push(t("days.until", { count: coming.deferred, n: number(coming.deferred) }));
    if (!past && coming.due + coming.deferred === 0) said.push(t("days.quiet"));
  }
  return said;
}

function Legend({ channels }: { channels: string[] }) {
  const { t } = useTranslation("overview");
  return (
    <ul className={classes.legend}>
      {channels.map((channel, index) => (
        <li key={channel}>
          <span className={classes.key} style={{ background: shade(index) }} />
          {t("days.sentBy", {
            channel: t(`common:channel.${channel}`, { defaultValue: plain(channel) }),
          })}
        </li>
      ))}
      <li>
        <span className={`${classes.key} ${classes.withheldDay}`} />
        {t("common:outcome.withheld")}
      </li>
      <li>
        <span className={`${classes.key} ${classes.deferredDay}`} />
        {t("common:outcome.deferred")}
      </li>
      <li>
        <span className={`${classes.key} ${classes.may}`} />
        {t("days.mayKey")}
      </li>
      <li>
        <span className={`${classes.key} ${classes.until}`} />
        {t("days.untilKey")}
      </li>
    </ul>
  );
}

/** The week to come in words, and which journeys it comes from. */
function Ahead({ upcoming }: { upcoming: Coming[] }) {
  const { t } = useTranslation("overview");
  const f = useFormats();
  const sum = (of: (day: Coming) => number) => upcoming.reduce((total, day) => total + of(day), 0);
  const [due, may, until] = [sum((d) => d.due), sum((d) => d.may_send), sum((d) => d.deferred)];
  const journeys = new Map<string, number>();
  for (const day of upcoming)
    for (const [name, n] of Object.entries(day.by_journey))
      journeys.set(name, (journeys.get(name) ?? 0) + n);
  const top = [...journeys].sort((a, b) => b[1] - a[1]).slice(0, 4);
  const said =
    due + until === 0
      ? [t("ahead.quiet")]
      : [
          t("ahead.due", { count: due, n: f.number(due) }),
          t("ahead.may", { count: may, n: f.number(may) }),
          ...(until > 0 ? [t("ahead.until", { count: until, n: f.number(until) })] : []),
        ];
  return (
    <div className={classes.ahead}>
      <h3>{t("ahead.title")}</h3>
      <p>{said.join(" ")}</p>
      {top.length > 0 && (
        <ul>
          {top.map(([name, n]) => (
            <li key={name}>
              <Link to="/journeys/$name" params={{ name }} className="plain">
                <Name>{name}</Name>
              </Link>{" "}
              <span className={classes.aheadNumber}>{f.number(n)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
