import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";
import { plain } from "@/parts/text";
import type { Step, Way } from "./layout";

/** Reasons that the engine itself gives for an end. */
const KNOWN = new Set(["goal", "timed out", "completed", "merged"]);

/** What steps and the ways between them say. */
export function useWords() {
  const { t } = useTranslation("journeys");
  const f = useFormats();
  return useMemo(() => {
    const channel = (name: string) => t(`common:channel.${name}`, { defaultValue: plain(name) });
    const reason = (name: string | null | undefined) =>
      name && KNOWN.has(name) ? t(`reason.${name}`) : plain(name ?? t("reason.completed"));
    return {
      reason,
      /** The kind, as a small heading. */
      kind: (step: Step) => t(`kind.${step.kind}`),
      title(step: Step): string {
        switch (step.kind) {
          case "send":
            return plain(step.template ?? "");
          case "wait_for":
            return f.lasting(step.lasting ?? 0);
          case "wait_until":
            return plain(step.event ?? "");
          case "split":
            return (step.arms ?? []).map((arm) => f.percent(arm.share ?? 0)).join(" : ");
          case "branch":
            return plain(step.arms?.[0]?.words ?? "");
          case "set":
            return Object.entries(step.values ?? {})
              .map(
                ([name, value]) =>
                  `${plain(name)} = ${plain(typeof value === "string" ? value : JSON.stringify(value))}`,
              )
              .join(t("common:comma"));
          case "exit":
            return reason(step.reason);
        }
      },
      more(step: Step): string {
        if (step.kind === "send")
          return [
            step.channel && channel(step.channel),
            step.class && t(`common:class.${step.class}`, { defaultValue: plain(step.class) }),
            step.topic && plain(step.topic),
          ]
            .filter(Boolean)
            .join(" · ");
        if (step.kind === "wait_until" && step.within)
          return t("atMost", { time: f.lasting(step.within) });
        if (step.kind === "branch" && (step.arms?.length ?? 0) > 2)
          return t("arms", { count: step.arms!.length - 1, n: f.number(step.arms!.length - 1) });
        return "";
      },
      way(way: Way, from?: Step): string {
        // a lone condition stands on the step itself already
        const isLone = from?.kind === "branch" && (from.arms?.length ?? 0) <= 2;
        switch (way.kind) {
          case "met":
            return t("way.met");
          case "timeout":
            return t("way.timeout");
          case "otherwise":
            return t("way.otherwise");
          case "arm":
            if (isLone) return t("way.holds");
            return way.share != null
              ? `${plain(way.label ?? "")} ${f.percent(way.share)}`.trim()
              : plain(way.words ?? way.label ?? "");
          case "exit":
            return reason(way.label);
          default:
            return "";
        }
      },
    };
  }, [t, f]);
}
