import { ActionIcon, Group, Skeleton } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import { useFormats } from "@/parts/format";
import { Loaded } from "@/parts/Loaded";
import { CardHead } from "./CardHead";
import { noon } from "./days";
import type { OverviewData } from "./Overview";
import classes from "./overview.module.css";

const DayScore = lazy(() => import("@/score/DayScore").then((m) => ({ default: m.DayScore })));

/** The score of one day; the days of the overview can be leafed through. */
export function DayPart({ today, days }: { today: string; days: OverviewData["days"] }) {
  const { t } = useTranslation("overview");
  const f = useFormats();
  const [chosen, setChosen] = useState<string | null>(null);
  const date = chosen ?? today;
  const place = days.findIndex((day) => day.date === date);
  const go = (by: number) => setChosen(days[place + by]?.date ?? null);
  const query = useQuery({
    queryKey: ["score", "day", date],
    queryFn: () => ask(client.GET("/api/v1/score/day", { params: { query: { date } } })),
    placeholderData: keepPreviousData,
    meta: { live: date === today },
  });
  const waiting = <Skeleton height={170} />;
  return (
    <section className="card" aria-labelledby="day">
      <CardHead
        id="day"
        title={t("day.title")}
        hint={t("day.hint")}
        side={
          <Group gap={4} wrap="nowrap" className={classes.leaf}>
            <ActionIcon
              variant="subtle"
              color="gray"
              onClick={() => go(-1)}
              disabled={place <= 0}
              aria-label={t("day.before")}
            >
              <IconChevronLeft size={17} className={classes.points} aria-hidden />
            </ActionIcon>
            <span aria-live="polite">
              {date === today ? t("today") : f.day(noon(date, f.timeZone))}
            </span>
            <ActionIcon
              variant="subtle"
              color="gray"
              onClick={() => go(1)}
              disabled={place < 0 || place >= days.length - 1}
              aria-label={t("day.after")}
            >
              <IconChevronRight size={17} className={classes.points} aria-hidden />
            </ActionIcon>
          </Group>
        }
      />
      <Loaded query={query} waiting={waiting}>
        {(data) => (
          <Suspense fallback={waiting}>
            <DayScore data={data} />
          </Suspense>
        )}
      </Loaded>
    </section>
  );
}
