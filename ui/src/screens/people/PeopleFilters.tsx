import { Group, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";
import { plain } from "@/parts/text";
import { type Named, useJourneyNames, useSegmentNames } from "./options";
import classes from "./people.module.css";
import { Step } from "./Step";

export interface PeopleSearch {
  q?: string;
  segment?: string;
  journey?: string;
  step?: string;
  contacts?: string;
  /** In how many days contacts are counted; otherwise in 30. */
  days?: string;
  /** Transactional messages left out. */
  pressure?: true;
  at_cap?: true;
  /** Became known in this span. */
  from?: string;
  to?: string;
  sort?: "oldest";
}

/** What `contacts` may be chosen to be; any other span may stand in the address. */
export const SPANS = ["0", "1-3", "4-7", "8+"];

/** What goes with `contacts`. */
export const NO_COUNTING = { days: undefined, pressure: undefined };

type Change = (change: Partial<PeopleSearch>) => void;

/** Typing is answered after a short rest; the words stand in the address. */
export function SearchField({ q, onChange }: { q: string; onChange: (q: string) => void }) {
  const { t } = useTranslation("people");
  const [text, setText] = useState(q);
  const told = useRef(q);
  // the address changed by itself: a link, or the way back
  useEffect(() => {
    if (q !== told.current) {
      told.current = q;
      setText(q);
    }
  }, [q]);
  const tell = useDebouncedCallback((value: string) => {
    told.current = value;
    onChange(value);
  }, 250);
  return (
    <TextInput
      data-search
      type="search"
      className={classes.search}
      size="md"
      aria-label={t("search")}
      placeholder={t("searchHint")}
      leftSection={<IconSearch size={17} aria-hidden />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        tell(event.currentTarget.value.trim());
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !text) return;
        setText("");
        tell("");
      }}
    />
  );
}

export function PeopleFilters({ search, onChange }: { search: PeopleSearch; onChange: Change }) {
  const { t } = useTranslation("people");
  const segments = useSegmentNames();
  const journeys = useJourneyNames();
  const option = ({ name }: Named) => ({ value: name, label: plain(name) });
  const spans =
    search.contacts && !SPANS.includes(search.contacts) ? [...SPANS, search.contacts] : SPANS;
  // what is narrowed down comes in an order of its own
  const isOrdered = Boolean(
    search.q || search.segment || search.journey || search.contacts || search.at_cap,
  );
  const counted = t("filter.contacts", {
    count: Number(search.days ?? 30),
    n: search.days ?? "30",
  });
  return (
    <Group gap="sm" className={classes.filters}>
      <Select
        aria-label={t("filter.segment")}
        placeholder={t("filter.segment")}
        data={(segments.data ?? []).map(option)}
        renderOption={({ option }) => (
          <Counted name={option.label} n={find(segments.data, option.value)?.people} />
        )}
        value={search.segment ?? null}
        onChange={(segment) => onChange({ segment: segment ?? undefined })}
        nothingFoundMessage={t("filter.noSegment")}
        searchable
        clearable
      />
      <Select
        aria-label={t("filter.journey")}
        placeholder={t("filter.journey")}
        data={(journeys.data ?? []).map(option)}
        renderOption={({ option }) => (
          <Counted name={option.label} n={find(journeys.data, option.value)?.inside} />
        )}
        value={search.journey ?? null}
        onChange={(journey) => onChange({ journey: journey ?? undefined, step: undefined })}
        nothingFoundMessage={t("filter.noJourney")}
        searchable
        clearable
      />
      {search.journey && (
        <Step journey={search.journey} step={search.step} onChange={(step) => onChange({ step })} />
      )}
      <Select
        aria-label={counted}
        placeholder={counted}
        data={spans.map((span) => ({ value: span, label: contactsLabel(span, t) }))}
        value={search.contacts ?? null}
        onChange={(contacts) =>
          onChange(contacts ? { contacts } : { contacts: undefined, ...NO_COUNTING })
        }
        clearable
      />
      {!isOrdered && (
        <Select
          aria-label={t("sort.label")}
          data={[
            { value: "newest", label: t("sort.newest") },
            { value: "oldest", label: t("sort.oldest") },
          ]}
          value={search.sort ?? "newest"}
          onChange={(sort) => onChange({ sort: sort === "oldest" ? "oldest" : undefined })}
          allowDeselect={false}
        />
      )}
    </Group>
  );
}

function find(all: Named[] | undefined, name: string): Named | undefined {
  return all?.find((one) => one.name === name);
}

function Counted({ name, n }: { name: string; n: number | undefined }) {
  const f = useFormats();
  return (
    <span className={classes.option}>
      <Name>{name}</Name>
      {n !== undefined && <span className={classes.dimmed}>{f.number(n)}</span>}
    </span>
  );
}

/** '8+' in words. */
export function contactsLabel(
  span: string,
  t: (key: string, blanks?: Record<string, unknown>) => string,
): string {
  if (span === "0") return t("span.none");
  if (/^\d+\+$/.test(span)) return t("span.least", { n: span.slice(0, -1) });
  const [from, to] = span.split("-");
  if (to) return t("span.between", { from, to });
  return /^\d+$/.test(span) ? t("span.exactly", { n: span }) : span;
}
