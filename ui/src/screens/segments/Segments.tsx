import { Button, Drawer, Tabs, Tooltip } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import type { components } from "@/api/schema";
import { useMay } from "@/api/session";
import { Empty, Loaded, Waiting } from "@/parts/Loaded";
import { Name } from "@/parts/Name";
import { Page } from "@/parts/Page";
import { SegmentPane } from "./SegmentPane";
import { SegmentTable } from "./SegmentTable";
import classes from "./segments.module.css";

const Overlap = lazy(() => import("./Overlap").then((m) => ({ default: m.Overlap })));
const DefinitionEditor = lazy(() =>
  import("@/parts/DefinitionEditor").then((m) => ({ default: m.DefinitionEditor })),
);

export type Segment = components["schemas"]["SegmentItem"];

const route = getRouteApi("/segments");

const STARTER = `segment: my-segment
description: Who they are, in a sentence
where:
  all:
    - {did: Order Completed, within: 90d, at_least: 2}
`;

export type Lang = "en" | "ur";

export function Segments() {
  const { t, i18n } = useTranslation("segments");
  const { name, view, edit } = route.useSearch();
  const go = route.useNavigate();
  const mayEdit = useMay("editor");
  const lang = i18n.language as Lang;
  const query = useQuery({
    queryKey: ["segments", lang],
    queryFn: () => ask(client.GET("/api/v1/segments", { params: { query: { lang } } })),
    meta: { live: true },
  });
  const people = usePeople();
  const open = (next: string | undefined) => void go({ search: { view, name: next } });
  const isNew = edit === "new" && !name;
  const begin = (
    <Tooltip label={t("common:error.forbidden")} disabled={mayEdit}>
      <Button
        leftSection={<IconPlus size={16} aria-hidden />}
        disabled={!mayEdit}
        onClick={() => void go({ search: { view, edit: "new" } })}
      >
        {t("new")}
      </Button>
    </Tooltip>
  );
  return (
    <Page title={t("title")} help={t("help")} actions={begin}>
      <Tabs
        value={view === "overlap" ? "overlap" : "list"}
        onChange={(next) =>
          void go({ search: { name, view: next === "overlap" ? "overlap" : undefined } })
        }
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="list">{t("list")}</Tabs.Tab>
          <Tabs.Tab value="overlap">{t("overlap.tab")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="list">
          <Loaded
            query={query}
            waiting={<Waiting rows={8} height={36} />}
            isEmpty={(data) => data.items.length === 0}
            empty={<Empty title={t("empty")} hint={t("emptyHint")} action={begin} />}
          >
            {(data) => (
              <SegmentTable items={data.items} everybody={people} openName={name} onOpen={open} />
            )}
          </Loaded>
        </Tabs.Panel>
        <Tabs.Panel value="overlap">
          {view === "overlap" && (
            <Suspense fallback={<Waiting rows={8} />}>
              <Overlap />
            </Suspense>
          )}
        </Tabs.Panel>
      </Tabs>
      <Drawer
        opened={name !== undefined || isNew}
        onClose={() => open(undefined)}
        position="right"
        padding="lg"
        overlayProps={{ backgroundOpacity: 0.25 }}
        size={edit ? "min(860px, 100%)" : "min(620px, 100%)"}
        title={
          <span className={classes.drawerTitle}>
            {name === undefined ? t("new") : <Name>{name}</Name>}
          </span>
        }
        closeButtonProps={{ "aria-label": t("common:close") }}
      >
        <Suspense fallback={<Waiting rows={8} />}>
          {name !== undefined && !edit && (
            <SegmentPane
              name={name}
              everybody={people}
              onEdit={mayEdit ? () => void go({ search: { view, name, edit: "yes" } }) : undefined}
            />
          )}
          {name !== undefined && edit && (
            <DefinitionEditor
              key={name}
              kind="segment"
              name={name}
              onDone={open}
              onClose={() => open(name)}
            />
          )}
          {isNew && (
            <DefinitionEditor
              kind="segment"
              name={null}
              starter={STARTER}
              onDone={open}
              onClose={() => open(undefined)}
            />
          )}
        </Suspense>
      </Drawer>
    </Page>
  );
}

/** How many people there are in all, to say shares by. */
function usePeople(): number | null {
  const query = useQuery({
    queryKey: ["overview", 1],
    queryFn: () => ask(client.GET("/api/v1/overview", { params: { query: { days: 1 } } })),
    meta: { live: true },
  });
  return query.data?.totals.people ?? null;
}
