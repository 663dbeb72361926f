import { Button, Group, Stack } from "@mantine/core";
import { IconSortAscending, IconSortDescending } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import type { components } from "@/api/schema";
import { DataTable } from "@/parts/DataTable";
import { useFormats } from "@/parts/format";
import { Empty, Failed, Loaded, Waiting } from "@/parts/Loaded";
import { Page } from "@/parts/Page";
import { Pills } from "@/parts/Pills";
import { plain } from "@/parts/text";
import { useFeed } from "@/parts/useFeed";
import { ledgerColumns, type Row } from "./columns";
import { DecisionDrawer } from "./DecisionDrawer";
import { FacetPicker } from "./FacetPicker";
import { FacetRow } from "./FacetRow";
import classes from "./ledger.module.css";
import { PersonPicker } from "./PersonPicker";
import { useLedgerPills } from "./pills";
import { RangePicker } from "./RangePicker";
import { type Change, exportHref, type LedgerSearch, useLedgerSearch } from "./search";

type Facets = components["schemas"]["LedgerFacets"];
type LedgerPage = components["schemas"]["LedgerPage"];

const NO_FILTER: Partial<LedgerSearch> = {
  outcome: undefined,
  rule: undefined,
  rival: undefined,
  journey: undefined,
  step: undefined,
  channel: undefined,
  class: undefined,
  template: undefined,
  person: undefined,
  from: undefined,
  to: undefined,
};

/** Every send and every non-send, and the whole of a decision beside it. */
export function Ledger() {
  const { t, i18n } = useTranslation("ledger");
  const f = useFormats();
  const lang = i18n.language as "en" | "ur";
  const { search, change, filters, order, open } = useLedgerSearch();
  const facets = useQuery({
    queryKey: ["ledger", "facets", filters],
    queryFn: () => ask(client.GET("/api/v1/ledger/facets", { params: { query: filters } })),
    placeholderData: keepPreviousData,
    meta: { live: true },
  });
  const feed = useFeed<LedgerPage, Row>({
    queryKey: ["ledger", "rows", filters, order, lang],
    load: (cursor) =>
      ask(
        client.GET("/api/v1/ledger", {
          params: { query: { ...filters, order, cursor, lang, limit: 100 } },
        }),
      ),
    items: (page) => page.ledger,
    next: (page) => page.next,
    id: (row) => row.id,
    live: order === undefined,
  });
  const columns = useMemo(() => ledgerColumns(t, f), [t, f]);
  const pills = useLedgerPills(search, change);

  return (
    <Page title={t("title")} help={t("help")}>
      <Stack gap="sm">
        <Tools facets={facets.data} search={search} change={change} />
        <Pills items={pills} onClear={() => change(NO_FILTER)} />
      </Stack>
      {facets.data && <FacetRow facets={facets.data} search={search} change={change} />}
      <Loaded query={feed.query} waiting={<Waiting rows={10} height={44} />}>
        {() => (
          <div aria-busy={feed.query.isPlaceholderData} className={classes.stale}>
            <DataTable
              label={t("title")}
              rows={feed.rows}
              columns={columns}
              rowKey={(row) => row.id}
              openKey={open}
              onOpen={(row) => change({ open: row.id })}
              onEnd={feed.onEnd}
              isLoadingMore={feed.isLoadingMore}
              exportHref={exportHref(filters, order, lang)}
              height="66vh"
              rowHeight={56}
              tools={
                <>
                  <RangePicker search={search} change={change} />
                  <Order isOldest={order === "oldest"} change={change} />
                </>
              }
              empty={
                pills.length > 0 ? (
                  <Empty title={t("nothing.title")} hint={t("nothing.hint")} />
                ) : (
                  <Empty title={t("empty.title")} hint={t("empty.hint")} />
                )
              }
            />
            {feed.query.isFetchNextPageError && (
              <Failed error={feed.query.error} retry={() => feed.query.fetchNextPage()} />
            )}
          </div>
        )}
      </Loaded>
      <DecisionDrawer
        id={open}
        onOpen={(id) => change({ open: id })}
        onClose={() => change({ open: undefined })}
      />
    </Page>
  );
}

interface ToolsProps {
  facets: Facets | undefined;
  search: LedgerSearch;
  change: Change;
}

function Tools({ facets, search, change }: ToolsProps) {
  const { t } = useTranslation("ledger");
  const named = (counts: Facets["journey"] | undefined) =>
    (counts ?? []).map((one) => ({ value: one.value, label: plain(one.value), n: one.n }));
  const worded = (counts: Facets["rule"] | undefined, what: string) =>
    (counts ?? []).map((one) => ({
      value: one.value,
      label: t(`common:${what}.${one.value}`, { defaultValue: plain(one.value) }),
      n: one.n,
    }));
  return (
    <Group gap="sm" className={classes.tools}>
      <PersonPicker onPick={(person) => change({ person })} />
      <FacetPicker
        label={t("filter.outcome")}
        choices={worded(facets?.outcome, "outcome")}
        chosen={search.outcome ?? []}
        onChange={(outcome) => change({ outcome })}
      />
      <FacetPicker
        label={t("filter.rule")}
        choices={worded(facets?.rule, "rule")}
        chosen={search.rule ?? []}
        onChange={(rule) => change({ rule })}
      />
      <FacetPicker
        label={t("filter.journey")}
        choices={named(facets?.journey)}
        chosen={search.journey ?? []}
        onChange={(journey) => change({ journey })}
      />
      <FacetPicker
        label={t("filter.channel")}
        choices={worded(facets?.channel, "channel")}
        chosen={search.channel ?? []}
        onChange={(channel) => change({ channel })}
      />
      <FacetPicker
        label={t("filter.rival")}
        choices={named(facets?.journey).map(({ value, label }) => ({ value, label }))}
        chosen={search.rival ? [search.rival] : []}
        onChange={(rival) => change({ rival: rival?.at(-1) })}
      />
    </Group>
  );
}

function Order({ isOldest, change }: { isOldest: boolean; change: Change }) {
  const { t } = useTranslation("ledger");
  const Icon = isOldest ? IconSortAscending : IconSortDescending;
  return (
    <Button
      variant="default"
      fw={400}
      leftSection={<Icon size={16} aria-hidden />}
      onClick={() => change({ order: isOldest ? undefined : "oldest" })}
    >
      {t(isOldest ? "order.oldest" : "order.newest")}
    </Button>
  );
}
