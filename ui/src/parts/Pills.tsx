import { UnstyledButton } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Name } from "./Name";
import classes from "./Pills.module.css";

export interface PillItem {
  key: string;
  /** What is narrowed down: 'Journey'. */
  label: string;
  /** By what: a name of somebody's, shown as plain text. */
  value: string;
  onRemove: () => void;
}

/** The filters in force, each with a cross to be rid of it. Nothing where there are none. */
export function Pills({ items, onClear }: { items: PillItem[]; onClear?: () => void }) {
  const { t } = useTranslation("people");
  if (items.length === 0) return null;
  return (
    <ul className={classes.pills} aria-label={t("pills.label")}>
      {items.map((item) => (
        <li key={item.key} className={classes.pill}>
          <span className={classes.label}>{item.label}</span>
          <span className={classes.value}>
            <Name>{item.value}</Name>
          </span>
          <UnstyledButton
            className={classes.remove}
            onClick={item.onRemove}
            aria-label={t("pills.remove", { label: item.label, value: item.value })}
          >
            <IconX size={13} aria-hidden />
          </UnstyledButton>
        </li>
      ))}
      {onClear && items.length > 1 && (
        <li>
          <UnstyledButton className={classes.clear} onClick={onClear}>
            {t("pills.clear")}
          </UnstyledButton>
        </li>
      )}
    </ul>
  );
}
