import type { Problem } from "@/api/client";
import type { components } from "@/api/schema";
import type { Formats } from "@/parts/format";

export type Order = components["schemas"]["SimulationOrder"];
export type Run = components["schemas"]["Simulation"];
export type RunHead = components["schemas"]["SimulationHead"];
export type RunSummary = components["schemas"]["SimulationSummary"];
export type ChangedPerson = components["schemas"]["ChangedPerson"];
export type Setting = components["schemas"]["Setting"];

const DAY = 86_400_000;

export const PRESETS = [30, 90, 365] as const;

/** What the form holds. `last` is the last day of the period; the API wants the day after it. */
export interface Draft {
  journey: string | null;
  preset: number | null;
  first: string;
  last: string;
  /** Values to try, by the policy's path; what is empty stays as it is. */
  set: Record<string, string>;
  /** Whole parts of the policy to try without: 'caps.promotional', 'quiet_hours'. */
  off: string[];
}

export interface Span {
  first: string;
  last: string;
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

export function daysBetween(first: string, last: string): number {
  return Math.round((Date.parse(last) - Date.parse(first)) / DAY) + 1;
}

/** A day's noon: it is the same date in the time zones people live in. */
export function noon(day: string): string {
  return `${day.slice(0, 10)}T12:00:00Z`;
}

/** A day, no earlier than the history begins. */
function clamped(day: string, span: Span): string {
  if (day < span.first) return span.first;
  return day;
}

/** The last `days` days of the history, no longer than there is one. */
export function presetPeriod(days: number, span: Span): Span {
  return { first: clamped(addDays(span.last, 1 - days), span), last: span.last };
}

/** The days of an order, both of them inside the period. */
export function periodOf(order: { from: string; to: string }): Span {
  return {
    first: order.from.slice(0, 10),
    last: new Date(Date.parse(order.to) - 1).toISOString().slice(0, 10),
  };
}

export function freshDraft(span: Span, journey?: string): Draft {
  return { journey: journey ?? null, preset: 90, ...presetPeriod(90, span), set: {}, off: [] };
}

/** A past order, as a draft to change and run again. */
export function draftOf(order: Order): Draft {
  const set: Record<string, string> = {};
  const off: string[] = [];
  for (const [path, value] of Object.entries(order.set)) {
    if (value.toLowerCase() === "none" && path !== "timezone") off.push(path);
    else set[path] = value;
  }
  return { journey: order.journey, preset: null, ...periodOf(order), set, off };
}

/** The part of the policy that a path belongs to, where the part can be left out as a whole. */
export function partOf(path: string): string | null {
  if (path.startsWith("caps.")) return path.split(".").slice(0, 2).join(".");
  if (path.startsWith("quiet_hours")) return "quiet_hours";
  return null;
}

/** Only what differs from what is in force is sent. */
export function changed(draft: Draft, settings: Setting[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { path, value } of settings) {
    const typed = draft.set[path]?.trim();
    const part = partOf(path);
    if (part && draft.off.includes(part)) found[part] = "none";
    else if (typed && typed !== value) found[path] = typed;
  }
  return found;
}

const KEY = "raabta.draft.backtest";

export function keptDraft(): Draft | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    return kept &&
      typeof kept.first === "string" &&
      typeof kept.set === "object" &&
      Array.isArray(kept.off)
      ? kept
      : null;
  } catch {
    return null;
  }
}

export function keepDraft(draft: Draft): void {
  sessionStorage.setItem(KEY, JSON.stringify(draft));
}

export function isOver(run: { state: string }): boolean {
  return run.state !== "waiting" && run.state !== "running";
}

export function total(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, n) => sum + n, 0);
}

/** The figures a run is about: under the changed settings where there are any. */
export function mainSummary(run: Run): RunSummary | null {
  return run.result ? (run.result.changed ?? run.result.as_declared) : null;
}

/** The field that the API names: 'set caps.promotional.max' is 'caps.promotional.max'. */
export function fieldOf(problem: Problem | null): string | null {
  return problem?.field?.replace(/^set[ .]/, "") ?? null;
}

/** Whether what the API names is this setting, a part of it, or what it is a part of. */
export function named(field: string, path: string): boolean {
  return field === path || path.startsWith(`${field}.`) || field.startsWith(`${path}.`);
}

const SIZES: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** A setting's value as a person reads it: '0.1' is 10 %, '7d' is 7 days. */
export function shownValue(
  kind: Setting["kind"],
  value: string,
  f: Pick<Formats, "percent" | "lasting">,
): string {
  if (kind === "share") {
    const share = value.trim().endsWith("%") ? Number.parseFloat(value) / 100 : Number(value);
    return Number.isFinite(share) ? f.percent(share) : value;
  }
  if (kind === "duration") {
    const parts = [...value.matchAll(/(\d+(?:\.\d+)?)\s*([smhdw])/g)];
    const sum = parts.reduce((all, [, n, unit]) => all + Number(n) * (SIZES[unit ?? ""] ?? 0), 0);
    return sum > 0 ? f.lasting(sum) : value;
  }
  // zones are named with underscores where people write spaces
  return kind === "timezone" ? value.replaceAll("_", " ") : value;
}
