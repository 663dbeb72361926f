import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ask, client } from "@/api/client";

const KEY = ["measurement"] as const;

/** The latest figures; while they are being computed, asked after again and again. */
export function useMeasurement() {
  return useQuery({
    queryKey: KEY,
    queryFn: () => ask(client.GET("/api/v1/measurement")),
    refetchInterval: (query) => (query.state.data?.state === "computing" ? 2_000 : false),
  });
}

export function useRefresh() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => ask(client.POST("/api/v1/measurement/refresh")),
    onSuccess: (measured) => cache.setQueryData(KEY, measured),
  });
}
