import dagre from "@dagrejs/dagre";
import type { components } from "@/api/schema";

export type Graph = components["schemas"]["JourneyGraph"];
export type Step = Graph["nodes"][number];
export type Way = Graph["edges"][number];

export const WIDTH = 236;
/** Beyond this many steps a layout in one sweep has to do: it takes no time that anybody notices. */
const MANY = 250;

export interface Placed {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
  step?: Step;
  /** A way out of the journey that is no step of its own. */
  out?: { label: string | null; flow: number };
}

export interface Line {
  id: string;
  source: string;
  target: string;
  way: Way;
  /** The step it leads from. */
  from?: Step;
  /** Runs against the reading direction: a ring. */
  back: boolean;
  /** The end beside which its words stand, so that those of neighbours do not meet. */
  beside: "source" | "target" | "middle";
}

export function height(step: Step): number {
  switch (step.kind) {
    case "send":
      return 106;
    case "wait_until":
      return step.within ? 80 : 64;
    case "branch":
      return (step.arms?.length ?? 0) > 2 ? 96 : 76;
    default:
      return 56;
  }
}

/** Steps, the entry and the ways out, each with its place; mirrored where people read from the right. */
export function layOut(graph: Graph, isRtl: boolean): { placed: Placed[]; lines: Line[] } {
  const placed: Placed[] = [{ id: "in", x: 0, y: 0, width: WIDTH, height: 74 }];
  const lines: Line[] = [];
  const steps = new Map(graph.nodes.map((step) => [step.index, step]));
  for (const step of graph.nodes)
    placed.push({ id: String(step.index), x: 0, y: 0, width: WIDTH, height: height(step), step });
  graph.edges.forEach((way, number) => {
    const source = way.source < 0 ? "in" : String(way.source);
    let target = String(way.target);
    if (way.target < 0) {
      // a step that is itself the way out needs no second sign for it
      if (steps.get(way.source)?.kind === "exit") return;
      target = `out-${number}`;
      placed.push({
        id: target,
        x: 0,
        y: 0,
        width: 150,
        height: 34,
        out: { label: way.label ?? null, flow: way.flow },
      });
    } else if (!steps.has(way.target)) return;
    lines.push({
      id: `${source}-${target}-${number}`,
      source,
      target,
      way,
      from: steps.get(way.source),
      back: false,
      beside: "middle",
    });
  });
  if (placed.length > MANY) sweep(placed, lines);
  else byDagre(placed, lines);
  const at = new Map(placed.map((one) => [one.id, one]));
  const [out, into] = [count(lines, "source"), count(lines, "target")];
  for (const line of lines) {
    if (out.get(line.source)! > 1) line.beside = into.get(line.target)! > 1 ? "middle" : "target";
    else if (into.get(line.target)! > 1) line.beside = "source";
  }
  for (const line of lines) line.back = at.get(line.target)!.y <= at.get(line.source)!.y;
  if (isRtl) for (const one of placed) one.x = -one.x - one.width;
  return { placed, lines };
}

function count(lines: Line[], end: "source" | "target"): Map<string, number> {
  const found = new Map<string, number>();
  for (const line of lines) found.set(line[end], (found.get(line[end]) ?? 0) + 1);
  return found;
}

function byDagre(placed: Placed[], lines: Line[]): void {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 44, ranksep: 58, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const one of placed) graph.setNode(one.id, { width: one.width, height: one.height });
  for (const line of lines) graph.setEdge(line.source, line.target, {}, line.id);
  dagre.layout(graph);
  for (const one of placed) {
    const { x, y } = graph.node(one.id);
    one.x = x - one.width / 2;
    one.y = y - one.height / 2;
  }
}

/** Each step a row below the last that leads to it, rows in the order in which steps are read. */
function sweep(placed: Placed[], lines: Line[]): void {
  const order = new Map(placed.map((one, index) => [one.id, index]));
  const rank = new Map(placed.map((one) => [one.id, 0]));
  const ahead = new Map<string, string[]>();
  const waiting = new Map(placed.map((one) => [one.id, 0]));
  for (const line of lines) {
    const isOut = line.target.startsWith("out-");
    // what leads back to an earlier step is a ring, and would never end
    if (!isOut && order.get(line.target)! <= order.get(line.source)!) continue;
    ahead.set(line.source, [...(ahead.get(line.source) ?? []), line.target]);
    waiting.set(line.target, (waiting.get(line.target) ?? 0) + 1);
  }
  const ready = placed.filter((one) => waiting.get(one.id) === 0).map((one) => one.id);
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    for (const target of ahead.get(next) ?? []) {
      rank.set(target, Math.max(rank.get(target)!, rank.get(next)! + 1));
      const left = waiting.get(target)! - 1;
      waiting.set(target, left);
      if (left === 0) ready.push(target);
    }
  }
  const rows = new Map<number, Placed[]>();
  for (const one of placed) {
    const row = rank.get(one.id)!;
    rows.set(row, [...(rows.get(row) ?? []), one]);
  }
  for (const [row, members] of rows) {
    const wide = members.reduce((sum, one) => sum + one.width + 44, -44);
    let x = -wide / 2;
    for (const one of members) {
      one.x = x;
      one.y = row * 170;
      x += one.width + 44;
    }
  }
}
