import { Group, Text } from "@mantine/core";
import { IconHourglass } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";
import classes from "./measurement.module.css";
import { FEWEST, type LiftResult } from "./model";

/** The journeys of which nothing can be said yet: how far both groups are, and who is on the way. */
export function EarlyLifts({ lifts }: { lifts: LiftResult[] }) {
  const { t } = useTranslation("measurement");
  const f = useFormats();
  return (
    <article className="card" aria-labelledby="ms-early">
      <Group gap={8} mb={4}>
        <IconHourglass size={18} aria-hidden />
        <h3 id="ms-early" className={classes.journey}>
          {t("early.title", { count: lifts.length, n: f.number(lifts.length) })}
        </h3>
      </Group>
      <Text size="sm" c="dimmed" maw={720} mb="sm">
        {t("early.hint", { n: f.number(FEWEST) })}
      </Text>
      <ul className={classes.early}>
        {lifts.map((lift) => (
          <li key={`${lift.journey} ${lift.outcome}`}>
            <Link to="/journeys/$name" params={{ name: lift.journey }} className="quiet">
              <Name>{lift.journey}</Name>
            </Link>
            <Toward name={t("early.treated")} n={lift.n_treated} />
            <Toward name={t("early.held")} n={lift.n_holdout} />
            <Text size="sm" c="dimmed">
              {lift.waiting > 0
                ? t("lift.waiting", { count: lift.waiting, n: f.number(lift.waiting) })
                : t(
                    Math.min(lift.n_treated, lift.n_holdout) < FEWEST
                      ? "early.nobody"
                      : "early.uneven",
                  )}
            </Text>
          </li>
        ))}
      </ul>
    </article>
  );
}

/** One group on its way to the number that is needed, which the mark stands for. */
function Toward({ name, n }: { name: string; n: number }) {
  const f = useFormats();
  const most = Math.max(FEWEST * 1.25, n);
  return (
    <div style={{ minWidth: 0 }}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text size="sm">{name}</Text>
        <Text size="sm" fw={500}>
          {f.number(n)}
        </Text>
      </Group>
      <div className={classes.toward} aria-hidden>
        <span
          style={{ inlineSize: `${(n / most) * 100}%` }}
          data-enough={n >= FEWEST || undefined}
        />
        <i style={{ insetInlineStart: `${(FEWEST / most) * 100}%` }} />
      </div>
    </div>
  );
}
