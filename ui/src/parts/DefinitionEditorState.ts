import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { ApiError, ask, client, type Problem } from "@/api/client";
import type { components } from "@/api/schema";

export type Changed = components["schemas"]["DefinitionChanged"];
export type ProblemRow = NonNullable<Problem["problems"]>[number];

interface Draft {
  text: string;
  base: number;
}

function key(kind: string, name: string | null): string {
  return `raabta.draft.definition.${kind}.${name ?? "*new"}`;
}

function kept(kind: string, name: string | null): Draft | null {
  try {
    const found = JSON.parse(sessionStorage.getItem(key(kind, name)) ?? "null");
    return typeof found?.text === "string" && typeof found?.base === "number" ? found : null;
  } catch {
    return null;
  }
}

function keep(kind: string, name: string | null, draft: Draft | null): void {
  try {
    if (draft) sessionStorage.setItem(key(kind, name), JSON.stringify(draft));
    else sessionStorage.removeItem(key(kind, name));
  } catch {
    // a full or closed storage costs the draft, not the edit
  }
}

/** The name a text gives itself: `segment: lapsed`. */
export function nameIn(kind: string, text: string): string | null {
  const found = new RegExp(`^${kind}:[ \\t]*(?:"([^"]+)"|'([^']+)'|([^\\s#]+))`, "m").exec(text);
  return found?.[1] ?? found?.[2] ?? found?.[3] ?? null;
}

/** The text being edited, its base version, and a draft of it that outlives a reload. */
export function useDraft(kind: string, name: string | null, starter: string) {
  const cache = useQueryClient();
  const [draft, setDraft] = useState<Draft | null>(() => kept(kind, name));
  const [wasKept, setWasKept] = useState(draft !== null);
  const query = useQuery({
    queryKey: ["definition", kind, name],
    queryFn: () =>
      ask(
        client.GET("/api/v1/definitions/{kind}/{name}", {
          params: { path: { kind, name: name ?? "" } },
        }),
      ),
    enabled: name !== null,
    // an edit in hand must not change under the hand
    refetchOnWindowFocus: false,
  });
  const loaded: Draft | null =
    name === null
      ? { text: starter, base: 0 }
      : query.data
        ? { text: query.data.yaml, base: query.data.version }
        : null;
  const now = draft ?? loaded;
  const isChanged = draft !== null && draft.text !== loaded?.text;
  const set = (next: Draft | null) => {
    setDraft(next);
    keep(kind, name, next);
    if (next === null) setWasKept(false);
  };
  return {
    query,
    now,
    isChanged,
    wasKept: wasKept && isChanged,
    write: (text: string) => set({ text, base: now?.base ?? 0 }),
    /** Go on with the same text on top of the version in force. */
    rebase: (base: number) => set({ text: now?.text ?? "", base }),
    drop: () => set(null),
    async reload() {
      await cache.invalidateQueries({ queryKey: ["definition", kind, name] });
    },
  };
}

/** A value that stands still once nobody has typed for a moment. */
export function useSettled<T>(value: T, wait: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), wait);
    return () => clearTimeout(timer);
  }, [value, wait]);
  return settled;
}

export function put(
  kind: string,
  name: string,
  draft: { text: string; base: number },
  dry: boolean,
): Promise<Changed> {
  return ask(
    client.PUT("/api/v1/definitions/{kind}/{name}", {
      params: { path: { kind, name } },
      body: { yaml: draft.text, dry_run: dry, base_version: draft.base },
    }),
  );
}

/** What an edit would change, or what is wrong with it, asked as it is typed. */
export function useCheck(kind: string, name: string | null, draft: Draft | null, lang: string) {
  const settled = useSettled(draft?.text ?? "", 450);
  const base = draft?.base ?? 0;
  const called = name ?? nameIn(kind, settled);
  const check = useQuery({
    queryKey: ["check", kind, called, base, settled],
    queryFn: () => put(kind, called ?? "", { text: settled, base }, true),
    enabled: draft !== null && called !== null && settled !== "",
    placeholderData: (before) => before,
    retry: (failures, error) => !(error instanceof ApiError) && failures < 2,
    gcTime: 0,
  });
  const preview = useQuery({
    queryKey: ["preview", settled, lang],
    queryFn: () =>
      ask(
        client.POST("/api/v1/segments/preview", {
          body: { yaml: settled },
          params: { query: { lang: lang as "en" | "ur" } },
        }),
      ),
    enabled: kind === "segment" && settled !== "",
    placeholderData: (before) => before,
    gcTime: 0,
  });
  const refused = check.error instanceof ApiError ? check.error.problem : null;
  const problems = useMemo<ProblemRow[]>(() => {
    if (refused?.problems) return refused.problems;
    if (check.isError) return [];
    return check.data?.problems ?? [];
  }, [refused, check.isError, check.data]);
  const isStale = refused?.status === 409;
  return {
    called,
    problems,
    isStale,
    /** An error that is no list of problems: no way to the server, not allowed. */
    error: check.isError && !isStale && !refused?.problems ? check.error : null,
    changes: check.isError ? [] : (check.data?.changes ?? []),
    isSettled: settled === draft?.text && !check.isFetching,
    preview: preview.data,
    isCounting: preview.isFetching,
  };
}
