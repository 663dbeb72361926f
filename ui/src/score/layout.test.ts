import { expect, test } from "vitest";
import type { components } from "@/api/schema";
import { layOut, pitches } from "./layout";

type Score = components["schemas"]["Score"];
type Note = components["schemas"]["Note"];

function note(id: string, at: string, more: Partial<Note> = {}): Note {
  return {
    id,
    at,
    person: null,
    channel: "email",
    outcome: "sent",
    rule: null,
    journey: "welcome",
    template: "hello",
    class: "triggered",
    until: null,
    delivery: "sent",
    opened_at: null,
    clicked_at: null,
    sentence: "",
    ...more,
  } as Note;
}

function score(notes: Note[], more: Partial<Score> = {}): Score {
  return {
    from: "2026-01-01T00:00:00Z",
    to: "2026-03-31T00:00:00Z",
    staves: ["email", "sms"],
    notes,
    acts: [],
    act_bin_seconds: null,
    rests: [],
    balance: { said: 0, acts: 0, answered: 0, words: "" },
    people: [],
    truncated: false,
    ...more,
  } as Score;
}

test("time runs from the left, and from the right where people read from the right", () => {
  const one = score([note("1", "2026-01-10T00:00:00Z"), note("2", "2026-03-01T00:00:00Z")]);
  const [a, b] = layOut(one, 900, false).notes;
  expect(a!.x).toBeLessThan(b!.x);
  const [c, d] = layOut(one, 900, true).notes;
  expect(c!.x).toBeGreaterThan(d!.x);
  expect(a!.x - layOut(one, 900, false).innerFrom).toBeCloseTo(
    layOut(one, 900, true).innerTo - c!.x,
  );
});

test("each channel has its own staff, each journey its own pitch", () => {
  const found = layOut(
    score([
      note("1", "2026-01-10T00:00:00Z"),
      note("2", "2026-01-20T00:00:00Z", { channel: "sms" }),
      note("3", "2026-01-30T00:00:00Z", { journey: "win-back" }),
    ]),
    900,
    false,
  );
  const [email, sms, other] = found.notes;
  expect(email!.stave).toBe(0);
  expect(sms!.stave).toBe(1);
  expect(sms!.y).toBeGreaterThan(email!.y);
  expect(other!.y).not.toBe(email!.y);
});

test("notes that would cover each other become one with a number, and none is lost", () => {
  const notes = Array.from({ length: 40 }, (_, i) =>
    note(String(i), `2026-01-10T${String(i % 24).padStart(2, "0")}:00:00Z`),
  );
  const found = layOut(score(notes), 900, false);
  expect(found.notes.length).toBeLessThan(40);
  expect(found.notes.flatMap((placed) => placed.notes)).toHaveLength(40);
});

test("an answer is a slur from the message to the act, a put-off message a tie to its new time", () => {
  const found = layOut(
    score([
      note("1", "2026-01-10T00:00:00Z", { opened_at: "2026-01-14T00:00:00Z" }),
      note("2", "2026-02-10T00:00:00Z", { outcome: "deferred", until: "2026-02-20T00:00:00Z" }),
    ]),
    900,
    false,
  );
  expect(found.slurs).toHaveLength(1);
  expect(found.slurs[0]!.toX).toBeGreaterThan(found.slurs[0]!.fromX);
  expect(found.ties).toHaveLength(1);
});

test("nothing stands outside the picture, whatever the time says", () => {
  const found = layOut(
    score([note("1", "2020-01-01T00:00:00Z"), note("2", "2030-01-01T00:00:00Z")], {
      acts: [{ at: "1999-01-01T00:00:00Z", name: "x", n: 3 }],
    }),
    360,
    false,
  );
  for (const placed of [...found.notes, ...found.acts]) {
    expect(placed.x).toBeGreaterThanOrEqual(found.innerFrom);
    expect(placed.x).toBeLessThanOrEqual(found.innerTo);
  }
});

test("a single journey plays on the middle line", () => {
  expect(pitches(1)).toEqual([4]);
});
