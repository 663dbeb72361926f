import { expect, test } from "vitest";
import { toCsv } from "./csv";
import { plain } from "./text";

test("a cell that looks like a formula is made harmless, a number is left alone", () => {
  expect(toCsv(["a"], [["=1+1"], [-5], ["@x"], ['say "hi", now']])).toBe(
    'a\r\n\'=1+1\r\n-5\r\n\'@x\r\n"say ""hi"", now"',
  );
});

test("a name cannot turn around the text beside it", () => {
  expect(plain("ab\u202edc\u0000\u200fx")).toBe("abdcx");
});
