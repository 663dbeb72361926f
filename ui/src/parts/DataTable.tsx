import { ActionIcon, Box, Group, Text, TextInput, Tooltip, UnstyledButton } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconDownload, IconSearch } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { download, toCsv } from "./csv";
import classes from "./DataTable.module.css";

export interface Column<T> {
  id: string;
  header: string;
  /** What it is sorted, filtered and exported by. */
  value: (row: T) => string | number | boolean | null | undefined;
  cell?: (row: T) => ReactNode;
  /** Numbers stand at the end of their column so that they line up. */
  numeric?: boolean;
  /** A CSS grid track: '1fr', '120px', 'minmax(140px, 2fr)'. */
  width?: string;
  sortable?: boolean;
  /** Hidden on narrow screens. */
  wide?: boolean;
}

interface Sort {
  id: string;
  desc: boolean;
}

interface Props<T> {
  label: string;
  rows: T[];
  columns: Column<T>[];
  rowKey: (row: T) => string;
  onOpen?: (row: T) => void;
  /** The open row, to mark it. */
  openKey?: string;
  /** A field to narrow down the rows that are here. */
  filter?: boolean;
  /** Exports the rows that are here, under this file name; or a link that exports all. */
  exportName?: string;
  exportHref?: string;
  empty?: ReactNode;
  /** Long lists load on as they are scrolled. */
  onEnd?: () => void;
  isLoadingMore?: boolean;
  height?: number | string;
  rowHeight?: number;
  initialSort?: Sort;
  tools?: ReactNode;
}

/** A virtual table: sorts, filters, exports; arrow keys move from row to row, Enter opens one. */
export function DataTable<T>(props: Props<T>) {
  const { label, rows, columns, rowKey, onOpen, openKey, onEnd } = props;
  const { t } = useTranslation();
  const { i18n } = useTranslation();
  const [sort, setSort] = useState<Sort | null>(props.initialSort ?? null);
  const [text, setText] = useState("");
  const scroller = useRef<HTMLDivElement>(null);
  const shown = useMemo(
    () => sorted(filtered(rows, columns, text), columns, sort, i18n.language),
    [rows, columns, text, sort, i18n.language],
  );
  const height = props.rowHeight ?? 44;
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 12,
    measureElement: (element) => element.getBoundingClientRect().height,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (onEnd && shown.length > 0 && last >= shown.length - 12) onEnd();
  }, [onEnd, last, shown.length]);

  const move = (event: KeyboardEvent<HTMLDivElement>, row: T, index: number) => {
    const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: shown.length - 1 }[
      event.key
    ];
    if (to !== undefined && to >= 0 && to < shown.length) {
      event.preventDefault();
      virtual.scrollToIndex(to);
      requestAnimationFrame(() => {
        scroller.current?.querySelector<HTMLElement>(`[data-index="${to}"]`)?.focus();
      });
    } else if (event.key === "Enter" && onOpen && event.target === event.currentTarget) {
      onOpen(row);
    }
  };

  const template = columns.map((column) => column.width ?? "minmax(80px, 1fr)").join(" ");
  const narrow = columns
    .filter((column) => !column.wide)
    .map((column) => (column.width?.endsWith("px") ? column.width : "minmax(0, 1fr)"))
    .join(" ");
  const save = () => {
    const name = `${props.exportName}.csv`;
    download(
      name,
      toCsv(
        columns.map((c) => c.header),
        shown.map((row) => columns.map((c) => c.value(row))),
      ),
    );
  };

  return (
    <Box>
      {(props.filter || props.tools || props.exportName || props.exportHref) && (
        <Group justify="space-between" mb="sm" gap="sm">
          <Group gap="sm" style={{ flex: 1 }}>
            {props.filter && (
              <TextInput
                size="sm"
                w={240}
                maw="100%"
                aria-label={t("table.filter")}
                placeholder={t("table.filter")}
                leftSection={<IconSearch size={15} aria-hidden />}
                value={text}
                onChange={(event) => setText(event.currentTarget.value)}
              />
            )}
            {props.tools}
          </Group>
          {(props.exportName || props.exportHref) && (
            <Tooltip label={t("table.export")}>
              {props.exportHref ? (
                <ActionIcon
                  component="a"
                  href={props.exportHref}
                  download
                  variant="default"
                  size="lg"
                  aria-label={t("table.export")}
                >
                  <IconDownload size={16} aria-hidden />
                </ActionIcon>
              ) : (
                <ActionIcon
                  variant="default"
                  size="lg"
                  onClick={save}
                  aria-label={t("table.export")}
                  disabled={shown.length === 0}
                >
                  <IconDownload size={16} aria-hidden />
                </ActionIcon>
              )}
            </Tooltip>
          )}
        </Group>
      )}
      <div
        ref={scroller}
        className={classes.scroller}
        style={{ maxHeight: props.height ?? "62vh" }}
        role="table"
        aria-label={label}
        aria-rowcount={shown.length + 1}
        tabIndex={0}
        data-tracks
      >
        <Grid template={template} narrow={narrow}>
          <div role="rowgroup" className={classes.head}>
            <div role="row" className={classes.row} aria-rowindex={1}>
              {columns.map((column) => {
                const mine =
                  sort?.id === column.id ? (sort.desc ? "descending" : "ascending") : "none";
                return (
                  <div
                    key={column.id}
                    role="columnheader"
                    className={classes.cell}
                    data-numeric={column.numeric || undefined}
                    data-wide={column.wide || undefined}
                    aria-sort={mine}
                  >
                    {column.sortable === false ? (
                      column.header
                    ) : (
                      <UnstyledButton
                        onClick={() => setSort(turned(sort, column.id))}
                        className={classes.sort}
                      >
                        {column.header}
                        {mine === "ascending" && <IconArrowUp size={13} aria-hidden />}
                        {mine === "descending" && <IconArrowDown size={13} aria-hidden />}
                      </UnstyledButton>
                    )}
                  </div>
                );
              })}
            </div>
          </div>
          <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative" }}>
            {items.map((item) => {
              const row = shown[item.index]!;
              const key = rowKey(row);
              return (
                <div
                  key={key}
                  ref={virtual.measureElement}
                  data-index={item.index}
                  role="row"
                  aria-rowindex={item.index + 2}
                  aria-current={openKey !== undefined && key === openKey ? "true" : undefined}
                  tabIndex={onOpen ? 0 : -1}
                  className={classes.row}
                  data-open={key === openKey || undefined}
                  data-clickable={onOpen ? true : undefined}
                  style={{
                    position: "absolute",
                    insetInline: 0,
                    transform: `translateY(${item.start}px)`,
                    minHeight: height,
                  }}
                  onClick={onOpen ? () => onOpen(row) : undefined}
                  onKeyDown={(event) => move(event, row, item.index)}
                >
                  {columns.map((column) => (
                    <div
                      key={column.id}
                      role="cell"
                      className={classes.cell}
                      data-numeric={column.numeric || undefined}
                      data-wide={column.wide || undefined}
                    >
                      {column.cell ? column.cell(row) : (column.value(row) ?? "")}
                    </div>
                  ))}
                </div>
              );
            })}
          </div>
        </Grid>
        {shown.length === 0 && !props.isLoadingMore && (
          <Box p="lg">
            {rows.length > 0 ? (
              <Text ta="center" c="dimmed">
                {t("table.noMatch")}
              </Text>
            ) : (
              props.empty
            )}
          </Box>
        )}
        {props.isLoadingMore && (
          <Text size="sm" c="dimmed" ta="center" p="sm" role="status">
            {t("loading")}
          </Text>
        )}
      </div>
    </Box>
  );
}

