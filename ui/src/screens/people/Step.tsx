import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import { plain } from "@/parts/text";
import { useWords } from "@/screens/journeys/words";

interface Props {
  journey: string;
  step: string | undefined;
  onChange: (step: string | undefined) => void;
}

/** The steps of a journey, to see who is at one of them. */
export function Step({ journey, step, onChange }: Props) {
  const { t, i18n } = useTranslation("people");
  const lang = i18n.language as "en" | "ur";
  const graph = useQuery({
    queryKey: ["journeys", journey, "steps", lang],
    queryFn: () =>
      ask(
        client.GET("/api/v1/journeys/{name}", {
          params: { path: { name: journey }, query: { lang } },
        }),
      ),
    staleTime: 60_000,
  });
  const words = useWords();
  const steps = (graph.data?.nodes ?? []).map((node) => ({
    value: node.id,
    label: `${words.kind(node)}: ${words.title(node)}`,
  }));
  if (step && !steps.some((one) => one.value === step))
    steps.push({ value: step, label: plain(step) });
  return (
    <Select
      aria-label={t("filter.step")}
      placeholder={t("filter.step")}
      data={steps}
      value={step ?? null}
      onChange={(value) => onChange(value ?? undefined)}
      searchable
      clearable
    />
  );
}
