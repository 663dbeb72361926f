import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { type ReactNode, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./settings.module.css";

interface Props {
  title: string;
  hint: ReactNode;
  label: string;
  value: string;
  onClose: () => void;
  children?: ReactNode;
}

/** A secret that is shown this once, ready to copy. */
export function Once({ title, hint, label, value, onClose, children }: Props) {
  const { t } = useTranslation("settings");
  return (
    <section className={classes.once} aria-label={title} role="status">
      <Stack gap="sm">
        <div>
          <Text fw={500}>{title}</Text>
          <Text size="sm">{hint}</Text>
        </div>
        <CopyField label={label} value={value} />
        {children}
        <Group justify="flex-end">
          <Button size="xs" variant="default" onClick={onClose}>
            {t("once.done")}
          </Button>
        </Group>
      </Stack>
    </section>
  );
}

/** Copies where the browser lets us; else the text is marked, ready for the keyboard. */
function CopyField({ label, value }: { label: string; value: string }) {
  const { t } = useTranslation();
  const field = useRef<HTMLInputElement>(null);
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      setCopied(true);
      setTimeout(() => setCopied(false), 2_000);
    } catch {
      field.current?.focus();
      field.current?.select();
    }
  };
  return (
    <Group gap="sm" align="flex-end" wrap="nowrap">
      <TextInput
        ref={field}
        readOnly
        dir="ltr"
        label={label}
        value={value}
        onFocus={(event) => event.currentTarget.select()}
        style={{ flex: 1, minWidth: 0 }}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      />
      <Button
        onClick={copy}
        leftSection={
          isCopied ? <IconCheck size={15} aria-hidden /> : <IconCopy size={15} aria-hidden />
        }
        aria-live="polite"
      >
        {t(isCopied ? "copied" : "copy")}
      </Button>
    </Group>
  );
}
