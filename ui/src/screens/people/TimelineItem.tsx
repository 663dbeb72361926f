import { UnstyledButton } from "@mantine/core";
import { IconChevronRight, IconUserMinus, IconUserPlus } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";
import { plain } from "@/parts/text";
import { Words } from "@/parts/Words";
import { OutcomeMark } from "@/score/OutcomeMark";
import classes from "./people.module.css";
import { gist, Value } from "./Value";

type Event = components["schemas"]["TimelineEvent"];
type Decision = components["schemas"]["TimelineDecision"];
type Move = components["schemas"]["TimelineSegment"];
export type Item = components["schemas"]["Timeline"]["items"][number];

interface Props {
  item: Item;
  isOpen: boolean;
  onFold: () => void;
  onOpen: (id: string) => void;
}

export function TimelineItem({ item, isOpen, onFold, onOpen }: Props) {
  if (item.type === "decision") return <DecisionItem decision={item} onOpen={onOpen} />;
  if (item.type === "segment") return <MoveItem move={item} />;
  return <EventItem event={item} isOpen={isOpen} onFold={onFold} />;
}

function Frame(props: { kind: string; at: string; sign: ReactNode; children: ReactNode }) {
  const f = useFormats();
  return (
    <div className={classes.item} data-kind={props.kind}>
      <time className={classes.clock} dateTime={props.at} title={f.exact(props.at)}>
        {f.time(props.at)}
      </time>
      {props.sign}
      <div className={classes.body}>{props.children}</div>
    </div>
  );
}

function EventItem({
  event,
  isOpen,
  onFold,
}: {
  event: Event;
  isOpen: boolean;
  onFold: () => void;
}) {
  const { t } = useTranslation("people");
  const entries = Object.entries(event.properties);
  const name = event.kind === "track" ? event.name : event.name || event.kind;
  const isKnown = ["identify", "page", "screen", "group", "alias"].includes(event.kind);
  const title = (
    <span className={classes.eventName}>
      {isKnown && event.kind === name ? t(`event.${event.kind}`) : <Name>{name}</Name>}
    </span>
  );
  const sign = (
    <span className={classes.sign}>
      <span className={classes.dot} />
    </span>
  );
  if (entries.length === 0)
    return (
      <Frame kind="event" at={event.at} sign={sign}>
        {title}
      </Frame>
    );
  return (
    <Frame kind="event" at={event.at} sign={sign}>
      <UnstyledButton className={classes.fold} aria-expanded={isOpen} onClick={onFold}>
        <IconChevronRight size={14} aria-hidden className={classes.arrow} data-open={isOpen} />
        {title}
        {!isOpen && (
          <span className={classes.gist}>
            <Name>{gist(event.properties)}</Name>
          </span>
        )}
      </UnstyledButton>
      {isOpen && (
        <>
          <dl className={classes.pairs}>
            {entries.map(([key, value]) => (
              <Pair key={key} name={key} value={value} />
            ))}
          </dl>
          <p className={classes.note}>
            {t("event.from")} <Name>{event.source}</Name>
            {event.imported && ` · ${t("event.imported")}`}
            {event.truncated && ` · ${t("event.truncated")}`}
          </p>
        </>
      )}
    </Frame>
  );
}

function Pair({ name, value }: { name: string; value: unknown }) {
  return (
    <>
      <dt>
        <Name>{name}</Name>
      </dt>
      <dd>
        <Value of={value} />
      </dd>
    </>
  );
}

function DecisionItem({ decision, onOpen }: { decision: Decision; onOpen: (id: string) => void }) {
  const { t } = useTranslation("people");
  const isFailed = decision.delivery?.state === "failed";
  return (
    <Frame
      kind="decision"
      at={decision.at}
      sign={
        <span className={classes.sign} data-outcome={decision.outcome}>
          <OutcomeMark outcome={decision.outcome} failed={isFailed} labelled />
        </span>
      }
    >
      <p className={`prose ${classes.sentence}`}>
        <Words>{decision.sentence}</Words>
      </p>
      <div className={classes.meta}>
        <span>{t(`common:outcome.${decision.outcome}`)}</span>
        {decision.rule && (
          <span>{t(`common:rule.${decision.rule}`, { defaultValue: decision.rule })}</span>
        )}
        <span>{t(`common:channel.${decision.channel}`, { defaultValue: decision.channel })}</span>
        <span title={plain(decision.step)}>
          <Words>{decision.step_label}</Words>
        </span>
        <Answers decision={decision} />
        <UnstyledButton onClick={() => onOpen(decision.id)}>{t("timeline.whole")}</UnstyledButton>
      </div>
    </Frame>
  );
}

function Answers({ decision }: { decision: Decision }) {
  const { t } = useTranslation("people");
  const f = useFormats();
  const { delivery, opened_at: opened, clicked_at: clicked } = decision;
  return (
    <>
      {delivery && (
        <span data-bad={delivery.state === "failed" || undefined}>
          {t(`delivery.${delivery.state}`, { defaultValue: delivery.state })}
        </span>
      )}
      {opened && (
        <span data-good title={f.exact(opened)}>
          {t("answer.opened", { when: f.dateTime(opened) })}
        </span>
      )}
      {clicked && (
        <span data-good title={f.exact(clicked)}>
          {t("answer.clicked", { when: f.dateTime(clicked) })}
        </span>
      )}
    </>
  );
}

function MoveItem({ move }: { move: Move }) {
  const Icon = move.entered ? IconUserPlus : IconUserMinus;
  return (
    <Frame
      kind="segment"
      at={move.at}
      sign={
        <span className={classes.sign}>
          <Icon size={16} stroke={1.5} aria-hidden />
        </span>
      }
    >
      <p className={`prose ${classes.sentence}`}>
        <Words>{move.sentence}</Words>
      </p>
    </Frame>
  );
}
