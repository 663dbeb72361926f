import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { plain } from "@/parts/text";
import { at, type Body, COLOURS, DEFAULTS } from "./brandKit";
import classes from "./settings.module.css";

/** A small mail in these colours, as an inbox would show it. */
export function BrandPreview({ body }: { body: Body }) {
  const { t } = useTranslation("settings");
  const colour = Object.fromEntries(
    COLOURS.map((name) => [name, at(body, `colours.${name}`) || DEFAULTS[name]]),
  ) as typeof DEFAULTS;
  const title = plain(at(body, "title") || at(body, "brand"));
  return (
    <section
      className={`card ${classes.preview}`}
      style={{ padding: 0, overflow: "hidden" }}
      aria-label={t("preview.title")}
    >
      <div className={classes.inbox}>
        <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
          <bdi>{plain(at(body, "sender.name"))}</bdi>{" "}
          <Text span size="sm" c="dimmed">
            <bdi>&lt;{plain(at(body, "sender.email"))}&gt;</bdi>
          </Text>
        </Text>
        <Text size="sm">{t("preview.subject")}</Text>
        {at(body, "reply_to") && (
          <Text size="xs" c="dimmed">
            {t("preview.replyTo")} <bdi>{plain(at(body, "reply_to"))}</bdi>
          </Text>
        )}
      </div>
      <div
        className={classes.mail}
        style={{
          background: colour.background,
          color: colour.text,
          fontFamily: plain(at(body, "font")) || undefined,
        }}
      >
        <div className={classes.sheet} style={{ background: colour.surface }}>
          <div
            style={{
              color: colour.primary,
              fontSize: "1.25rem",
              fontWeight: 700,
              overflowWrap: "anywhere",
            }}
          >
            <bdi>{title}</bdi>
          </div>
          <p style={{ margin: "14px 0 4px", fontSize: "0.95rem" }}>{t("preview.greeting")}</p>
          <p style={{ margin: "0 0 16px", fontSize: "0.9rem" }}>{t("preview.text")}</p>
          <span
            className={classes.button}
            style={{ background: colour.primary, color: colour.on_primary }}
          >
            {t("preview.button")}
          </span>
        </div>
        <p className={classes.foot} style={{ color: colour.muted }}>
          <bdi>{plain(at(body, "address"))}</bdi>
          <br />
          <span style={{ textDecoration: "underline" }}>{t("preview.unsubscribe")}</span>
        </p>
      </div>
      {at(body, "logo_url") && (
        <Text size="xs" c="dimmed" p="sm">
          {t("preview.logo")}
        </Text>
      )}
    </section>
  );
}
