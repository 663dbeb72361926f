import { Button, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { ApiError, ask, client } from "@/api/client";
import { Empty, Loaded, Waiting } from "@/parts/Loaded";
import { Name } from "@/parts/Name";
import { Page } from "@/parts/Page";
import { plain } from "@/parts/text";
import { DecisionDrawer } from "@/screens/ledger/DecisionDrawer";
import { Facts } from "./Facts";
import { Figures } from "./Figures";
import { PersonScore } from "./PersonScore";
import classes from "./people.module.css";
import { Timeline } from "./Timeline";

/** One person: the relation in a sentence and a picture, then everything that happened and why. */
export function PersonPage() {
  const { t, i18n } = useTranslation("people");
  const { who } = useParams({ from: "/people/$who" });
  const { open } = useSearch({ from: "/people/$who" });
  const navigate = useNavigate({ from: "/people/$who" });
  const lang = i18n.language as "en" | "ur";
  const query = useQuery({
    queryKey: ["person", who, lang],
    queryFn: () =>
      ask(client.GET("/api/v1/profiles/{who}", { params: { path: { who }, query: { lang } } })),
    meta: { live: true },
  });
  const show = (id: string | undefined) =>
    void navigate({ search: (was) => ({ ...was, open: id }), resetScroll: false });

  if (query.error instanceof ApiError && query.error.problem.status === 404)
    return <NotKnown who={who} />;
  const person = query.data;
  const title = person ? plain(person.title) : t("person");
  return (
    <Page
      title={
        <span className={classes.title} title={title.length > 80 ? title : undefined}>
          <Name>{title}</Name>
        </span>
      }
      tab={title.slice(0, 80)}
      help={t("personHelp")}
    >
      {/* the three ask at once: the picture need not wait for the facts */}
      <Stack gap="lg">
        <Loaded query={query} waiting={<Waiting rows={3} height={64} />}>
          {(data) => <Figures person={data} />}
        </Loaded>
        <PersonScore who={who} onOpen={show} />
        <div className={classes.columns}>
          <Timeline who={who} onOpen={show} />
          {person ? <Facts person={person} /> : <Waiting rows={4} />}
        </div>
      </Stack>
      <DecisionDrawer id={open} onOpen={show} onClose={() => show(undefined)} />
    </Page>
  );
}

function NotKnown({ who }: { who: string }) {
  const { t } = useTranslation("people");
  return (
    <Page title={t("unknown.title")}>
      <div className="card">
        <Empty
          title={t("unknown.nobody", { who: plain(who).slice(0, 120) })}
          hint={t("unknown.hint")}
          action={
            <Button component={Link} to="/people" variant="default" mt="sm">
              {t("unknown.search")}
            </Button>
          }
        />
      </div>
    </Page>
  );
}
