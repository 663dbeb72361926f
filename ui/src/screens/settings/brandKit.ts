import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ask, client, type Problem } from "@/api/client";
import { sessionKey } from "@/api/session";

/** A definition's body: fields this form does not know pass through it untouched. */
export type Body = Record<string, unknown>;

export interface Kit {
  name: string;
  version: number;
  body: Body;
}

export const COLOURS = ["primary", "on_primary", "text", "muted", "background", "surface"] as const;

/** What the content module takes where the kit names no colour. */
export const DEFAULTS: Record<(typeof COLOURS)[number], string> = {
  primary: "#1f4e79",
  on_primary: "#ffffff",
  text: "#222222",
  muted: "#666666",
  background: "#f4f4f4",
  surface: "#ffffff",
};

/** The one brand of the workspace; null where none is declared. */
export function useKit() {
  return useQuery({
    queryKey: ["brand-kit"],
    queryFn: async (): Promise<Kit | null> => {
      const all = await ask(client.GET("/api/v1/definitions"));
      const rows = all.definitions as { kind: string; name: string }[];
      const found = rows.find((row) => row.kind === "brand");
      if (!found) return null;
      const path = { kind: "brand", name: found.name };
      const kit = await ask(client.GET("/api/v1/definitions/{kind}/{name}", { params: { path } }));
      return { name: kit.name, version: kit.version, body: kit.body };
    },
    // the form is edited over this version; a new one is told as a conflict
    refetchOnWindowFocus: false,
  });
}

/** `onSaved` comes before the form is made anew from what was saved. */
export function useSaveKit(name: string, base: number, onSaved: () => void) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Body) =>
      ask(
        client.PUT("/api/v1/definitions/{kind}/{name}", {
          params: { path: { kind: "brand", name } },
          // JSON is YAML as well; the server keeps the body, not the text
          body: {
            yaml: JSON.stringify(cleaned(body), null, 2),
            dry_run: false,
            base_version: base,
          },
        }),
      ),
    onSuccess: async () => {
      onSaved();
      await cache.invalidateQueries({ queryKey: ["brand-kit"] });
      await cache.invalidateQueries({ queryKey: sessionKey });
    },
  });
}

export function at(body: Body, path: string): string {
  const found = path
    .split(".")
    .reduce<unknown>((inner, part) => (inner as Body | undefined)?.[part], body);
  return typeof found === "string" || typeof found === "number" ? String(found) : "";
}

export function put(body: Body, path: string, value: unknown): Body {
  const [first = "", ...rest] = path.split(".");
  if (rest.length === 0) return { ...body, [first]: value };
  return { ...body, [first]: put((body[first] as Body | undefined) ?? {}, rest.join("."), value) };
}

/** Empty fields are left out: an absent field has its default, an empty one would be refused. */
function cleaned(body: Body): Body {
  const found: Body = {};
  for (const [key, value] of Object.entries(body)) {
    if (value === "" || value === null || value === undefined) continue;
    if (typeof value === "object" && !Array.isArray(value)) {
      const inner = cleaned(value as Body);
      if (Object.keys(inner).length > 0) found[key] = inner;
    } else found[key] = typeof value === "string" ? value.trim() : value;
  }
  return found;
}

/** What the API says of each field: 'sender.email' -> why it is refused. */
export function saidOf(problem: Problem | null): Record<string, string> {
  const found: Record<string, string> = {};
  for (const one of problem?.problems ?? [])
    if (one.field) found[one.field] = [one.message, one.remedy].filter(Boolean).join(". ");
  return found;
}

/** WCAG contrast of two hex colours; null for what is no colour. */
export function contrast(one: string, other: string): number | null {
  const [a, b] = [luminance(one), luminance(other)];
  if (a === null || b === null) return null;
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance(colour: string): number | null {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(colour);
  const hex = short
    ? `#${short[1]}${short[1]}${short[2]}${short[2]}${short[3]}${short[3]}`
    : colour;
  if (!/^#[0-9a-f]{6}$/i.test(hex)) return null;
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => {
    const part = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
