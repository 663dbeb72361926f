import { Button, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconArrowLeft, IconSearch } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import type { components } from "@/api/schema";
import { type Column, DataTable } from "@/parts/DataTable";
import { useFormats } from "@/parts/format";
import { Empty, Failed, Loaded, Waiting } from "@/parts/Loaded";
import { Name } from "@/parts/Name";
import { Page } from "@/parts/Page";
import { useFeed } from "@/parts/useFeed";
import { MailView } from "./MailView";
import classes from "./mails.module.css";

type Mail = components["schemas"]["MailSummary"];
type MailPage = components["schemas"]["MailPage"];

/** What would have gone out, as people would have got it. */
export function Mails() {
  const { t } = useTranslation("mails");
  const f = useFormats();
  const { q, open } = useSearch({ from: "/mails" });
  const navigate = useNavigate({ from: "/mails" });
  const feed = useFeed<MailPage, Mail>({
    queryKey: ["mails", q],
    load: (cursor) =>
      ask(
        client.GET("/api/v1/mails", {
          params: { query: { q, limit: 50, before: cursor ? Number(cursor) : undefined } },
        }),
      ),
    items: (page) => page.items,
    next: (page) => (page.next === null ? null : String(page.next)),
    id: (mail) => String(mail.id),
    live: true,
  });
  const show = (id: string | undefined) =>
    void navigate({ search: (was) => ({ ...was, open: id }), resetScroll: false });
  const columns = useMemo((): Column<Mail>[] => {
    return [
      {
        id: "mail",
        header: t("mail"),
        value: (mail) => `${mail.recipient} ${mail.subject}`,
        width: "minmax(0, 1fr)",
        sortable: false,
        cell: (mail) => (
          <span className={classes.row}>
            <span className={classes.subject}>
              <Name>{mail.subject || t("noSubject")}</Name>
            </span>
            <span className={classes.recipient}>
              <Name>{mail.recipient}</Name>
            </span>
          </span>
        ),
      },
      {
        id: "at",
        header: t("received"),
        value: (mail) => mail.received_at,
        width: "76px",
        numeric: true,
        sortable: false,
        cell: (mail) => (
          <time
            className={classes.when}
            dateTime={mail.received_at}
            title={f.exact(mail.received_at)}
          >
            <span>{f.shortDay(mail.received_at)}</span>
            <span>{f.time(mail.received_at)}</span>
          </time>
        ),
      },
    ];
  }, [t, f]);
  const first = feed.query.data?.pages[0];

  return (
    <Page title={t("title")} help={t("help")}>
      <Loaded query={feed.query} waiting={<Waiting rows={8} height={52} />}>
        {() =>
          first?.catching === false ? (
            <NotCatching />
          ) : (
            <div className={classes.panes} data-open={open !== undefined || undefined}>
              <div className={classes.list}>
                <Search
                  q={q ?? ""}
                  onChange={(text) =>
                    void navigate({
                      search: (was) => ({ ...was, q: text || undefined }),
                      replace: true,
                    })
                  }
                />
                <DataTable
                  label={t("title")}
                  rows={feed.rows}
                  columns={columns}
                  rowKey={(mail) => String(mail.id)}
                  openKey={open}
                  onOpen={(mail) => show(String(mail.id))}
                  onEnd={feed.onEnd}
                  isLoadingMore={feed.isLoadingMore}
                  height="70vh"
                  rowHeight={58}
                  empty={
                    q ? (
                      <Empty title={t("nothing.title")} hint={t("nothing.hint")} />
                    ) : (
                      <Empty title={t("empty.title")} hint={t("empty.hint")} />
                    )
                  }
                />
                {first && (
                  <p className={classes.total}>
                    {t("total", { count: first.total, n: f.number(first.total) })}
                  </p>
                )}
                {feed.query.isFetchNextPageError && (
                  <Failed error={feed.query.error} retry={() => feed.query.fetchNextPage()} />
                )}
              </div>
              <div className={classes.side}>
                {open === undefined ? (
                  <div className={`card ${classes.choose}`}>
                    <Empty title={t("choose.title")} hint={t("choose.hint")} />
                  </div>
                ) : (
                  <>
                    <Button
                      variant="subtle"
                      size="xs"
                      hiddenFrom="md"
                      mb="xs"
                      leftSection={<IconArrowLeft size={15} aria-hidden className={classes.back} />}
                      onClick={() => show(undefined)}
                    >
                      {t("back")}
                    </Button>
                    <MailView key={open} id={open} />
                  </>
                )}
              </div>
            </div>
          )
        }
      </Loaded>
    </Page>
  );
}

function Search({ q, onChange }: { q: string; onChange: (q: string) => void }) {
  const { t } = useTranslation("mails");
  const [text, setText] = useState(q);
  const told = useRef(q);
  // the address changed by itself: a link, or the way back
  useEffect(() => {
    if (q === told.current) return;
    told.current = q;
    setText(q);
  }, [q]);
  const tell = useDebouncedCallback((value: string) => {
    told.current = value;
    onChange(value);
  }, 250);
  return (
    <TextInput
      data-search
      type="search"
      mb="sm"
      aria-label={t("search")}
      placeholder={t("search")}
      leftSection={<IconSearch size={15} aria-hidden />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        tell(event.currentTarget.value.trim());
      }}
    />
  );
}

/** Mails really leave here: what the catcher is, and how it is started. */
function NotCatching() {
  const { t } = useTranslation("mails");
  return (
    <div className="card">
      <Empty
        title={t("off.title")}
        hint={t("off.hint")}
        action={
          <code dir="ltr" className={classes.command}>
            raabta serve --catch-mails
          </code>
        }
      />
    </div>
  );
}
