import type { components } from "@/api/schema";
import { addDays, daysBetween, periodOf, type RunSummary } from "./order";

type Outcomes = components["schemas"]["OutcomeCounts"];

/** With more days than this, a bar stands for a week: thinner ones cannot be told apart. */
const MOST_DAYS = 120;

export interface Bucket extends Required<Outcomes> {
  day: string;
}

/** Outcomes by day, or by week where there are many days; days without any are there as noughts. */
export function buckets(summaries: RunSummary[]): {
  isWeekly: boolean;
  rows: Bucket[][];
  days: string[];
} {
  const periods = summaries.map(periodOf);
  const first = periods.map((p) => p.first).sort()[0] ?? "";
  const last =
    periods
      .map((p) => p.last)
      .sort()
      .at(-1) ?? "";
  const length = Math.max(1, daysBetween(first, last));
  const step = length > MOST_DAYS ? 7 : 1;
  const days = Array.from({ length: Math.ceil(length / step) }, (_, i) => addDays(first, i * step));
  const rows = summaries.map((summary) => {
    const found: Bucket[] = days.map((day) => ({ day, sent: 0, deferred: 0, withheld: 0 }));
    for (const [day, n] of Object.entries(outcomesByDay(summary))) {
      const bucket = found[Math.floor((daysBetween(first, day) - 1) / step)];
      if (!bucket) continue;
      bucket.sent += n.sent ?? 0;
      bucket.deferred += n.deferred ?? 0;
      bucket.withheld += n.withheld ?? 0;
    }
    return found;
  });
  return { isWeekly: step > 1, rows, days };
}

function outcomesByDay(summary: RunSummary): Record<string, Outcomes> {
  const given = summary.outcomes_by_day ?? {};
  if (Object.keys(given).length > 0) return given;
  return Object.fromEntries(
    Object.entries(summary.by_day).map(([day, sent]) => [day, { sent, deferred: 0, withheld: 0 }]),
  );
}
