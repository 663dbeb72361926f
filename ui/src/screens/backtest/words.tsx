import { Group, Text } from "@mantine/core";
import {
  IconAlertTriangle,
  IconBan,
  IconCircleCheck,
  IconClockHour4,
  IconLoader,
  IconPlugConnectedX,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";
import classes from "./backtest.module.css";
import { daysBetween, noon, type Order, partOf, periodOf, shownValue } from "./order";

const ICONS = {
  waiting: IconClockHour4,
  running: IconLoader,
  done: IconCircleCheck,
  cancelled: IconBan,
  failed: IconAlertTriangle,
  interrupted: IconPlugConnectedX,
} as const;

const COLOURS: Record<string, string> = {
  done: "var(--good)",
  failed: "var(--bad)",
  interrupted: "var(--warn)",
  running: "var(--accent)",
};

export function RunState({ state }: { state: keyof typeof ICONS }) {
  const { t } = useTranslation("backtest");
  const Icon = ICONS[state] ?? IconClockHour4;
  return (
    <span
      className={classes.state}
      style={{ color: COLOURS[state] ?? "var(--mantine-color-dimmed)" }}
    >
      <Icon size={15} stroke={1.7} aria-hidden />
      {t(`state.${state}`)}
    </span>
  );
}

/** "All journeys, 1 Aug 2026 – 31 Oct 2026 (92 days)" */
export function useOrderWords() {
  const { t } = useTranslation("backtest");
  const f = useFormats();
  return (order: Order) => {
    const { first, last } = periodOf(order);
    const days = daysBetween(first, last);
    return {
      title: order.journey,
      period: t("period", { first: f.date(noon(first)), last: f.date(noon(last)) }),
      days: t("days", { count: days, n: f.number(days) }),
    };
  };
}

export function OrderTitle({ order }: { order: Order }) {
  const { t } = useTranslation("backtest");
  return order.journey ? <Name>{order.journey}</Name> : t("allJourneys");
}

/** 'caps.promotional.max' as a person would say it. */
export function useSettingWords() {
  const { t } = useTranslation("backtest");
  const f = useFormats();
  return (path: string, given: string) => {
    const part = partOf(path);
    const kind =
      path === "holdout"
        ? "share"
        : path.endsWith(".window")
          ? "duration"
          : path === "timezone"
            ? path
            : "number";
    const value = shownValue(kind, given, f);
    const [, name = "", end = ""] = path.split(".");
    const named = t(`common:class.${name}`, { defaultValue: name });
    if (part && given.toLowerCase() === "none")
      return part === "quiet_hours" ? t("set.noQuiet") : t("set.noCap", { name: named });
    if (part?.startsWith("caps."))
      return t(`set.cap.${end}`, { name: named, value, defaultValue: `${path} = ${value}` });
    return t(`set.${path.replace(".", "_")}`, { value, defaultValue: `${path} = ${value}` });
  };
}

export function SettingChips({ order }: { order: Order }) {
  const { t } = useTranslation("backtest");
  const words = useSettingWords();
  const set = Object.entries(order.set);
  if (set.length === 0 && !order.has_definitions) return null;
  return (
    <Group gap={6} className={classes.chips}>
      {set.map(([path, value]) => (
        <span key={path} className={classes.chip}>
          <bdi>{words(path, value)}</bdi>
        </span>
      ))}
      {order.has_definitions && <span className={classes.chip}>{t("ownDefinitions")}</span>}
    </Group>
  );
}

/** What a backtest can say and what it cannot, in two lines. */
export function WhatItSays() {
  const { t } = useTranslation("backtest");
  return (
    <div className={classes.aside}>
      <Text size="sm" fw={500}>
        {t("note.exact")}
      </Text>
      <Text size="sm" c="dimmed">
        {t("note.answers")}
      </Text>
      <Text size="sm" c="dimmed">
        {t("note.start")}
      </Text>
    </div>
  );
}
