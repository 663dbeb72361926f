import { Autocomplete, Checkbox, Text, TextInput } from "@mantine/core";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { Problem } from "@/api/client";
import { useFormats } from "@/parts/format";
import classes from "./backtest.module.css";
import { type Draft, fieldOf, named, partOf, type Setting, shownValue } from "./order";

interface Props {
  settings: Setting[];
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  problem: Problem | null;
}

/** The policy's values, those in force beside the fields; an empty field changes nothing. */
export function SettingFields({ settings, draft, change, problem }: Props) {
  const { t } = useTranslation("backtest");
  const groups = new Map<string, Setting[]>();
  for (const setting of settings) {
    const part = partOf(setting.path) ?? "rest";
    groups.set(part, [...(groups.get(part) ?? []), setting]);
  }
  return (
    <div>
      {[...groups].map(([part, its]) => {
        const isOff = draft.off.includes(part);
        const canGo = part !== "rest" && its.some((setting) => setting.value !== null);
        return (
          <fieldset key={part} className={classes.settings}>
            <legend>{partName(part, t)}</legend>
            <div>
              {its.map((setting) => (
                <Field
                  key={setting.path}
                  setting={setting}
                  value={draft.set[setting.path] ?? ""}
                  isOff={isOff}
                  problem={problem && named(fieldOf(problem) ?? "", setting.path) ? problem : null}
                  onChange={(value) => change({ set: { ...draft.set, [setting.path]: value } })}
                />
              ))}
              {canGo && (
                <Checkbox
                  mt={6}
                  size="sm"
                  label={t("form.without")}
                  checked={isOff}
                  onChange={(event) =>
                    change({
                      off: event.currentTarget.checked
                        ? [...draft.off, part]
                        : draft.off.filter((one) => one !== part),
                    })
                  }
                />
              )}
            </div>
          </fieldset>
        );
      })}
    </div>
  );
}

function partName(part: string, t: TFunction<"backtest">): string {
  if (part === "rest") return t("part.rest");
  if (part === "quiet_hours") return t("part.quiet_hours");
  const name = part.slice("caps.".length);
  return t("part.cap", { name: t(`common:class.${name}`, { defaultValue: name }) });
}

const EXAMPLES: Record<string, string> = {
  number: "3",
  duration: "14d",
  share: "5%",
  time: "22:00",
};

function Field(props: {
  setting: Setting;
  value: string;
  isOff: boolean;
  problem: Problem | null;
  onChange: (value: string) => void;
}) {
  const { setting, value, isOff, problem } = props;
  const { t } = useTranslation("backtest");
  const f = useFormats();
  const id = `bt-${setting.path}`;
  const inForce =
    setting.value === null ? t("form.notSet") : shownValue(setting.kind, setting.value, f);
  const common = {
    id,
    value,
    disabled: isOff,
    size: "sm" as const,
    dir: "ltr" as const,
    "aria-describedby": problem ? `${id}-now ${id}-wrong` : `${id}-now`,
    error: problem !== null,
  };
  return (
    <div className={classes.field}>
      <Text component="label" htmlFor={id} size="sm">
        {setting.words}
      </Text>
      <span id={`${id}-now`} className={classes.inForce}>
        <span className="visually-hidden">{t("form.inForce")} </span>
        <bdi>{isOff ? <s>{inForce}</s> : inForce}</bdi>
      </span>
      {setting.kind === "timezone" ? (
        <Autocomplete
          {...common}
          data={Intl.supportedValuesOf("timeZone")}
          limit={12}
          placeholder={setting.value ?? undefined}
          onChange={props.onChange}
        />
      ) : (
        <TextInput
          {...common}
          inputMode={setting.kind === "number" ? "numeric" : undefined}
          placeholder={
            setting.kind === "share" && setting.value !== null
              ? `${Number(setting.value) * 100}%`
              : (setting.value ?? EXAMPLES[setting.kind])
          }
          onChange={(event) => props.onChange(event.currentTarget.value)}
        />
      )}
      {problem && (
        <Text id={`${id}-wrong`} size="sm" c="var(--bad)" role="alert" className={classes.wrong}>
          {problem.detail}
        </Text>
      )}
    </div>
  );
}
