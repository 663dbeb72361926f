/** Milliseconds by which a zone's clock runs ahead of UTC at an instant. */
function ahead(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(at);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const shown = Date.UTC(
    of("year"),
    of("month") - 1,
    of("day"),
    of("hour"),
    of("minute"),
    of("second"),
  );
  return shown - Math.floor(at / 1000) * 1000;
}

/** The instant at which a date begins where the zone is. */
export function startOf(date: string, timeZone: string): Date {
  const utc = Date.parse(`${date}T00:00:00Z`);
  const guess = utc - ahead(utc, timeZone);
  // where the clock changes in between, the first guess is off by that change
  return new Date(utc - ahead(guess, timeZone));
}

export function plusDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** A span of dates (both within) as the ledger's `from` and `to`. */
export function span(first: string, last: string, timeZone: string): { from: string; to: string } {
  return {
    from: startOf(first, timeZone).toISOString(),
    to: startOf(plusDays(last, 1), timeZone).toISOString(),
  };
}

/** Steps for a scale up to `most`: at most four round numbers. */
export function ticks(most: number): number[] {
  if (most <= 0) return [];
  const rough = most / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? rough);
  return Array.from({ length: Math.floor(most / step) }, (_, n) => (n + 1) * step);
}

/** The middle of a date, so that it is said as that date whatever the clock does. */
export function noon(date: string, timeZone: string): Date {
  return new Date(startOf(date, timeZone).getTime() + 43_200_000);
}
