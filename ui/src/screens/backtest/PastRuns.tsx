import { Button, Checkbox, Group, Progress, Stack, Text } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/api/session";
import { useFormats } from "@/parts/format";
import { Empty, Loaded, Waiting } from "@/parts/Loaded";
import classes from "./backtest.module.css";
import { isOver, type RunHead } from "./order";
import { useRuns } from "./runs";
import { OrderTitle, RunState, SettingChips, useOrderWords, WhatItSays } from "./words";

/** Every run there was, newest first; two finished ones can be laid side by side. */
export function PastRuns() {
  const { t } = useTranslation("backtest");
  const mayRun = useMay("editor");
  const runs = useRuns();
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<string[]>([]);
  const [run, against] = chosen;
  const choose = (id: string, on: boolean) =>
    setChosen((now) => (on ? [...now, id].slice(-2) : now.filter((one) => one !== id)));
  return (
    <Stack gap="lg">
      <section className="card" aria-labelledby="bt-past">
        <h2 id="bt-past" className={classes.heading}>
          {t("past.title")}
        </h2>
        <Loaded
          query={runs}
          waiting={<Waiting rows={5} height={46} />}
          isEmpty={(found) => found.simulations.length === 0}
          empty={
            <Empty
              title={t("past.empty")}
              hint={t(mayRun ? "past.emptyHint" : "past.emptyViewer")}
            />
          }
        >
          {(found) => (
            <Stack gap="md">
              {found.simulations.filter((one) => one.state === "done").length > 1 && (
                <Group justify="space-between" gap="sm">
                  <Text size="sm" c="dimmed">
                    {t("past.choose")}
                  </Text>
                  <Button
                    size="xs"
                    variant="default"
                    disabled={!run || !against}
                    onClick={() => navigate({ to: "/backtest", search: { run, against } })}
                  >
                    {t("past.compare")}
                  </Button>
                </Group>
              )}
              <ul className={classes.runs}>
                {found.simulations.map((one) => (
                  <PastRun
                    key={one.id}
                    run={one}
                    isChosen={chosen.includes(one.id)}
                    onChoose={(on) => choose(one.id, on)}
                  />
                ))}
              </ul>
            </Stack>
          )}
        </Loaded>
      </section>
      <WhatItSays />
    </Stack>
  );
}

function PastRun(props: { run: RunHead; isChosen: boolean; onChoose: (on: boolean) => void }) {
  const { run } = props;
  const { t } = useTranslation("backtest");
  const f = useFormats();
  const words = useOrderWords()(run.order);
  const label = t("past.chooseOne", {
    name: run.order.journey ?? t("allJourneys"),
    period: words.period,
  });
  return (
    <li className={classes.run}>
      <Checkbox
        size="xs"
        mt={4}
        aria-label={label}
        checked={props.isChosen}
        disabled={run.state !== "done"}
        onChange={(event) => props.onChoose(event.currentTarget.checked)}
      />
      <Stack gap={4} style={{ minWidth: 0 }}>
        <Link to="/backtest" search={{ run: run.id }} className={classes.runLink}>
          <span className={classes.runName}>
            <OrderTitle order={run.order} />
          </span>
          <Text size="sm" c="dimmed">
            {words.period} · {words.days}
          </Text>
        </Link>
        <SettingChips order={run.order} />
        {!isOver(run) && (
          <Progress value={run.progress * 100} size="sm" mt={4} aria-label={t("progress.label")} />
        )}
        <Text size="xs" c="dimmed">
          {run.state === "done" &&
            `${t("past.messages", { count: run.messages, n: f.number(run.messages) })} · `}
          {f.dateTime(run.ordered_at)}
        </Text>
      </Stack>
      <RunState state={run.state} />
    </li>
  );
}
