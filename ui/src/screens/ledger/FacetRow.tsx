import { UnstyledButton } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { useFormats } from "@/parts/format";
import { plain } from "@/parts/text";
import { OutcomeMark } from "@/score/OutcomeMark";
import classes from "./ledger.module.css";
import { type Change, type LedgerSearch, OUTCOMES } from "./search";

type Facets = components["schemas"]["LedgerFacets"];

interface Props {
  facets: Facets;
  search: LedgerSearch;
  change: Change;
}

/** How much of what there is, in a quiet row; a count narrows the table down to it. */
export function FacetRow({ facets, search, change }: Props) {
  const { t } = useTranslation("ledger");
  const f = useFormats();
  const of = (outcome: string) => facets.outcome.find((one) => one.value === outcome)?.n ?? 0;
  return (
    <div className={classes.facets}>
      <div className={classes.facetGroup} role="group" aria-label={t("filter.outcome")}>
        {OUTCOMES.map((outcome) => (
          <Facet
            key={outcome}
            isOn={search.outcome?.includes(outcome) ?? false}
            onClick={() => change({ outcome: turned(search.outcome, outcome) })}
            n={f.number(of(outcome))}
            word={t(`common:outcome.${outcome}`)}
            big
          >
            <span className={classes.facetMark} data-outcome={outcome}>
              <OutcomeMark outcome={outcome} />
            </span>
          </Facet>
        ))}
      </div>
      {facets.rule.length > 0 && (
        <div className={classes.facetGroup} role="group" aria-label={t("filter.rule")}>
          {facets.rule.map((one) => (
            <Facet
              key={one.value}
              isOn={search.rule?.includes(one.value) ?? false}
              onClick={() => change({ rule: turned(search.rule, one.value) })}
              n={f.number(one.n)}
              word={t(`common:rule.${one.value}`, { defaultValue: plain(one.value) })}
            />
          ))}
        </div>
      )}
      <span className={classes.total}>
        {t(facets.is_partial ? "totalPartial" : "total", {
          count: facets.total,
          n: f.number(facets.total),
        })}
      </span>
    </div>
  );
}

interface FacetProps {
  isOn: boolean;
  onClick: () => void;
  n: string;
  word: string;
  big?: boolean;
  children?: ReactNode;
}

function Facet({ isOn, onClick, n, word, big, children }: FacetProps) {
  return (
    <UnstyledButton
      className={classes.facet}
      aria-pressed={isOn}
      onClick={onClick}
      data-big={big || undefined}
    >
      {children}
      <span className={classes.facetCount}>{n}</span>
      <span>{word}</span>
    </UnstyledButton>
  );
}

function turned(chosen: string[] | undefined, value: string): string[] | undefined {
  const now = chosen?.includes(value)
    ? chosen.filter((one) => one !== value)
    : [...(chosen ?? []), value];
  return now.length > 0 ? now : undefined;
}
