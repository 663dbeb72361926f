import {
  Button,
  Group,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
  useMantineColorScheme,
} from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import type { components } from "@/api/schema";
import { useMe, useSetMe } from "@/api/session";
import { isLocale, setLocale } from "@/i18n";
import { Failed } from "@/parts/Loaded";
import { Name } from "@/parts/Name";
import { Password } from "./Password";
import { Sessions } from "./Sessions";
import classes from "./settings.module.css";

type Change = components["schemas"]["MeChange"];

/** One's own account: what one is called, language and light, password, where one is signed in. */
export function You() {
  return (
    <div className={classes.columns}>
      <Stack gap="lg">
        <Profile />
        <Password />
      </Stack>
      <Sessions />
    </div>
  );
}

export function useChangeMe() {
  const setMe = useSetMe();
  return useMutation({
    mutationFn: (body: Change) => ask(client.PATCH("/api/v1/me", { body })),
    onSuccess: setMe,
  });
}

function Profile() {
  const { t, i18n } = useTranslation("settings");
  const me = useMe();
  const [name, setName] = useState(me.user.name);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const change = useChangeMe();
  const save = () =>
    change.mutate(
      { name: name.trim() },
      { onSuccess: () => notifications.show({ message: t("common:saved"), color: "gray" }) },
    );
  return (
    <section className="card" aria-labelledby="st-you">
      <Stack gap="md">
        <div>
          <h2 id="st-you" className={classes.heading}>
            {t("you.title")}
          </h2>
          <Text size="sm" c="dimmed">
            <Name>{me.user.email}</Name> · {t(`common:role.${me.user.role}`)}
          </Text>
        </div>
        {change.isError && <Failed error={change.error} />}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim()) save();
          }}
        >
          <Group align="flex-end" gap="sm" wrap="nowrap">
            <TextInput
              label={t("you.name")}
              value={name}
              maxLength={320}
              autoComplete="name"
              onChange={(event) => setName(event.currentTarget.value)}
              style={{ flex: 1, minWidth: 0 }}
            />
            <Button
              type="submit"
              variant="default"
              loading={change.isPending}
              disabled={!name.trim() || name.trim() === me.user.name}
            >
              {t("common:save")}
            </Button>
          </Group>
        </form>
        <Choice label={t("you.language")}>
          {(label) => (
            <SegmentedControl
              aria-label={label}
              value={i18n.language}
              onChange={(value) => {
                if (!isLocale(value)) return;
                void setLocale(value);
                change.mutate({ locale: value });
              }}
              data={[
                { value: "en", label: "English" },
                { value: "ur", label: "اردو" },
              ]}
            />
          )}
        </Choice>
        <Choice label={t("you.theme")}>
          {(label) => (
            <SegmentedControl
              aria-label={label}
              value={colorScheme}
              onChange={(value) => {
                const theme = value as "light" | "dark" | "auto";
                setColorScheme(theme);
                change.mutate({ theme });
              }}
              data={(["light", "dark", "auto"] as const).map((value) => ({
                value,
                label: t(`theme.${value}`),
              }))}
            />
          )}
        </Choice>
      </Stack>
    </section>
  );
}

function Choice({ label, children }: { label: string; children: (label: string) => ReactNode }) {
  return (
    <div>
      <Text size="sm" fw={500} mb={4}>
        {label}
      </Text>
      {children(label)}
    </div>
  );
}
