import { Stack } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";
import { plain } from "@/parts/text";
import classes from "./backtest.module.css";
import { type Side, Signed } from "./Sides";

type Outcomes = components["schemas"]["OutcomeCounts"];
type One = [Side] | [Side, Side];

/** Who, by which rule, in which class, and how the journeys ended. */
export function Breakdowns({ sides }: { sides: One }) {
  const { t } = useTranslation("backtest");
  const rule = (key: string) => t(`common:rule.${key}`, { defaultValue: key });
  const journey = (key: string) => (
    <Link to="/journeys/$name" params={{ name: key }} className="quiet">
      <Name>{key}</Name>
    </Link>
  );
  return (
    <div className={classes.grid}>
      <Stack gap={20} style={{ minWidth: 0 }}>
        <ByOutcome
          title={t("by.journey")}
          sides={sides}
          of={({ summary }) => withSent(summary.outcomes_by_journey ?? {}, summary.by_journey)}
          name={journey}
        />
        <ByOutcome
          title={t("by.class")}
          sides={sides}
          of={({ summary }) => summary.outcomes_by_class ?? {}}
          name={(key) => t(`common:class.${key}`, { defaultValue: key })}
        />
      </Stack>
      <Stack gap={20} style={{ minWidth: 0 }}>
        <ByCount
          title={t("by.rule")}
          sides={sides}
          of={({ summary }) => summary.withheld}
          name={rule}
          isHollow
        />
        <ByCount
          title={t("by.exit")}
          sides={sides}
          of={({ summary }) => summary.ended}
          name={(key) => t(`exit.${key}`, { defaultValue: plain(key) })}
        />
      </Stack>
    </div>
  );
}

/** Journeys of which only the sent ones were counted. */
function withSent(
  outcomes: Record<string, Outcomes>,
  sent: Record<string, number>,
): Record<string, Outcomes> {
  const found = { ...outcomes };
  for (const [key, n] of Object.entries(sent)) found[key] ??= { sent: n, deferred: 0, withheld: 0 };
  return found;
}

interface TableProps<T> {
  title: string;
  sides: One;
  of: (side: Side) => Record<string, T>;
  name: (key: string) => ReactNode;
}

function ByOutcome({ title, sides, of, name }: TableProps<Outcomes>) {
  const { t } = useTranslation("backtest");
  const f = useFormats();
  if (sides.length === 2)
    return (
      <ByCount
        title={t("by.sent", { by: title })}
        sides={sides}
        of={(side) => Object.fromEntries(Object.entries(of(side)).map(([key, n]) => [key, n.sent]))}
        name={name}
      />
    );
  const rows = Object.entries(of(sides[0])).sort(([, a], [, b]) => b.sent - a.sent);
  const most = Math.max(1, ...rows.map(([, n]) => n.sent));
  return (
    <Box
      title={title}
      isEmpty={rows.length === 0}
      head={[t("common:outcome.sent"), t("common:outcome.deferred"), t("common:outcome.withheld")]}
    >
      {rows.map(([key, n]) => (
        <tr key={key}>
          <th scope="row" className={classes.name}>
            {name(key)}
            <Bar share={n.sent / most} />
          </th>
          <td style={{ fontWeight: 500 }}>{f.number(n.sent)}</td>
          <td>{f.number(n.deferred)}</td>
          <td>{f.number(n.withheld)}</td>
        </tr>
      ))}
    </Box>
  );
}

function ByCount({
  title,
  sides,
  of,
  name,
  isHollow,
}: TableProps<number> & { isHollow?: boolean }) {
  const { t } = useTranslation("backtest");
  const f = useFormats();
  const found = sides.map(of);
  const last = found.at(-1) ?? {};
  const keys = [...new Set(found.flatMap((counts) => Object.keys(counts)))].sort(
    (a, b) => (last[b] ?? 0) - (last[a] ?? 0),
  );
  const most = Math.max(1, ...keys.map((key) => last[key] ?? 0));
  const names = sides.map((side) => plain(side.name));
  const head = sides.length === 2 ? [...names, t("difference")] : [t("count")];
  return (
    <Box title={title} isEmpty={keys.length === 0} head={head}>
      {keys.map((key) => (
        <tr key={key}>
          <th scope="row" className={classes.name}>
            {name(key)}
            <Bar share={(last[key] ?? 0) / most} isHollow={isHollow} />
          </th>
          {found.map((counts, index) => (
            <td key={names[index]}>{f.number(counts[key] ?? 0)}</td>
          ))}
          {found.length === 2 && (
            <td>
              <Signed n={(found[1]?.[key] ?? 0) - (found[0]?.[key] ?? 0)} />
            </td>
          )}
        </tr>
      ))}
    </Box>
  );
}

function Bar({ share, isHollow }: { share: number; isHollow?: boolean }) {
  return (
    <span className={classes.track} aria-hidden>
      <span
        className={isHollow ? `${classes.fill} ${classes.hollow}` : classes.fill}
        style={{ width: `${Math.max(share > 0 ? 1 : 0, share * 100)}%` }}
      />
    </span>
  );
}

function Box(props: { title: string; head: string[]; isEmpty: boolean; children: ReactNode }) {
  const { t } = useTranslation("backtest");
  return (
    <section className="card" aria-label={props.title}>
      <div className={classes.scroll}>
        <table className={classes.table}>
          <caption>{props.title}</caption>
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">{t("figure.name")}</span>
              </th>
              {props.head.map((cell) => (
                <th key={cell} scope="col">
                  {cell}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {props.isEmpty ? (
              <tr>
                <th
                  scope="row"
                  colSpan={props.head.length + 1}
                  style={{ color: "var(--mantine-color-dimmed)" }}
                >
                  {t("by.none")}
                </th>
              </tr>
            ) : (
              props.children
            )}
          </tbody>
        </table>
      </div>
    </section>
  );
}
