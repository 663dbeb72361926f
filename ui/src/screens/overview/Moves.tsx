import { Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";
import { CardHead } from "./CardHead";
import type { OverviewData } from "./Overview";
import classes from "./overview.module.css";

/** Segments that grew or shrank: who left to one side of the line, who came to the other. */
export function Moves({ data }: { data: OverviewData }) {
  const { t } = useTranslation("overview");
  const f = useFormats();
  const moved = data.segments_moved.filter((one) => one.entered + one.left > 0).slice(0, 8);
  const most = Math.max(1, ...moved.flatMap((one) => [one.entered, one.left]));
  return (
    <section className="card" aria-labelledby="moves">
      <CardHead
        id="moves"
        title={t("moves.title")}
        hint={t("moves.hint", { n: data.days.length })}
      />
      {moved.length === 0 && <Text c="dimmed">{t("moves.none")}</Text>}
      <ul className={classes.moves}>
        {moved.map((one) => (
          <li key={one.segment}>
            <Link to="/segments" search={{ name: one.segment }} className={classes.move}>
              <span className={classes.moveName}>
                <Name>{one.segment}</Name>
              </span>
              <span className={classes.left}>
                <span>
                  <span className="visually-hidden">{t("moves.left")} </span>
                  <bdi dir="ltr">{one.left > 0 ? `−${f.number(one.left)}` : ""}</bdi>
                </span>
                <span className={classes.leftBar} style={{ width: `${(50 * one.left) / most}%` }} />
              </span>
              <span className={classes.entered}>
                <span
                  className={classes.enteredBar}
                  style={{ width: `${(50 * one.entered) / most}%` }}
                />
                <span>
                  <span className="visually-hidden">{t("moves.entered")} </span>
                  <bdi dir="ltr">{one.entered > 0 ? `+${f.number(one.entered)}` : ""}</bdi>
                </span>
              </span>
              <span className={classes.moveTotal}>{f.compact(one.people)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
