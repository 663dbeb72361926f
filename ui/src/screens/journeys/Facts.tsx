import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";
import { Words } from "@/parts/Words";
import classes from "./journeys.module.css";
import type { Graph } from "./layout";
import { useWords } from "./words";

/** What holds for the journey as a whole: who comes in, the goal, what ends it early. */
export function Facts({ graph }: { graph: Graph }) {
  const { t } = useTranslation("journeys");
  const f = useFormats();
  const words = useWords();
  const met = graph.exits.find((exit) => exit.reason === "goal")?.people ?? 0;
  const others = graph.exits.filter((exit) => exit.reason !== "goal");
  return (
    <section className={classes.facts} aria-label={t("facts")}>
      <Fact title={t("entryLong")} n={f.compact(graph.entered)} unit={t("enteredUnit")}>
        {graph.entry.segment ? (
          <>
            {t("comesInto")}{" "}
            <Link to="/segments" search={{ name: graph.entry.segment }} className="quiet">
              <Name>{graph.entry.segment}</Name>
            </Link>
          </>
        ) : (
          <Words>{graph.entry.words}</Words>
        )}
        <small>
          <Words>{graph.entry.again_words}</Words>
        </small>
      </Fact>
      <Fact title={t("insideNow")} n={f.compact(graph.inside)} unit={t("peopleUnit")}>
        {graph.holdout > 0 && <small>{t("holdout", { share: f.percent(graph.holdout) })}</small>}
      </Fact>
      <Fact title={t("goal")} n={graph.goal ? f.compact(met) : undefined} unit={t("metUnit")}>
        {graph.goal ? <Words>{graph.goal.words}</Words> : t("noGoal")}
        {graph.goal?.within != null && (
          <small>{t("atMost", { time: f.lasting(graph.goal.within) })}</small>
        )}
      </Fact>
      <Fact title={t("leaves")}>
        {others.length + graph.exits_on.length === 0 && <small>{t("nobodyLeft")}</small>}
        <ul>
          {others.slice(0, 5).map((exit) => (
            <li key={exit.reason}>
              <Words>{words.reason(exit.reason)}</Words> <b>{f.compact(exit.people)}</b>
            </li>
          ))}
          {graph.exits_on
            .filter((exit) => !graph.exits.some((one) => one.reason === exit.reason))
            .map((exit) => (
              <li key={exit.reason} title={exit.words}>
                <Name>{exit.reason}</Name> <b>0</b>
              </li>
            ))}
        </ul>
      </Fact>
    </section>
  );
}

function Fact({
  title,
  n,
  unit,
  children,
}: {
  title: string;
  n?: string;
  unit?: string;
  children: ReactNode;
}) {
  return (
    <div>
      <h2>{title}</h2>
      {n !== undefined && (
        <p className={classes.factNumber}>
          {n} <span>{unit}</span>
        </p>
      )}
      <div className={classes.factText}>{children}</div>
    </div>
  );
}
