import { Group, Stack, Text } from "@mantine/core";
import {
  IconAlertTriangle,
  IconArrowDown,
  IconArrowUp,
  IconCheck,
  IconHourglass,
  IconTilde,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";
import { Words } from "@/parts/Words";
import { LiftChart } from "./LiftChart";
import classes from "./measurement.module.css";
import type { LiftPoint, LiftResult } from "./model";

const KINDS = {
  higher: ["higher", IconArrowUp, "var(--good)"],
  lower: ["lower", IconArrowDown, "var(--bad)"],
  undecided: ["undecided", IconTilde, "var(--ink)"],
  "not enough yet": ["early", IconHourglass, "var(--mantine-color-dimmed)"],
  blocked: ["blocked", IconAlertTriangle, "var(--warn)"],
} as const;

/** A journey against the people held out of it: verdict in words, figures, and how it came about. */
export function LiftCard({ lift, points }: { lift: LiftResult; points: LiftPoint[] }) {
  const { t } = useTranslation("measurement");
  const [name, Icon, colour] = KINDS[lift.verdict];
  const ready = points.filter((point) => point.ready);
  return (
    <article
      className={ready.length > 1 ? `card ${classes.lift}` : "card"}
      aria-label={lift.journey}
    >
      <Stack gap="sm" style={{ minWidth: 0 }}>
        <h3 className={classes.journey}>
          <Link to="/journeys/$name" params={{ name: lift.journey }} className="plain">
            <Name>{lift.journey}</Name>
          </Link>
        </h3>
        <Group gap={8} wrap="nowrap" align="flex-start" style={{ color: colour }}>
          <Icon size={18} aria-hidden style={{ flex: "none", marginTop: 3 }} />
          <Text fw={500}>{t(`verdict.${name}`)}</Text>
        </Group>
        {lift.absolute !== null ? <Estimate lift={lift} /> : <Reason lift={lift} />}
        <SampleRatio lift={lift} />
      </Stack>
      {ready.length > 1 && <LiftChart points={points} outcome={lift.outcome} />}
    </article>
  );
}

/** For every 100 people: a figure one can picture, with its interval and both groups' own. */
function Estimate({ lift }: { lift: LiftResult }) {
  const { t } = useTranslation("measurement");
  const f = useFormats();
  const per = (n: number | null) => (n === null ? "–" : f.decimal(n * 100));
  const signed = (n: number | null) => (n === null ? "–" : `${n > 0 ? "+" : ""}${per(n)}`);
  return (
    <Stack gap={4}>
      <Text className={classes.estimate}>
        <bdi dir="ltr">{signed(lift.absolute)}</bdi>
      </Text>
      <Text size="sm">{t(`lift.per.${lift.outcome}`, { defaultValue: lift.outcome })}</Text>
      <Text size="sm" c="dimmed">
        {t("lift.interval", {
          share: f.percent(lift.confidence),
          low: `\u2066${signed(lift.low)}\u2069`,
          high: `\u2066${signed(lift.high)}\u2069`,
        })}
        {lift.relative !== null &&
          ` ${t("lift.relative", { share: `\u2066${lift.relative > 0 ? "+" : ""}${f.percent(lift.relative)}\u2069` })}`}
      </Text>
      <Text size="sm" c="dimmed">
        {t("lift.groups", {
          treated: f.number(lift.n_treated),
          mean: per(lift.mean_treated),
          held: f.number(lift.n_holdout),
          heldMean: per(lift.mean_holdout),
        })}
      </Text>
      {lift.waiting > 0 && (
        <Text size="sm" c="dimmed">
          {t("lift.waiting", { count: lift.waiting, n: f.number(lift.waiting) })}
        </Text>
      )}
    </Stack>
  );
}

/** Why there is no figure; the server's own words, with its numbers. */
function Reason({ lift }: { lift: LiftResult }) {
  const { t } = useTranslation("measurement");
  return (
    <Text size="sm" c="dimmed" maw={720}>
      {t("lift.blockedHint")} <Words>{lift.reason}</Words>
    </Text>
  );
}

function SampleRatio({ lift }: { lift: LiftResult }) {
  const { t } = useTranslation("measurement");
  if (lift.sample_ratio_p === null) return null;
  const isFine = lift.verdict !== "blocked";
  return (
    <Group gap={6} wrap="nowrap" align="flex-start" c={isFine ? "dimmed" : "var(--warn)"}>
      {isFine ? (
        <IconCheck size={15} aria-hidden style={{ flex: "none", marginTop: 3 }} />
      ) : (
        <IconAlertTriangle size={15} aria-hidden style={{ flex: "none", marginTop: 3 }} />
      )}
      <Text size="sm">{t(isFine ? "lift.ratioFine" : "lift.ratioWrong")}</Text>
    </Group>
  );
}
