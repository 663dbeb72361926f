import { Alert, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconCloudOff, IconInfoCircle } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/client";

/** Content-shaped blocks while an answer is on its way; after a while it says that it is slow. */
export function Waiting({ rows = 4, height = 22 }: { rows?: number; height?: number }) {
  const { t } = useTranslation();
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), 4000);
    return () => clearTimeout(timer);
  }, []);
  return (
    <Stack gap="sm" role="status" aria-label={t("loading")}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the blocks are all alike
        <Skeleton key={row} height={height} width={row === rows - 1 ? "60%" : "100%"} />
      ))}
      {slow && (
        <Text size="sm" c="dimmed">
          {t("slow")}
        </Text>
      )}
    </Stack>
  );
}

/** What went wrong, in the API's own words, what to do, and a way to try again. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const problem = error instanceof ApiError ? error.problem : null;
  const title = problem
    ? problem.status === 403
      ? t("error.forbidden")
      : problem.status === 404
        ? t("error.notFound")
        : problem.status >= 500
          ? t("error.server")
          : t("error.refused")
    : t("error.unreachable");
  return (
    <Alert
      color={problem ? "orange" : "gray"}
      variant="light"
      icon={<IconCloudOff size={18} aria-hidden />}
      title={title}
      role="alert"
    >
      <Stack gap="xs">
        <Text size="sm">{problem ? problem.detail : t("error.unreachableHint")}</Text>
        {problem?.remedy && (
          <Text size="sm" c="dimmed">
            {problem.remedy}
          </Text>
        )}
        {retry && (
          <Group>
            <Button size="xs" variant="default" onClick={retry}>
              {t("retry")}
            </Button>
          </Group>
        )}
      </Stack>
    </Alert>
  );
}

export function Empty({
  title,
  hint,
  action,
}: {
  title: string;
  hint?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <Stack align="center" gap={6} py="xl" ta="center">
      <IconInfoCircle size={22} stroke={1.5} aria-hidden color="var(--mantine-color-dimmed)" />
      <Text fw={500}>{title}</Text>
      {hint && (
        <Text size="sm" c="dimmed" maw={460}>
          {hint}
        </Text>
      )}
      {action}
    </Stack>
  );
}

interface LoadedProps<T> {
  query: UseQueryResult<T>;
  children: (data: T) => ReactNode;
  waiting?: ReactNode;
  /** What to show instead when the answer holds nothing. */
  empty?: ReactNode;
  isEmpty?: (data: T) => boolean;
}

/** One of the four states that everything asked for can be in. Old data stays while new is fetched. */
export function Loaded<T>({ query, children, waiting, empty, isEmpty }: LoadedProps<T>) {
  if (query.data !== undefined) {
    if (empty && isEmpty?.(query.data)) return empty;
    return (
      <>
        {query.isError && <Failed error={query.error} retry={() => query.refetch()} />}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) return <Failed error={query.error} retry={() => query.refetch()} />;
  return waiting ?? <Waiting />;
}
