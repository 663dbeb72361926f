import { Button, Group, SegmentedControl, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import { Failed } from "@/parts/Loaded";
import type { Made } from "./Keys";
import classes from "./settings.module.css";
import { ROLES, type Role } from "./users";

export function NewKey({ onMade }: { onMade: (key: Made) => void }) {
  const { t } = useTranslation("settings");
  const [kind, setKind] = useState("write");
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const create = useMutation({
    mutationFn: () =>
      ask(
        client.POST("/api/v1/keys", {
          body: { kind, name: name.trim(), role: kind === "api" ? role : null },
        }),
      ),
    onSuccess: (key) => {
      setName("");
      onMade(key);
    },
  });
  return (
    <section className="card" aria-labelledby="st-key">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <Stack gap="md">
          <div>
            <h2 id="st-key" className={classes.heading}>
              {t("newKey.title")}
            </h2>
            <Text size="sm" c="dimmed">
              {t(`newKey.hint.${kind}`)}
            </Text>
          </div>
          {create.isError && <Failed error={create.error} />}
          <Group>
            <SegmentedControl
              aria-label={t("keys.what")}
              value={kind}
              onChange={setKind}
              data={["write", "api"].map((value) => ({ value, label: t(`keys.kind.${value}`) }))}
            />
          </Group>
          <div className={classes.pair}>
            <TextInput
              label={t("keys.name")}
              placeholder={t("newKey.example")}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            {kind === "api" && (
              <Select
                label={t("users.role")}
                description={t(`role.${role}`)}
                inputWrapperOrder={["label", "input", "description", "error"]}
                value={role}
                allowDeselect={false}
                data={ROLES.map((one) => ({ value: one, label: t(`common:role.${one}`) }))}
                onChange={(value) => value && setRole(value as Role)}
              />
            )}
          </div>
          <Group>
            <Button type="submit" loading={create.isPending} disabled={!name.trim()}>
              {t("newKey.create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </section>
  );
}
