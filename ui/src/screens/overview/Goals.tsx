import { Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";
import { CardHead } from "./CardHead";
import type { OverviewData } from "./Overview";
import classes from "./overview.module.css";

/** Journeys and what they reached. */
export function Goals({ data }: { data: OverviewData }) {
  const { t } = useTranslation("overview");
  const f = useFormats();
  return (
    <section className="card" aria-labelledby="goals">
      <CardHead
        id="goals"
        title={t("goals.title")}
        hint={t("goals.hint", { n: data.days.length })}
      />
      {data.goals.length === 0 ? (
        <Text c="dimmed">{t("goals.none")}</Text>
      ) : (
        <div className={classes.scroll}>
          <table className={classes.table} aria-labelledby="goals">
            <thead>
              <tr>
                <th scope="col">{t("goals.journey")}</th>
                <th scope="col" className="num">
                  {t("goals.entered")}
                </th>
                <th scope="col" className="num">
                  {t("goals.met")}
                </th>
                <th scope="col" className="num">
                  {t("goals.share")}
                </th>
              </tr>
            </thead>
            <tbody>
              {data.goals.map((one) => (
                <tr key={one.journey}>
                  <th scope="row">
                    <Link to="/journeys/$name" params={{ name: one.journey }} className="plain">
                      <Name>{one.journey}</Name>
                    </Link>
                  </th>
                  <td className="num">{f.number(one.entered)}</td>
                  <td className="num">{f.number(one.goals)}</td>
                  <td className="num">
                    {one.entered > 0 ? f.percent(Math.min(1, one.goals / one.entered)) : "–"}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
