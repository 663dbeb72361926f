import { Alert, Button, Group, Progress, Stack, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay } from "@/api/session";
import { useFormats } from "@/parts/format";
import { Failed, Loaded, Waiting } from "@/parts/Loaded";
import { Name } from "@/parts/Name";
import classes from "./backtest.module.css";
import { draftOf, isOver, keepDraft, type Run } from "./order";
import { Result } from "./Result";
import { useCancel, useRun } from "./runs";
import { OrderTitle, RunState, SettingChips, useOrderWords, WhatItSays } from "./words";

/** One run: what was ordered, how far it is, what came out. */
export function RunPage({ id }: { id: string }) {
  const query = useRun(id);
  return (
    <Loaded
      query={query}
      waiting={
        <div className="card">
          <Waiting rows={6} height={28} />
        </div>
      }
    >
      {(run) => (
        <Stack gap="lg">
          <Head run={run} />
          {!isOver(run) && <Running run={run} />}
          {run.state === "done" && run.result && <Result result={run.result} />}
          <Ended run={run} />
          <WhatItSays />
        </Stack>
      )}
    </Loaded>
  );
}

function Head({ run }: { run: Run }) {
  const { t } = useTranslation("backtest");
  const f = useFormats();
  const navigate = useNavigate();
  const mayRun = useMay("editor");
  const words = useOrderWords()(run.order);
  const again = () => {
    keepDraft(draftOf(run.order));
    void navigate({ to: "/backtest", search: {} });
  };
  return (
    <Group justify="space-between" align="flex-start" gap="md">
      <Stack gap={6} style={{ flex: "1 1 280px", minWidth: 0 }}>
        <Group gap="sm">
          <h2 className={classes.heading} style={{ margin: 0 }}>
            <OrderTitle order={run.order} />
          </h2>
          <RunState state={run.state} />
        </Group>
        <Text size="sm" c="dimmed">
          {words.period} · {words.days} · {t("orderedAt", { when: f.dateTime(run.ordered_at) })}
        </Text>
        <SettingChips order={run.order} />
      </Stack>
      {mayRun && isOver(run) && (
        <Button variant="default" onClick={again}>
          {t("again")}
        </Button>
      )}
    </Group>
  );
}

function Running({ run }: { run: Run }) {
  const { t } = useTranslation("backtest");
  const f = useFormats();
  const mayRun = useMay("editor");
  const cancel = useCancel();
  return (
    <section className="card" aria-label={t("progress.label")}>
      <Stack gap="md">
        {cancel.isError && <Failed error={cancel.error} />}
        <Group justify="space-between" align="baseline">
          <Text className="prose" size="xl">
            {run.state === "waiting"
              ? t("progress.waiting")
              : t("progress.messages", { count: run.messages, n: f.number(run.messages) })}
          </Text>
          <Text size="sm" c="dimmed">
            {f.percent(run.progress)}
            {run.seconds_left !== null &&
              ` · ${t("progress.left", { time: f.lasting(Math.max(1, run.seconds_left)) })}`}
          </Text>
        </Group>
        <Progress.Root size="lg">
          <Progress.Section value={run.progress * 100} aria-label={t("progress.label")} />
        </Progress.Root>
        <Group justify="space-between">
          <Text size="sm" c="dimmed">
            {t("progress.leave")}
          </Text>
          {mayRun && (
            <Button
              variant="default"
              loading={cancel.isPending}
              onClick={() => cancel.mutate(run.id)}
            >
              {t("progress.cancel")}
            </Button>
          )}
        </Group>
      </Stack>
    </section>
  );
}

/** Runs that came to no full result, each said as what it is. */
function Ended({ run }: { run: Run }) {
  const { t } = useTranslation("backtest");
  if (run.state === "failed")
    return (
      <Alert color="red" variant="light" title={t("ended.failed")} role="alert">
        <Name>{run.error}</Name>
      </Alert>
    );
  if (run.state === "cancelled" || run.state === "interrupted")
    return (
      <Alert
        color={run.state === "interrupted" ? "orange" : "gray"}
        variant="light"
        title={t(`ended.${run.state}`)}
      >
        {t(`ended.${run.state}Hint`)}
      </Alert>
    );
  return null;
}
