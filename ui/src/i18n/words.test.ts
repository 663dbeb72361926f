import { expect, test } from "vitest";
import en from "./en";
import ur from "./ur";

function paths(words: object, prefix = ""): string[] {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === "string" ? [`${prefix}${key}`] : paths(value, `${prefix}${key}.`),
  );
}

/** Plural forms differ by language: `_one` and `_other` count as one key. */
function keys(words: object): string[] {
  return [
    ...new Set(paths(words).map((key) => key.replace(/_(zero|one|two|few|many|other)$/, ""))),
  ].sort();
}

function placeholders(words: object, prefix = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [key, value] of Object.entries(words)) {
    if (typeof value !== "string") Object.assign(found, placeholders(value, `${prefix}${key}.`));
    else if (!/_(one|zero)$/.test(key))
      found[`${prefix}${key}`.replace(/_other$/, "")] = [...value.matchAll(/{{\s*(\w+)/g)]
        .map((m) => m[1])
        .sort()
        .join(",");
  }
  return found;
}

test("every word there is in English there is in Urdu", () => {
  expect(Object.keys(ur).sort()).toEqual(Object.keys(en).sort());
  for (const name of Object.keys(en))
    expect([name, keys(ur[name]!)]).toEqual([name, keys(en[name]!)]);
});

test("a translation fills the same blanks", () => {
  for (const name of Object.keys(en))
    expect([name, placeholders(ur[name]!)]).toEqual([name, placeholders(en[name]!)]);
});
