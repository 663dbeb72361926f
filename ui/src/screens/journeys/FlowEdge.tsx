import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getSmoothStepPath } from "@xyflow/react";
import { memo } from "react";
import { useFormats } from "@/parts/format";
import { Words } from "@/parts/Words";
import classes from "./journeys.module.css";
import { type Line, WIDTH } from "./layout";
import { useWords } from "./words";

/** A way from step to step: as broad as many went along it (by orders of ten), and which way it is. */
export const FlowEdge = memo(function FlowEdge(props: EdgeProps) {
  const { line, isRtl } = props.data as { line: Line; isRtl: boolean };
  const f = useFormats();
  const words = useWords();
  const { way } = line;
  const [path, midX, midY] =
    bow(props, line) ??
    getSmoothStepPath({
      ...props,
      borderRadius: 14,
      offset: line.back ? 40 : 18,
    });
  const isBowed = midX > props.sourceX + WIDTH / 2 && Math.abs(props.targetX - props.sourceX) < 2;
  const beside = isBowed ? "middle" : line.beside;
  const x = beside === "source" ? props.sourceX : beside === "target" ? props.targetX : midX;
  const y =
    beside === "source" ? props.sourceY + 17 : beside === "target" ? props.targetY - 17 : midY;
  const named = words.way(way, line.from);
  const label = way.kind === "entry" || way.target < 0 ? "" : named;
  const isDead = way.flow === 0;
  return (
    <>
      <BaseEdge
        path={path}
        style={{
          stroke: "var(--staff)",
          opacity: isDead ? 0.55 : 1,
          strokeWidth: isDead ? 1.25 : Math.min(9, 1.25 + 1.5 * Math.log10(1 + way.flow)),
          strokeDasharray: way.kind === "timeout" ? "5 4" : undefined,
          strokeLinecap: "butt",
        }}
      />
      {way.kind !== "entry" && way.target >= 0 && (
        <EdgeLabelRenderer>
          <div
            className={classes.wayLabel}
            dir={isRtl ? "rtl" : "ltr"}
            style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
            title={label}
          >
            {label && (
              <span>
                <Words>{label}</Words>
              </span>
            )}
            <b data-none={isDead || undefined}>{f.compact(way.flow)}</b>
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});

/** A way that passes by steps below its own, or back up, swings out beside them. */
function bow(ends: EdgeProps, line: Line): [string, number, number] | null {
  const { sourceX: x, sourceY: from, targetX, targetY: to } = ends;
  const isAligned = Math.abs(targetX - x) < 2;
  if (!isAligned || !(line.back || to - from > 190)) return null;
  const out = x + WIDTH / 2 + 30;
  const [a, b] = [from + 26, to - 26];
  return [
    `M${x},${from} C${x},${a} ${out},${from} ${out},${a} L${out},${b} C${out},${to} ${x},${b} ${x},${to}`,
    out,
    (a + b) / 2,
  ];
}
