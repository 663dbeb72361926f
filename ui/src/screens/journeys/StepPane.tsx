import { Button, Stack, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import { useFormats } from "@/parts/format";
import { Empty, Failed, Waiting } from "@/parts/Loaded";
import { Name } from "@/parts/Name";
import { Words } from "@/parts/Words";
import classes from "./journeys.module.css";
import type { Graph, Step } from "./layout";
import { Outcomes } from "./StepNode";
import { useWords } from "./words";

/** A step from near: what it does, what was held back there and why, who is there now. */
export function StepPane({ graph, step }: { graph: Graph; step: Step }) {
  const { t } = useTranslation("journeys");
  const f = useFormats();
  const words = useWords();
  const rules = Object.entries(step.withheld_by_rule).sort((a, b) => b[1] - a[1]);
  const ways = graph.edges.filter((way) => way.source === step.index);
  const ledger = { journey: [graph.name], step: step.id };
  return (
    <Stack gap="lg">
      <div>
        <Text size="sm" c="dimmed">
          {words.kind(step)}
        </Text>
        <Title order={3} className="prose" style={{ overflowWrap: "anywhere" }}>
          <Words>{words.title(step)}</Words>
        </Title>
        <Text size="sm" c="dimmed">
          {words.more(step)}
        </Text>
        {step.patience != null && (
          <Text size="sm" c="dimmed">
            {t("patience", { time: f.lasting(step.patience) })}
          </Text>
        )}
      </div>
      {step.kind === "send" && (
        <section>
          <Outcomes step={step} />
          {rules.length > 0 && (
            <>
              <Title order={4} mt="md" mb={4} size="sm">
                {t("withheldWhy")}
              </Title>
              <ul className={classes.rows}>
                {rules.map(([rule, n]) => (
                  <li key={rule}>
                    <Link
                      to="/ledger"
                      search={{ ...ledger, rule: [rule], outcome: ["withheld"] }}
                      className={classes.row}
                    >
                      <span>{t(`common:rule.${rule}`, { defaultValue: rule })}</span>
                      <b>{f.number(n)}</b>
                    </Link>
                  </li>
                ))}
              </ul>
            </>
          )}
          <Button
            component={Link}
            to="/ledger"
            search={ledger as never}
            variant="default"
            size="xs"
            mt="sm"
          >
            {t("seeLedger")}
          </Button>
        </section>
      )}
      {ways.length > 0 && (
        <section>
          <Title order={4} mb={4} size="sm">
            {t("onward")}
          </Title>
          <ul className={classes.rows}>
            {ways.map((way) => (
              <li key={`${way.target}:${way.kind}:${way.label}`} className={classes.row}>
                <span>
                  {words.way(way, step) && <Words>{words.way(way, step)}</Words>}
                  {way.target >= 0 && (
                    <Text span size="sm" c="dimmed">
                      {words.way(way, step) && ": "}
                      <Words>{title(graph, way.target, words)}</Words>
                    </Text>
                  )}
                </span>
                <b>{f.number(way.flow)}</b>
              </li>
            ))}
          </ul>
        </section>
      )}
      <People journey={graph.name} step={step} />
    </Stack>
  );
}

function title(graph: Graph, index: number, words: ReturnType<typeof useWords>): string {
  const step = graph.nodes.find((one) => one.index === index);
  return step ? `${words.kind(step)} ${words.title(step)}` : "";
}

function People({ journey, step }: { journey: string; step: Step }) {
  const { t } = useTranslation("journeys");
  const f = useFormats();
  const query = useInfiniteQuery({
    queryKey: ["profiles", "step", journey, step.id],
    queryFn: ({ pageParam }) =>
      ask(
        client.GET("/api/v1/profiles", {
          params: { query: { journey, step: step.id, limit: 50, cursor: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    meta: { live: true },
  });
  const people = query.data?.pages.flatMap((page) => page.profiles) ?? [];
  return (
    <section>
      <Title order={4} mb={4} size="sm">
        {t("here", { n: f.number(step.inside) })}
      </Title>
      {query.isPending && <Waiting rows={4} />}
      {query.isError && <Failed error={query.error} retry={() => query.refetch()} />}
      {query.isSuccess && people.length === 0 && <Empty title={t("nobodyHere")} />}
      <ul className={classes.rows}>
        {people.map((person) => (
          <li key={person.id}>
            <Link to="/people/$who" params={{ who: person.id }} className={classes.row}>
              <span>
                <Name>{person.name}</Name>
                <small>
                  {person.since && t("since", { when: f.ago(person.since) })}
                  {person.since && person.due_at && " · "}
                  {person.due_at &&
                    t(step.kind === "send" ? "tries" : "goesOn", {
                      when: f.dateTime(person.due_at),
                    })}
                </small>
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <Button
          variant="default"
          size="xs"
          mt="sm"
          loading={query.isFetchingNextPage}
          onClick={() => query.fetchNextPage()}
        >
          {t("common:more")}
        </Button>
      )}
    </section>
  );
}
