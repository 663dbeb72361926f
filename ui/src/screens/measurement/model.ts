import type { components } from "@/api/schema";

export type Measured = components["schemas"]["Measurement"];
export type Report = components["schemas"]["MeasurementReport"];
export type LiftResult = components["schemas"]["LiftResult"];
export type LiftPoint = components["schemas"]["LiftPoint"];

/** What credit is counted in. */
export type Measure = "conversions" | "revenue";

const ORDER = ["first", "last", "linear", "position", "time_decay", "markov"];

/** The models the report holds, in the order people meet them in. */
export function modelsOf(report: Report): string[] {
  const rank = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return Object.keys(report.attribution).sort((a, b) => rank(a) - rank(b));
}

export interface CreditRow {
  touch: string;
  credit: Record<string, number>;
}

export function creditRows(report: Report, measure: Measure): CreditRow[] {
  const by = measure === "revenue" ? report.revenue_attribution : report.attribution;
  const touches = new Set(Object.values(by).flatMap((credit) => Object.keys(credit)));
  return [...touches].map((touch) => ({
    touch,
    credit: Object.fromEntries(
      Object.entries(by).map(([model, credit]) => [model, credit[touch] ?? 0]),
    ),
  }));
}

/** Fewest people of a group with a completed window before a lift is read at all. */
export const FEWEST = 50;

/** '30d' and '168h' in seconds; null for what is written otherwise. */
export function seconds(duration: string): number | null {
  const found = /^(\d+(?:\.\d+)?)\s*([smhdw])$/.exec(duration.trim());
  if (!found) return null;
  const size = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }[
    found[2] as "s" | "m" | "h" | "d" | "w"
  ];
  return Number(found[1]) * size;
}

/** A day's noon: it is the same date in the time zones people live in. */
export function noon(instant: string): string {
  return `${instant.slice(0, 10)}T12:00:00Z`;
}
