import "@xyflow/react/dist/style.css";
import {
  Background,
  BackgroundVariant,
  Controls,
  type Edge,
  type Node,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from "@xyflow/react";
import { type KeyboardEvent, useCallback, useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { FlowEdge } from "./FlowEdge";
import classes from "./journeys.module.css";
import { type Graph, layOut } from "./layout";
import { EntryNode, type NodeData, OutNode, StepNode } from "./StepNode";

const NODES = { step: StepNode, entry: EntryNode, out: OutNode };
const EDGES = { flow: FlowEdge };
/** Above this many steps only what is in sight is drawn, and the view begins at the entry. */
const MANY = 120;

interface Props {
  graph: Graph;
  open: number | null;
  onOpen: (index: number) => void;
}

export function Drawing(props: Props) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas({ graph, open, onOpen }: Props) {
  const { t, i18n } = useTranslation("journeys");
  const isRtl = i18n.language === "ur";
  const flow = useReactFlow();
  // the same steps keep their places while figures move
  const shape = `${graph.name}:${graph.version}:${isRtl}:${graph.edges.length}`;
  const { placed, lines } = useMemo(() => layOut(graph, isRtl), [graph, isRtl]);
  const isMany = placed.length > MANY;

  const nodes = useMemo<Node[]>(
    () =>
      placed.map((one) => ({
        id: one.id,
        type: one.step ? "step" : one.out ? "out" : "entry",
        position: { x: one.x, y: one.y },
        width: one.width,
        height: one.height,
        // known from the start, so that nothing out of sight is drawn only to be measured
        handles: [
          {
            type: "target" as const,
            position: Position.Top,
            x: one.width / 2,
            y: 0,
            width: 1,
            height: 1,
          },
          {
            type: "source" as const,
            position: Position.Bottom,
            x: one.width / 2,
            y: one.height,
            width: 1,
            height: 1,
          },
        ],
        data: {
          placed: one,
          graph,
          isOpen: one.step?.index === open,
          onOpen,
          isRtl,
        } satisfies NodeData,
      })),
    [placed, graph, open, onOpen, isRtl],
  );
  const edges = useMemo<Edge[]>(
    () =>
      lines.map((line) => ({
        id: line.id,
        source: line.source,
        target: line.target,
        type: "flow",
        data: { line, isRtl },
      })),
    [lines, isRtl],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: the view is set anew when the drawing's shape changes
  useEffect(() => {
    const timer = setTimeout(() => begin(), 30);
    return () => clearTimeout(timer);
  }, [shape]);
  const begin = () => {
    const wide =
      Math.max(...placed.map((one) => one.x + one.width)) - Math.min(...placed.map((one) => one.x));
    const high = Math.max(...placed.map((one) => one.y + one.height));
    const first = placed[0]!;
    const box = document.querySelector(`.${classes.canvas}`)?.getBoundingClientRect();
    if (!box) return;
    // small enough to be seen whole, else readable from its beginning on
    const zoom = Math.min(1, box.width / (wide + 60), box.height / (high + 60));
    if (zoom >= 0.8 && !isMany) void flow.fitView({ padding: 0.04, maxZoom: 1 });
    else {
      const readable = Math.max(0.8, Math.min(1, box.width / (wide + 60)));
      void flow.setViewport({
        x: box.width / 2 - (first.x + first.width / 2) * readable,
        y: 20 - first.y * readable,
        zoom: readable,
      });
    }
  };

  const focusStep = useCallback(
    (id: string) => {
      const one = placed.find((each) => each.id === id);
      if (!one?.step) return;
      void flow.setCenter(one.x + one.width / 2, one.y + one.height / 2, { zoom: flow.getZoom() });
      // two frames: the view moves, then what came into sight is there
      requestAnimationFrame(() =>
        requestAnimationFrame(() =>
          document.querySelector<HTMLElement>(`[data-step="${id}"]`)?.focus(),
        ),
      );
    },
    [placed, flow],
  );
  const walk = (event: KeyboardEvent<HTMLElement>) => {
    const here = (event.target as HTMLElement).dataset.step;
    if (here === undefined) return;
    const to = next(event.key, here, placed, lines);
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    focusStep(to);
  };

  return (
    <section className={classes.canvas} dir="ltr" aria-label={t("drawing")} onKeyDownCapture={walk}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODES}
        edgeTypes={EDGES}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        onlyRenderVisibleElements={isMany}
        minZoom={0.1}
        maxZoom={1.6}
        zoomOnScroll={false}
        preventScrolling={false}
        zoomOnDoubleClick={false}
        ariaLabelConfig={{
          "controls.ariaLabel": t("controls"),
          "controls.zoomIn.ariaLabel": t("zoomIn"),
          "controls.zoomOut.ariaLabel": t("zoomOut"),
          "controls.fitView.ariaLabel": t("fit"),
        }}
      >
        <Background variant={BackgroundVariant.Dots} gap={22} size={1} color="var(--line)" />
        <Controls showInteractive={false} position={isRtl ? "bottom-right" : "bottom-left"} />
      </ReactFlow>
    </section>
  );
}

/** Where an arrow key leads from a step: down and up along the ways, sideways among neighbours. */
function next(
  key: string,
  here: string,
  placed: ReturnType<typeof layOut>["placed"],
  lines: ReturnType<typeof layOut>["lines"],
): string | undefined {
  const isStep = (id: string) => placed.some((one) => one.id === id && one.step);
  if (key === "ArrowDown")
    return lines.find((line) => line.source === here && isStep(line.target))?.target;
  if (key === "ArrowUp")
    return lines.find((line) => line.target === here && isStep(line.source))?.source;
  if (key !== "ArrowLeft" && key !== "ArrowRight") return undefined;
  const mine = placed.find((one) => one.id === here);
  if (!mine) return undefined;
  const middle = (one: { y: number; height: number }) => one.y + one.height / 2;
  const row = placed
    .filter((one) => one.step && Math.abs(middle(one) - middle(mine)) < 90 && one.id !== here)
    .filter((one) => (key === "ArrowRight" ? one.x > mine.x : one.x < mine.x))
    .sort((a, b) => Math.abs(a.x - mine.x) - Math.abs(b.x - mine.x));
  return row[0]?.id;
}
