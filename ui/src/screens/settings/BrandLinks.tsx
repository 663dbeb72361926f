import { ActionIcon, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { plain } from "@/parts/text";
import type { Body } from "./brandKit";
import classes from "./settings.module.css";

interface Props {
  body: Body;
  onChange: (body: Body) => void;
  said: Record<string, string>;
  isReadOnly: boolean;
}

/** Links by name: templates write `link.shop`. The order is kept while one is renamed. */
export function BrandLinks({ body, onChange, said, isReadOnly }: Props) {
  const { t } = useTranslation("settings");
  const [rows, setRows] = useState<[string, string][]>(() =>
    Object.entries((body.links as Record<string, string> | undefined) ?? {}),
  );
  const change = (next: [string, string][]) => {
    setRows(next);
    onChange({ ...body, links: Object.fromEntries(next.filter(([name]) => name !== "")) });
  };
  const set = (index: number, part: 0 | 1, value: string) =>
    change(
      rows.map((row, i) => (i === index ? (part === 0 ? [value, row[1]] : [row[0], value]) : row)),
    );
  return (
    <Stack gap="xs">
      <div>
        <Text size="sm" fw={500}>
          {t("brand.links")}
        </Text>
        <Text size="sm" c="dimmed">
          {t("brand.linksHint")}
        </Text>
      </div>
      {rows.map(([name, address], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row's name is what is being edited
        <div key={index} className={classes.links}>
          <TextInput
            aria-label={t("brand.linkName")}
            dir="ltr"
            readOnly={isReadOnly}
            value={name}
            error={said[`links.${name}.[key]`]}
            onChange={(event) => set(index, 0, event.currentTarget.value)}
          />
          <TextInput
            aria-label={t("brand.linkAddress", { name: plain(name) })}
            type="url"
            dir="ltr"
            readOnly={isReadOnly}
            value={address}
            error={said[`links.${name}`]}
            onChange={(event) => set(index, 1, event.currentTarget.value)}
          />
          {!isReadOnly && (
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t("brand.linkRemove", { name: plain(name) })}
              onClick={() => change(rows.filter((_, i) => i !== index))}
            >
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          )}
        </div>
      ))}
      {!isReadOnly && (
        <Group>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => change([...rows, ["", ""]])}
          >
            {t("brand.linkAdd")}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
