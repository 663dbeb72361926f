import { ActionIcon, Popover, Text, UnstyledButton } from "@mantine/core";
import {
  IconAlertTriangle,
  IconArrowDown,
  IconArrowUp,
  IconCheck,
  IconHelpCircle,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";
import classes from "./measurement.module.css";
import type { CreditRow, Measure, Report } from "./model";

interface Props {
  rows: CreditRow[];
  models: string[];
  measure: Measure;
  report: Report;
}

/** Touches down, models across; the foot shows that each model accounts for every real order. */
export function CreditTable({ rows, models, measure, report }: Props) {
  const { t, i18n } = useTranslation("measurement");
  const [sort, setSort] = useState({
    by: models.includes("markov") ? "markov" : (models[0] ?? ""),
    desc: true,
  });
  const most = Math.max(1e-9, ...rows.flatMap((row) => Object.values(row.credit)));
  const sign = sort.desc ? -1 : 1;
  const names = new Intl.Collator(i18n.language, { numeric: true });
  const shown = [...rows].sort((a, b) =>
    sort.by === ""
      ? sign * names.compare(a.touch, b.touch)
      : sign * ((a.credit[sort.by] ?? 0) - (b.credit[sort.by] ?? 0)),
  );
  const turn = (by: string) =>
    setSort((now) => ({ by, desc: now.by === by ? !now.desc : by !== "" }));
  return (
    <div
      className={classes.scroll}
      tabIndex={0}
      role="region"
      aria-label={t(`credit.by.${measure}`)}
    >
      <table className={classes.table}>
        <thead>
          <tr>
            <SortHead name="" sort={sort} onSort={turn}>
              {t("credit.touch")}
            </SortHead>
            {models.map((model) => (
              <SortHead
                key={model}
                name={model}
                sort={sort}
                onSort={turn}
                help={<Explained model={model} report={report} />}
              >
                {t(`model.${model}`, { defaultValue: model })}
              </SortHead>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={row.touch}>
              <th scope="row">
                <Touch name={row.touch} />
              </th>
              {models.map((model) => (
                <Credit key={model} n={row.credit[model] ?? 0} most={most} measure={measure} />
              ))}
            </tr>
          ))}
          {shown.length === 0 && (
            <tr>
              <th scope="row" colSpan={models.length + 1}>
                <Text c="dimmed" size="sm">
                  {t("common:table.noMatch")}
                </Text>
              </th>
            </tr>
          )}
        </tbody>
        <Foot models={models} measure={measure} report={report} />
      </table>
    </div>
  );
}

function SortHead(props: {
  name: string;
  sort: { by: string; desc: boolean };
  onSort: (name: string) => void;
  help?: ReactNode;
  children: ReactNode;
}) {
  const { name, sort } = props;
  const isMine = sort.by === name;
  return (
    <th scope="col" aria-sort={isMine ? (sort.desc ? "descending" : "ascending") : "none"}>
      <span className={classes.head}>
        <UnstyledButton
          className={classes.sort}
          data-mine={isMine || undefined}
          onClick={() => props.onSort(name)}
        >
          {props.children}
          {isMine &&
            (sort.desc ? (
              <IconArrowDown size={13} aria-hidden />
            ) : (
              <IconArrowUp size={13} aria-hidden />
            ))}
        </UnstyledButton>
        {props.help}
      </span>
    </th>
  );
}

function Explained({ model, report }: { model: string; report: Report }) {
  const { t } = useTranslation("measurement");
  const f = useFormats();
  const name = t(`model.${model}`, { defaultValue: model });
  return (
    <Popover width={280} position="bottom" withArrow shadow="md">
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={t("credit.explain", { model: name })}
        >
          <IconHelpCircle size={14} aria-hidden />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <Text size="sm" fw={500} mb={4}>
          {name}
        </Text>
        <Text size="sm">{t(`explain.${model}`, { defaultValue: t("explain.other") })}</Text>
        {model === "markov" && report.markov.probability !== null && (
          <Text size="sm" c="dimmed" mt={6}>
            {t("credit.probability", { share: f.percent(report.markov.probability) })}
          </Text>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

/** One of our own journeys leads to its page; a campaign from elsewhere has none. */
function Touch({ name }: { name: string }) {
  return name.includes(" ") ? (
    <Name>{name}</Name>
  ) : (
    <Link to="/journeys/$name" params={{ name }} className="quiet">
      <Name>{name}</Name>
    </Link>
  );
}

function useCredit() {
  const f = useFormats();
  return (n: number, measure: Measure) =>
    measure === "conversions" && n < 100 ? f.decimal(n) : f.number(n);
}

function Credit({ n, most, measure }: { n: number; most: number; measure: Measure }) {
  const said = useCredit();
  return (
    <td>
      <span
        className={classes.bar}
        style={{ inlineSize: `${(Math.max(0, n) / most) * 100}%` }}
        aria-hidden
      />
      <span className={classes.figure} data-none={n === 0 || undefined}>
        {said(n, measure)}
      </span>
    </td>
  );
}

function Foot({ models, measure, report }: Omit<Props, "rows">) {
  const { t } = useTranslation("measurement");
  const f = useFormats();
  const checks = models.map((model) => [model, report.check[model]?.[measure]] as const);
  return (
    <tfoot>
      <tr>
        <th scope="row">{t("credit.credited")}</th>
        {checks.map(([model, check]) => (
          <td key={model}>{check ? f.number(check.credited) : "–"}</td>
        ))}
      </tr>
      <tr>
        <th scope="row">{t("credit.unattributed")}</th>
        {checks.map(([model, check]) => (
          <td key={model}>{check ? f.number(check.unattributed) : "–"}</td>
        ))}
      </tr>
      <tr className={classes.total}>
        <th scope="row">{t(`credit.total.${measure}`)}</th>
        {checks.map(([model, check]) => (
          <td key={model}>
            {check && (
              <span className={classes.check} data-wrong={!check.adds_up || undefined}>
                {check.adds_up ? (
                  <IconCheck size={14} role="img" aria-label={t("credit.right")} />
                ) : (
                  <IconAlertTriangle size={14} role="img" aria-label={t("credit.wrong")} />
                )}
                {f.number(check.total)}
              </span>
            )}
          </td>
        ))}
      </tr>
    </tfoot>
  );
}

/** Said once, in words: whether every model accounts for what really came. */
export function AddsUp({ models, measure, report }: Omit<Props, "rows">) {
  const { t } = useTranslation("measurement");
  const f = useFormats();
  const wrong = models.filter((model) => report.check[model]?.[measure].adds_up === false);
  const n = f.number(measure === "revenue" ? report.revenue : report.conversions);
  if (wrong.length === 0)
    return (
      <Text size="sm" c="var(--good)">
        {t(`credit.addsUp.${measure}`, { n })}
      </Text>
    );
  const names = wrong
    .map((model) => t(`model.${model}`, { defaultValue: model }))
    .join(t("common:comma"));
  return (
    <Text size="sm" c="var(--bad)" role="alert">
      {t("credit.doesNot", { models: names, n })}
    </Text>
  );
}
