import { Title } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import { Loaded, Waiting } from "@/parts/Loaded";
import { Score } from "@/score/Score";
import classes from "./people.module.css";
import { ScoreWindow, since, windowOf } from "./ScoreWindow";

interface Props {
  who: string;
  onOpen: (id: string) => void;
}

export function PersonScore({ who, onOpen }: Props) {
  const { t, i18n } = useTranslation("people");
  const lang = i18n.language as "en" | "ur";
  const search = useSearch({ from: "/people/$who" });
  const navigate = useNavigate({ from: "/people/$who" });
  const days = windowOf(search.days);
  const query = useQuery({
    queryKey: ["person", who, "score", days, lang],
    queryFn: () =>
      ask(
        client.GET("/api/v1/profiles/{who}/score", {
          params: { path: { who }, query: { from: since(days), lang } },
        }),
      ),
    placeholderData: keepPreviousData,
    meta: { live: true },
  });
  return (
    <section className="card" aria-labelledby="score-title">
      <div className={classes.cardHead}>
        <Title order={2} id="score-title">
          {t("score.title")}
        </Title>
        <ScoreWindow
          value={days}
          onChange={(value) =>
            void navigate({
              search: (was) => ({ ...was, days: value === "30" ? undefined : value }),
              replace: true,
              resetScroll: false,
            })
          }
        />
      </div>
      <Loaded query={query} waiting={<Waiting rows={5} height={26} />}>
        {(data) => <Score data={data} onOpen={onOpen} />}
      </Loaded>
    </section>
  );
}
