import { expect, test } from "vitest";
import { merged } from "./useFeed";

const id = (row: { id: string }) => row.id;
const row = (name: string, n = 0) => ({ id: name, n });

test("new rows stand before the old ones, which are as they were last read", () => {
  expect(merged([row("c"), row("b", 1)], [row("b"), row("a")], id)).toEqual([
    row("c"),
    row("b", 1),
    row("a"),
  ]);
});

test("where nothing of the new beginning is known there is a gap", () => {
  expect(merged([row("z")], [row("b"), row("a")], id)).toBeNull();
  expect(merged([], [row("b")], id)).toEqual([row("b")]);
  expect(merged([row("z")], [], id)).toEqual([row("z")]);
});
