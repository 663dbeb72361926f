import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { Name } from "@/parts/Name";
import { Words } from "@/parts/Words";
import classes from "./segments.module.css";

type Node = components["schemas"]["ConditionNode"];

/** A condition as a reader takes it in: all of, any of, not, each with its parts beside a rule. */
export function ConditionTree({ node }: { node: Node }) {
  const { t } = useTranslation("segments");
  if (node.op === "leaf")
    return (
      <span className={classes.leaf}>
        {node.segment ? (
          <>
            {t("tree.in")}{" "}
            <Link to="/segments" search={{ name: node.segment }} className="quiet">
              <Name>{node.segment}</Name>
            </Link>
          </>
        ) : (
          <Words>{node.words}</Words>
        )}
      </span>
    );
  const parts = node.parts ?? [];
  // 'all of' a single thing is that thing
  if (parts.length === 1 && node.op !== "not" && parts[0]) return <ConditionTree node={parts[0]} />;
  return (
    <div className={classes.branch} data-op={node.op}>
      <span className={classes.op}>{t(`tree.${node.op}`, { defaultValue: node.op })}</span>
      <ul>
        {parts.map((part, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have no name and never move
          <li key={index}>
            <ConditionTree node={part} />
          </li>
        ))}
      </ul>
    </div>
  );
}
