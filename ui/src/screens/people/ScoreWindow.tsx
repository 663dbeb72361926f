import { SegmentedControl } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";

export const WINDOWS = ["30", "90", "365"] as const;
export type Window = (typeof WINDOWS)[number];

const DAY = 86_400_000;

export function windowOf(days: string | undefined): Window {
  return WINDOWS.find((one) => one === days) ?? "30";
}

/** 90 days are what the API takes by itself, and it knows best what time it is. */
export function since(days: Window): string | undefined {
  return days === "90" ? undefined : new Date(Date.now() - Number(days) * DAY).toISOString();
}

export function ScoreWindow({
  value,
  onChange,
}: {
  value: Window;
  onChange: (to: Window) => void;
}) {
  const { t } = useTranslation("people");
  const f = useFormats();
  return (
    <SegmentedControl
      size="xs"
      aria-label={t("score.window")}
      data={WINDOWS.map((n) => ({
        value: n,
        label: t("score.days", { count: Number(n), n: f.number(Number(n)) }),
      }))}
      value={value}
      onChange={(chosen) => onChange(windowOf(chosen))}
    />
  );
}
