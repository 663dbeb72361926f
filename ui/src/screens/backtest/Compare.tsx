import { Alert, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Failed, Waiting } from "@/parts/Loaded";
import classes from "./backtest.module.css";
import { mainSummary, type Run } from "./order";
import { useRun } from "./runs";
import { type Pair, Sides } from "./Sides";
import { OrderTitle, SettingChips, useOrderWords, WhatItSays } from "./words";

/** Two finished runs side by side, whatever their journeys and periods. */
export function Compare({ one, other }: { one: string; other: string }) {
  const { t } = useTranslation("backtest");
  const [a, b] = [useRun(one), useRun(other)];
  const failed = [a, b].find((query) => query.isError && !query.data);
  if (failed) return <Failed error={failed.error} retry={() => failed.refetch()} />;
  if (!a.data || !b.data)
    return (
      <div className="card">
        <Waiting rows={8} height={28} />
      </div>
    );
  return (
    <Stack gap="lg">
      <div className={classes.grid}>
        <Head letter={t("first")} run={a.data} />
        <Head letter={t("second")} run={b.data} />
      </div>
      <Both one={a.data} other={b.data} />
      <WhatItSays />
    </Stack>
  );
}

function Both({ one, other }: { one: Run; other: Run }) {
  const { t } = useTranslation("backtest");
  const sides = useMemo<Pair | null>(() => {
    const [a, b] = [mainSummary(one), mainSummary(other)];
    return a && b
      ? [
          { name: t("first"), summary: a },
          { name: t("second"), summary: b },
        ]
      : null;
  }, [one, other, t]);
  if (!sides)
    return (
      <Alert color="orange" variant="light" title={t("noFigures")}>
        {t("noFiguresHint")}
      </Alert>
    );
  const isSamePeriod = one.order.from === other.order.from && one.order.to === other.order.to;
  return (
    <>
      {!isSamePeriod && (
        <Alert color="gray" variant="light">
          {t("otherPeriod")}
        </Alert>
      )}
      <Sides sides={sides} />
    </>
  );
}

function Head({ letter, run }: { letter: string; run: Run }) {
  const { t } = useTranslation("backtest");
  const words = useOrderWords()(run.order);
  return (
    <section className="card">
      <Stack gap={6}>
        <Text size="xs" c="dimmed">
          {letter}
        </Text>
        <h2 className={classes.heading} style={{ margin: 0 }}>
          <Link to="/backtest" search={{ run: run.id }} className="plain">
            <OrderTitle order={run.order} />
          </Link>
        </h2>
        <Text size="sm" c="dimmed">
          {words.period} · {words.days}
        </Text>
        <SettingChips order={run.order} />
        {run.result?.changed && (
          <Text size="sm" c="dimmed">
            {t("changedShown")}
          </Text>
        )}
      </Stack>
    </section>
  );
}
