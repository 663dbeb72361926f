"""The nouns of decisions: the policy as it is declared, and the constants of the ledger."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from raabta.core.clock import DAY, HOUR, duration
from raabta.core.errors import InvalidInput

MessageClass = Literal["transactional", "triggered", "promotional"]

#: Transactional messages answer to no pressure rule, so they cannot be capped.
CappedClass = Literal["triggered", "promotional"]

#: How long a candidate may wait for its turn before it has lost its point.
PATIENCE: dict[str, int] = {
    "transactional": DAY,
    "triggered": 12 * HOUR,
    "promotional": 3 * DAY,
}


def _duration(value: Any) -> Any:
    try:
        return duration(value) if isinstance(value, str) else value
    except InvalidInput as error:
        raise ValueError(f"{error.message}; {error.remedy}") from None


def _share(value: Any) -> Any:
    if isinstance(value, str) and value.endswith("%"):
        try:
            return float(value[:-1]) / 100
        except ValueError:
            raise ValueError(f"{value!r} is not a share; write 10% or 0.1") from None
    return value


#: Microseconds, written '7d'.
Duration = Annotated[int, BeforeValidator(_duration), Field(gt=0)]
#: A share in [0, 1], written '10%' or 0.1.
Share = Annotated[float, BeforeValidator(_share), Field(ge=0, le=1)]


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cap(_Declared):
    """At most `max` messages of a class in any `window`, rolling."""

    max: Annotated[int, Field(ge=0)]
    window: Duration


class QuietHours(_Declared):
    """Local times between which nobody is disturbed; may span midnight."""

    start: time
    end: time

    @field_validator("end")
    @classmethod
    def _differs(cls, end: time, info: Any) -> time:
        if info.data.get("start") == end:
            raise ValueError("must differ from `start`; leave quiet_hours out to have none")
        return end


class TouchEvent(_Declared):
    """An event that tells of a contact made elsewhere, as a letter: what measurement counts."""

    event: str
    channel: str
    name: Annotated[str, Field(description="the property that names the campaign")] = "campaign"


class Conversion(_Declared):
    """The event that counts as success, and the property that holds its worth."""

    event: str = "Order Completed"
    revenue: str = "total"


class Policy(_Declared):
    """What holds for every message of the workspace."""

    policy: str = "default"
    timezone: str = "UTC"
    locale: str = "en"
    caps: dict[CappedClass, Cap] = Field(default_factory=dict)
    quiet_hours: QuietHours | None = None
    holdout: Share = 0.0
    touches: tuple[TouchEvent, ...] = ()
    conversion: Conversion = Conversion()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError(f"{zone!r} is not a time zone; write a name such as Asia/Karachi")
        return zone

    @property
    def memory(self) -> int:
        """How far back sends must be known, microseconds."""
        return max((cap.window for cap in self.caps.values()), default=0)


#: The rules a ledger row can name, in the order in which they are asked, with their plain words.
RULE_WORDS: dict[str, str] = {
    "holdout": "is in the holdout group, who get nothing so that the effect can be measured",
    "no_address": "has no address on this channel",
    "suppressed": "has an address that must not be written to (it bounced or complained)",
    "no_consent": "has not agreed to messages of this kind",
    "quiet_hours": "would have been disturbed in the quiet hours of their time zone",
    "cap": "had already been sent as many messages of this kind as the cap allows",
}
