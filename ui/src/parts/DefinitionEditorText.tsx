import {
  type KeyboardEvent,
  type Ref,
  type UIEvent,
  useEffect,
  useImperativeHandle,
  useRef,
} from "react";
import { useTranslation } from "react-i18next";
import classes from "./DefinitionEditor.module.css";

export interface TextHandle {
  jump: (line: number) => void;
}

interface Props {
  value: string;
  onChange: (text: string) => void;
  /** Lines with something wrong, from 1. */
  marked: Set<number>;
  label: string;
  describedBy?: string;
  handle: Ref<TextHandle>;
}

/** A plain text area with line numbers; lines that something is wrong with are marked. */
export function DefinitionEditorText({
  value,
  onChange,
  marked,
  label,
  describedBy,
  handle,
}: Props) {
  const { t } = useTranslation("editor");
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const lines = value.split("\n");

  useImperativeHandle(handle, () => ({
    jump(line) {
      const field = area.current;
      if (!field) return;
      const at = Math.min(Math.max(line, 1), lines.length);
      const start = lines.slice(0, at - 1).reduce((sum, one) => sum + one.length + 1, 0);
      field.focus();
      field.setSelectionRange(start, start + (lines[at - 1]?.length ?? 0));
      const height = field.scrollHeight / Math.max(1, lines.length);
      field.scrollTop = Math.max(0, (at - 4) * height);
    },
  }));

  useEffect(() => area.current?.focus({ preventScroll: true }), []);

  const follow = (event: UIEvent<HTMLTextAreaElement>) => {
    if (gutter.current)
      gutter.current.style.transform = `translateY(${-event.currentTarget.scrollTop}px)`;
  };
  // a new line starts where the one above it did, as YAML wants it
  const indent = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key !== "Enter" || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey)
      return;
    const field = event.currentTarget;
    const before = value.slice(
      value.lastIndexOf("\n", field.selectionStart - 1) + 1,
      field.selectionStart,
    );
    const space = /^ */.exec(before)?.[0] ?? "";
    const deeper = /:\s*$/.test(before) ? "  " : "";
    if (!space && !deeper) return;
    event.preventDefault();
    // the only way to insert text that can be undone
    document.execCommand("insertText", false, `\n${space}${deeper}`);
  };

  return (
    <div className={classes.editor} dir="ltr">
      <div className={classes.gutterBox} aria-hidden>
        <div ref={gutter} className={classes.gutter}>
          {lines.map((_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line number is its index
            <div key={index} data-marked={marked.has(index + 1) || undefined}>
              {index + 1}
            </div>
          ))}
        </div>
      </div>
      <textarea
        ref={area}
        className={classes.area}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        onScroll={follow}
        onKeyDown={indent}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        wrap="off"
        aria-label={label || t("text")}
        aria-describedby={describedBy}
        aria-invalid={marked.size > 0}
      />
    </div>
  );
}
