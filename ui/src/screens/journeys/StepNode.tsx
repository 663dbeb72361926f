import {
  IconArrowsSplit2,
  IconClock,
  IconDoorEnter,
  IconDoorExit,
  IconGitBranch,
  IconHourglass,
  IconMail,
  IconTag,
} from "@tabler/icons-react";
import { Handle, type NodeProps, Position } from "@xyflow/react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";
import { Words } from "@/parts/Words";
import { OutcomeMark } from "@/score/OutcomeMark";
import classes from "./journeys.module.css";
import type { Graph, Placed, Step } from "./layout";
import { useWords } from "./words";

export const ICONS = {
  send: IconMail,
  wait_for: IconClock,
  wait_until: IconHourglass,
  branch: IconGitBranch,
  split: IconArrowsSplit2,
  set: IconTag,
  exit: IconDoorExit,
} as const;

export interface NodeData extends Record<string, unknown> {
  placed: Placed;
  graph: Graph;
  isOpen: boolean;
  onOpen: (index: number) => void;
  isRtl: boolean;
}

function Ends() {
  return (
    <>
      <Handle
        type="target"
        position={Position.Top}
        isConnectable={false}
        className={classes.handle}
      />
      <Handle
        type="source"
        position={Position.Bottom}
        isConnectable={false}
        className={classes.handle}
      />
    </>
  );
}

/** A step as a card; a button, so that it can be reached and opened without a mouse. */
export const StepNode = memo(function StepNode({ data }: NodeProps) {
  const { placed, isOpen, onOpen, isRtl } = data as NodeData;
  const { t } = useTranslation("journeys");
  const f = useFormats();
  const words = useWords();
  const step = placed.step as Step;
  const Icon = ICONS[step.kind];
  const title = words.title(step);
  const more = words.more(step);
  return (
    <>
      <Ends />
      <button
        type="button"
        className={`nodrag nopan ${classes.node}`}
        data-kind={step.kind}
        data-step={step.index}
        data-open={isOpen || undefined}
        aria-pressed={isOpen}
        style={{ width: placed.width, height: placed.height }}
        dir={isRtl ? "rtl" : "ltr"}
        onClick={() => onOpen(step.index)}
        title={title}
      >
        <span className={classes.kind}>
          <Icon size={14} stroke={1.6} aria-hidden />
          {words.kind(step)}
          {step.inside > 0 && (
            <span className={classes.inside}>
              {f.compact(step.inside)}
              <span className="visually-hidden"> {t("hereNow", { count: step.inside })}</span>
            </span>
          )}
        </span>
        <span className={classes.title}>
          <Words>{title}</Words>
        </span>
        {more && (
          <span className={classes.more}>
            <Words>{more}</Words>
          </span>
        )}
        {step.kind === "send" && <Outcomes step={step} />}
      </button>
    </>
  );
});

export function Outcomes({ step }: { step: Pick<Step, "sent" | "deferred" | "withheld"> }) {
  const f = useFormats();
  return (
    <span className={classes.outcomes}>
      {(["sent", "deferred", "withheld"] as const).map((outcome) => (
        <span key={outcome} data-none={step[outcome] === 0 || undefined}>
          <OutcomeMark outcome={outcome} size={13} labelled /> {f.compact(step[outcome])}
        </span>
      ))}
    </span>
  );
}

export const EntryNode = memo(function EntryNode({ data }: NodeProps) {
  const { placed, graph, isRtl } = data as NodeData;
  const { t } = useTranslation("journeys");
  const f = useFormats();
  return (
    <>
      <Ends />
      <div
        className={`${classes.node} ${classes.entry}`}
        style={{ width: placed.width, height: placed.height }}
        dir={isRtl ? "rtl" : "ltr"}
        title={graph.entry.words}
      >
        <span className={classes.kind}>
          <IconDoorEnter size={14} stroke={1.6} aria-hidden />
          {t("entry")}
          <span className={classes.inside}>{f.compact(graph.entered)}</span>
        </span>
        <span className={classes.title} data-lines="2">
          <Words>{graph.entry.words}</Words>
        </span>
      </div>
    </>
  );
});

export const OutNode = memo(function OutNode({ data }: NodeProps) {
  const { placed, isRtl } = data as NodeData;
  const words = useWords();
  const f = useFormats();
  return (
    <>
      <Ends />
      <div
        className={classes.out}
        style={{ width: placed.width, height: placed.height }}
        dir={isRtl ? "rtl" : "ltr"}
      >
        <span>
          <Words>{words.reason(placed.out?.label)}</Words>
        </span>
        <b>{f.compact(placed.out?.flow ?? 0)}</b>
      </div>
    </>
  );
});
