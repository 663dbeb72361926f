import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getSmoothStepPath } from "@xyflow/react";
import { memo } from "react";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";
import classes from "./journeys.module.css";
import type { Line } from "./layout";
import { useWords } from "./words";

/** A way from step to step: as broad as many went along it (by orders of ten), and which way it is. */
export const FlowEdge = memo(function FlowEdge(props: EdgeProps) {
  const { line, isRtl } = props.data as { line: Line; isRtl: boolean };
  const f = useFormats();
  const words = useWords();
  const { way } = line;
  const [path, midX, midY] = getSmoothStepPath({
    ...props,
    borderRadius: 14,
    offset: line.back ? 40 : 18,
  });
  const x =
    line.beside === "source" ? props.sourceX : line.beside === "target" ? props.targetX : midX;
  const y =
    line.beside === "source"
      ? props.sourceY + 17
      : line.beside === "target"
        ? props.targetY - 17
        : midY;
  const named = words.way(way);
  const label = way.kind === "entry" || way.target < 0 ? "" : named;
  const isDead = way.flow === 0;
  return (
    <>
      <BaseEdge
        path={path}
        style={{
          stroke: isDead ? "var(--line)" : "var(--staff)",
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
                <Name>{label}</Name>
              </span>
            )}
            <b data-none={isDead || undefined}>{f.compact(way.flow)}</b>
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});
