/** Characters that turn text around or hide in it: a name that holds them must not reorder a page.
 * Isolates stay: they end with the element, and our own sentences use them. */
const INVISIBLE = /[\u202a-\u202e\u200e\u200f\u061c\ufeff]|(?![\t\n\r])\p{Cc}/gu;

/** Somebody else's words, safe to stand in a sentence. */
export function plain(text: string): string {
  return text.replace(INVISIBLE, "");
}
