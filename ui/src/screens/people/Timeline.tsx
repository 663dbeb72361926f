import { Title, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import type { components } from "@/api/schema";
import { useFormats } from "@/parts/format";
import { Empty, Failed, Loaded, Waiting } from "@/parts/Loaded";
import { useFeed } from "@/parts/useFeed";
import { Why } from "@/parts/Why";
import classes from "./people.module.css";
import { type Item, TimelineItem } from "./TimelineItem";

type Page = components["schemas"]["Timeline"];
type Row = { day: string; key: string } | { item: Item; key: string };

const KINDS = ["events", "decisions", "segments"] as const;
const HEIGHT = { day: 38, event: 42, segment: 44, decision: 92 };

interface Props {
  who: string;
  onOpen: (id: string) => void;
}

/** All that happened and all that was decided, newest first, each decision with its reason. */
export function Timeline({ who, onOpen }: Props) {
  const { t, i18n } = useTranslation("people");
  const f = useFormats();
  const lang = i18n.language as "en" | "ur";
  const search = useSearch({ from: "/people/$who" });
  const hidden = search.hide ?? [];
  const shown = KINDS.filter((kind) => !hidden.includes(kind));
  const show = (shown.length > 0 ? shown : KINDS).join(",");
  const feed = useFeed<Page, Item>({
    queryKey: ["person", who, "timeline", show, lang],
    load: (cursor) =>
      ask(
        client.GET("/api/v1/profiles/{who}/timeline", {
          params: { path: { who }, query: { cursor, show, lang, limit: 100 } },
        }),
      ),
    items: (page) => page.items,
    next: (page) => page.next,
    id: keyOf,
    live: true,
  });
  const dayOf = useMemo(() => remembered((item: Item) => f.date(item.at)), [f]);
  const rows = useMemo(() => byDay(feed.rows, dayOf), [feed.rows, dayOf]);
  return (
    <section className={`card ${classes.stream}`} aria-labelledby="timeline-title">
      <div className={classes.cardHead}>
        <Title order={2} id="timeline-title">
          {t("timeline.title")}
        </Title>
        <KindChips shown={shown.length > 0 ? shown : KINDS} />
      </div>
      <LastWhy who={who} />
      <Loaded query={feed.query} waiting={<Waiting rows={9} height={34} />}>
        {() =>
          rows.length === 0 && !feed.isLoadingMore ? (
            <Empty
              title={t("timeline.empty")}
              hint={t(hidden.length > 0 ? "timeline.emptyFilter" : "timeline.emptyHint")}
            />
          ) : (
            <Stream rows={rows} onEnd={feed.onEnd} onOpen={onOpen} busy={feed.isLoadingMore} />
          )
        }
      </Loaded>
      {feed.query.isFetchNextPageError && (
        <Failed error={feed.query.error} retry={() => feed.query.fetchNextPage()} />
      )}
    </section>
  );
}

function keyOf(item: Item): string {
  return item.type === "segment" ? `segment ${item.segment}` : `${item.type} ${item.id}`;
}

/** Each item's answer is worked out once, however often the growing list is gone through. */
function remembered(work: (item: Item) => string): (item: Item) => string {
  const known = new WeakMap<Item, string>();
  return (item) => {
    const answer = known.get(item) ?? work(item);
    known.set(item, answer);
    return answer;
  };
}

/** A heading before the first item of each day of the workspace's calendar. */
function byDay(items: Item[], dayOf: (item: Item) => string): Row[] {
  const rows: Row[] = [];
  let last = "";
  for (const item of items) {
    const day = dayOf(item);
    if (day !== last) rows.push({ day: item.at, key: `day ${day}` });
    last = day;
    rows.push({ item, key: keyOf(item) });
  }
  return rows;
}

function KindChips({ shown }: { shown: readonly string[] }) {
  const { t } = useTranslation("people");
  const navigate = useNavigate({ from: "/people/$who" });
  const turn = (kind: string) => {
    const left = shown.includes(kind)
      ? shown.filter((one) => one !== kind)
      : KINDS.filter((one) => one === kind || shown.includes(one));
    // the last one cannot be turned off: there would be nothing to see
    const hide = left.length === 0 ? [] : KINDS.filter((one) => !left.includes(one));
    void navigate({
      search: (was) => ({ ...was, hide: hide.length > 0 ? [...hide] : undefined }),
      replace: true,
      resetScroll: false,
    });
  };
  return (
    <div className={classes.chips} role="group" aria-label={t("timeline.show")}>
      {KINDS.map((kind) => (
        <UnstyledButton
          key={kind}
          className={classes.chip}
          aria-pressed={shown.includes(kind)}
          onClick={() => turn(kind)}
        >
          {t(`timeline.${kind}`)}
        </UnstyledButton>
      ))}
    </div>
  );
}

/** The last decision about this person in one sentence. */
function LastWhy({ who }: { who: string }) {
  const { t, i18n } = useTranslation("people");
  const lang = i18n.language as "en" | "ur";
  const query = useQuery({
    queryKey: ["person", who, "why", lang],
    queryFn: () =>
      ask(
        client.GET("/api/v1/profiles/{who}/why", {
          params: { path: { who }, query: { limit: 1, lang } },
        }),
      ),
    meta: { live: true },
  });
  const last = query.data?.decisions[0];
  if (!last && !query.data?.sentence) return null;
  return (
    <div className={classes.lastWhy}>
      <Title order={3}>{t("timeline.why")}</Title>
      {last ? (
        <Why
          outcome={last.outcome}
          sentence={last.sentence}
          failed={last.delivery?.state === "failed"}
        />
      ) : (
        <p className={`prose ${classes.sentence}`}>{query.data?.sentence}</p>
      )}
    </div>
  );
}

interface StreamProps {
  rows: Row[];
  onEnd: () => void;
  onOpen: (id: string) => void;
  busy: boolean;
}

/** Only what is in sight is drawn; the heading of the day in sight stays at the top. */
function Stream({ rows, onEnd, onOpen, busy }: StreamProps) {
  const { t } = useTranslation("people");
  const f = useFormats();
  const box = useRef<HTMLDivElement>(null);
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const days = useMemo(() => rows.flatMap((row, index) => ("day" in row ? [index] : [])), [rows]);
  const current = useRef(0);
  const rangeExtractor = useCallback(
    (range: Range) => {
      current.current = days.findLast((index) => index <= range.startIndex) ?? 0;
      return [...new Set([current.current, ...defaultRangeExtractor(range)])].sort((a, b) => a - b);
    },
    [days],
  );
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: (index) => {
      const row = rows[index]!;
      return "day" in row ? HEIGHT.day : HEIGHT[row.item.type];
    },
    getItemKey: (index) => rows[index]!.key,
    overscan: 10,
    rangeExtractor,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= rows.length - 30) onEnd();
  }, [last, rows.length, onEnd]);
  const fold = (key: string) =>
    setUnfolded((was) => {
      const now = new Set(was);
      if (!now.delete(key)) now.add(key);
      return now;
    });

  return (
    <div
      ref={box}
      className={classes.scroller}
      role="group"
      aria-label={t("timeline.title")}
      aria-busy={busy}
      tabIndex={0}
    >
      <div className={classes.track} style={{ height: virtual.getTotalSize() }}>
        {items.map((virtualRow) => {
          const row = rows[virtualRow.index]!;
          const isStuck = virtualRow.index === current.current && "day" in row;
          return (
            <div
              key={row.key}
              ref={virtual.measureElement}
              data-index={virtualRow.index}
              style={
                isStuck
                  ? { position: "sticky", top: 0, zIndex: 1 }
                  : {
                      position: "absolute",
                      top: 0,
                      insetInline: 0,
                      transform: `translateY(${virtualRow.start}px)`,
                    }
              }
            >
              {"day" in row ? (
                <h3 className={classes.day}>
                  {f.weekday(row.day)}, {f.date(row.day)}
                </h3>
              ) : (
                <TimelineItem
                  item={row.item}
                  isOpen={unfolded.has(row.key)}
                  onFold={() => fold(row.key)}
                  onOpen={onOpen}
                />
              )}
            </div>
          );
        })}
      </div>
      {busy && (
        <p className={classes.day} role="status">
          {t("common:loading")}
        </p>
      )}
    </div>
  );
}
