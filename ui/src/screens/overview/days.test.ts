import { expect, test } from "vitest";
import { span, startOf, ticks } from "./days";

test("a day begins where the workspace is, also when the clocks change", () => {
  expect(startOf("2026-07-01", "America/New_York").toISOString()).toBe("2026-07-01T04:00:00.000Z");
  expect(startOf("2026-03-29", "Europe/London").toISOString()).toBe("2026-03-29T00:00:00.000Z");
  expect(startOf("2026-03-30", "Europe/London").toISOString()).toBe("2026-03-29T23:00:00.000Z");
  expect(span("2026-11-20", "2026-11-21", "Asia/Karachi")).toEqual({
    from: "2026-11-19T19:00:00.000Z",
    to: "2026-11-21T19:00:00.000Z",
  });
});

test("a scale has few, round steps", () => {
  expect(ticks(0)).toEqual([]);
  expect(ticks(2)).toEqual([1, 2]);
  expect(ticks(214)).toEqual([100, 200]);
});
