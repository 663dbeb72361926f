import {
  ActionIcon,
  Group,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
  Tooltip,
} from "@mantine/core";
import { IconDownload, IconSearch } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { download, toCsv } from "@/parts/csv";
import { Empty } from "@/parts/Loaded";
import { Words } from "@/parts/Words";
import { AddsUp, CreditTable } from "./CreditTable";
import classes from "./measurement.module.css";
import { creditRows, type Measure, modelsOf, type Report } from "./model";

/** Every model's view of the same orders, side by side. */
export function Attribution({ report }: { report: Report }) {
  const { t } = useTranslation("measurement");
  const [measure, setMeasure] = useState<Measure>("conversions");
  const [text, setText] = useState("");
  const models = modelsOf(report);
  const all = useMemo(() => creditRows(report, measure), [report, measure]);
  const wanted = text.trim().toLocaleLowerCase();
  const rows = wanted ? all.filter((row) => row.touch.toLocaleLowerCase().includes(wanted)) : all;
  const save = () => {
    const head = [
      t("credit.touch"),
      ...models.map((model) => t(`model.${model}`, { defaultValue: model })),
    ];
    const checks = models.map((model) => report.check[model]?.[measure]);
    download(
      `attribution-${measure}.csv`,
      toCsv(head, [
        ...all.map((row) => [row.touch, ...models.map((model) => row.credit[model])]),
        [t("credit.unattributed"), ...checks.map((check) => check?.unattributed)],
        [t(`credit.total.${measure}`), ...checks.map((check) => check?.total)],
      ]),
    );
  };
  return (
    <section className="card" aria-labelledby="ms-attribution">
      <Stack gap="md">
        <div>
          <h2 id="ms-attribution" className={classes.heading}>
            {t("credit.title")}
          </h2>
          <Text size="sm" c="dimmed" maw={720}>
            {t("credit.hint")}
          </Text>
        </div>
        {all.length === 0 ? (
          <Empty title={t("credit.none")} hint={t("credit.noneHint")} />
        ) : (
          <>
            <Group justify="space-between" gap="sm">
              <Group gap="sm">
                <SegmentedControl
                  aria-label={t("credit.measure")}
                  value={measure}
                  onChange={(value) => setMeasure(value as Measure)}
                  data={[
                    { value: "conversions", label: t("facts.conversions") },
                    { value: "revenue", label: t("facts.revenue") },
                  ]}
                />
                <TextInput
                  aria-label={t("common:table.filter")}
                  placeholder={t("common:table.filter")}
                  leftSection={<IconSearch size={15} aria-hidden />}
                  value={text}
                  onChange={(event) => setText(event.currentTarget.value)}
                  w={220}
                  maw="100%"
                />
              </Group>
              <Tooltip label={t("common:table.export")}>
                <ActionIcon
                  variant="default"
                  size="lg"
                  onClick={save}
                  aria-label={t("common:table.export")}
                >
                  <IconDownload size={16} aria-hidden />
                </ActionIcon>
              </Tooltip>
            </Group>
            <CreditTable rows={rows} models={models} measure={measure} report={report} />
            <AddsUp models={models} measure={measure} report={report} />
          </>
        )}
        <Notes report={report} />
      </Stack>
    </section>
  );
}

/** What the models themselves have to say about these figures. */
function Notes({ report }: { report: Report }) {
  const { t } = useTranslation("measurement");
  const notes = Object.entries(report.notes);
  if (notes.length === 0) return null;
  return (
    <ul className={classes.notes}>
      {notes.flatMap(([model, said]) =>
        said.map((note) => (
          <li key={`${model} ${note}`}>
            <strong>{t(`model.${model}`, { defaultValue: model })}:</strong> <Words>{note}</Words>
          </li>
        )),
      )}
    </ul>
  );
}
