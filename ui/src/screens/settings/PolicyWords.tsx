import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import { useFormats } from "@/parts/format";
import { Loaded, Waiting } from "@/parts/Loaded";
import classes from "./settings.module.css";

/** The policy as sentences: what anybody may be sent, when, and who is held out. */
export function PolicyWords() {
  const { t, i18n } = useTranslation("settings");
  const f = useFormats();
  const lang = i18n.language as "en" | "ur";
  const query = useQuery({
    queryKey: ["simulation-settings", lang],
    queryFn: () => ask(client.GET("/api/v1/simulations/settings", { params: { query: { lang } } })),
  });
  return (
    <Loaded query={query} waiting={<Waiting rows={5} />}>
      {({ settings }) => {
        const of = (path: string) =>
          settings.find((setting) => setting.path === path)?.value ?? null;
        const classesOf = [
          ...new Set(settings.flatMap(({ path }) => /^caps\.(\w+)\./.exec(path)?.[1] ?? [])),
        ];
        const [start, end, holdout] = [
          of("quiet_hours.start"),
          of("quiet_hours.end"),
          of("holdout"),
        ];
        const sentences = [
          ...classesOf.map((name) => {
            const cls = t(`common:class.${name}`, { defaultValue: name });
            const [max, window] = [of(`caps.${name}.max`), of(`caps.${name}.window`)];
            if (max === null || window === null) return t("policy.noCap", { cls });
            return t("policy.cap", {
              cls,
              count: Number(max),
              n: f.number(Number(max)),
              window: f.lasting(inSeconds(window)),
            });
          }),
          t("policy.transactional"),
          start && end ? t("policy.quiet", { start, end }) : t("policy.noQuiet"),
          Number(holdout) > 0
            ? t("policy.holdout", { share: f.percent(Number(holdout)) })
            : t("policy.noHoldout"),
        ];
        return (
          <ul className={classes.list}>
            {sentences.map((sentence) => (
              <li key={sentence} className={classes.item}>
                <Text size="sm">{sentence}</Text>
              </li>
            ))}
          </ul>
        );
      }}
    </Loaded>
  );
}

const SIZES: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** '1d 12h' in seconds. */
export function inSeconds(duration: string): number {
  return [...duration.matchAll(/(\d+(?:\.\d+)?)\s*([smhdw])/g)].reduce(
    (sum, [, n, unit]) => sum + Number(n) * (SIZES[unit ?? ""] ?? 0),
    0,
  );
}
