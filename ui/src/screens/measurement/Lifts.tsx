import { ActionIcon, Group, Stack, Text, Tooltip } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { download, toCsv } from "@/parts/csv";
import { Empty } from "@/parts/Loaded";
import { EarlyLifts } from "./EarlyLifts";
import { LiftCard } from "./LiftCard";
import classes from "./measurement.module.css";
import type { LiftResult, Report } from "./model";

const COLUMNS = [
  "journey",
  "outcome",
  "verdict",
  "n_treated",
  "n_holdout",
  "waiting",
  "mean_treated",
  "mean_holdout",
  "absolute",
  "low",
  "high",
  "relative",
  "relative_low",
  "relative_high",
  "confidence",
  "sample_ratio_p",
] as const satisfies readonly (keyof LiftResult)[];

/** What the journeys bring that would not have come anyway. */
export function Lifts({
  report,
  overTime,
}: {
  report: Report;
  overTime: components["schemas"]["JourneyLift"][];
}) {
  const { t } = useTranslation("measurement");
  const early = report.lift.filter((lift) => lift.verdict === "not enough yet");
  const told = report.lift.filter((lift) => lift.verdict !== "not enough yet");
  const save = () =>
    download(
      "lift.csv",
      toCsv(
        [...COLUMNS],
        report.lift.map((lift) => COLUMNS.map((column) => lift[column])),
      ),
    );
  return (
    <section aria-labelledby="ms-lift">
      <Group justify="space-between" align="flex-end" mb="md" wrap="nowrap">
        <div>
          <h2 id="ms-lift" className={classes.heading}>
            {t("lift.title")}
          </h2>
          <Text size="sm" c="dimmed" maw={720}>
            {t("lift.hint")}
          </Text>
        </div>
        <Tooltip label={t("common:table.export")}>
          <ActionIcon
            variant="default"
            size="lg"
            onClick={save}
            disabled={report.lift.length === 0}
            aria-label={t("lift.export")}
          >
            <IconDownload size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Group>
      {report.lift.length === 0 ? (
        <div className="card">
          <Empty title={t("lift.none")} hint={t("lift.noneHint")} />
        </div>
      ) : (
        <Stack gap="md">
          {told.map((lift) => (
            <LiftCard
              key={`${lift.journey} ${lift.outcome}`}
              lift={lift}
              points={overTime.find((one) => one.journey === lift.journey)?.points ?? []}
            />
          ))}
          {early.length > 0 && <EarlyLifts lifts={early} />}
        </Stack>
      )}
    </section>
  );
}
