import { expect, test } from "vitest";
import { fromWall, resolved, toWall } from "./time";

test("wall clocks of a zone, there and back", () => {
  expect(fromWall("2026-03-02T09:30", "Asia/Karachi")).toBe("2026-03-02T04:30:00.000Z");
  expect(toWall("2026-03-02T04:30:00Z", "Asia/Karachi")).toBe("2026-03-02T09:30");
  // the clocks of London go forward on 29 March 2026 at 01:00
  expect(fromWall("2026-03-29T03:00", "Europe/London")).toBe("2026-03-29T02:00:00.000Z");
  expect(toWall("2026-03-29T00:59:00Z", "Europe/London")).toBe("2026-03-29T00:59");
});

test("what is no time is none", () => {
  expect(fromWall("", "UTC")).toBeNull();
  expect(toWall("yesterday", "UTC")).toBe("");
  expect(toWall(undefined, "UTC")).toBe("");
});

test("words move with the clock, instants do not", () => {
  const now = Date.parse("2026-03-02T21:07:30Z");
  expect(resolved("today", "Asia/Karachi", now)).toBe("2026-03-02T19:00:00.000Z");
  expect(resolved("7d", "UTC", now)).toBe("2026-02-23T21:00:00.000Z");
  expect(resolved("2026-01-01T00:00:00Z", "UTC", now)).toBe("2026-01-01T00:00:00Z");
  expect(resolved(undefined, "UTC", now)).toBeUndefined();
});
