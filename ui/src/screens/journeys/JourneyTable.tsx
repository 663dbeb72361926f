import { IconAlertTriangle } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { type Column, DataTable } from "@/parts/DataTable";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";
import { Words } from "@/parts/Words";
import classes from "./journeys.module.css";
import { Outcomes } from "./StepNode";

type Item = components["schemas"]["JourneyItem"];

export function JourneyTable({ items, onOpen }: { items: Item[]; onOpen: (name: string) => void }) {
  const { t } = useTranslation("journeys");
  const f = useFormats();
  const columns = useMemo<Column<Item>[]>(
    () => [
      {
        id: "name",
        header: t("name"),
        value: (row) => `${row.name} ${row.description}`,
        width: "minmax(180px, 2.2fr)",
        cell: (row) => (
          <span className={classes.who}>
            <span>
              <Name>{row.name}</Name>
              {row.error && (
                <span className={classes.broken}>
                  <IconAlertTriangle size={14} aria-hidden /> {t("broken")}
                </span>
              )}
            </span>
            <span className={classes.description}>
              <Name>{row.error ? row.error.message : row.description}</Name>
            </span>
          </span>
        ),
      },
      {
        id: "entry",
        header: t("entryLong"),
        value: (row) => row.entry_words,
        wide: true,
        width: "minmax(140px, 1.8fr)",
        cell: (row) => (
          <span className={classes.clamp} title={row.entry_words}>
            <Words>{row.entry_words}</Words>
          </span>
        ),
      },
      {
        id: "inside",
        header: t("insideNow"),
        value: (row) => row.inside,
        numeric: true,
        width: "84px",
        cell: (row) => (
          <span className={classes.stacked}>
            {f.number(row.inside)}
            {row.draining.length > 0 && (
              <span>
                {t("draining", {
                  count: row.draining.length,
                  n: f.number(row.draining.reduce((sum, old) => sum + old.inside, 0)),
                })}
              </span>
            )}
          </span>
        ),
      },
      {
        id: "entered",
        header: t("entered"),
        value: (row) => row.entered_7d,
        numeric: true,
        wide: true,
        width: "104px",
        cell: (row) => f.number(row.entered_7d),
      },
      {
        id: "goals",
        header: t("goals"),
        value: (row) => row.goals_7d,
        numeric: true,
        wide: true,
        width: "92px",
        cell: (row) => f.number(row.goals_7d),
      },
      {
        id: "sent",
        header: t("outcomes"),
        value: (row) => row.sent_7d,
        wide: true,
        width: "minmax(170px, 190px)",
        cell: (row) => (
          <Outcomes
            step={{ sent: row.sent_7d, deferred: row.deferred_7d, withheld: row.withheld_7d }}
          />
        ),
      },
    ],
    [t, f],
  );
  return (
    <DataTable
      label={t("title")}
      rows={items}
      columns={columns}
      rowKey={(row) => row.name}
      onOpen={(row) => onOpen(row.name)}
      filter
      exportName="journeys"
      rowHeight={62}
      height="70vh"
    />
  );
}
