import { Stack } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import type { components } from "@/api/schema";
import { type Column, DataTable } from "@/parts/DataTable";
import { type Formats, useFormats } from "@/parts/format";
import { Empty, Failed, Loaded, Waiting } from "@/parts/Loaded";
import { Name } from "@/parts/Name";
import { Page } from "@/parts/Page";
import { type PillItem, Pills } from "@/parts/Pills";
import { plain } from "@/parts/text";
import { useFeed } from "@/parts/useFeed";
import { Contacts } from "./Contacts";
import {
  contactsLabel,
  NO_COUNTING,
  PeopleFilters,
  type PeopleSearch,
  SearchField,
} from "./PeopleFilters";
import classes from "./people.module.css";

type Person = components["schemas"]["PersonRow"];
type PeoplePage = components["schemas"]["PeoplePage"];

export function People() {
  const { t } = useTranslation("people");
  const f = useFormats();
  const search: PeopleSearch = useSearch({ from: "/people" });
  const navigate = useNavigate({ from: "/people" });
  const { q, segment, journey, step, contacts, days, pressure, at_cap, from, to, sort } = search;
  const query = {
    ...{ q, segment, journey, step, contacts, pressure, at_cap, sort },
    ...{ days: days ? Number(days) : undefined, created_from: from, created_to: to },
  };
  const change = (part: Partial<PeopleSearch>) =>
    void navigate({ search: (was) => ({ ...was, ...part }), replace: true });

  const feed = useFeed<PeoplePage, Person>({
    queryKey: ["people", query],
    load: (cursor) =>
      ask(
        client.GET("/api/v1/profiles", {
          params: { query: { ...query, cursor } },
        }),
      ),
    items: (page) => page.profiles,
    next: (page) => page.next,
    id: (row) => row.id,
  });
  const isPlaced = Boolean(segment || journey);
  const columns = useMemo(
    () => peopleColumns(t, f, isPlaced, Boolean(journey), days),
    [t, f, isPlaced, journey, days],
  );
  const isNarrowed = Boolean(q || segment || journey || contacts || at_cap || from || to);

  return (
    <Page title={t("title")} help={t("help")}>
      <Stack gap="sm">
        <SearchField q={q ?? ""} onChange={(text) => change({ q: text || undefined })} />
        <Pills
          items={pills(search, change, t, f)}
          onClear={() => void navigate({ search: { q, sort }, replace: true })}
        />
      </Stack>
      <Loaded query={feed.query} waiting={<Waiting rows={10} height={40} />}>
        {() => (
          <>
            <div aria-busy={feed.query.isPlaceholderData} className={classes.stale}>
              <DataTable
                label={t("title")}
                rows={feed.rows}
                columns={columns}
                rowKey={(row) => row.id}
                onOpen={(row) => void navigate({ to: "/people/$who", params: { who: row.id } })}
                onEnd={feed.onEnd}
                isLoadingMore={feed.isLoadingMore}
                exportName="people"
                tools={<PeopleFilters search={search} onChange={change} />}
                height="68vh"
                rowHeight={52}
                empty={isNarrowed ? <NothingFound /> : <Nobody />}
              />
            </div>
            {feed.query.isFetchNextPageError && (
              <Failed error={feed.query.error} retry={() => feed.query.fetchNextPage()} />
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}

type T = (key: string, blanks?: Record<string, unknown>) => string;

function peopleColumns(
  t: T,
  f: Formats,
  isPlaced: boolean,
  isInJourney: boolean,
  days: string | undefined,
) {
  const counted = { count: Number(days ?? 30), n: days ?? "30" };
  const contacts = (row: Person) => (days ? row.contacts : null) ?? row.contacts_30d;
  const columns: (Column<Person> | false)[] = [
    {
      id: "name",
      header: t("column.name"),
      value: (row) => row.name,
      width: "minmax(160px, 1.6fr)",
      cell: (row) => (
        <Link
          to="/people/$who"
          params={{ who: row.id }}
          className={`plain ${classes.clip} ${classes.name}`}
          title={plain(row.name)}
          tabIndex={-1}
          onClick={(event) => event.stopPropagation()}
        >
          <Name>{row.name}</Name>
        </Link>
      ),
    },
    {
      id: "email",
      header: t("column.email"),
      value: (row) => row.email,
      width: "minmax(160px, 1.6fr)",
      wide: true,
      cell: (row) => (
        <span className={`${classes.clip} ${classes.dimmed}`} title={plain(row.email ?? "")}>
          <Name>{row.email}</Name>
        </span>
      ),
    },
    {
      id: "contacts",
      header: t("column.contacts", counted),
      value: contacts,
      width: "130px",
      cell: (row) => <Contacts n={contacts(row)} />,
    },
    {
      id: "last",
      header: t("column.last"),
      value: (row) => row.last_contact_at,
      width: "minmax(110px, 0.8fr)",
      wide: true,
      cell: (row) =>
        row.last_contact_at ? (
          <span title={f.exact(row.last_contact_at)}>{f.ago(row.last_contact_at)}</span>
        ) : (
          <span className={classes.dimmed}>{t("never")}</span>
        ),
    },
    isPlaced && {
      id: "since",
      header: t(isInJourney ? "column.entered" : "column.inSince"),
      value: (row) => row.since,
      width: "112px",
      wide: true,
      cell: (row) =>
        row.since ? <span title={f.exact(row.since)}>{f.date(row.since)}</span> : "–",
    },
    isInJourney && {
      id: "due",
      header: t("column.due"),
      value: (row) => row.due_at,
      width: "140px",
      wide: true,
      cell: (row) => (row.due_at ? f.dateTime(row.due_at) : "–"),
    },
    {
      id: "created",
      header: t("column.created"),
      value: (row) => row.created_at,
      width: "112px",
      wide: true,
      cell: (row) => <span title={f.exact(row.created_at)}>{f.date(row.created_at)}</span>,
    },
  ];
  return columns.filter((column) => column !== false);
}

function pills(
  search: PeopleSearch,
  change: (part: Partial<PeopleSearch>) => void,
  t: T,
  f: Formats,
) {
  const counted = { count: Number(search.days ?? 30), n: search.days ?? "30" };
  const items: (PillItem | false)[] = [
    search.segment !== undefined && {
      key: "segment",
      label: t("filter.segment"),
      value: search.segment,
      onRemove: () => change({ segment: undefined }),
    },
    search.journey !== undefined && {
      key: "journey",
      label: t("filter.journey"),
      value: search.journey,
      onRemove: () => change({ journey: undefined, step: undefined }),
    },
    search.step !== undefined && {
      key: "step",
      label: t("filter.step"),
      value: search.step,
      onRemove: () => change({ step: undefined }),
    },
    search.contacts !== undefined && {
      key: "contacts",
      label: t(search.pressure ? "filter.pressure" : "filter.contacts", counted),
      value: contactsLabel(search.contacts, t),
      onRemove: () => change({ contacts: undefined, ...NO_COUNTING }),
    },
    search.at_cap === true && {
      key: "at_cap",
      label: t("filter.cap"),
      value: t("filter.atCap"),
      onRemove: () => change({ at_cap: undefined, ...NO_COUNTING }),
    },
    (search.from !== undefined || search.to !== undefined) && {
      key: "created",
      label: t("column.created"),
      value: [search.from, search.to].map((at) => (at ? f.dateTime(at) : "…")).join(" – "),
      onRemove: () => change({ from: undefined, to: undefined }),
    },
  ];
  return items.filter((item) => item !== false);
}

function NothingFound() {
  const { t } = useTranslation("people");
  return (
    <Empty
      title={t("nothing.title")}
      hint={
        <>
          {t("nothing.hint")} <code dir="ltr">city:lahore</code>
        </>
      }
    />
  );
}

function Nobody() {
  const { t } = useTranslation("people");
  return <Empty title={t("nobody.title")} hint={t("nobody.hint")} />;
}
