import { SegmentedControl, Title } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import { useFormats } from "@/parts/format";
import { Loaded, Waiting } from "@/parts/Loaded";
import { Score } from "@/score/Score";
import classes from "./people.module.css";

const WINDOWS = ["30", "90", "365"] as const;
const DAY = 86_400_000;

interface Props {
  who: string;
  onOpen: (id: string) => void;
}

export function PersonScore({ who, onOpen }: Props) {
  const { t, i18n } = useTranslation("people");
  const f = useFormats();
  const lang = i18n.language as "en" | "ur";
  const search = useSearch({ from: "/people/$who" });
  const navigate = useNavigate({ from: "/people/$who" });
  const days = WINDOWS.find((one) => one === search.days) ?? "90";
  const query = useQuery({
    queryKey: ["person", who, "score", days, lang],
    queryFn: () => {
      // 90 days are what the API takes by itself, and it knows best what time it is
      const from =
        days === "90" ? undefined : new Date(Date.now() - Number(days) * DAY).toISOString();
      return ask(
        client.GET("/api/v1/profiles/{who}/score", {
          params: { path: { who }, query: { from, lang } },
        }),
      );
    },
    placeholderData: keepPreviousData,
    meta: { live: true },
  });
  return (
    <section className="card" aria-labelledby="score-title">
      <div className={classes.cardHead}>
        <Title order={2} id="score-title">
          {t("score.title")}
        </Title>
        <SegmentedControl
          size="xs"
          aria-label={t("score.window")}
          data={WINDOWS.map((n) => ({
            value: n,
            label: t("score.days", { count: Number(n), n: f.number(Number(n)) }),
          }))}
          value={days}
          onChange={(value) =>
            void navigate({
              search: (was) => ({ ...was, days: value === "90" ? undefined : value }),
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
