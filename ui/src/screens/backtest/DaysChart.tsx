import { Group, Text } from "@mantine/core";
import type { EChartsCoreOption } from "echarts/core";
import { type ReactNode, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { axes, Chart, type Ink, tooltip } from "@/charts/Chart";
import { useFormats } from "@/parts/format";
import { plain } from "@/parts/text";
import classes from "./backtest.module.css";
import { type Bucket, buckets } from "./days";
import { noon } from "./order";
import type { Side } from "./Sides";

/** Messages along the period: sent filled, not sent hollow; two runs as a dashed and a drawn line. */
export function DaysChart({ sides }: { sides: [Side] | [Side, Side] }) {
  const { t } = useTranslation("backtest");
  const f = useFormats();
  const { isWeekly, rows, days } = useMemo(
    () => buckets(sides.map((side) => side.summary)),
    [sides],
  );
  const labels = useMemo(() => days.map((day) => f.shortDay(noon(day))), [days, f]);
  const title = t(isWeekly ? "chart.weeks" : "chart.days");
  if (rows.length === 1) return <Bars title={title} rows={rows[0]!} labels={labels} />;
  const names = sides.map((side) => plain(side.name));
  return (
    <>
      <h3 className={classes.heading}>{title}</h3>
      <Group gap="lg" mb="xs">
        <Key className={`${classes.line} ${classes.dashed}`}>{names[0]}</Key>
        <Key className={classes.line}>{names[1]}</Key>
      </Group>
      <div className={classes.grid}>
        <Lines
          title={t("common:outcome.sent")}
          names={names}
          labels={labels}
          rows={rows.map((r) => r.map((b) => b.sent))}
        />
        <Lines
          title={t("chart.notSent")}
          names={names}
          labels={labels}
          rows={rows.map((r) => r.map((b) => b.deferred + b.withheld))}
        />
      </div>
    </>
  );
}

function Key({ className, children }: { className: string | undefined; children: ReactNode }) {
  return (
    <Group gap={8} wrap="nowrap">
      <span className={className} aria-hidden />
      <Text size="sm">{children}</Text>
    </Group>
  );
}

function Bars({ title, rows, labels }: { title: string; rows: Bucket[]; labels: string[] }) {
  const { t } = useTranslation("backtest");
  const f = useFormats();
  const names = useMemo(
    () => ({
      sent: t("common:outcome.sent"),
      deferred: t("common:outcome.deferred"),
      withheld: t("common:outcome.withheld"),
    }),
    [t],
  );
  const option = useMemo(
    () =>
      (ink: Ink): EChartsCoreOption => ({
        ...axes(ink, labels, f.compact),
        tooltip: tooltip(ink, {
          trigger: "axis",
          axisPointer: { type: "none" },
          valueFormatter: (n: number) => f.number(n),
        }),
        series: (["sent", "deferred", "withheld"] as const).map((kind) => ({
          type: "bar",
          name: names[kind],
          stack: "all",
          barMaxWidth: 22,
          barCategoryGap: "22%",
          data: rows.map((row) => row[kind]),
          itemStyle:
            kind === "sent"
              ? { color: ink.accent }
              : {
                  color: ink.surface,
                  borderColor: kind === "deferred" ? ink.accent : ink.dimmed,
                  borderWidth: 1,
                },
        })),
      }),
    [labels, rows, names, f],
  );
  return (
    <>
      <h3 className={classes.heading} style={{ marginBottom: 8 }}>
        {title}
      </h3>
      <Group gap="lg" mb="xs">
        <Swatch fill="var(--accent)" border="var(--accent)">
          {names.sent}
        </Swatch>
        <Swatch fill="transparent" border="var(--accent)">
          {names.deferred}
        </Swatch>
        <Swatch fill="transparent" border="var(--mantine-color-dimmed)">
          {names.withheld}
        </Swatch>
      </Group>
      <Chart
        option={option}
        height={280}
        label={title}
        table={{
          head: [t("chart.day"), names.sent, names.deferred, names.withheld],
          rows: rows.map((row, i) => [labels[i] ?? row.day, row.sent, row.deferred, row.withheld]),
        }}
      />
    </>
  );
}

function Swatch({ fill, border, children }: { fill: string; border: string; children: ReactNode }) {
  return (
    <Group gap={8} wrap="nowrap">
      <span
        className={classes.swatch}
        style={{ background: fill, border: `1px solid ${border}` }}
        aria-hidden
      />
      <Text size="sm">{children}</Text>
    </Group>
  );
}

function Lines(props: { title: string; names: string[]; labels: string[]; rows: number[][] }) {
  const { title, names, labels, rows } = props;
  const { t } = useTranslation("backtest");
  const f = useFormats();
  const option = useMemo(
    () =>
      (ink: Ink): EChartsCoreOption => ({
        ...axes(ink, labels, f.compact),
        tooltip: tooltip(ink, { trigger: "axis", valueFormatter: (n: number) => f.number(n) }),
        series: rows.map((row, i) => ({
          type: "line",
          name: names[i],
          data: row,
          showSymbol: false,
          z: i + 2,
          color: i === 0 ? ink.dimmed : ink.accent,
          lineStyle: { width: i === 0 ? 1.5 : 2, type: i === 0 ? "dashed" : "solid" },
          areaStyle: i === 0 ? undefined : { opacity: 0.08 },
        })),
      }),
    [labels, rows, names, f],
  );
  return (
    <div style={{ minWidth: 0 }}>
      <Text size="sm" fw={500} mb={4}>
        {title}
      </Text>
      <Chart
        option={option}
        height={220}
        label={title}
        table={{
          head: [t("chart.day"), names[0] ?? "", names[1] ?? ""],
          rows: labels.map((label, i) => [label, rows[0]?.[i] ?? 0, rows[1]?.[i] ?? 0]),
        }}
      />
    </div>
  );
}
