import { useTranslation } from "react-i18next";
import { OutcomeMark } from "@/score/OutcomeMark";
import classes from "./Why.module.css";
import { Words } from "./Words";

type Outcome = "sent" | "deferred" | "withheld";

interface Props {
  outcome: Outcome;
  sentence: string;
  /** `large` where it is the answer of the whole page, not one of many. */
  size?: "normal" | "large";
  failed?: boolean;
}

/** Why a message was sent, put off or withheld: the note of the score, and the reason in prose. */
export function Why({ outcome, sentence, size = "normal", failed }: Props) {
  return (
    <div className={classes.why} data-size={size}>
      <span className={classes.mark} data-outcome={outcome}>
        <OutcomeMark outcome={outcome} failed={failed} labelled size={size === "large" ? 26 : 20} />
      </span>
      <p className={`prose ${classes.sentence}`}>
        <Words>{sentence}</Words>
      </p>
    </div>
  );
}

/** The mark with its word, and the rule below it where one was the reason. */
export function OutcomeWord({ outcome, rule }: { outcome: Outcome; rule?: string | null }) {
  const { t } = useTranslation();
  return (
    <span className={classes.word}>
      <span className={classes.mark} data-outcome={outcome}>
        <OutcomeMark outcome={outcome} />
      </span>
      <span className={classes.lines}>
        <span>{t(`outcome.${outcome}`)}</span>
        {rule && <span className={classes.rule}>{t(`rule.${rule}`, { defaultValue: rule })}</span>}
      </span>
    </span>
  );
}
