import { Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./overview.module.css";

export function CardHead({
  id,
  title,
  hint,
  side,
}: {
  id: string;
  title: string;
  hint?: string;
  side?: ReactNode;
}) {
  return (
    <div className={classes.head}>
      <div>
        <Title order={2} id={id}>
          {title}
        </Title>
        {hint && (
          <Text size="sm" c="dimmed">
            {hint}
          </Text>
        )}
      </div>
      {side}
    </div>
  );
}
