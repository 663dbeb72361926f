import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ask, client } from "@/api/client";
import { isOver } from "./order";

const LIST = ["simulations"] as const;

export function useRuns() {
  return useQuery({
    queryKey: LIST,
    queryFn: () => ask(client.GET("/api/v1/simulations")),
    refetchInterval: (query) =>
      query.state.data?.simulations.some((run) => !isOver(run)) ? 1_500 : false,
  });
}

/** One run, asked after twice a second for as long as it runs. */
export function useRun(id: string | undefined) {
  return useQuery({
    queryKey: ["simulation", id],
    queryFn: () => ask(client.GET("/api/v1/simulations/{job}", { params: { path: { job: id! } } })),
    enabled: id !== undefined,
    refetchInterval: (query) => (query.state.data && !isOver(query.state.data) ? 500 : false),
  });
}

export function useCancel() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      ask(client.DELETE("/api/v1/simulations/{job}", { params: { path: { job: id } } })),
    onSuccess: (run) => {
      void cache.invalidateQueries({ queryKey: ["simulation", run.id] });
      void cache.invalidateQueries({ queryKey: LIST });
    },
  });
}

export interface NewRun {
  journey: string | null;
  from: string;
  to: string;
  set: Record<string, string>;
}

export function useStart(onStarted: (id: string) => void) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: NewRun) => ask(client.POST("/api/v1/simulations", { body })),
    onSuccess: (run) => {
      cache.setQueryData(["simulation", run.id], run);
      void cache.invalidateQueries({ queryKey: LIST });
      onStarted(run.id);
    },
  });
}
