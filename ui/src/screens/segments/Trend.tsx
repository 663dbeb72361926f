import { Text } from "@mantine/core";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { axes, Chart, type Ink, tooltip } from "@/charts/Chart";
import { useFormats } from "@/parts/format";
import { plain } from "@/parts/text";

type Point = components["schemas"]["TrendPoint"];

export function Trend({ points, name }: { points: Point[]; name: string }) {
  const { t } = useTranslation("segments");
  const f = useFormats();
  const option = useCallback(
    (ink: Ink) => {
      const drawn = axes(
        ink,
        points.map((point) => f.shortDay(`${point.date}T12:00:00Z`)),
        f.compact,
      );
      return {
        ...drawn,
        grid: { ...drawn.grid, top: 12 },
        yAxis: { ...drawn.yAxis, scale: true },
        tooltip: tooltip(ink, { trigger: "axis", valueFormatter: (n: number) => f.number(n) }),
        series: [
          {
            type: "line",
            name: t("people"),
            data: points.map((point) => point.people),
            showSymbol: false,
            lineStyle: { color: ink.accent, width: 1.75 },
            itemStyle: { color: ink.accent },
            areaStyle: { color: ink.accent, opacity: 0.08, origin: "start" },
          },
        ],
      };
    },
    [points, f, t],
  );
  if (points.length < 2)
    return (
      <Text size="sm" c="dimmed">
        {t("young")}
      </Text>
    );
  return (
    <Chart
      option={option}
      height={170}
      label={t("trendOf", { name: plain(name) })}
      table={{
        head: [t("date"), t("people")],
        rows: points.map((point) => [f.date(`${point.date}T12:00:00Z`), f.number(point.people)]),
      }}
    />
  );
}
