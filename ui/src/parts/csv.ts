type Cell = string | number | boolean | null | undefined;

/** A cell that a spreadsheet would take for a formula is told apart by a leading apostrophe. */
function cell(value: Cell): string {
  if (value === null || value === undefined) return "";
  let text = String(value);
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function toCsv(headers: string[], rows: Cell[][]): string {
  return [headers, ...rows].map((row) => row.map(cell).join(",")).join("\r\n");
}

export function download(name: string, text: string, type = "text/csv;charset=utf-8"): void {
  // the byte order mark tells spreadsheets that this is UTF-8
  const bom = type.startsWith("text/csv") ? "\ufeff" : "";
  const url = URL.createObjectURL(new Blob([bom, text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
