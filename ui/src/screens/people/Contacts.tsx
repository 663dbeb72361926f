import { useTranslation } from "react-i18next";
import { useFormats } from "@/parts/format";
import classes from "./people.module.css";

const SHOWN = 6;

/** How many messages, and as many notes beside the number: the eye finds who hears too much. */
export function Contacts({ n }: { n: number }) {
  const f = useFormats();
  const { t } = useTranslation("people");
  const heads = Math.min(n, SHOWN);
  return (
    <span className={classes.contacts}>
      <span className={classes.count}>
        {f.number(n)}
        <span className="visually-hidden"> {t("contactsWords", { count: n })}</span>
      </span>
      <svg
        width={SHOWN * 10}
        height="12"
        viewBox={`0 0 ${SHOWN * 10} 12`}
        className={classes.notes}
        data-many={n > SHOWN || undefined}
        aria-hidden="true"
      >
        <line x1="0" x2={SHOWN * 10} y1="6" y2="6" stroke="var(--line)" />
        {Array.from({ length: heads }, (_, at) => {
          const x = 5 + at * 10;
          return (
            <ellipse
              key={x}
              cx={x}
              cy="6"
              rx="4"
              ry="3"
              transform={`rotate(-20 ${x} 6)`}
              fill="currentColor"
            />
          );
        })}
      </svg>
    </span>
  );
}
