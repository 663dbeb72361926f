import { SimpleGrid, Skeleton, Stack, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import type { components } from "@/api/schema";
import { useFormats } from "@/parts/format";
import { Loaded } from "@/parts/Loaded";
import { Page } from "@/parts/Page";
import { Figures } from "./Figures";
import { Sentence } from "./Sentence";

// the figures come first; what is drawn follows
const Rest = lazy(() => import("./Rest").then((m) => ({ default: m.Rest })));

export type OverviewData = components["schemas"]["Overview"];

const DAYS = 14;

export function Overview() {
  const { t } = useTranslation("overview");
  const f = useFormats();
  const query = useQuery({
    queryKey: ["overview", DAYS],
    queryFn: () => ask(client.GET("/api/v1/overview", { params: { query: { days: DAYS } } })),
    placeholderData: keepPreviousData,
    meta: { live: true },
  });
  return (
    <Page title={t("title")} help={t("help")}>
      <Loaded query={query} waiting={<Shapes />}>
        {(data) => (
          <Stack gap="lg">
            <Sentence data={data} />
            <Figures data={data} />
            <Suspense fallback={<Shapes below />}>
              <Rest data={data} />
            </Suspense>
            {data.as_of && (
              <Text size="xs" c="dimmed">
                {t("asOf", { when: f.dateTime(data.as_of) })}
              </Text>
            )}
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

/** The page's own outline while it waits. */
function Shapes({ below = false }: { below?: boolean }) {
  const { t } = useTranslation();
  return (
    <Stack gap="lg" role="status" aria-label={t("loading")}>
      {!below && (
        <>
          <Skeleton height={30} width="min(620px, 90%)" />
          <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing={0}>
            {["a", "b", "c", "d", "e", "f"].map((key) => (
              <Skeleton key={key} height={84} radius={0} />
            ))}
          </SimpleGrid>
        </>
      )}
      <Skeleton height={300} radius={8} />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Skeleton height={200} radius={8} />
        <Skeleton height={200} radius={8} />
      </SimpleGrid>
    </Stack>
  );
}
