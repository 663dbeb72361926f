import { download } from "@/parts/csv";
import { type Colours, LIGHT } from "./glyphs";

/** The drawing by itself as an SVG file: always ink on paper, with the fonts of the reader's machine. */
export function saveSvg(
  drawing: SVGSVGElement,
  name: string,
  drawn: Colours,
  locale: string,
): void {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.removeAttribute("style");
  copy.setAttribute(
    "font-family",
    locale === "ur" ? "Noto Naskh Arabic, sans-serif" : "Inter, sans-serif",
  );
  for (const element of copy.querySelectorAll("*")) {
    for (const own of ["tabindex", "role", "data-note", "style"]) element.removeAttribute(own);
    for (const paint of ["fill", "stroke"]) {
      const value = element.getAttribute(paint);
      for (const key of Object.keys(LIGHT) as (keyof Colours)[])
        if (value === drawn[key]) element.setAttribute(paint, LIGHT[key]);
    }
  }
  const text = new XMLSerializer().serializeToString(copy);
  download(`${name.replace(/[^\p{L}\p{N}_-]+/gu, "-")}.svg`, text, "image/svg+xml");
}
