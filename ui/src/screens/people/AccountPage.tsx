import { Title } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import { Empty, Loaded, Waiting } from "@/parts/Loaded";
import { Name } from "@/parts/Name";
import { Page } from "@/parts/Page";
import { plain } from "@/parts/text";
import { Score } from "@/score/Score";
import { DecisionDrawer } from "@/screens/ledger/DecisionDrawer";
import classes from "./people.module.css";
import { ScoreWindow, since, type Window, windowOf } from "./ScoreWindow";

/** Everybody whose latest `group` call names this account, on one sheet. */
export function AccountPage() {
  const { t, i18n } = useTranslation("people");
  const lang = i18n.language as "en" | "ur";
  const { group } = useParams({ from: "/accounts/$group" });
  const search = useSearch({ from: "/accounts/$group" });
  const navigate = useNavigate({ from: "/accounts/$group" });
  const days = windowOf(search.days);
  const query = useQuery({
    queryKey: ["account", group, "score", days, lang],
    queryFn: () =>
      ask(
        client.GET("/api/v1/score/account", {
          params: { query: { group, from: since(days), lang } },
        }),
      ),
    placeholderData: keepPreviousData,
    meta: { live: true },
  });
  const setDays = (value: Window) =>
    void navigate({
      search: (was) => ({ ...was, days: value }),
      replace: true,
      resetScroll: false,
    });
  const open = (id: string | undefined) =>
    void navigate({ search: (was) => ({ ...was, open: id }), resetScroll: false });
  const nobody = (
    <div className="card">
      <Empty title={t("account.empty", { group: plain(group) })} hint={t("account.emptyHint")} />
    </div>
  );
  return (
    <Page title={<Name>{group}</Name>} tab={plain(group)} help={t("account.help")}>
      <Loaded
        query={query}
        waiting={<Waiting rows={6} height={26} />}
        empty={nobody}
        isEmpty={(data) => data.people.length === 0}
      >
        {(data) => (
          <>
            <section className="card" aria-labelledby="score-title">
              <div className={classes.cardHead}>
                <Title order={2} id="score-title">
                  {t("score.title")}
                </Title>
                <ScoreWindow value={days} onChange={setDays} />
              </div>
              <Score data={data} onOpen={open} />
            </section>
            <section className="card" aria-labelledby="people-title">
              <Title order={2} id="people-title" mb="sm">
                {t("account.people")}
              </Title>
              <ul style={{ margin: 0, paddingInlineStart: 20 }}>
                {data.people.map((person) => (
                  <li key={person.id}>
                    <Link to="/people/$who" params={{ who: person.id }} className="quiet">
                      <Name>{person.name}</Name>
                    </Link>
                  </li>
                ))}
              </ul>
            </section>
          </>
        )}
      </Loaded>
      <DecisionDrawer id={search.open} onOpen={open} onClose={() => open(undefined)} />
    </Page>
  );
}
