import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import type { components } from "@/api/schema";
import { useFormats } from "@/parts/format";
import { Empty, Loaded, Waiting } from "@/parts/Loaded";
import { Name } from "@/parts/Name";
import { plain } from "@/parts/text";
import classes from "./segments.module.css";

type Data = components["schemas"]["SegmentOverlap"];

/** Which segments are made of the same people. */
export function Overlap() {
  const { t } = useTranslation("segments");
  const query = useQuery({
    queryKey: ["segments", "overlap"],
    queryFn: () => ask(client.GET("/api/v1/segments/overlap")),
    meta: { live: true },
  });
  return (
    <Loaded
      query={query}
      waiting={<Waiting rows={8} height={30} />}
      isEmpty={(data) => data.names.length < 2}
      empty={<Empty title={t("overlap.empty")} hint={t("overlap.emptyHint")} />}
    >
      {(data) => <Matrix data={data} />}
    </Loaded>
  );
}

function Matrix({ data }: { data: Data }) {
  const { t } = useTranslation("segments");
  const f = useFormats();
  const [told, setTold] = useState<[number, number] | null>(null);
  const { names, people, pairs } = data;
  const sign = data.sampled ? "≈ " : "";
  const both = (row: number, column: number) => pairs[row]?.[column] ?? 0;
  const share = (n: number, of: number) => (of > 0 ? n / of : 0);
  const rough = (part: number) =>
    part < 0.01 ? `<${f.percent(0.01)}` : f.percent(Math.round(part * 100) / 100);
  const say = (row: number, column: number) => {
    const n = both(row, column);
    const [a, b] = [names[row] ?? "", names[column] ?? ""];
    if (row === column) return t("overlap.alone", { count: n, n: f.number(n), a: plain(a) });
    return t("overlap.both", {
      count: n,
      n: f.number(n),
      a: plain(a),
      b: plain(b),
      ofA: f.percent(share(n, people[row] ?? 0)),
      ofB: f.percent(share(n, people[column] ?? 0)),
    });
  };
  return (
    <section className="card" aria-labelledby="overlap">
      <h2 id="overlap" className="visually-hidden">
        {t("overlap.tab")}
      </h2>
      <Text size="sm" c="dimmed" mb="xs">
        {t("overlap.hint")}
        {data.sampled &&
          ` ${t("overlap.sampled", { n: f.number(data.of), margin: f.percent(data.margin) })}`}
      </Text>
      <p className={`prose ${classes.told}`} aria-hidden>
        {told ? sign + say(...told) : t("overlap.point")}
      </p>
      <div className={classes.matrixBox}>
        <table className={classes.matrix} onMouseLeave={() => setTold(null)}>
          <caption className="visually-hidden">{t("overlap.hint")}</caption>
          <thead>
            <tr>
              <td />
              {names.map((name, column) => (
                <th key={name} scope="col" data-lit={told?.[1] === column || undefined}>
                  <span>
                    <Name>{name}</Name>
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {names.map((name, row) => (
              <tr key={name}>
                <th scope="row" data-lit={told?.[0] === row || undefined}>
                  <Link to="/segments" search={{ view: "overlap", name }} className="plain">
                    <Name>{name}</Name>
                  </Link>
                </th>
                {names.map((other, column) => {
                  const n = both(row, column);
                  const part = share(n, people[row] ?? 0);
                  return (
                    <td key={other} data-self={row === column || undefined}>
                      <button
                        type="button"
                        onMouseEnter={() => setTold([row, column])}
                        onFocus={() => setTold([row, column])}
                        style={
                          row === column
                            ? undefined
                            : {
                                background: `color-mix(in srgb, var(--accent) ${Math.round(50 * part)}%, transparent)`,
                              }
                        }
                      >
                        <span className="visually-hidden">{sign + say(row, column)}</span>
                        <bdi dir="ltr" aria-hidden>
                          {row === column ? f.compact(n) : n === 0 ? "·" : rough(part)}
                        </bdi>
                      </button>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
