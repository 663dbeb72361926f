import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, ask, client, setCsrf } from "./client";
import type { components } from "./schema";

export type Me = components["schemas"]["Me"];

export const sessionKey = ["session"] as const;

// The server says with the page whether the browser sent a session's cookie, which scripts cannot
// see: without one there is nobody to ask about.
let mayBeSignedIn =
  document.querySelector<HTMLMetaElement>('meta[name="raabta-session"]')?.content !== "no";

async function readSession(): Promise<Me | null> {
  if (!mayBeSignedIn) return null;
  try {
    const me = await ask(client.GET("/api/v1/session"), { silent: true });
    setCsrf(me.csrf ?? "");
    return me;
  } catch (error) {
    if (error instanceof ApiError && error.problem.status === 401) return null;
    throw error;
  }
}

/** The question, so that it can be asked before the first screen is drawn. */
export const sessionQuery = { queryKey: sessionKey, queryFn: readSession, staleTime: 60_000 };

/** Who is signed in: null when nobody is. */
export function useSession() {
  return useQuery(sessionQuery);
}

export function useMe(): Me {
  const { data } = useSession();
  if (!data) throw new Error("asked who is signed in where nobody is");
  return data;
}

export function useSetMe() {
  const cache = useQueryClient();
  return (me: Me | null) => {
    setCsrf(me?.csrf ?? "");
    mayBeSignedIn = me !== null;
    cache.setQueryData(sessionKey, me);
  };
}

/** Keeps a choice with the person as well; at the door, where nobody is signed in, with nobody. */
export function useKeepChoice() {
  const { data } = useSession();
  const setMe = useSetMe();
  return (body: components["schemas"]["MeChange"]) => {
    if (!data) return;
    ask(client.PATCH("/api/v1/me", { body }), { silent: true }).then(setMe, () => undefined);
  };
}

const RANK = { viewer: 0, editor: 1, owner: 2 } as const;

/** Whether the person may do what needs `role`. The API decides; this only hides what it refuses. */
export function useMay(role: keyof typeof RANK): boolean {
  const { data } = useSession();
  const mine = (data?.user.role ?? "viewer") as keyof typeof RANK;
  return RANK[mine] >= RANK[role];
}
