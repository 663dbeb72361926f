import { Center, Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { LanguageSwitch, SchemeSwitch } from "@/app/Shell";

/** What stands before the screens: one card, the name, and the two switches. */
export function Door({
  title,
  hint,
  children,
}: {
  title: string;
  hint?: ReactNode;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <Center mih="100vh" p="md" component="main">
      <Stack w={400} maw="100%" gap="lg">
        <Group justify="space-between">
          <Group gap={10}>
            <img src="/mark.svg" width={30} height={30} alt="" />
            <Text fw={600} size="xl" style={{ fontFamily: "var(--prose)" }}>
              {t("app")}
            </Text>
          </Group>
          <Group gap={4}>
            <LanguageSwitch />
            <SchemeSwitch />
          </Group>
        </Group>
        <div className="card">
          <Stack gap="md">
            <div>
              <Title order={1} size="h2">
                {title}
              </Title>
              {hint && (
                <Text size="sm" c="dimmed" mt={6}>
                  {hint}
                </Text>
              )}
            </div>
            {children}
          </Stack>
        </div>
      </Stack>
    </Center>
  );
}
