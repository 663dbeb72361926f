import { useComputedColorScheme } from "@mantine/core";
import type { EChartsCoreOption, EChartsType } from "echarts/core";
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";

export interface Ink {
  ink: string;
  dimmed: string;
  line: string;
  surface: string;
  accent: string;
  warn: string;
  bad: string;
  good: string;
  font: string;
  isRtl: boolean;
}

function readInk(isRtl: boolean): Ink {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    ink: of("--ink"),
    dimmed: of("--mantine-color-dimmed"),
    line: of("--line"),
    surface: of("--surface"),
    accent: of("--accent"),
    warn: of("--warn"),
    bad: of("--bad"),
    good: of("--good"),
    font: of("--mantine-font-family"),
    isRtl,
  };
}

interface Props {
  /** Made for the present colours and direction. Memoise it. */
  option: (ink: Ink) => EChartsCoreOption;
  height: number;
  /** What a screen reader is told instead of the drawing. */
  label: string;
  /** The same figures in rows, for those who do not see the drawing. */
  table?: { head: string[]; rows: (string | number)[][] };
}

/** A chart in the page's own ink, mirrored where people read from the right. */
export function Chart({ option, height, label, table }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const { i18n } = useTranslation();
  const scheme = useComputedColorScheme();
  const isRtl = i18n.language === "ur";

  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are read from the page, which changes with the scheme
  const drawn = useMemo(() => {
    const ink = readInk(isRtl);
    const made = option(ink);
    return {
      animation: false,
      textStyle: { fontFamily: ink.font, color: ink.dimmed, fontSize: 12 },
      ...made,
    };
  }, [option, isRtl, scheme]);

  useEffect(() => {
    let gone = false;
    const element = box.current;
    if (!element) return;
    const watch = new ResizeObserver(() => chart.current?.resize());
    void import("./echarts").then(({ init }) => {
      if (gone) return;
      chart.current ??= init(element);
      chart.current.setOption(drawn, { notMerge: true });
      watch.observe(element);
    });
    return () => {
      gone = true;
      watch.disconnect();
    };
  }, [drawn]);

  useEffect(
    () => () => {
      chart.current?.dispose();
      chart.current = null;
    },
    [],
  );

  return (
    <figure style={{ margin: 0, position: "relative" }}>
      <div ref={box} role="img" aria-label={label} style={{ height, width: "100%" }} dir="ltr" />
      {table && (
        // a table does not take a height: the box around it is what is hidden
        <div className="visually-hidden">
          <table>
            <caption>{label}</caption>
            <thead>
              <tr>
                {table.head.map((cell) => (
                  <th key={cell} scope="col">
                    {cell}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {table.rows.map((row) => (
                <tr key={String(row[0])}>
                  {row.map((cell, index) => (
                    <td key={table.head[index]}>{cell}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </figure>
  );
}

/** The axes all our charts share: categories along time, figures on the starting side. */
export function axes(ink: Ink, categories: string[], format: (n: number) => string) {
  return {
    grid: { left: 8, right: 8, top: 28, bottom: 4, containLabel: true },
    xAxis: {
      type: "category",
      // the canvas is written from the left: a mark turns words and numbers the reader's way
      data: ink.isRtl ? categories.map((one) => `\u200f${one}`) : categories,
      inverse: ink.isRtl,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: ink.line } },
      axisLabel: { color: ink.dimmed, hideOverlap: true },
    },
    yAxis: {
      type: "value",
      position: ink.isRtl ? "right" : "left",
      splitLine: { lineStyle: { color: ink.line } },
      axisLabel: { color: ink.dimmed, formatter: format },
      minInterval: 1,
    },
  };
}

/** A tooltip drawn on the canvas: no markup, so nothing of anybody's data can become any. */
export function tooltip(ink: Ink, extra: object = {}) {
  return {
    renderMode: "richText",
    backgroundColor: ink.surface,
    borderColor: ink.line,
    textStyle: { color: ink.ink, fontSize: 12, fontFamily: ink.font },
    confine: true,
    ...extra,
  };
}
