import { Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type Column, DataTable } from "@/parts/DataTable";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";
import { Sparkline } from "@/parts/Sparkline";
import type { Segment } from "./Segments";
import classes from "./segments.module.css";

interface Props {
  items: Segment[];
  everybody: number | null;
  openName?: string;
  onOpen: (name: string) => void;
}

export function SegmentTable({ items, everybody, openName, onOpen }: Props) {
  const { t, i18n } = useTranslation("segments");
  const f = useFormats();
  const isRtl = i18n.language === "ur";
  const columns = useMemo<Column<Segment>[]>(
    () => [
      {
        id: "name",
        header: t("name"),
        value: (row) => `${row.name} ${row.description}`,
        width: "minmax(200px, 3fr)",
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
              <Name>{row.error ? row.error.message : row.description || row.in_words}</Name>
            </span>
          </span>
        ),
      },
      {
        id: "people",
        header: t("people"),
        value: (row) => (row.error ? null : row.people),
        numeric: true,
        width: "92px",
        cell: (row) => (row.error ? "–" : f.number(row.people)),
      },
      {
        id: "share",
        header: t("share"),
        value: (row) =>
          row.error || !everybody ? null : Math.round((1000 * row.people) / everybody) / 10,
        numeric: true,
        wide: true,
        width: "72px",
        cell: (row) => (row.error || !everybody ? "–" : f.percent(row.people / everybody)),
      },
      {
        id: "trend",
        header: t("trend"),
        value: (row) => change(row),
        wide: true,
        width: "110px",
        cell: (row) => <Sparkline values={row.trend.map((point) => point.people)} isRtl={isRtl} />,
      },
      {
        id: "entered",
        header: t("entered"),
        value: (row) => row.entered_7d,
        numeric: true,
        wide: true,
        width: "100px",
        cell: (row) => <bdi dir="ltr">{row.entered_7d ? `+${f.number(row.entered_7d)}` : "0"}</bdi>,
      },
      {
        id: "left",
        header: t("left"),
        value: (row) => row.left_7d,
        numeric: true,
        wide: true,
        width: "100px",
        cell: (row) => <bdi dir="ltr">{row.left_7d ? `−${f.number(row.left_7d)}` : "0"}</bdi>,
      },
      {
        id: "used",
        header: t("used"),
        value: (row) => row.used_by.join(t("common:comma")),
        wide: true,
        width: "minmax(110px, 1.4fr)",
        cell: (row) => (
          <Text size="sm" c="dimmed" span>
            <Name>{row.used_by.length > 0 ? row.used_by.join(t("common:comma")) : null}</Name>
          </Text>
        ),
      },
    ],
    [t, f, everybody, isRtl],
  );
  return (
    <DataTable
      label={t("title")}
      rows={items}
      columns={columns}
      rowKey={(row) => row.name}
      onOpen={(row) => onOpen(row.name)}
      openKey={openName}
      filter
      exportName="segments"
      rowHeight={58}
      height="70vh"
    />
  );
}

/** By how many people it grew over its trend. */
function change(row: Segment): number | null {
  const [first, last] = [row.trend[0], row.trend.at(-1)];
  return first && last ? last.people - first.people : null;
}
