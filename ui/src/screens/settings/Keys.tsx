import { Button, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import type { components } from "@/api/schema";
import { type Column, DataTable } from "@/parts/DataTable";
import { useFormats } from "@/parts/format";
import { Empty, Loaded, Waiting } from "@/parts/Loaded";
import { Name } from "@/parts/Name";
import { plain } from "@/parts/text";
import { Confirm } from "./Confirm";
import { NewKey } from "./NewKey";
import { Once } from "./Once";
import { Snippet } from "./Snippet";
import classes from "./settings.module.css";

type Key = components["schemas"]["KeyOut"];
export type Made = components["schemas"]["NewKey"];

/** Keys for programs: write keys send events, API keys manage; a token is shown once. */
export function Keys() {
  const { t } = useTranslation("settings");
  const cache = useQueryClient();
  const query = useQuery({ queryKey: ["keys"], queryFn: () => ask(client.GET("/api/v1/keys")) });
  const [made, setMade] = useState<Made | null>(null);
  return (
    <Stack gap="lg">
      {made && (
        <Once
          title={t("keys.made", { name: plain(made.name) })}
          hint={t("keys.madeHint")}
          label={t("keys.token")}
          value={made.token}
          onClose={() => setMade(null)}
        >
          <Snippet made={made} />
        </Once>
      )}
      <Loaded query={query} waiting={<Waiting rows={4} height={40} />}>
        {(found) => <Table keys={found.keys} />}
      </Loaded>
      <NewKey
        onMade={(key) => {
          setMade(key);
          void cache.invalidateQueries({ queryKey: ["keys"] });
        }}
      />
    </Stack>
  );
}

function Table({ keys }: { keys: Key[] }) {
  const { t } = useTranslation("settings");
  const f = useFormats();
  const cache = useQueryClient();
  const [leaving, setLeaving] = useState<Key | null>(null);
  const revoke = useMutation({
    mutationFn: (key: Key) =>
      ask(client.DELETE("/api/v1/keys/{key_id}", { params: { path: { key_id: key.id } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["keys"] }),
  });
  const kind = (key: Key) =>
    key.role
      ? t("keys.kindRole", { kind: t(`keys.kind.${key.kind}`), role: t(`common:role.${key.role}`) })
      : t(`keys.kind.${key.kind}`);
  const columns: Column<Key>[] = [
    {
      id: "name",
      header: t("keys.name"),
      value: (key) => key.name,
      cell: (key) => <Name>{key.name}</Name>,
      width: "minmax(120px, 2fr)",
    },
    { id: "kind", header: t("keys.what"), value: kind, width: "minmax(120px, 1.5fr)" },
    {
      id: "made",
      header: t("keys.since"),
      value: (key) => key.created_at,
      cell: (key) => f.date(key.created_at),
      width: "120px",
      wide: true,
    },
    {
      id: "state",
      header: t("users.state"),
      value: (key) => key.revoked_at ?? "",
      cell: (key) =>
        key.revoked_at ? (
          <span className={classes.tag}>{t("keys.revoked", { when: f.date(key.revoked_at) })}</span>
        ) : (
          <Button
            size="xs"
            variant="default"
            onClick={() => setLeaving(key)}
            aria-label={t("keys.revokeOne", { name: plain(key.name) })}
          >
            {t("keys.revoke")}
          </Button>
        ),
      width: "minmax(110px, 1.2fr)",
    },
  ];
  return (
    <>
      <DataTable
        label={t("tab.keys")}
        rows={[...keys].sort(
          (a, b) => Number(a.revoked_at !== null) - Number(b.revoked_at !== null),
        )}
        columns={columns}
        rowKey={(key) => key.id}
        filter={keys.length > 6}
        exportName={keys.length > 6 ? "keys" : undefined}
        empty={<Empty title={t("keys.none")} hint={t("keys.noneHint")} />}
        rowHeight={52}
      />
      <Confirm
        about={leaving}
        title={t("keys.revokeTitle", { name: plain(leaving?.name ?? "") })}
        text={t("keys.revokeText")}
        action={t("keys.revoke")}
        change={revoke}
        onClose={() => setLeaving(null)}
      />
    </>
  );
}
