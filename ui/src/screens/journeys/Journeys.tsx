import { Button, Drawer, Tooltip } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import { useMay } from "@/api/session";
import { Empty, Loaded, Waiting } from "@/parts/Loaded";
import { Page } from "@/parts/Page";
import { JourneyTable } from "./JourneyTable";
import classes from "./journeys.module.css";

const DefinitionEditor = lazy(() =>
  import("@/parts/DefinitionEditor").then((m) => ({ default: m.DefinitionEditor })),
);

const route = getRouteApi("/journeys");

const STARTER = `journey: my-journey
description: What it is for, in a sentence
entry: {event: Order Completed, again: after exit}
priority: 50
steps:
  - wait: 3d
  - exit: done
`;

export function Journeys() {
  const { t, i18n } = useTranslation("journeys");
  const { edit } = route.useSearch();
  const go = route.useNavigate();
  const mayEdit = useMay("editor");
  const lang = i18n.language as "en" | "ur";
  const query = useQuery({
    queryKey: ["journeys", lang],
    queryFn: () => ask(client.GET("/api/v1/journeys", { params: { query: { lang } } })),
    meta: { live: true },
  });
  const begin = (
    <Tooltip label={t("common:error.forbidden")} disabled={mayEdit}>
      <Button
        leftSection={<IconPlus size={16} aria-hidden />}
        disabled={!mayEdit}
        onClick={() => void go({ search: { edit: "new" } })}
      >
        {t("new")}
      </Button>
    </Tooltip>
  );
  const open = (name: string) => void go({ to: "/journeys/$name", params: { name } });
  const close = () => void go({ search: {} });
  return (
    <Page title={t("title")} help={t("help")} actions={begin}>
      <Loaded
        query={query}
        waiting={<Waiting rows={8} height={36} />}
        isEmpty={(data) => data.items.length === 0}
        empty={<Empty title={t("empty")} hint={t("emptyHint")} action={begin} />}
      >
        {(data) => <JourneyTable items={data.items} onOpen={open} />}
      </Loaded>
      <Drawer
        opened={edit === "new"}
        onClose={close}
        position="right"
        size="min(860px, 100%)"
        title={<span className={classes.drawerTitle}>{t("new")}</span>}
        padding="lg"
        overlayProps={{ backgroundOpacity: 0.25 }}
        closeButtonProps={{ "aria-label": t("common:close") }}
      >
        <Suspense fallback={<Waiting rows={8} />}>
          <DefinitionEditor
            kind="journey"
            name={null}
            starter={STARTER}
            onDone={open}
            onClose={close}
          />
        </Suspense>
      </Drawer>
    </Page>
  );
}
