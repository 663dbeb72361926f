import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";
import { plain } from "@/parts/text";
import { Breakdowns } from "./Breakdowns";
import classes from "./backtest.module.css";
import { DaysChart } from "./DaysChart";
import { type RunSummary, total } from "./order";

export interface Side {
  name: string;
  summary: RunSummary;
}

export type Pair = [Side, Side];

/** Two runs laid side by side: figures with the difference between them, charts one over the other. */
export function Sides({ sides }: { sides: Pair }) {
  return (
    <>
      <section className="card">
        <Figures sides={sides} />
      </section>
      <section className="card">
        <DaysChart sides={sides} />
      </section>
      <Breakdowns sides={sides} />
    </>
  );
}

function Figures({ sides }: { sides: Pair }) {
  const { t } = useTranslation("backtest");
  const f = useFormats();
  const [a, b] = sides;
  const rows: [string, (summary: RunSummary) => number][] = [
    ["messages", (s) => s.messages],
    ["people", (s) => s.people_reached],
    ["deferred", (s) => s.deferred],
    ["withheld", (s) => total(s.withheld)],
    ["entered", (s) => s.entered],
    ["inside", (s) => s.still_inside],
  ];
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <caption>{t("sides")}</caption>
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">{t("figure.name")}</span>
            </th>
            <th scope="col">{plain(a.name)}</th>
            <th scope="col">{plain(b.name)}</th>
            <th scope="col">{t("difference")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, of]) => (
            <tr key={name}>
              <th scope="row">{t(`figure.${name}`)}</th>
              <td>{f.number(of(a.summary))}</td>
              <td style={{ fontWeight: 500 }}>{f.number(of(b.summary))}</td>
              <td>
                <Signed n={of(b.summary) - of(a.summary)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Signed({ n }: { n: number }) {
  const f = useFormats();
  return (
    <bdi dir="ltr" style={{ color: n === 0 ? "var(--mantine-color-dimmed)" : "var(--ink)" }}>
      {n === 0 ? "0" : f.signed(n)}
    </bdi>
  );
}
