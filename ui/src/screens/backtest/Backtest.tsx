import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import { useMay } from "@/api/session";
import { Empty, Loaded, Waiting } from "@/parts/Loaded";
import { Page } from "@/parts/Page";
import classes from "./backtest.module.css";
import { Compare } from "./Compare";
import { OrderForm } from "./OrderForm";
import type { Span } from "./order";
import { PastRuns } from "./PastRuns";
import { RunPage } from "./RunPage";

const route = getRouteApi("/backtest");

export function Backtest() {
  const { t } = useTranslation("backtest");
  const { run, against, journey } = route.useSearch();
  return (
    <Page
      title={t("title")}
      help={t("help")}
      actions={
        run && (
          <Button component={Link} to="/backtest" variant="default">
            {t("allRuns")}
          </Button>
        )
      }
    >
      {run && against && <Compare one={run} other={against} />}
      {run && !against && <RunPage id={run} key={run} />}
      {!run && <Start journey={journey} />}
    </Page>
  );
}

/** The order on one side, the runs there have been on the other. */
function Start({ journey }: { journey?: string }) {
  const { t } = useTranslation("backtest");
  const mayRun = useMay("editor");
  const summary = useQuery({
    queryKey: ["summary"],
    queryFn: () => ask(client.GET("/api/v1/summary")),
  });
  return (
    <div className={classes.start}>
      <section className="card" aria-labelledby="bt-order">
        <h2 id="bt-order" className={classes.heading}>
          {t("form.title")}
        </h2>
        {mayRun ? (
          <Loaded query={summary} waiting={<Waiting rows={7} height={36} />}>
            {(found) => {
              const span = spanOf(found);
              return span ? (
                <OrderForm span={span} journey={journey} />
              ) : (
                <Empty title={t("form.noHistory")} hint={t("form.noHistoryHint")} />
              );
            }}
          </Loaded>
        ) : (
          <Empty title={t("viewer")} hint={t("viewerHint")} />
        )}
      </section>
      <PastRuns />
    </div>
  );
}

function spanOf(summary: Record<string, unknown>): Span | null {
  const { first_event: first, last_event: last } = summary;
  if (typeof first !== "string" || typeof last !== "string") return null;
  return { first: first.slice(0, 10), last: last.slice(0, 10) };
}
