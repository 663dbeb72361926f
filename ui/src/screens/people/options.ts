import { useQuery } from "@tanstack/react-query";
import { ask, client } from "@/api/client";

export interface Named {
  name: string;
  people?: number;
  inside?: number;
}

/** The names in an answer's `items`, with how many people each holds. */
function named(answer: unknown): Named[] {
  const items = (answer as { items?: Named[] } | null)?.items;
  return Array.isArray(items) ? items : [];
}

export function useSegmentNames() {
  return useQuery({
    queryKey: ["segments", "names"],
    queryFn: async () => named(await ask(client.GET("/api/v1/segments"))),
    staleTime: 60_000,
  });
}

export function useJourneyNames() {
  return useQuery({
    queryKey: ["journeys", "names"],
    queryFn: async () => named(await ask(client.GET("/api/v1/journeys"))),
    staleTime: 60_000,
  });
}
