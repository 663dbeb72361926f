import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";

const useLang = () => useTranslation().i18n.language as "en" | "ur";

const KEY = ["measurement"] as const;

/** Milliseconds until the figures are asked after again: what comes in may be the first there is. */
const PAUSE = { computing: 2_000, none: 10_000, ready: false } as const;

/** The latest figures; while they are being computed, asked after again and again. */
export function useMeasurement() {
  const lang = useLang();
  return useQuery({
    queryKey: [...KEY, lang],
    queryFn: () => ask(client.GET("/api/v1/measurement", { params: { query: { lang } } })),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => PAUSE[query.state.data?.state ?? "ready"],
  });
}

export function useRefresh() {
  const cache = useQueryClient();
  const lang = useLang();
  return useMutation({
    mutationFn: () =>
      ask(client.POST("/api/v1/measurement/refresh", { params: { query: { lang } } })),
    onSuccess: (measured) => cache.setQueryData([...KEY, lang], measured),
  });
}
