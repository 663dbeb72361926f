import { useTranslation } from "react-i18next";
import { useSession } from "@/api/session";

export type Formats = ReturnType<typeof formats>;

/** Numbers and dates of a language, dates in the workspace's time zone. */
export function formats(locale: string, timeZone: string) {
  const tag = locale === "ur" ? "ur-PK-u-nu-latn" : "en-GB";
  const whole = new Intl.NumberFormat(tag, { maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat(tag, { notation: "compact", maximumFractionDigits: 1 });
  const two = new Intl.NumberFormat(tag, { maximumFractionDigits: 2 });
  const share = new Intl.NumberFormat(tag, { style: "percent", maximumFractionDigits: 1 });
  const signed = new Intl.NumberFormat(tag, {
    signDisplay: "exceptZero",
    maximumFractionDigits: 0,
  });
  const when = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(tag, { timeZone, hourCycle: "h23", ...options });
    return (at: string | number | Date) => format.format(new Date(at));
  };
  const relative = new Intl.RelativeTimeFormat(tag, { numeric: "auto" });
  return {
    locale,
    timeZone,
    number: (n: number) => whole.format(n),
    compact: (n: number) => (Math.abs(n) < 10_000 ? whole.format(n) : short.format(n)),
    decimal: (n: number) => two.format(n),
    percent: (n: number) => share.format(n),
    signed: (n: number) => signed.format(n),
    date: when({ day: "numeric", month: "short", year: "numeric" }),
    day: when({ weekday: "short", day: "numeric", month: "short" }),
    shortDay: when({ day: "numeric", month: "short" }),
    weekday: when({ weekday: "short" }),
    month: when({ month: "short", year: "numeric" }),
    /** For instants that are the beginning of a day or month in UTC already. */
    utcMonth: when({ month: "short", year: "numeric", timeZone: "UTC" }),
    time: when({ hour: "2-digit", minute: "2-digit" }),
    dateTime: when({
      day: "numeric",
      month: "short",
      year: "numeric",
      hour: "2-digit",
      minute: "2-digit",
    }),
    exact: when({ dateStyle: "full", timeStyle: "medium" }),
    ago(at: string | number | Date, now: number = Date.now()) {
      const seconds = (new Date(at).getTime() - now) / 1000;
      const steps: [Intl.RelativeTimeFormatUnit, number][] = [
        ["day", 86_400],
        ["hour", 3_600],
        ["minute", 60],
      ];
      for (const [unit, size] of steps)
        if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
      return relative.format(Math.round(seconds), "second");
    },
    /** '2 d 4 h': a length of time in its two largest units. */
    lasting(seconds: number) {
      const parts: string[] = [];
      let rest = Math.round(seconds);
      for (const [unit, size] of [
        ["day", 86_400],
        ["hour", 3_600],
        ["minute", 60],
        ["second", 1],
      ] as const) {
        const n = Math.floor(rest / size);
        if (n > 0 && parts.length < 2) {
          parts.push(
            new Intl.NumberFormat(tag, { style: "unit", unit, unitDisplay: "long" }).format(n),
          );
          rest -= n * size;
        }
      }
      return parts.join(" ");
    },
  };
}

const made = new Map<string, Formats>();

/** One set for all who ask: the browser's formatters are dear to make, and lists have many cells. */
function shared(locale: string, timeZone: string): Formats {
  const key = `${locale} ${timeZone}`;
  const found = made.get(key) ?? formats(locale, timeZone);
  made.set(key, found);
  return found;
}

export function useFormats(): Formats {
  const { i18n } = useTranslation();
  const { data: me } = useSession();
  const zone = me?.workspace.timezone ?? "UTC";
  return shared(i18n.language, zone);
}
