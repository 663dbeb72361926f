import { Text } from "@mantine/core";
import type { EChartsCoreOption } from "echarts/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { axes, Chart, type Ink, tooltip } from "@/charts/Chart";
import { useFormats } from "@/parts/format";
import type { LiftPoint } from "./model";

/** The estimate as it would have been read on each day, in the band of its interval, over zero. */
export function LiftChart({ points, outcome }: { points: LiftPoint[]; outcome: string }) {
  const { t } = useTranslation("measurement");
  const f = useFormats();
  const label = t("chart.title");
  const labels = useMemo(() => points.map((point) => f.shortDay(point.until)), [points, f]);
  const words = useMemo(
    () => ({
      estimate: t("chart.estimate"),
      interval: t("chart.interval"),
      early: t("chart.early"),
    }),
    [t],
  );
  const option = useMemo(
    () => (ink: Ink) => drawn(ink, points, labels, f.decimal, words),
    [points, labels, f, words],
  );
  return (
    <div style={{ minWidth: 0 }}>
      <Text size="sm" fw={500}>
        {label}
      </Text>
      <Text size="xs" c="dimmed" mb={4}>
        {t(`lift.per.${outcome}`, { defaultValue: outcome })}
      </Text>
      <Chart
        option={option}
        height={230}
        label={label}
        table={{
          head: [t("chart.day"), words.estimate, t("chart.low"), t("chart.high")],
          rows: points.map((point, i) => [
            labels[i] ?? "",
            ...[point.estimate, point.low, point.high].map((n) =>
              n === null ? words.early : f.decimal(n * 100),
            ),
          ]),
        }}
      />
    </div>
  );
}

interface Words {
  estimate: string;
  interval: string;
  early: string;
}

function drawn(
  ink: Ink,
  points: LiftPoint[],
  labels: string[],
  said: (n: number) => string,
  words: Words,
): EChartsCoreOption {
  const of = (n: number | null) => (n === null ? null : n * 100);
  const low = points.map((point) => of(point.low));
  const width = points.map((point) =>
    point.low === null || point.high === null ? null : (point.high - point.low) * 100,
  );
  const base = axes(ink, labels, said);
  const quiet = {
    type: "line",
    stack: "band",
    stackStrategy: "all",
    symbol: "none",
    silent: true,
    lineStyle: { opacity: 0 },
  };
  return {
    ...base,
    yAxis: { ...base.yAxis, minInterval: 0 },
    xAxis: { ...base.xAxis, boundaryGap: false, axisLine: { show: false } },
    tooltip: tooltip(ink, {
      trigger: "axis",
      formatter: (found: { dataIndex: number }[]) =>
        told(points, labels, found[0]?.dataIndex ?? 0, said, words),
    }),
    series: [
      { ...quiet, data: low },
      { ...quiet, data: width, areaStyle: { color: ink.accent, opacity: 0.16 } },
      {
        type: "line",
        data: points.map((point) => of(point.estimate)),
        showSymbol: false,
        lineStyle: { color: ink.accent, width: 2 },
        itemStyle: { color: ink.accent },
        z: 3,
        markLine: {
          silent: true,
          symbol: "none",
          label: { show: false },
          lineStyle: { color: ink.ink, type: "solid", width: 1 },
          data: [{ yAxis: 0 }],
        },
      },
    ],
  };
}

function told(
  points: LiftPoint[],
  labels: string[],
  index: number,
  said: (n: number) => string,
  words: Words,
): string {
  const point = points[index];
  if (!point) return "";
  if (point.estimate === null || point.low === null || point.high === null)
    return `${labels[index]}\n${words.early}`;
  return [
    labels[index],
    `${words.estimate}: \u2066${said(point.estimate * 100)}\u2069`,
    `${words.interval}: \u2066${said(point.low * 100)} … ${said(point.high * 100)}\u2069`,
  ].join("\n");
}
