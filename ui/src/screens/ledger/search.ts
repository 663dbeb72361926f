import { useNavigate, useSearch } from "@tanstack/react-router";
import { useFormats } from "@/parts/format";
import { resolved } from "./time";

export interface LedgerSearch {
  outcome?: string[];
  rule?: string[];
  rival?: string;
  journey?: string[];
  step?: string;
  channel?: string[];
  class?: string[];
  template?: string[];
  person?: string;
  from?: string;
  to?: string;
  order?: "oldest";
  open?: string;
}

export type Change = (part: Partial<LedgerSearch>) => void;

/** What the API's three questions about the ledger have in common. */
export interface Filters {
  outcome?: ("sent" | "deferred" | "withheld")[];
  rule?: string[];
  rival?: string[];
  journey?: string[];
  step?: string[];
  channel?: string[];
  class?: string[];
  template?: string[];
  person?: string;
  from?: string;
  to?: string;
}

export const OUTCOMES = ["sent", "deferred", "withheld"] as const;

export function useLedgerSearch() {
  const search: LedgerSearch = useSearch({ from: "/ledger" });
  const navigate = useNavigate({ from: "/ledger" });
  const { timeZone } = useFormats();
  const change: Change = (part) =>
    void navigate({
      search: (was) => ({ ...was, ...part }),
      replace: !("open" in part),
      resetScroll: false,
    });
  const { order, open, rival, step, from, ...same } = search;
  const filters: Filters = {
    ...same,
    outcome: OUTCOMES.filter((one) => search.outcome?.includes(one)),
    rival: rival ? [rival] : undefined,
    step: step ? [step] : undefined,
    from: resolved(from, timeZone),
  };
  return { search, change, filters, order, open };
}

/** The same rows as a file. */
export function exportHref(filters: Filters, order: string | undefined, lang: string): string {
  const asked = new URLSearchParams();
  for (const [key, value] of Object.entries(filters)) {
    for (const one of Array.isArray(value) ? value : value === undefined ? [] : [value])
      asked.append(key, one);
  }
  if (order) asked.set("order", order);
  asked.set("lang", lang);
  return `/api/v1/ledger/export?${asked}`;
}
