import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

export interface Live {
  reached: string | null;
  /** Log rows that the engine has not taken yet. */
  behind: number;
  sentToday: number | null;
  error: string | null;
  isDown: boolean;
}

const NOTHING: Live = { reached: null, behind: 0, sentToday: null, error: null, isDown: false };

/** How often screens that show live figures are asked anew at most, milliseconds. */
const PACE = 5_000;

/** The engine's pulse by server-sent events. Queries with `meta: {live: true}` follow it. */
export function useLive(): Live {
  const [live, setLive] = useState<Live>(NOTHING);
  const cache = useQueryClient();
  useEffect(() => {
    const source = new EventSource("/api/v1/live");
    let last = 0;
    let pending: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    let wasDown = false;
    let before: string | undefined;
    const refresh = () => {
      last = Date.now();
      pending = undefined;
      // What failed stays failed until somebody tries again or the server is back.
      // An answer on its way is not asked for anew, or a slow server would never get to give one
      void cache.invalidateQueries(
        {
          predicate: ({ meta, state }) =>
            meta?.live === true &&
            (wasDown || state.status !== "error" || state.data !== undefined),
        },
        { cancelRefetch: false },
      );
      wasDown = false;
    };
    source.onmessage = (event) => {
      wasDown ||= failures > 2;
      failures = 0;
      const said = JSON.parse(event.data);
      setLive({
        reached: said.reached ?? null,
        behind: Math.max(0, (said.tail ?? 0) - (said.position ?? 0)),
        sentToday: said.sent_today ?? null,
        error: said.error ?? null,
        isDown: false,
      });
      // time passing changes no figure, and what the page has just asked for is not asked for again
      const { reached: _, ...figures } = said;
      const now = JSON.stringify(figures);
      const isNews = wasDown || (before !== undefined && before !== now);
      before = now;
      if (isNews && pending === undefined)
        pending = setTimeout(refresh, Math.max(0, last + PACE - Date.now()));
    };
    source.onerror = () => {
      // one drop is the stream's own end, after which the browser comes back by itself
      failures += 1;
      if (failures > 2) setLive((now) => ({ ...now, isDown: true }));
    };
    return () => {
      source.close();
      clearTimeout(pending);
    };
  }, [cache]);
  return live;
}
