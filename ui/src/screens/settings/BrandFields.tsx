import { ColorInput, Stack, Text, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { BrandLinks } from "./BrandLinks";
import { at, type Body, COLOURS, contrast, DEFAULTS, put } from "./brandKit";
import classes from "./settings.module.css";

interface Props {
  body: Body;
  onChange: (body: Body) => void;
  said: Record<string, string>;
  isReadOnly: boolean;
}

/** name, whether it is written left to right whatever the language, and the input's type */
const WHO = [
  ["title", false, "text"],
  ["sender.name", false, "text"],
  ["sender.email", true, "email"],
  ["reply_to", true, "email"],
] as const;

const FACTS = [
  ["website", true, "url"],
  ["support_email", true, "email"],
  ["unsubscribe_email", true, "email"],
  ["logo_url", true, "url"],
  ["currency", true, "text"],
  ["font", true, "text"],
] as const;

export function BrandFields({ body, onChange, said, isReadOnly }: Props) {
  const { t } = useTranslation("settings");
  const field = ([path, isLtr, type]: (typeof WHO | typeof FACTS)[number]) => (
    <TextInput
      key={path}
      type={type}
      label={t(`brand.field.${path.replace(".", "_")}`)}
      dir={isLtr ? "ltr" : "auto"}
      readOnly={isReadOnly}
      value={at(body, path)}
      error={said[path]}
      onChange={(event) => onChange(put(body, path, event.currentTarget.value))}
    />
  );
  return (
    <>
      <div className={classes.pair}>{WHO.map(field)}</div>
      <TextInput
        label={t("brand.field.address")}
        description={t("brand.addressHint")}
        dir="auto"
        required
        readOnly={isReadOnly}
        value={at(body, "address")}
        error={said.address}
        onChange={(event) => onChange(put(body, "address", event.currentTarget.value))}
      />
      <Colours body={body} onChange={onChange} said={said} isReadOnly={isReadOnly} />
      <div className={classes.pair}>{FACTS.map(field)}</div>
      <BrandLinks body={body} onChange={onChange} said={said} isReadOnly={isReadOnly} />
    </>
  );
}

const READ_ON = [
  ["on_primary", "primary"],
  ["text", "surface"],
  ["muted", "background"],
] as const;

/** Below this, text of ordinary size is hard to read (WCAG AA). */
const LEAST = 4.5;

function Colours({ body, onChange, said, isReadOnly }: Props) {
  const { t } = useTranslation("settings");
  const of = (name: (typeof COLOURS)[number]) => at(body, `colours.${name}`) || DEFAULTS[name];
  const faint = READ_ON.filter(([ink, paper]) => (contrast(of(ink), of(paper)) ?? 21) < LEAST);
  return (
    <Stack gap="xs">
      <Text size="sm" fw={500}>
        {t("brand.colours")}
      </Text>
      <div className={classes.pair}>
        {COLOURS.map((name) => (
          <ColorInput
            key={name}
            label={t(`brand.colour.${name}`)}
            dir="ltr"
            format="hex"
            withEyeDropper={false}
            readOnly={isReadOnly}
            placeholder={DEFAULTS[name]}
            value={at(body, `colours.${name}`)}
            error={said[`colours.${name}`]}
            onChange={(value) => onChange(put(body, `colours.${name}`, value))}
          />
        ))}
      </div>
      {faint.map(([ink, paper]) => (
        <Text key={ink} size="sm" c="var(--warn)" role="status">
          {t("brand.faint", { ink: t(`brand.colour.${ink}`), paper: t(`brand.colour.${paper}`) })}
        </Text>
      ))}
    </Stack>
  );
}
