import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import type { UseMutationResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "@/parts/Loaded";

interface Props<T> {
  /** What is asked about; null: nothing is. */
  about: T | null;
  title: string;
  text: ReactNode;
  action: string;
  /** Done with `about`; what the API answers when it refuses is shown here. */
  change: UseMutationResult<unknown, Error, T>;
  onClose: () => void;
}

export function Confirm<T>({ about, title, text, action, change, onClose }: Props<T>) {
  const { t } = useTranslation();
  const close = () => {
    change.reset();
    onClose();
  };
  return (
    <Modal
      opened={about !== null}
      onClose={close}
      title={title}
      centered
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <Stack gap="md">
        <Text size="sm">{text}</Text>
        {change.isError && <Failed error={change.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            {t("cancel")}
          </Button>
          <Button
            color="red"
            loading={change.isPending}
            onClick={() => about !== null && change.mutate(about, { onSuccess: close })}
          >
            {action}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
