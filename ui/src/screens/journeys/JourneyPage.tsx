import { Button, Drawer, Group, SegmentedControl, Select, Skeleton, Stack } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconPencil } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, Suspense, useCallback } from "react";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import { useMay } from "@/api/session";
import { useFormats } from "@/parts/format";
import { Loaded, Waiting } from "@/parts/Loaded";
import { Name } from "@/parts/Name";
import { Page } from "@/parts/Page";
import { plain } from "@/parts/text";
import { Facts } from "./Facts";
import classes from "./journeys.module.css";
import type { Graph } from "./layout";
import { StepPane } from "./StepPane";
import { StepTable } from "./StepTable";

// fetched while the figures are asked for, not after them
const drawing = import("./Drawing");
const Drawing = lazy(() => drawing.then((m) => ({ default: m.Drawing })));
const DefinitionEditor = lazy(() =>
  import("@/parts/DefinitionEditor").then((m) => ({ default: m.DefinitionEditor })),
);

const route = getRouteApi("/journeys/$name");
const PERIODS = ["7", "30", "0"];

export function JourneyPage() {
  const { t, i18n } = useTranslation("journeys");
  const { name } = route.useParams();
  const search = route.useSearch();
  const go = route.useNavigate();
  const mayEdit = useMay("editor");
  const lang = i18n.language as "en" | "ur";
  const days = PERIODS.includes(search.days ?? "") ? Number(search.days) : 30;
  const version = Number(search.version) || undefined;
  const query = useQuery({
    queryKey: ["journey", name, version ?? null, days, lang],
    queryFn: () =>
      ask(
        client.GET("/api/v1/journeys/{name}", {
          params: { path: { name }, query: { days, version, lang } },
        }),
      ),
    placeholderData: keepPreviousData,
    meta: { live: true },
  });
  const open = search.step === undefined ? null : Number(search.step);
  const openStep = useCallback(
    (index: number | null) =>
      void go({
        search: (now) => ({ ...now, step: index === null ? undefined : String(index) }),
        replace: true,
      }),
    [go],
  );
  // in the order in which a reader comes to them, not that of the definition's own counting
  const place = query.data?.nodes.findIndex((one) => one.index === open) ?? -1;
  const step = query.data?.nodes[place];
  const setEdit = (on: boolean) =>
    void go({ search: (now) => ({ ...now, edit: on ? "yes" : undefined }) });
  return (
    <Page
      title={<Name>{name}</Name>}
      tab={plain(name)}
      help={t("pageHelp")}
      actions={
        <>
          <Button
            component={Link}
            to="/people"
            search={{ journey: name } as never}
            variant="default"
          >
            {t("seePeople")}
          </Button>
          {mayEdit && (
            <Button
              variant="default"
              leftSection={<IconPencil size={15} aria-hidden />}
              onClick={() => setEdit(true)}
            >
              {t("edit")}
            </Button>
          )}
        </>
      }
    >
      <Loaded query={query} waiting={<Shapes />}>
        {(graph) => <Content graph={graph} days={days} open={open} onOpen={openStep} />}
      </Loaded>
      <Drawer
        opened={step !== undefined && !search.edit}
        onClose={() => openStep(null)}
        position="right"
        size="min(480px, 100%)"
        padding="lg"
        overlayProps={{ backgroundOpacity: 0.12 }}
        title={t("step", { n: place + 1 })}
        closeButtonProps={{ "aria-label": t("common:close") }}
      >
        {step && query.data && <StepPane key={step.id} graph={query.data} step={step} />}
      </Drawer>
      <Drawer
        opened={search.edit !== undefined && mayEdit}
        onClose={() => setEdit(false)}
        position="right"
        size="min(860px, 100%)"
        title={
          <span className={classes.drawerTitle}>
            <Name>{name}</Name>
          </span>
        }
        padding="lg"
        overlayProps={{ backgroundOpacity: 0.25 }}
        closeButtonProps={{ "aria-label": t("common:close") }}
      >
        <Suspense fallback={<Waiting rows={8} />}>
          <DefinitionEditor
            key={name}
            kind="journey"
            name={name}
            onDone={() => void go({ search: {} })}
            onClose={() => setEdit(false)}
          />
        </Suspense>
      </Drawer>
    </Page>
  );
}

interface ContentProps {
  graph: Graph;
  days: number;
  open: number | null;
  onOpen: (index: number | null) => void;
}

function Content({ graph, days, open, onOpen }: ContentProps) {
  const { t } = useTranslation("journeys");
  const f = useFormats();
  const search = route.useSearch();
  const go = route.useNavigate();
  // a drawing wants room: where there is little, the table comes first
  const isNarrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const view = search.view ?? (isNarrow ? "table" : "drawing");
  const active = graph.versions.find((one) => one.active)?.version;
  return (
    <Stack gap="md">
      <Facts graph={graph} />
      <Group justify="space-between" gap="sm">
        <SegmentedControl
          value={view}
          onChange={(next) => void go({ search: (now) => ({ ...now, view: next }), replace: true })}
          data={[
            { value: "drawing", label: t("drawing") },
            { value: "table", label: t("table") },
          ]}
          aria-label={t("view")}
        />
        <Group gap="sm">
          {graph.versions.length > 1 && (
            <Select
              w={210}
              aria-label={t("versionLabel")}
              allowDeselect={false}
              value={String(graph.version)}
              data={graph.versions.map((one) => ({
                value: String(one.version),
                label: t(one.active ? "versionActive" : "versionOld", {
                  n: one.version,
                  inside: f.number(one.inside),
                }),
              }))}
              onChange={(next) =>
                void go({
                  search: (now) => ({
                    ...now,
                    step: undefined,
                    version: next === String(active) ? undefined : (next ?? undefined),
                  }),
                })
              }
            />
          )}
          <SegmentedControl
            value={String(days)}
            onChange={(next) =>
              void go({ search: (now) => ({ ...now, days: next }), replace: true })
            }
            data={PERIODS.map((value) => ({
              value,
              label: value === "0" ? t("ever") : t("days", { n: value }),
            }))}
            aria-label={t("period")}
          />
        </Group>
      </Group>
      {view === "table" ? (
        <StepTable graph={graph} open={open} onOpen={onOpen} />
      ) : (
        <Suspense fallback={<Skeleton height="68vh" radius={8} />}>
          <Drawing graph={graph} open={open} onOpen={onOpen} />
        </Suspense>
      )}
    </Stack>
  );
}

function Shapes() {
  const { t } = useTranslation();
  return (
    <Stack gap="md" role="status" aria-label={t("loading")}>
      <Skeleton height={92} radius={8} />
      <Skeleton height="64vh" radius={8} />
    </Stack>
  );
}
