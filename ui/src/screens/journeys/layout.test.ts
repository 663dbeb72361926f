import { expect, test } from "vitest";
import { type Graph, layOut, type Step, type Way } from "./layout";

function step(index: number, kind: Step["kind"] = "wait_for"): Step {
  return {
    index,
    id: `s${index}`,
    kind,
    inside: 0,
    sent: 0,
    deferred: 0,
    withheld: 0,
    withheld_by_rule: {},
  } as Step;
}

function way(source: number, target: number, kind: Way["kind"] = "next"): Way {
  return { source, target, kind, flow: 1 } as Way;
}

function graph(nodes: Step[], edges: Way[]): Graph {
  return { nodes, edges } as Graph;
}

test("what comes later stands lower, and Urdu is the mirror image", () => {
  const one = graph(
    [step(0, "branch"), step(1), step(2), step(3, "exit")],
    [
      way(-1, 0, "entry"),
      way(0, 1, "arm"),
      way(0, 2, "otherwise"),
      way(1, 3),
      way(2, 3),
      way(3, -1, "exit"),
    ],
  );
  const there = layOut(one, false);
  const y = (id: string) => there.placed.find((p) => p.id === id)!.y;
  expect(y("in")).toBeLessThan(y("0"));
  expect(y("0")).toBeLessThan(y("1"));
  expect(y("2")).toBeLessThan(y("3"));
  expect(there.lines).toHaveLength(5);
  const mirrored = layOut(one, true);
  for (const p of there.placed)
    expect(mirrored.placed.find((m) => m.id === p.id)!.x).toBeCloseTo(-p.x - p.width);
});

test("two thousand steps and a ring are placed at once", () => {
  const nodes = Array.from({ length: 2000 }, (_, index) => step(index));
  const edges = [
    way(-1, 0, "entry"),
    ...nodes.slice(1).map((n) => way(n.index - 1, n.index)),
    way(1999, 5),
  ];
  const begin = performance.now();
  const { placed, lines } = layOut(graph(nodes, edges), false);
  expect(performance.now() - begin).toBeLessThan(1000);
  expect(placed).toHaveLength(2001);
  expect(lines.filter((line) => line.back)).toHaveLength(1);
});
