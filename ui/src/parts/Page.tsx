import { Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  title: ReactNode;
  /** What the browser's tab says; the title itself when it is plain text. */
  tab?: string;
  /** Two sentences on what this screen is for. */
  help?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, tab, help, actions, children }: Props) {
  const { t } = useTranslation();
  const said = tab ?? (typeof title === "string" ? title : "");
  useEffect(() => {
    document.title = said ? `${said} · ${t("app")}` : t("app");
  }, [said, t]);
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-end" gap="md">
        <Stack gap={6} maw={720} style={{ flex: "1 1 320px" }}>
          <Title order={1}>{title}</Title>
          {help && (
            <Text c="dimmed" size="sm">
              {help}
            </Text>
          )}
        </Stack>
        {actions && <Group gap="sm">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
