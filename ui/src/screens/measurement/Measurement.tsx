import { Alert, Button, Group, Loader, Stack, Text } from "@mantine/core";
import { IconFlask, IconRefresh } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/api/session";
import { useFormats } from "@/parts/format";
import { Empty, Failed, Loaded, Waiting } from "@/parts/Loaded";
import { Name } from "@/parts/Name";
import { Page } from "@/parts/Page";
import { Words } from "@/parts/Words";
import { Attribution } from "./Attribution";
import { Facts } from "./Facts";
import { Lifts } from "./Lifts";
import classes from "./measurement.module.css";
import { type Measured, noon } from "./model";
import { useMeasurement, useRefresh } from "./useMeasurement";

export function Measurement() {
  const { t } = useTranslation("measurement");
  const query = useMeasurement();
  const refresh = useRefresh();
  const mayRefresh = useMay("editor");
  const isComputing = query.data?.state === "computing" || refresh.isPending;
  return (
    <Page
      title={t("title")}
      help={t("help")}
      actions={
        mayRefresh && (
          <Button
            variant="default"
            leftSection={<IconRefresh size={16} aria-hidden />}
            loading={isComputing}
            disabled={!query.data}
            onClick={() => refresh.mutate()}
          >
            {t("again")}
          </Button>
        )
      }
    >
      {refresh.isError && <Failed error={refresh.error} />}
      <Loaded query={query} waiting={<Shape />}>
        {(measured) => <Content measured={measured} />}
      </Loaded>
    </Page>
  );
}

function Content({ measured }: { measured: Measured }) {
  const { t } = useTranslation("measurement");
  return (
    <Stack gap="lg">
      <Standing measured={measured} />
      {measured.error && (
        <Alert color="orange" variant="light" role="alert" title={t("failed")}>
          <Name>{measured.error}</Name>
        </Alert>
      )}
      {measured.simulated_answers > 0 && <Simulated count={measured.simulated_answers} />}
      {measured.report ? (
        <>
          <Facts report={measured.report} />
          <Attribution report={measured.report} />
          <Lifts report={measured.report} overTime={measured.lift_over_time} />
        </>
      ) : (
        <Nothing measured={measured} />
      )}
    </Stack>
  );
}

/** As of when, for which period, and whether newer figures are on their way. */
function Standing({ measured }: { measured: Measured }) {
  const { t } = useTranslation("measurement");
  const f = useFormats();
  if (!measured.as_of) return null;
  return (
    <Group gap="sm">
      <Text size="sm" c="dimmed">
        {measured.period &&
          `${t("period", { first: f.date(noon(measured.period.from)), last: f.date(noon(measured.period.to)) })} · `}
        {t("common:asOf", { when: f.dateTime(measured.as_of) })}
      </Text>
      {measured.state === "computing" ? (
        <Group gap={6} role="status">
          <Loader size={14} aria-hidden />
          <Text size="sm">{t("computing")}</Text>
        </Group>
      ) : (
        measured.is_stale && (
          <Text size="sm" c="var(--warn)">
            {t("stale")}
          </Text>
        )
      )}
    </Group>
  );
}

function Simulated({ count }: { count: number }) {
  const { t } = useTranslation("measurement");
  const f = useFormats();
  return (
    <aside className={classes.banner}>
      <IconFlask size={18} stroke={1.6} aria-hidden />
      <Text size="sm">
        <strong>{t("simulated.title")}:</strong>{" "}
        {t("simulated.text", { count, n: f.number(count) })}
      </Text>
    </aside>
  );
}

function Nothing({ measured }: { measured: Measured }) {
  const { t } = useTranslation("measurement");
  if (measured.state === "computing")
    return (
      <Stack gap="md">
        <Text className="prose" size="lg" role="status">
          {t("first")}
        </Text>
        <Shape />
      </Stack>
    );
  return (
    <div className="card">
      <Empty
        title={t("none")}
        hint={
          <>
            {measured.reason && <Words>{measured.reason}</Words>} {t("noneHint")}
          </>
        }
      />
    </div>
  );
}

function Shape() {
  return (
    <Stack gap="lg">
      <div className="card">
        <Waiting rows={2} height={26} />
      </div>
      <div className="card">
        <Waiting rows={9} height={24} />
      </div>
    </Stack>
  );
}
