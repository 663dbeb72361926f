/** Where everything of a score stands: pure geometry, so that it can be tested without a page. */
import type { components } from "@/api/schema";

type Score = components["schemas"]["Score"];
type Note = components["schemas"]["Note"];

export const SPACE = 9; // between two lines of a staff
const HALF = SPACE / 2;
const STAFF = 4 * SPACE;
const TOP = 86; // room for what the person does
const BETWEEN = 46; // from the foot of one staff to the head of the next
const FOOT = 34; // dates
const START = 92; // names of the staves
const END = 18;
/** Notes closer than this, of one voice and outcome, are drawn as one with a number. */
const CLOSE = 7;

export interface PlacedNote {
  key: string;
  x: number;
  y: number;
  stave: number;
  outcome: Note["outcome"];
  failed: boolean;
  answered: boolean;
  notes: Note[];
  /** Lines beyond the staff that the note needs to stand on. */
  ledgerLines: number[];
  stemUp: boolean;
}

export interface PlacedAct {
  key: string;
  x: number;
  height: number;
  at: string;
  name: string;
  n: number;
}

export interface Slur {
  key: string;
  fromX: number;
  fromY: number;
  toX: number;
  toY: number;
}

export interface Tie {
  key: string;
  fromX: number;
  toX: number;
  y: number;
}

export interface PlacedRest {
  key: string;
  x: number;
  width: number;
  from: string;
  to: string;
}

export interface Bar {
  key: string;
  x: number;
  at: number;
  /** Whether a month begins here (or a week, where the score is short). */
  strong: boolean;
}

export interface StaffPlace {
  channel: string;
  y: number;
  lines: number[];
}

export interface Layout {
  width: number;
  height: number;
  innerFrom: number;
  innerTo: number;
  actsY: number;
  staves: StaffPlace[];
  notes: PlacedNote[];
  acts: PlacedAct[];
  slurs: Slur[];
  ties: Tie[];
  rests: PlacedRest[];
  bars: Bar[];
  /** Journeys in the order of their pitch, lowest first. */
  voices: string[];
}

const DAY = 86_400_000;

/** Steps from the bottom line (0) upwards; 0 to 8 lie within the staff. Voices spread out from the
 * middle, so that a single journey plays on the middle line. */
export function pitches(count: number): number[] {
  const order = [4, 6, 2, 8, 0, 5, 3, 7, 1, 9, -1, 10, -2];
  return Array.from({ length: count }, (_, i) => order[i % order.length]!);
}

export function layOut(score: Score, width: number, isRtl: boolean): Layout {
  const from = Date.parse(score.from);
  const to = Math.max(Date.parse(score.to), from + 1);
  const innerFrom = isRtl ? END : START;
  const innerTo = width - (isRtl ? START : END);
  const span = innerTo - innerFrom;
  const place = (at: string | number) => {
    const share = ((typeof at === "number" ? at : Date.parse(at)) - from) / (to - from);
    const kept = Math.min(1, Math.max(0, share)) * span;
    return isRtl ? innerTo - kept : innerFrom + kept;
  };

  const names = score.staves.length > 0 ? score.staves : ["email"];
  const staves = names.map((channel, index): StaffPlace => {
    const y = TOP + index * (STAFF + BETWEEN);
    return { channel, y, lines: [0, 1, 2, 3, 4].map((line) => y + line * SPACE) };
  });
  const height = TOP + names.length * STAFF + (names.length - 1) * BETWEEN + 26 + FOOT;
  const actsY = TOP - 30;

  const voices = [...new Set(score.notes.map((note) => note.journey))];
  const pitch = new Map(voices.map((voice, i) => [voice, pitches(voices.length)[i]!]));
  const notes = placeNotes(score.notes, staves, pitch, place);
  return {
    width,
    height,
    innerFrom,
    innerTo,
    actsY,
    staves,
    notes,
    acts: placeActs(score.acts, place),
    slurs: slurs(notes, place, actsY),
    ties: ties(notes, place),
    rests: score.rests.map((rest, index) => {
      const [a, b] = [place(rest.from), place(rest.to)];
      return {
        key: `rest${index}`,
        x: Math.min(a, b),
        width: Math.abs(b - a),
        from: rest.from,
        to: rest.to,
      };
    }),
    bars: barLines(from, to, place),
    voices: [...voices].sort((a, b) => pitch.get(a)! - pitch.get(b)!),
  };
}

