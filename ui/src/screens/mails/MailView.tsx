import { Button, SegmentedControl, Tabs, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import type { components } from "@/api/schema";
import { useFormats } from "@/parts/format";
import { Empty, Loaded, Waiting } from "@/parts/Loaded";
import { Name } from "@/parts/Name";
import { plain } from "@/parts/text";
import classes from "./mails.module.css";

type Mail = components["schemas"]["MailDetail"];

export function MailView({ id }: { id: string }) {
  const query = useQuery({
    queryKey: ["mail", id],
    queryFn: () =>
      ask(client.GET("/api/v1/mails/{mail_id}", { params: { path: { mail_id: Number(id) } } })),
    // a mail that was caught does not change
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <section className={`card ${classes.mail}`}>
      <Loaded query={query} waiting={<Waiting rows={8} height={28} />}>
        {(mail) => <Opened mail={mail} />}
      </Loaded>
    </section>
  );
}

function Opened({ mail }: { mail: Mail }) {
  const { t } = useTranslation("mails");
  const [width, setWidth] = useState("paper");
  const [tab, setTab] = useState<string | null>(mail.html ? "seen" : "text");
  return (
    <>
      <Head mail={mail} />
      <Tabs value={tab} onChange={setTab} keepMounted={false} mt="md">
        <div className={classes.tabs}>
          <Tabs.List className={classes.tabList}>
            <Tabs.Tab value="seen">{t("tab.seen")}</Tabs.Tab>
            <Tabs.Tab value="text">{t("tab.text")}</Tabs.Tab>
            <Tabs.Tab value="source">{t("tab.source")}</Tabs.Tab>
          </Tabs.List>
          {tab === "seen" && mail.html && (
            <SegmentedControl
              size="xs"
              aria-label={t("width.label")}
              data={[
                { value: "paper", label: t("width.paper") },
                { value: "phone", label: t("width.phone") },
              ]}
              value={width}
              onChange={setWidth}
            />
          )}
        </div>
        <Tabs.Panel value="seen" pt="md">
          {mail.html ? (
            <div className={classes.desk}>
              <iframe
                className={classes.paper}
                data-width={width}
                sandbox=""
                src={`/api/v1/mails/${mail.id}/html`}
                title={t("frame", { subject: plain(mail.subject), who: plain(mail.recipient) })}
              />
            </div>
          ) : (
            <Empty title={t("noHtml.title")} hint={t("noHtml.hint")} />
          )}
        </Tabs.Panel>
        <Tabs.Panel value="text" pt="md">
          {mail.text ? (
            <pre className={classes.text} dir="auto">
              {plain(mail.text)}
            </pre>
          ) : (
            <Empty title={t("noText.title")} hint={t("noText.hint")} />
          )}
        </Tabs.Panel>
        <Tabs.Panel value="source" pt="md">
          <pre className={classes.source} dir="ltr" tabIndex={0}>
            {plain(mail.raw)}
          </pre>
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function Head({ mail }: { mail: Mail }) {
  const { t } = useTranslation("mails");
  const f = useFormats();
  return (
    <>
      <div className={classes.head}>
        <Title order={2} className={classes.title}>
          <Name>{mail.subject || t("noSubject")}</Name>
        </Title>
        {mail.decision && (
          <Button
            component={Link}
            to="/ledger"
            search={{ open: mail.decision } as never}
            variant="default"
            size="xs"
          >
            {t("decision")}
          </Button>
        )}
      </div>
      <dl className={classes.headers}>
        <dt>{t("header.from")}</dt>
        <dd>
          <Name>{mail.sender}</Name>
        </dd>
        <dt>{t("header.to")}</dt>
        <dd>
          <Name>{mail.recipient}</Name>
        </dd>
        <dt>{t("header.at")}</dt>
        <dd>{f.exact(mail.received_at)}</dd>
      </dl>
      <details className={classes.all}>
        <summary>
          {t("header.all", { count: mail.headers.length, n: f.number(mail.headers.length) })}
        </summary>
        <dl className={classes.headers}>
          {mail.headers.map((header, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a header may come several times, in its order
            <Header key={index} name={header.name} value={header.value} />
          ))}
        </dl>
      </details>
    </>
  );
}

function Header({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>
        <Name>{name}</Name>
      </dt>
      <dd>
        <Name>{value}</Name>
      </dd>
    </>
  );
}