function Grid({
  template,
  narrow,
  children,
}: {
  template: string;
  narrow: string;
  children: ReactNode;
}) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    ref.current?.style.setProperty("--columns", template);
    ref.current?.style.setProperty("--columns-narrow", narrow);
  }, [template, narrow]);
  return (
    <div ref={ref} className={classes.grid} role="presentation">
      {children}
    </div>
  );
}

/** Ascending, descending, as it came. */
function turned(sort: Sort | null, id: string): Sort | null {
  if (sort?.id !== id) return { id, desc: false };
  return sort.desc ? null : { id, desc: true };
}

function filtered<T>(rows: T[], columns: Column<T>[], text: string): T[] {
  const wanted = text.trim().toLocaleLowerCase();
  if (!wanted) return rows;
  return rows.filter((row) =>
    columns.some((column) =>
      String(column.value(row) ?? "")
        .toLocaleLowerCase()
        .includes(wanted),
    ),
  );
}

/** By the column's value, names as the language sorts them; what has no value stands last. */
function sorted<T>(rows: T[], columns: Column<T>[], sort: Sort | null, language: string): T[] {
  const column = columns.find((one) => one.id === sort?.id);
  if (!sort || !column) return rows;
  const order = new Intl.Collator(language, { numeric: true });
  const sign = sort.desc ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [column.value(a), column.value(b)];
    if (x === null || x === undefined) return y === null || y === undefined ? 0 : 1;
    if (y === null || y === undefined) return -1;
    if (typeof x === "number" && typeof y === "number") return sign * (x - y);
    return sign * order.compare(String(x), String(y));
  });
}
