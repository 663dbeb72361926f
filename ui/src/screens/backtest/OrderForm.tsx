import {
  Alert,
  Button,
  Group,
  SegmentedControl,
  Select,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, ask, client, type Problem } from "@/api/client";
import { useFormats } from "@/parts/format";
import { Failed, Loaded, Waiting } from "@/parts/Loaded";
import { plain } from "@/parts/text";
import classes from "./backtest.module.css";
import {
  addDays,
  changed,
  type Draft,
  daysBetween,
  fieldOf,
  freshDraft,
  keepDraft,
  keptDraft,
  named,
  noon,
  PRESETS,
  presetPeriod,
  type Span,
} from "./order";
import { useStart } from "./runs";
import { SettingFields } from "./SettingFields";

const NAMED = ["journey", "from", "to"];

/** What to run: journey, period, settings. What is typed is kept while the tab lives. */
export function OrderForm({ span, journey }: { span: Span; journey?: string }) {
  const { t, i18n } = useTranslation("backtest");
  const navigate = useNavigate();
  const [draft, setDraft] = useState<Draft>(() => {
    const kept = keptDraft();
    if (!kept) return freshDraft(span, journey);
    // "the last 90 days" may be others by now
    const period = kept.preset === null ? {} : presetPeriod(kept.preset, span);
    return { ...kept, ...period, journey: journey ?? kept.journey };
  });
  useEffect(() => keepDraft(draft), [draft]);
  const change = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }));
  const settings = useQuery({
    queryKey: ["simulation-settings", i18n.language],
    queryFn: () =>
      ask(
        client.GET("/api/v1/simulations/settings", {
          params: { query: { lang: i18n.language as "en" | "ur" } },
        }),
      ),
  });
  const start = useStart((id) => navigate({ to: "/backtest", search: { run: id } }));
  const problem = start.error instanceof ApiError ? start.error.problem : null;
  const said = fieldOf(problem);
  const isOfSetting =
    said !== null && (settings.data?.settings.some((s) => named(said, s.path)) ?? false);
  const isPlaced = isOfSetting || (said !== null && NAMED.includes(said));
  const set = settings.data ? changed(draft, settings.data.settings) : {};
  const count = Object.keys(set).length;

  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        start.mutate({
          journey: draft.journey,
          from: draft.first,
          to: addDays(draft.last, 1),
          set,
        });
      }}
    >
      <Stack gap="lg">
        {start.isError && !isPlaced && <Failed error={start.error} />}
        <JourneyChoice
          value={draft.journey}
          onChange={(value) => change({ journey: value })}
          error={said === "journey" ? problem : null}
        />
        <Period draft={draft} span={span} change={change} said={said} problem={problem} />
        <div>
          <Text fw={500} size="sm">
            {t("form.settings")}
          </Text>
          <Text size="sm" c="dimmed" mb="sm">
            {t("form.settingsHint")}
          </Text>
          <Loaded query={settings} waiting={<Waiting rows={6} height={30} />}>
            {(found) => (
              <SettingFields
                settings={found.settings}
                draft={draft}
                change={change}
                problem={isOfSetting ? problem : null}
              />
            )}
          </Loaded>
        </div>
        {isPlaced && (
          <Alert color="orange" variant="light" role="alert">
            {t("form.seeField")}
          </Alert>
        )}
        <Group justify="space-between" gap="sm">
          <Button
            type="submit"
            loading={start.isPending}
            disabled={!settings.data}
            leftSection={<IconPlayerPlay size={16} aria-hidden />}
          >
            {t(count > 0 ? "form.runTwice" : "form.run")}
          </Button>
          <Button variant="subtle" color="gray" onClick={() => setDraft(freshDraft(span))}>
            {t("form.reset")}
          </Button>
        </Group>
        <Text size="sm" c="dimmed" aria-live="polite">
          {count > 0 ? t("form.changedCount", { count }) : t("form.nothingChanged")}
        </Text>
      </Stack>
    </form>
  );
}

function JourneyChoice(props: {
  value: string | null;
  onChange: (value: string | null) => void;
  error: Problem | null;
}) {
  const { t, i18n } = useTranslation("backtest");
  const lang = i18n.language as "en" | "ur";
  const journeys = useQuery({
    queryKey: ["journeys", lang, "names"],
    queryFn: () => ask(client.GET("/api/v1/journeys", { params: { query: { lang } } })),
  });
  const names = (journeys.data?.items ?? []).map((journey) => journey.name);
  if (props.value && !names.includes(props.value)) names.push(props.value);
  return (
    <Select
      label={t("form.journey")}
      data={[
        { value: "", label: t("allJourneys") },
        ...names.map((name) => ({ value: name, label: plain(name) })),
      ]}
      value={props.value ?? ""}
      onChange={(value) => props.onChange(value || null)}
      allowDeselect={false}
      searchable={names.length > 8}
      error={props.error && `${props.error.detail} ${props.error.remedy ?? ""}`}
    />
  );
}

function Period(props: {
  draft: Draft;
  span: Span;
  change: (part: Partial<Draft>) => void;
  said: string | null;
  problem: Problem | null;
}) {
  const { draft, span, change, said, problem } = props;
  const { t } = useTranslation("backtest");
  const f = useFormats();
  const days = daysBetween(draft.first, draft.last);
  const wrong = (name: string) =>
    said === name ? `${problem?.detail} ${problem?.remedy ?? ""}` : null;
  return (
    <Stack gap="sm">
      <div>
        <Text fw={500} size="sm" mb={4} id="bt-period">
          {t("form.period")}
        </Text>
        <SegmentedControl
          aria-labelledby="bt-period"
          fullWidth
          value={draft.preset === null ? "own" : String(draft.preset)}
          onChange={(value) => {
            if (value === "own") change({ preset: null });
            else change({ preset: Number(value), ...presetPeriod(Number(value), span) });
          }}
          data={[
            ...PRESETS.map((n) => ({
              value: String(n),
              label: t("form.lastDays", { count: n, n: f.number(n) }),
            })),
            { value: "own", label: t("form.dates") },
          ]}
        />
      </div>
      <div className={classes.pair}>
        <TextInput
          type="date"
          label={t("form.first")}
          min={span.first}
          max={span.last}
          value={draft.first}
          error={wrong("from")}
          onChange={(event) =>
            event.currentTarget.value && change({ first: event.currentTarget.value, preset: null })
          }
        />
        <TextInput
          type="date"
          label={t("form.last")}
          min={span.first}
          max={span.last}
          value={draft.last}
          error={wrong("to") ?? (days < 1 ? t("form.backwards") : null)}
          onChange={(event) =>
            event.currentTarget.value && change({ last: event.currentTarget.value, preset: null })
          }
        />
      </div>
      <Text size="sm" c="dimmed">
        {days > 0 && `${t("days", { count: days, n: f.number(days) })} · `}
        {t("form.history", { first: f.date(noon(span.first)), last: f.date(noon(span.last)) })}
      </Text>
    </Stack>
  );
}
