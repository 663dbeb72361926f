import { useTranslation } from "react-i18next";
import { Head } from "./glyphs";

const CURRENT = {
  ink: "currentColor",
  staff: "currentColor",
  dimmed: "currentColor",
  accent: "currentColor",
  paper: "transparent",
};

interface Props {
  outcome: "sent" | "deferred" | "withheld";
  failed?: boolean;
  /** Say the outcome to screen readers; leave out where the word stands beside it. */
  labelled?: boolean;
  size?: number;
}

/** A note as in the score: filled was sent, hollow was not. */
export function OutcomeMark({ outcome, failed, labelled = false, size = 20 }: Props) {
  const { t } = useTranslation();
  const aria = labelled
    ? { role: "img", "aria-label": t(`outcome.${outcome}`) }
    : { "aria-hidden": true as const };
  return (
    <svg width={size * 0.8} height={size} viewBox="0 0 16 20" style={{ flex: "none" }} {...aria}>
      <Head x={7} y={14} outcome={outcome} failed={failed} c={CURRENT} size={0.9} />
    </svg>
  );
}
