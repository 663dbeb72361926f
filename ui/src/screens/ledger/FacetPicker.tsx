import { Button, Checkbox, Popover, ScrollArea, Stack, Text, TextInput } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";
import { plain } from "@/parts/text";
import classes from "./ledger.module.css";

export interface Choice {
  value: string;
  label: string;
  n?: number;
}

interface Props {
  label: string;
  choices: Choice[];
  chosen: string[];
  onChange: (chosen: string[] | undefined) => void;
}

const MANY = 8;

/** Several values of one field, each with how many rows it would leave. */
export function FacetPicker({ label, choices, chosen, onChange }: Props) {
  const { t } = useTranslation("ledger");
  const f = useFormats();
  const [text, setText] = useState("");
  const gone = chosen
    .filter((value) => !choices.some((choice) => choice.value === value))
    .map((value): Choice => ({ value, label: value, n: 0 }));
  const all = [...choices, ...gone];
  const wanted = text.trim().toLocaleLowerCase();
  const shown = all.filter((choice) => choice.label.toLocaleLowerCase().includes(wanted));
  const change = (values: string[]) => onChange(values.length > 0 ? values : undefined);
  return (
    <Popover position="bottom-start" width={280} trapFocus returnFocus shadow="md">
      <Popover.Target>
        <Button
          variant="default"
          fw={400}
          rightSection={<IconChevronDown size={14} aria-hidden />}
          data-chosen={chosen.length > 0 || undefined}
          className={classes.picker}
        >
          {label}
          {chosen.length > 0 && <span className={classes.badge}>{f.number(chosen.length)}</span>}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p="sm">
        {all.length > MANY && (
          <TextInput
            size="xs"
            mb="xs"
            aria-label={t("filter.narrow", { label })}
            placeholder={t("common:search")}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
        {shown.length === 0 && (
          <Text size="sm" c="dimmed">
            {t("filter.nothing")}
          </Text>
        )}
        <ScrollArea.Autosize mah={300} type="auto">
          <Checkbox.Group value={chosen} onChange={change} aria-label={label}>
            <Stack gap={2}>
              {shown.map((choice) => (
                <Checkbox
                  key={choice.value}
                  value={choice.value}
                  size="xs"
                  className={classes.choice}
                  label={
                    <span className={classes.choiceLabel}>
                      <bdi>{plain(choice.label)}</bdi>
                      {choice.n !== undefined && (
                        <span className={classes.choiceCount}>{f.number(choice.n)}</span>
                      )}
                    </span>
                  }
                />
              ))}
            </Stack>
          </Checkbox.Group>
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  );
}
