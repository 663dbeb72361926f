import { expect, test } from "vitest";
import {
  changed,
  draftOf,
  freshDraft,
  named,
  periodOf,
  presetPeriod,
  type Setting,
  shownValue,
} from "./order";

const span = { first: "2026-10-01", last: "2026-11-21" };
const settings: Setting[] = [
  { path: "caps.promotional.max", kind: "number", value: "2", words: "" },
  { path: "caps.promotional.window", kind: "duration", value: "7d", words: "" },
  { path: "quiet_hours.start", kind: "time", value: "21:00", words: "" },
  { path: "holdout", kind: "share", value: "0.1", words: "" },
];

test("a period ends with the history and begins no earlier than it", () => {
  expect(presetPeriod(30, span)).toEqual({ first: "2026-10-23", last: "2026-11-21" });
  expect(presetPeriod(365, span)).toEqual(span);
});

test("an order's end is the day after its last day", () => {
  const order = { from: "2026-08-24T00:00:00Z", to: "2026-11-22T00:00:00Z" };
  expect(periodOf(order)).toEqual({ first: "2026-08-24", last: "2026-11-21" });
});

test("only what differs from what is in force is sent", () => {
  const draft = {
    ...freshDraft(span),
    set: { "caps.promotional.max": "2", holdout: " 5% ", "quiet_hours.start": "22:00" },
    off: ["quiet_hours"],
  };
  expect(changed(draft, settings)).toEqual({ holdout: "5%", quiet_hours: "none" });
});

test("a past order becomes a draft again", () => {
  const order = {
    journey: "win-back",
    from: "2026-11-01T00:00:00Z",
    to: "2026-11-11T00:00:00Z",
    set: { "caps.promotional": "none", holdout: "0" },
    has_definitions: false,
  };
  expect(draftOf(order)).toEqual({
    journey: "win-back",
    preset: null,
    first: "2026-11-01",
    last: "2026-11-10",
    set: { holdout: "0" },
    off: ["caps.promotional"],
  });
});

test("the API's field is found beside the setting it is about", () => {
  expect(named("caps.promotional.max", "caps.promotional.max")).toBe(true);
  expect(named("caps.promotional", "caps.promotional.window")).toBe(true);
  expect(named("holdout", "timezone")).toBe(false);
});

test("values read as people say them", () => {
  const f = {
    percent: (n: number) => `${n * 100}%`,
    lasting: (seconds: number) => `${seconds / 86_400} days`,
  };
  expect(shownValue("share", "0.1", f)).toBe("10%");
  expect(shownValue("share", "5%", f)).toBe("5%");
  expect(shownValue("duration", "7d", f)).toBe("7 days");
  expect(shownValue("timezone", "America/New_York", f)).toBe("America/New York");
});
