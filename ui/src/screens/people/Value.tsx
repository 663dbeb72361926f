import { useTranslation } from "react-i18next";
import { Name } from "@/parts/Name";
import { plain } from "@/parts/text";
import classes from "./people.module.css";

const LONG = 160;

/** A value of somebody else's as text: nested ones as compact JSON, long ones folded. */
export function Value({ of }: { of: unknown }) {
  const { t } = useTranslation("people");
  if (of === null || of === undefined || of === "")
    return <span className={classes.dimmed}>{t("value.empty")}</span>;
  if (typeof of === "boolean") return <>{t(of ? "common:yes" : "common:no")}</>;
  if (typeof of === "object")
    return (
      <Folded text={JSON.stringify(of)}>
        {(text) => (
          <code className={classes.json} dir="ltr">
            {plain(text)}
          </code>
        )}
      </Folded>
    );
  return <Folded text={String(of)}>{(text) => <Name>{text}</Name>}</Folded>;
}

function Folded({ text, children }: { text: string; children: (text: string) => React.ReactNode }) {
  if (text.length <= LONG) return children(text);
  return (
    <details className={classes.long}>
      <summary>{children(`${text.slice(0, LONG)}…`)}</summary>
      {children(text)}
    </details>
  );
}

/** The first few properties in a line, to recognise an event by. */
export function gist(properties: Record<string, unknown>): string {
  return Object.entries(properties)
    .filter(([key, value]) => value !== null && typeof value !== "object" && !key.endsWith("_id"))
    .slice(0, 4)
    .map(([key, value]) => `${key}: ${String(value).slice(0, 60)}`)
    .join(" · ");
}
