import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";
import classes from "./measurement.module.css";
import { type Report, seconds } from "./model";

/** What was counted, before anybody is given credit for it. */
export function Facts({ report }: { report: Report }) {
  const { t } = useTranslation("measurement");
  const f = useFormats();
  const lasting = (duration: string) => {
    const found = seconds(duration);
    return found === null ? duration : f.lasting(found);
  };
  const share = report.conversions > 0 ? report.unattributed.conversions / report.conversions : 0;
  const facts = [
    [t("facts.conversions"), f.number(report.conversions), null],
    [t("facts.revenue"), f.number(report.revenue), null],
    [t("facts.touches"), f.number(report.touches), t("facts.touchesHint")],
    [
      t("facts.unattributed"),
      f.percent(share),
      t("facts.unattributedHint", { n: f.number(report.unattributed.conversions) }),
    ],
    [t("facts.nullPaths"), f.number(report.null_paths), t("facts.nullPathsHint")],
  ] as const;
  return (
    <section className="card" aria-label={t("facts.title")}>
      <dl className={classes.facts}>
        {facts.map(([name, value, hint]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
            {hint && <dd className={classes.hint}>{hint}</dd>}
          </div>
        ))}
      </dl>
      <Text size="sm" c="dimmed" mt="md">
        {t("facts.settings", {
          event: "\u0001",
          lookback: lasting(report.settings.lookback),
          halfLife: lasting(report.settings.half_life),
        })
          .split("\u0001")
          .flatMap((part, i) =>
            // biome-ignore lint/suspicious/noArrayIndexKey: a sentence around one name
            i === 0 ? [part] : [<Name key={i}>{report.settings.event}</Name>, part],
          )}
      </Text>
    </section>
  );
}
