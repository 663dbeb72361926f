import { Group, Text } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { type Column, DataTable } from "@/parts/DataTable";
import { useFormats } from "@/parts/format";
import { Empty } from "@/parts/Loaded";
import { Name } from "@/parts/Name";
import classes from "./backtest.module.css";
import type { ChangedPerson } from "./order";
import { Signed } from "./Sides";

/** Who would get more messages and who fewer, the biggest changes first. */
export function PeopleChanges({
  difference,
}: {
  difference: components["schemas"]["SimulationDifference"];
}) {
  const { t } = useTranslation("backtest");
  const f = useFormats();
  const navigate = useNavigate();
  const columns = useMemo<Column<ChangedPerson>[]>(
    () => [
      {
        id: "name",
        header: t("people.name"),
        value: (row) => row.name,
        cell: (row) => (
          <Link to="/people/$who" params={{ who: row.id }} className="quiet" tabIndex={-1}>
            <Name>{row.name || row.id}</Name>
          </Link>
        ),
        width: "minmax(140px, 2fr)",
      },
      {
        id: "before",
        header: t("declared"),
        value: (row) => row.before,
        cell: (row) => f.number(row.before),
        numeric: true,
      },
      {
        id: "after",
        header: t("changed"),
        value: (row) => row.after,
        cell: (row) => f.number(row.after),
        numeric: true,
      },
      {
        id: "difference",
        header: t("difference"),
        value: (row) => row.after - row.before,
        cell: (row) => <Signed n={row.after - row.before} />,
        numeric: true,
      },
    ],
    [t, f],
  );
  const people = difference.people ?? [];
  return (
    <section className="card" aria-labelledby="bt-people">
      <h2 id="bt-people" className={classes.heading}>
        {t("people.title")}
      </h2>
      <Group gap="xl" mb="md">
        <Text size="sm">
          {t("people.gained", {
            count: difference.people_gained,
            n: f.number(difference.people_gained),
          })}
        </Text>
        <Text size="sm">
          {t("people.lost", { count: difference.people_lost, n: f.number(difference.people_lost) })}
        </Text>
      </Group>
      {people.length === 0 ? (
        <Empty title={t("people.none")} hint={t("people.noneHint")} />
      ) : (
        <DataTable
          label={t("people.title")}
          rows={people}
          columns={columns}
          rowKey={(row) => row.id}
          onOpen={(row) => navigate({ to: "/people/$who", params: { who: row.id } })}
          filter
          exportName="backtest-people"
          height={420}
        />
      )}
    </section>
  );
}
