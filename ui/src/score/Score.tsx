import { ActionIcon, Group, Text, Tooltip, useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { IconDownload } from "@tabler/icons-react";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";
import { plain } from "@/parts/text";
import { DARK, Head, LIGHT, Rest } from "./glyphs";
import { Legend } from "./Legend";
import { type Layout, layOut, type PlacedNote } from "./layout";
import { saveSvg } from "./save";

type ScoreData = components["schemas"]["Score"];

interface Props {
  data: ScoreData;
  onOpen?: (id: string) => void;
}

/** Somebody's contacts as sheet music: a staff for each channel, time along it, their own acts above.
 * Filled notes were sent, hollow ones were not; an arc leads from a message to its answer. */
export function Score({ data, onOpen }: Props) {
  const { t, i18n } = useTranslation("score");
  const f = useFormats();
  const { ref, width } = useElementSize();
  const isRtl = i18n.language === "ur";
  const c = useComputedColorScheme("light") === "dark" ? DARK : LIGHT;
  const svg = useRef<SVGSVGElement>(null);
  const [told, setTold] = useState<PlacedNote | null>(null);
  const [current, setCurrent] = useState(0);
  const wide = Math.max(320, width);
  const drawn = useMemo(() => layOut(data, wide, isRtl), [data, wide, isRtl]);
  const who = data.people.map((person) => plain(person.name)).join(t("common:comma"));
  const label = t("label", {
    name: who,
    said: f.number(data.balance.said),
    answered: f.number(data.balance.answered),
    acts: f.number(data.balance.acts),
  });

  /** Arrow keys walk from note to note in the direction in which they are drawn. */
  const walk = (event: KeyboardEvent) => {
    const on = isRtl ? "ArrowLeft" : "ArrowRight";
    const back = isRtl ? "ArrowRight" : "ArrowLeft";
    const to =
      event.key === on
        ? current + 1
        : event.key === back
          ? current - 1
          : event.key === "Home"
            ? 0
            : event.key === "End"
              ? drawn.notes.length - 1
              : null;
    if (to === null) return;
    event.preventDefault();
    const next = Math.min(drawn.notes.length - 1, Math.max(0, to));
    setCurrent(next);
    svg.current?.querySelectorAll<SVGGElement>("[data-note]")[next]?.focus();
  };

  return (
    <figure style={{ margin: 0 }} ref={ref}>
      <Group justify="space-between" align="flex-start" wrap="nowrap" gap="md" mb={4}>
        <Text className="prose" size="lg">
          {data.balance.words}
        </Text>
        <Tooltip label={t("save")}>
          <ActionIcon
            variant="default"
            size="lg"
            aria-label={t("save")}
            onClick={() =>
              svg.current && saveSvg(svg.current, `score-${who || "raabta"}`, c, f.locale)
            }
          >
            <IconDownload size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Group>
      <svg
        ref={svg}
        width={wide}
        height={drawn.height}
        viewBox={`0 0 ${wide} ${drawn.height}`}
        style={{ display: "block", maxWidth: "100%", height: "auto", direction: "ltr" }}
        role="group"
        aria-label={label}
        onKeyDown={walk}
        onMouseLeave={() => setTold(null)}
      >
        <title>{label}</title>
        <Paper drawn={drawn} c={c} isRtl={isRtl} />
        <Acts drawn={drawn} c={c} isRtl={isRtl} />
        {drawn.slurs.map((slur) => {
          const top = Math.min(slur.fromY, slur.toY) - 12;
          return (
            <path
              key={slur.key}
              d={`M${slur.fromX} ${slur.fromY}Q${(slur.fromX + slur.toX) / 2} ${top} ${slur.toX} ${slur.toY}`}
              fill="none"
              stroke={c.accent}
              strokeWidth={1.3}
            />
          );
        })}
        {drawn.ties.map((tie) => (
          <path
            key={tie.key}
            d={`M${tie.fromX} ${tie.y}Q${(tie.fromX + tie.toX) / 2} ${tie.y + 9} ${tie.toX} ${tie.y}`}
            fill="none"
            stroke={c.dimmed}
            strokeDasharray="2 3"
          />
        ))}
        {drawn.notes.map((placed, index) => (
          <NoteMark
            key={placed.key}
            placed={placed}
            c={c}
            isTabStop={index === Math.min(current, drawn.notes.length - 1)}
            onTell={() => {
              setTold(placed);
              setCurrent(index);
            }}
            onOpen={onOpen ? () => onOpen(placed.notes.at(-1)!.id) : undefined}
            label={noteLabel(placed)}
          />
        ))}
      </svg>
      <Told placed={told} />
      <Legend c={c} hasRests={drawn.rests.length > 0} />
      {data.truncated && (
        <Text size="xs" c="dimmed" mt={4}>
          {t("truncated")}
        </Text>
      )}
    </figure>
  );

  function noteLabel(placed: PlacedNote): string {
    const last = placed.notes.at(-1)!;
    const more =
      placed.notes.length > 1 ? ` ${t("andMore", { count: placed.notes.length - 1 })}` : "";
    return `${last.sentence}${more}`;
  }
}

interface PartProps {
  drawn: Layout;
  c: typeof LIGHT;
  isRtl: boolean;
}

/** Staves, their names, bars and dates, and the silences that were decided. */
function Paper({ drawn, c, isRtl }: PartProps) {
  const { t } = useTranslation("score");
  const f = useFormats();
  const head = isRtl ? drawn.innerTo + 12 : drawn.innerFrom - 12;
  const anchor = isRtl ? "start" : "end";
  const last = drawn.staves.at(-1)!;
  const foot = last.y + 36;
  return (
    <g>
      <rect width={drawn.width} height={drawn.height} fill={c.paper} />
      <text x={head} y={drawn.actsY + 4} textAnchor={anchor} fontSize={11.5} fill={c.dimmed}>
        {t("acts")}
      </text>
      {drawn.rests.map((rest) => (
        <g key={rest.key}>
          <rect
            x={rest.x}
            y={drawn.staves[0]!.y - 7}
            width={rest.width}
            height={foot - drawn.staves[0]!.y + 14}
            fill={c.staff}
            opacity={0.16}
          />
          <Rest x={rest.x + rest.width / 2} y={drawn.staves[0]!.lines[1]!} c={c} />
        </g>
      ))}
      {drawn.staves.map((staff) => (
        <g key={staff.channel}>
          {staff.lines.map((y) => (
            <line
              key={y}
              x1={drawn.innerFrom}
              x2={drawn.innerTo}
              y1={y}
              y2={y}
              stroke={c.staff}
              strokeWidth={0.8}
            />
          ))}
          <text
            x={head}
            y={staff.y + 22}
            textAnchor={anchor}
            fontSize={12.5}
            fontWeight={500}
            fill={c.ink}
          >
            {t(`common:channel.${staff.channel}`, { defaultValue: plain(staff.channel) })}
          </text>
        </g>
      ))}
      {drawn.bars.map((bar, index) => {
        const clear = drawn.bars
          .slice(0, index)
          .every((b) => !b.strong || Math.abs(b.x - bar.x) > 64);
        return (
          <g key={bar.key}>
            <line
              x1={bar.x}
              x2={bar.x}
              y1={drawn.staves[0]!.y}
              y2={foot}
              stroke={c.staff}
              strokeWidth={bar.strong ? 1.6 : 0.8}
            />
            {bar.strong && clear && (
              <text x={bar.x} y={foot + 24} textAnchor="middle" fontSize={11} fill={c.dimmed}>
                {f.utcMonth(bar.at)}
              </text>
            )}
          </g>
        );
      })}
      <line
        x1={drawn.innerFrom}
        x2={drawn.innerFrom}
        y1={drawn.staves[0]!.y}
        y2={foot}
        stroke={c.staff}
      />
      <line
        x1={drawn.innerTo}
        x2={drawn.innerTo}
        y1={drawn.staves[0]!.y}
        y2={foot}
        stroke={c.staff}
        strokeWidth={2.4}
      />
    </g>
  );
}

/** What the person did by themselves: strokes on the line above the staves. */
function Acts({ drawn, c, isRtl }: PartProps) {
  const f = useFormats();
  return (
    <g>
      <line
        x1={drawn.innerFrom}
        x2={drawn.innerTo}
        y1={drawn.actsY}
        y2={drawn.actsY}
        stroke={c.staff}
        strokeWidth={0.8}
        strokeDasharray="1 4"
      />
      {drawn.acts.map((act) => (
        <g key={act.key}>
          <line
            x1={act.x}
            x2={act.x + (isRtl ? -2 : 2)}
            y1={drawn.actsY + 2}
            y2={drawn.actsY - act.height}
            stroke={c.accent}
            strokeWidth={1.8}
            strokeLinecap="round"
          />
          <title>{`${plain(act.name)}${act.n > 1 ? ` × ${f.number(act.n)}` : ""} · ${f.dateTime(act.at)}`}</title>
        </g>
      ))}
    </g>
  );
}

interface MarkProps {
  placed: PlacedNote;
  c: typeof LIGHT;
  label: string;
  isTabStop: boolean;
  onTell: () => void;
  onOpen?: () => void;
}

function NoteMark({ placed, c, label, isTabStop, onTell, onOpen }: MarkProps) {
  return (
    <>
      <g
        data-note
        role="button"
        tabIndex={isTabStop ? 0 : -1}
        aria-label={label}
        style={{ cursor: onOpen ? "pointer" : "default" }}
        onMouseEnter={onTell}
        onFocus={onTell}
        onClick={onOpen}
        onKeyDown={(event) => {
          if (event.key === "Enter" && onOpen) onOpen();
        }}
      >
        <rect x={placed.x - 9} y={placed.y - 9} width={18} height={18} fill="transparent" />
        {placed.ledgerLines.map((y) => (
          <line
            key={y}
            x1={placed.x - 9}
            x2={placed.x + 9}
            y1={y}
            y2={y}
            stroke={c.staff}
            strokeWidth={0.8}
          />
        ))}
        <Head
          x={placed.x}
          y={placed.y}
          outcome={placed.outcome}
          failed={placed.failed}
          stemUp={placed.stemUp}
          c={c}
        />
      </g>
      {placed.notes.length > 1 && (
        <text x={placed.x} y={placed.y + 16} textAnchor="middle" fontSize={9.5} fill={c.dimmed}>
          {placed.notes.length}
        </text>
      )}
    </>
  );
}

/** The why of the note under the pointer or the focus; its room is kept so that nothing jumps. */
function Told({ placed }: { placed: PlacedNote | null }) {
  const { t } = useTranslation("score");
  const last = placed?.notes.at(-1);
  return (
    <Text
      className="prose"
      size="sm"
      mih="3.2em"
      aria-live="polite"
      c={last ? undefined : "dimmed"}
      style={{ overflowWrap: "anywhere" }}
    >
      {last ? (
        <>
          {last.person && (
            <>
              <Name>{last.person.name}</Name>:{" "}
            </>
          )}
          {last.sentence}
          {placed &&
            placed.notes.length > 1 &&
            ` ${t("andMore", { count: placed.notes.length - 1 })}`}
        </>
      ) : (
        t("hover")
      )}
    </Text>
  );
}
