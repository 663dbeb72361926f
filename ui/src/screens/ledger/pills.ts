import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import { useFormats } from "@/parts/format";
import type { PillItem } from "@/parts/Pills";
import type { Change, LedgerSearch } from "./search";
import { isPreset } from "./time";

/** The filters in force, one pill for each value. */
export function useLedgerPills(search: LedgerSearch, change: Change): PillItem[] {
  const { t } = useTranslation("ledger");
  const f = useFormats();
  const name = usePersonName(search.person);
  const many = (
    key: "outcome" | "rule" | "journey" | "channel" | "class" | "template",
    word: (value: string) => string,
  ): PillItem[] =>
    (search[key] ?? []).map((value) => ({
      key: `${key} ${value}`,
      label: t(`filter.${key}`),
      value: word(value),
      onRemove: () => {
        const left = (search[key] ?? []).filter((one) => one !== value);
        change({ [key]: left.length > 0 ? left : undefined });
      },
    }));
  const one = (key: "rival" | "step" | "person" | "from" | "to", value: string): PillItem[] =>
    search[key] === undefined
      ? []
      : [{ key, label: t(`filter.${key}`), value, onRemove: () => change({ [key]: undefined }) }];
  const known = (what: string) => (value: string) =>
    t(`common:${what}.${value}`, { defaultValue: value });
  const moment = (at: string | undefined) =>
    at === undefined ? "" : Number.isNaN(Date.parse(at)) ? at : f.dateTime(at);
  return [
    ...many("outcome", known("outcome")),
    ...many("rule", known("rule")),
    ...many("journey", (value) => value),
    ...one("step", search.step ?? ""),
    ...many("template", (value) => value),
    ...many("channel", known("channel")),
    ...many("class", known("class")),
    ...one("person", name),
    ...one("rival", search.rival ?? ""),
    ...one("from", isPreset(search.from) ? t(`range.${search.from}`) : moment(search.from)).map(
      (pill) => (isPreset(search.from) ? { ...pill, label: t("range.label") } : pill),
    ),
    ...one("to", moment(search.to)),
  ];
}

/** What a person is called, as soon as it is known. */
function usePersonName(who: string | undefined): string {
  const query = useQuery({
    queryKey: ["person", who, "title"],
    queryFn: () =>
      ask(client.GET("/api/v1/profiles/{who}", { params: { path: { who: who ?? "" } } })),
    enabled: who !== undefined,
    staleTime: 60_000,
  });
  return query.data?.title ?? who ?? "";
}
