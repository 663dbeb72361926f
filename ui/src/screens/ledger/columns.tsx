import { Link } from "@tanstack/react-router";
import type { components } from "@/api/schema";
import type { Column } from "@/parts/DataTable";
import type { Formats } from "@/parts/format";
import { Name } from "@/parts/Name";
import { plain } from "@/parts/text";
import { OutcomeWord } from "@/parts/Why";
import classes from "./ledger.module.css";

export type Row = components["schemas"]["LedgerRow"];
export type T = (key: string, blanks?: Record<string, unknown>) => string;

function Two({ first, second, title }: { first: string; second: string; title?: string }) {
  return (
    <span className={classes.two} title={title ?? `${plain(first)} · ${plain(second)}`}>
      <span>
        <Name>{first}</Name>
      </span>
      <span className={classes.dimmed}>
        <Name>{second}</Name>
      </span>
    </span>
  );
}

export function ledgerColumns(t: T, f: Formats): Column<Row>[] {
  const columns: Column<Row>[] = [
    {
      id: "at",
      header: t("column.at"),
      value: (row) => row.at,
      width: "104px",
      cell: (row) => (
        <time className={classes.two} dateTime={row.at} title={f.exact(row.at)}>
          <span>{f.date(row.at)}</span>
          <span className={classes.dimmed}>{f.time(row.at)}</span>
        </time>
      ),
    },
    {
      id: "outcome",
      header: t("column.outcome"),
      value: (row) => t(`common:outcome.${row.outcome}`),
      width: "minmax(138px, 1fr)",
      cell: (row) => <OutcomeWord outcome={row.outcome} rule={row.rule} />,
    },
    {
      id: "person",
      header: t("column.person"),
      value: (row) => row.person.name,
      width: "minmax(120px, 1.5fr)",
      cell: (row) => (
        <Link
          to="/people/$who"
          params={{ who: row.person.id }}
          className={`plain ${classes.clip}`}
          tabIndex={-1}
          onClick={(event) => event.stopPropagation()}
        >
          <Name>{row.person.name}</Name>
        </Link>
      ),
    },
    {
      id: "journey",
      header: t("column.journey"),
      value: (row) => row.journey,
      width: "minmax(130px, 1.2fr)",
      wide: true,
      cell: (row) => (
        <Two
          first={row.journey}
          second={row.step_label}
          title={`${plain(row.journey)} · ${plain(row.step)}`}
        />
      ),
    },
    {
      id: "template",
      header: t("column.template"),
      value: (row) => row.template,
      width: "minmax(120px, 1.1fr)",
      wide: true,
      cell: (row) => (
        <Two
          first={row.template}
          second={t(`common:channel.${row.channel}`, { defaultValue: row.channel })}
        />
      ),
    },
    {
      id: "rival",
      header: t("column.rival"),
      value: (row) => row.rival?.template,
      width: "minmax(110px, 1fr)",
      wide: true,
      cell: (row) =>
        row.rival ? (
          <Two first={row.rival.template} second={row.rival.journey} />
        ) : (
          <span className={classes.dimmed}>–</span>
        ),
    },
    {
      id: "until",
      header: t("column.until"),
      value: (row) => row.until,
      width: "minmax(96px, 0.7fr)",
      wide: true,
      cell: (row) =>
        row.until ? (
          <time className={classes.two} dateTime={row.until} title={f.exact(row.until)}>
            <span>{f.shortDay(row.until)}</span>
            <span className={classes.dimmed}>{f.time(row.until)}</span>
          </time>
        ) : (
          <span className={classes.dimmed}>–</span>
        ),
    },
  ];
  // the server orders the ledger: sorting the rows that happen to be here would mislead
  return columns.map((column) => ({ ...column, sortable: false }));
}
