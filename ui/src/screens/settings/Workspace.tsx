import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import { useMay, useMe } from "@/api/session";
import { Loaded, Waiting } from "@/parts/Loaded";
import { Name } from "@/parts/Name";
import { PolicyWords } from "./PolicyWords";
import classes from "./settings.module.css";

const DefinitionEditor = lazy(() =>
  import("@/parts/DefinitionEditor").then((m) => ({ default: m.DefinitionEditor })),
);

/** What this workspace is, and the policy that holds for all of it. */
export function Workspace() {
  const definitions = useQuery({
    queryKey: ["definitions"],
    queryFn: () => ask(client.GET("/api/v1/definitions")),
  });
  return (
    <div className={classes.columns}>
      <section className="card">
        <Facts revision={definitions.data?.revision} />
      </section>
      <section className="card">
        <Loaded query={definitions} waiting={<Waiting rows={6} />}>
          {(found) => {
            const rows = found.definitions as { kind: string; name: string }[];
            return <Policy name={rows.find((row) => row.kind === "policy")?.name ?? null} />;
          }}
        </Loaded>
      </section>
    </div>
  );
}

function Facts({ revision }: { revision: unknown }) {
  const { t } = useTranslation("settings");
  const { workspace } = useMe();
  const mail = workspace.catches_mail ? "caught" : workspace.sends_mail ? "on" : "off";
  const facts = [
    ["name", workspace.name],
    ["timezone", workspace.timezone],
    ["locale", t(`language.${workspace.locale}`, { defaultValue: workspace.locale })],
    ["mail", t(`mail.${mail}`)],
    [
      "revision",
      typeof revision === "number" || typeof revision === "string" ? String(revision) : "–",
    ],
    ["version", workspace.version],
  ] as const;
  return (
    <Stack gap="md">
      <h2 className={classes.heading}>{t("workspace.title")}</h2>
      <dl className={classes.facts}>
        {facts.map(([name, value]) => (
          <div key={name} style={{ display: "contents" }}>
            <dt>{t(`workspace.${name}`)}</dt>
            <dd>
              <Name>{value}</Name>
            </dd>
          </div>
        ))}
      </dl>
      <Text size="sm" c="dimmed">
        {t("workspace.hint")}
      </Text>
    </Stack>
  );
}

function Policy({ name }: { name: string | null }) {
  const { t } = useTranslation("settings");
  const mayEdit = useMay("editor");
  const cache = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const done = () => {
    setOpen(false);
    notifications.show({ message: t("common:saved"), color: "gray" });
    void cache.invalidateQueries();
  };
  return (
    <Stack gap="md">
      <Group justify="space-between" gap="sm">
        <h2 className={classes.heading}>{t("policy.title")}</h2>
        {mayEdit && name && (
          <Button size="xs" variant="default" onClick={() => setOpen(true)}>
            {t("policy.edit")}
          </Button>
        )}
      </Group>
      <PolicyWords />
      {!mayEdit && (
        <Text size="sm" c="dimmed">
          {t("policy.viewer")}
        </Text>
      )}
      <Modal
        opened={isOpen}
        onClose={() => setOpen(false)}
        size="xl"
        title={t("policy.edit")}
        closeButtonProps={{ "aria-label": t("common:close") }}
      >
        <Suspense fallback={<Waiting rows={8} />}>
          {isOpen && (
            <DefinitionEditor
              kind="policy"
              name={name}
              onDone={done}
              onClose={() => setOpen(false)}
            />
          )}
        </Suspense>
      </Modal>
    </Stack>
  );
}
