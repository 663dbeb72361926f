import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type Column, DataTable } from "@/parts/DataTable";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";
import { Words } from "@/parts/Words";
import classes from "./journeys.module.css";
import type { Graph, Step, Way } from "./layout";
import { Outcomes } from "./StepNode";
import { useWords } from "./words";

interface Props {
  graph: Graph;
  open: number | null;
  onOpen: (index: number) => void;
}

/** The same as the drawing in rows: for phones, screen readers, and those who like rows. */
export function StepTable({ graph, open, onOpen }: Props) {
  const { t } = useTranslation("journeys");
  const f = useFormats();
  const words = useWords();
  const columns = useMemo<Column<Step>[]>(() => {
    const place = new Map(graph.nodes.map((step, index) => [step.index, index + 1]));
    const ways = new Map<number, Way[]>();
    for (const way of graph.edges) ways.set(way.source, [...(ways.get(way.source) ?? []), way]);
    const onward = (step: Step) =>
      (ways.get(step.index) ?? []).map((way) =>
        [
          words.way(way, step),
          way.target >= 0 && t("toStep", { n: place.get(way.target) ?? 0 }),
          `(${f.number(way.flow)})`,
        ]
          .filter(Boolean)
          .join(" "),
      );
    return [
      {
        id: "n",
        header: t("number"),
        value: (row) => place.get(row.index),
        numeric: true,
        width: "44px",
      },
      {
        id: "step",
        header: t("stepWord"),
        value: (row) => `${words.kind(row)} ${words.title(row)}`,
        width: "minmax(170px, 2fr)",
        cell: (row) => (
          <span className={classes.who}>
            <span className={classes.description}>{words.kind(row)}</span>
            <span className={classes.wrap}>
              <Words>{words.title(row)}</Words>
            </span>
          </span>
        ),
      },
      {
        id: "inside",
        header: t("insideNow"),
        value: (row) => row.inside,
        numeric: true,
        width: "72px",
        cell: (row) => f.number(row.inside),
      },
      {
        id: "sent",
        header: t("outcomesShort"),
        value: (row) => (row.kind === "send" ? row.sent : null),
        wide: true,
        width: "180px",
        cell: (row) => (row.kind === "send" ? <Outcomes step={row} /> : null),
      },
      {
        id: "onward",
        header: t("onward"),
        value: (row) => onward(row).join("; "),
        wide: true,
        sortable: false,
        width: "minmax(180px, 2fr)",
        cell: (row) => (
          <span className={classes.who}>
            {onward(row).map((one) => (
              <span key={one} className={classes.onward}>
                <Name>{one}</Name>
              </span>
            ))}
          </span>
        ),
      },
    ];
  }, [graph, t, f, words]);
  return (
    <DataTable
      label={t("steps")}
      rows={graph.nodes}
      columns={columns}
      rowKey={(row) => String(row.index)}
      onOpen={(row) => onOpen(row.index)}
      openKey={open === null ? undefined : String(open)}
      filter
      exportName={`journey-${graph.name}`}
      rowHeight={60}
      height="70vh"
    />
  );
}
