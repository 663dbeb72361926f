"""The English of decisions."""

from __future__ import annotations

from datetime import datetime

from raabta.decisioning.model import RULE_WORDS

RULES: dict[str, str] = RULE_WORDS

#: A unit's name for one and for more, by its letter.
UNITS: dict[str, tuple[str, str]] = {
    "s": ("second", "seconds"),
    "m": ("minute", "minutes"),
    "h": ("hour", "hours"),
    "d": ("day", "days"),
}

#: Names that stand for themselves here.
CLASSES: dict[str, str] = {}
CHANNELS: dict[str, str] = {}

TEXTS: dict[str, str] = {
    "what": "'{template}' (journey {journey})",
    "sent": "{when}: {who} was sent {what}. {delivery}",
    "deferred": "{when}: {what} for {who} was put off{later}. {reason}",
    "until": " until {when}",
    "withheld": "{when}: {who} did not get {what}. {reason}{late}",
    "late": " Waiting any longer would have made the message pointless.",
    "holdout": "{who} was drawn by lot into the holdout group, who get no such messages so that "
    "their effect can be measured.",
    "no_address": "No address for {channel} is known.",
    "suppressed": "The address must not be written to: a message to it bounced, or somebody "
    "complained.",
    "no_consent": "{who} has not agreed to {channel} about '{topic}', or has taken the consent "
    "back.",
    "other_rule": "{who} {words}.",
    "quiet_hours": "It was {time} where {who} is ({zone}), and nobody is disturbed{between}.",
    "between": " between {start} and {end}",
    "at_that_hour": " at that hour",
    "cap_zero": "Nobody gets {cls} messages at present: the cap is 0.",
    "cap": "Nobody gets more than {max} {cls} {messages} in {span}",
    "message": "message",
    "messages": "messages",
    "had": "{cap}, and that is what {who} had.",
    "held": "{cap}, and the place is held by '{rival}' of {when}.",
    "delivered": "The {channel} server took it on {when}.",
    "failed": "It could not be delivered{why}.",
    "failed_why": ": {error}",
    "again": "It is not delivered yet and will be tried again ({error}).",
    "under_way": "It is on its way.",
    "was_inside": "At that time inside journey {journey}.",
    "inside": "Now inside journey {journey}{group}{then}.",
    "in_holdout": " in its holdout group",
    "then": "; the next step is due on {when}",
    "entered": "Entered segment {segment}.",
    "left": "Left segment {segment}.",
    "nothing": "No message for {who} has been considered.",
    "nothing_until": "No message for {who} has been considered up to {when}.",
    "by_key": "sent in with the write key '{name}'",
    "by_journey": "set by a journey",
    "by_channels": "told by a message's links or delivery",
    "by_import": "imported as {name}",
    "by_other": "from {name}",
    "silent": "Nothing was said and nothing was done.",
    "unspoken": "{deeds} by {who}, who was told nothing.",
    "with": "Talked with: {messages} sent, {answered} answered, and {deeds} by {whose}.",
    "at": "Talked at: {messages} sent, {answered} answered, and {deeds} by {whose}.",
    "one_message": "1 message",
    "n_messages": "{n} messages",
    "one_act": "1 act",
    "n_acts": "{n} acts",
    "they": "these people",
}


def when(moment: datetime) -> str:
    """'Mon 2 Mar 2026, 09:30'"""
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M}"
