import { ActionIcon, Group, Text, Tooltip, useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { IconDownload } from "@tabler/icons-react";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { useFormats } from "@/parts/format";
import { plain } from "@/parts/text";
import { DARK, Head, LIGHT } from "./glyphs";
import { Legend } from "./Legend";
import { saveSvg } from "./save";

type DayData = components["schemas"]["DayScore"];
type DayNote = DayData["notes"][number];

const START = 92;
const END = 18;
const TOP = 30;
const SPACE = 9;
const EACH = 4 * SPACE + 44;
/** Sent notes sound in the middle, put-off ones above, withheld ones below. */
const PITCH = { deferred: 0.5, sent: 2, withheld: 3.5 } as const;

/** A whole workspace's day: what left and what was held back, by channel, in quarters of an hour. */
export function DayScore({ data }: { data: DayData }) {
  const { t, i18n } = useTranslation("score");
  const f = useFormats();
  const { ref, width } = useElementSize();
  const isRtl = i18n.language === "ur";
  const c = useComputedColorScheme("light") === "dark" ? DARK : LIGHT;
  const svg = useRef<SVGSVGElement>(null);
  const [told, setTold] = useState<DayNote | null>(null);
  const wide = Math.max(320, width);
  const [from, to] = [isRtl ? END : START, wide - (isRtl ? START : END)];
  const staves = data.staves.length > 0 ? data.staves : ["email"];
  const height = TOP + staves.length * EACH + 12;
  const most = Math.max(1, ...data.notes.map((note) => note.n));
  const begin = Date.parse(data.from);
  const length = Math.max(1, Date.parse(data.to) - begin);
  const place = (at: number) => {
    const kept = ((at - begin) / length) * (to - from);
    return isRtl ? to - kept : from + kept;
  };
  const totals = useMemo(() => {
    const sum = { sent: 0, deferred: 0, withheld: 0 };
    for (const note of data.notes) sum[note.outcome] += note.n;
    return sum;
  }, [data]);
  const label = t("dayLabel", {
    date: f.date(data.from),
    sent: f.number(totals.sent),
    deferred: f.number(totals.deferred),
    withheld: f.number(totals.withheld),
  });
  const hours = [0, 6, 12, 18, 24].map((hour) => begin + (length * hour) / 24);
  const name = (channel: string) =>
    t(`common:channel.${channel}`, { defaultValue: plain(channel) });
  const tell = (note: DayNote) =>
    t("dayNote", {
      time: f.time(note.at),
      n: f.number(note.n),
      count: note.n,
      outcome: t(`common:outcome.${note.outcome}`),
      channel: name(note.channel),
    });

  return (
    <figure style={{ margin: 0 }} ref={ref}>
      <Group justify="flex-end">
        <Tooltip label={t("save")}>
          <ActionIcon
            variant="default"
            size="lg"
            aria-label={t("save")}
            onClick={() => svg.current && saveSvg(svg.current, `score-${data.date}`, c, f.locale)}
          >
            <IconDownload size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Group>
      <svg
        ref={svg}
        role="img"
        aria-label={label}
        width={wide}
        height={height}
        viewBox={`0 0 ${wide} ${height}`}
        style={{ display: "block", maxWidth: "100%", height: "auto", direction: "ltr" }}
        onMouseLeave={() => setTold(null)}
      >
        <rect width={wide} height={height} fill={c.paper} />
        {staves.map((channel, index) => {
          const y = TOP + index * EACH;
          return (
            <g key={channel}>
              {[0, 1, 2, 3, 4].map((line) => (
                <line
                  key={line}
                  x1={from}
                  x2={to}
                  y1={y + line * SPACE}
                  y2={y + line * SPACE}
                  stroke={c.staff}
                  strokeWidth={0.8}
                />
              ))}
              <text
                x={isRtl ? to + 12 : from - 12}
                y={y + 22}
                textAnchor={isRtl ? "start" : "end"}
                fontSize={12.5}
                fontWeight={500}
                fill={c.ink}
              >
                {name(channel)}
              </text>
            </g>
          );
        })}
        {hours.map((at, index) => (
          <g key={at}>
            <line
              x1={place(at)}
              x2={place(at)}
              y1={TOP}
              y2={TOP + (staves.length - 1) * EACH + 36}
              stroke={c.staff}
              strokeWidth={index === 4 ? 2.4 : 0.8}
            />
            {index < 4 && (
              <text
                x={place(at)}
                y={height - 6}
                textAnchor={index === 0 ? (isRtl ? "end" : "start") : "middle"}
                fontSize={11}
                fill={c.dimmed}
              >
                {f.time(at)}
              </text>
            )}
          </g>
        ))}
        {data.notes.map((note) => {
          const stave = Math.max(0, staves.indexOf(note.channel));
          const size = 0.7 + 1.6 * Math.sqrt(note.n / most) * (most > 1 ? 1 : 0.2);
          return (
            <g key={`${note.at}${note.channel}${note.outcome}`} onMouseEnter={() => setTold(note)}>
              <Head
                x={place(Date.parse(note.at))}
                y={TOP + stave * EACH + PITCH[note.outcome] * SPACE}
                outcome={note.outcome}
                stemUp={note.outcome !== "withheld"}
                c={c}
                size={size}
              />
              <title>{tell(note)}</title>
            </g>
          );
        })}
      </svg>
      <Text size="sm" c="dimmed" mih="1.6em">
        {told ? tell(told) : label}
      </Text>
      <Legend c={c} hasRests={false} isDay />
    </figure>
  );
}
