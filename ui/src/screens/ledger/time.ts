/** Spans that move with the clock stand in the address as words, so that a kept link stays true. */
export const PRESETS = ["today", "7d", "30d"] as const;
export type Preset = (typeof PRESETS)[number];

const QUARTER = 15 * 60_000;
const DAY = 86_400_000;

export function isPreset(text: string | undefined): text is Preset {
  return PRESETS.some((one) => one === text);
}

/** Minutes by which a zone is ahead of UTC at an instant. */
function ahead(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  }).formatToParts(at);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const there = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"));
  return Math.round((there - Math.floor(at / 60_000) * 60_000) / 60_000);
}

/** '2026-03-02T09:30' on the wall clocks of `zone`, as an instant; null where it is no time. */
export function fromWall(text: string, zone: string): string | null {
  const wall = Date.parse(`${text}Z`);
  if (Number.isNaN(wall)) return null;
  // twice, because the offset is that of the instant which is looked for
  const guess = wall - ahead(wall, zone) * 60_000;
  return new Date(wall - ahead(guess, zone) * 60_000).toISOString();
}

/** An instant as '2026-03-02T09:30' on the wall clocks of `zone`. */
export function toWall(at: string | undefined, zone: string): string {
  const instant = at ? Date.parse(at) : Number.NaN;
  if (Number.isNaN(instant)) return "";
  return new Date(instant + ahead(instant, zone) * 60_000).toISOString().slice(0, 16);
}

/** What `from` means now. In quarters of an hour, so that the same question is not asked anew. */
export function resolved(from: string | undefined, zone: string, now = Date.now()) {
  if (!isPreset(from)) return from;
  if (from === "today") {
    const today = toWall(new Date(now).toISOString(), zone).slice(0, 10);
    return fromWall(`${today}T00:00`, zone) ?? undefined;
  }
  const days = Number.parseInt(from, 10);
  return new Date(Math.floor((now - days * DAY) / QUARTER) * QUARTER).toISOString();
}
