import {
  type InfiniteData,
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback, useEffect, useMemo } from "react";

interface Options<P, T> {
  queryKey: readonly unknown[];
  load: (cursor: string | undefined) => Promise<P>;
  items: (page: P) => T[];
  next: (page: P) => string | null;
  id: (item: T) => string;
  /** Watch the beginning of the list for what is new. Only where the newest stand first. */
  live?: boolean;
  enabled?: boolean;
}

/** Rows that are wanted before anybody scrolls: a page may hold few, and still have a next one. */
const ENOUGH = 30;

/**
 * A long list that loads on by cursor. Of a live one only the beginning is asked for anew: what was
 * scrolled past is history and does not change, and may be hundreds of pages.
 */
export function useFeed<P, T>(options: Options<P, T>) {
  const { queryKey, load, items, next, id, live = false, enabled = true } = options;
  const cache = useQueryClient();
  const headKey = [...queryKey, "head"];
  const query = useInfiniteQuery<
    P,
    Error,
    InfiniteData<P, string | undefined>,
    readonly unknown[],
    string | undefined
  >({
    queryKey: [...queryKey, "all"],
    queryFn: async ({ pageParam }) => {
      const page = await load(pageParam);
      if (pageParam === undefined) cache.setQueryData(headKey, page);
      return page;
    },
    initialPageParam: undefined,
    getNextPageParam: (page) => next(page) ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: live ? Number.POSITIVE_INFINITY : 30_000,
    refetchOnWindowFocus: false,
    gcTime: 60_000,
    enabled,
  });
  const head = useQuery({
    queryKey: headKey,
    queryFn: () => load(undefined),
    enabled: enabled && live && query.isSuccess && !query.isPlaceholderData,
    meta: { live: true },
  });
  const fresh = live && !query.isPlaceholderData ? head.data : undefined;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the accessors are the caller's constants
  const rows = useMemo(() => {
    const known = (query.data?.pages ?? []).flatMap(items);
    return fresh ? merged(items(fresh), known, id) : known;
  }, [query.data, fresh]);

  // More came in than one page holds: what lies between is not known, so begin anew.
  const isTorn = rows === null;
  useEffect(() => {
    if (isTorn) void cache.resetQueries({ queryKey: [...queryKey, "all"], exact: true });
  }, [isTorn, cache, queryKey]);

  const { hasNextPage, isFetching, isFetchNextPageError, fetchNextPage } = query;
  const shown = rows ?? [];
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetching && !isFetchNextPageError) void fetchNextPage();
  }, [hasNextPage, isFetching, isFetchNextPageError, fetchNextPage]);
  const isShort = shown.length < ENOUGH;
  useEffect(() => {
    if (isShort) onEnd();
  }, [isShort, onEnd]);

  return {
    query,
    rows: shown,
    onEnd,
    isLoadingMore: query.isFetchingNextPage || (isShort && hasNextPage && !isFetchNextPageError),
    /** The first page is there. */
    isThere: query.data !== undefined,
  };
}

/** Newer rows before older ones, the newer reading of each; null where the two do not meet. */
export function merged<T>(head: T[], known: T[], id: (item: T) => string): T[] | null {
  if (known.length === 0) return head;
  const read = new Map(head.map((item) => [id(item), item]));
  const had = new Set(known.map(id));
  const added = head.filter((item) => !had.has(id(item)));
  if (head.length > 0 && added.length === head.length) return null;
  return [...added, ...known.map((item) => read.get(id(item)) ?? item)];
}