function placeNotes(
  all: Note[],
  staves: StaffPlace[],
  pitch: Map<string, number>,
  place: (at: string) => number,
): PlacedNote[] {
  const found: PlacedNote[] = [];
  const latest = new Map<string, PlacedNote>();
  for (const note of all) {
    const stave = Math.max(
      0,
      staves.findIndex((one) => one.channel === note.channel),
    );
    const step = pitch.get(note.journey) ?? 4;
    const foot = staves[stave]!.y + STAFF;
    const x = place(note.at);
    const y = foot - step * HALF;
    const failed = note.delivery === "failed";
    const group = `${stave}|${note.journey}|${note.outcome}|${failed}`;
    const before = latest.get(group);
    if (before && Math.abs(before.x - x) < CLOSE) {
      before.notes.push(note);
      before.answered ||= Boolean(note.opened_at || note.clicked_at);
      continue;
    }
    const beyond: number[] = [];
    for (let line = -2; line >= step; line -= 2) beyond.push(foot - line * HALF);
    for (let line = 10; line <= step; line += 2) beyond.push(foot - line * HALF);
    const placed: PlacedNote = {
      key: note.id,
      x,
      y,
      stave,
      outcome: note.outcome,
      failed,
      answered: Boolean(note.opened_at || note.clicked_at),
      notes: [note],
      ledgerLines: beyond,
      stemUp: step < 5,
    };
    found.push(placed);
    latest.set(group, placed);
  }
  return found;
}

function placeActs(acts: Score["acts"], place: (at: string) => number): PlacedAct[] {
  const most = Math.max(1, ...acts.map((act) => act.n));
  return acts.map((act, index) => ({
    key: `${act.at}${act.name}${index}`,
    x: place(act.at),
    // one act is a short stroke; the busiest bin is four times as tall
    height: 6 + 18 * Math.sqrt((act.n - 1) / Math.max(1, most - 1) || 0),
    at: act.at,
    name: act.name,
    n: act.n,
  }));
}

/** From a message to the moment it was answered: an arc, as over notes that belong together. */
function slurs(notes: PlacedNote[], place: (at: string) => number, top: number): Slur[] {
  return notes.flatMap((placed) => {
    const answered = placed.notes.find((note) => note.clicked_at ?? note.opened_at);
    const at = answered?.clicked_at ?? answered?.opened_at;
    return at
      ? [
          {
            key: `slur${placed.key}`,
            fromX: placed.x,
            fromY: placed.y - 7,
            toX: place(at),
            toY: top + 8,
          },
        ]
      : [];
  });
}

/** From a message that was put off to the time it was put off to. */
function ties(notes: PlacedNote[], place: (at: string) => number): Tie[] {
  return notes.flatMap((placed) => {
    const last = placed.notes.at(-1)!;
    if (placed.outcome !== "deferred" || !last.until) return [];
    const toX = place(last.until);
    return Math.abs(toX - placed.x) < 10
      ? []
      : [{ key: `tie${placed.key}`, fromX: placed.x, toX, y: placed.y + 7 }];
  });
}

/** Bars every week where the score is short, every month where it is long. */
function barLines(from: number, to: number, place: (at: number) => number): Bar[] {
  const found: Bar[] = [];
  const day = new Date(from);
  day.setUTCHours(0, 0, 0, 0);
  const long = to - from > 130 * DAY;
  for (let at = day.getTime() + DAY; at < to; at += DAY) {
    const date = new Date(at);
    const isMonth = date.getUTCDate() === 1;
    const isWeek = date.getUTCDay() === 1;
    if (isMonth || (!long && isWeek))
      found.push({ key: `bar${at}`, x: place(at), at, strong: isMonth });
  }
  return found;
}
