import { Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { type Colours, Head, Rest } from "./glyphs";

export function Legend({
  c,
  hasRests,
  isDay = false,
}: {
  c: Colours;
  hasRests: boolean;
  isDay?: boolean;
}) {
  const { t } = useTranslation("score");
  return (
    <Group gap="lg" mt={4} wrap="wrap" aria-hidden>
      <Item words={t("common:outcome.sent")}>
        <Head x={9} y={20} outcome="sent" c={c} size={0.85} />
      </Item>
      <Item words={t("common:outcome.deferred")}>
        <Head x={9} y={20} outcome="deferred" c={c} size={0.85} />
      </Item>
      <Item words={t("common:outcome.withheld")}>
        <Head x={9} y={20} outcome="withheld" c={c} size={0.85} />
      </Item>
      {!isDay && (
        <>
          <Item words={t("answer")}>
            <path d="M1 20Q9 4 18 12" fill="none" stroke={c.accent} strokeWidth={1.3} />
          </Item>
          <Item words={t("act")}>
            <line
              x1={9}
              x2={11}
              y1={22}
              y2={10}
              stroke={c.accent}
              strokeWidth={1.8}
              strokeLinecap="round"
            />
          </Item>
        </>
      )}
      {hasRests && (
        <Item words={t("rest")}>
          <rect x={1} y={4} width={17} height={20} fill={c.staff} opacity={0.3} />
          <Rest x={9.5} y={12} c={c} />
        </Item>
      )}
    </Group>
  );
}

function Item({ words, children }: { words: string; children: ReactNode }) {
  return (
    <Group gap={6} wrap="nowrap">
      <svg width={19} height={26} viewBox="0 0 19 26">
        {children}
      </svg>
      <Text size="xs" c="dimmed">
        {words}
      </Text>
    </Group>
  );
}
