"""Changing a policy for a backtest: `caps.promotional.max=3`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from raabta.core.clock import spell_duration
from raabta.core.errors import InvalidInput
from raabta.core.text import Lang
from raabta.decisioning.model import Policy
from raabta.journeys.plan import Plan
from raabta.query.parse import nearest
from raabta.runtime.ports import Rules


def parse_setting(text: str) -> tuple[str, str]:
    """'caps.promotional.max=3' -> ('caps.promotional.max', '3')."""
    path, found, value = text.partition("=")
    if not found or not path.strip():
        raise InvalidInput(
            f"{text!r} is not a setting", field="set", remedy="caps.promotional.max=3"
        )
    return path.strip(), value.strip()


def with_settings(policy: Policy, settings: Mapping[str, str]) -> Policy:
    """A policy with some values replaced; `none` takes a value away.

    Raises InvalidInput naming the path, with the nearest that exists.
    """
    body: dict[str, Any] = policy.model_dump(mode="json", exclude_none=True)
    for cap in body.get("caps", {}).values():
        cap["window"] = int(cap["window"])
    for path, value in settings.items():
        _put(body, path.split("."), value, path)
    try:
        return Policy.model_validate(body)
    except ValidationError as error:
        item = error.errors()[0]
        place = ".".join(str(part) for part in item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        raise InvalidInput(message, field=f"set {place}", remedy=_known(policy)) from None


@dataclass(frozen=True)
class _Kind:
    """A changeable value: its kind, and its words by language ({cls}: the class of messages)."""

    kind: str
    words: dict[Lang, str]


_SETTINGS = {
    "holdout": _Kind(
        "share",
        {
            "en": "Share of people who get nothing, so that the effect can be measured",
            "ur": "موازنے کا گروہ: لوگوں کا وہ حصہ جسے کچھ نہیں بھیجا جاتا تاکہ اثر ناپا جا سکے",
        },
    ),
    "timezone": _Kind(
        "timezone", {"en": "The workspace's time zone", "ur": "ورک سپیس کے وقت کا خطہ"}
    ),
    "quiet_hours.start": _Kind(
        "time", {"en": "When the quiet hours begin", "ur": "آرام کے اوقات کب شروع ہوتے ہیں"}
    ),
    "quiet_hours.end": _Kind(
        "time", {"en": "When the quiet hours end", "ur": "آرام کے اوقات کب ختم ہوتے ہیں"}
    ),
}
_CAP_SETTINGS = {
    "max": _Kind(
        "number",
        {"en": "Most {cls} messages to a person", "ur": "ایک فرد کو زیادہ سے زیادہ {cls} پیغامات"},
    ),
    "window": _Kind(
        "duration",
        {
            "en": "Span in which {cls} messages are counted",
            "ur": "مدت جس میں {cls} پیغامات گنے جاتے ہیں",
        },
    ),
}
_CLASSES: dict[Lang, dict[str, str]] = {
    "en": {"triggered": "triggered", "promotional": "promotional"},
    "ur": {"triggered": "واقعے پر بھیجے جانے والے", "promotional": "تشہیری"},
}


def changeable(policy: Policy, lang: Lang = "en") -> list[dict[str, str | None]]:
    """Everything `with_settings` can change: path, kind, value in force (None: not set), words."""
    hours = policy.quiet_hours
    values: dict[str, str | None] = {
        "holdout": f"{policy.holdout:g}",
        "timezone": policy.timezone,
        "quiet_hours.start": f"{hours.start:%H:%M}" if hours else None,
        "quiet_hours.end": f"{hours.end:%H:%M}" if hours else None,
    }
    found = [
        {"path": path, "kind": each.kind, "value": values[path], "words": each.words[lang]}
        for path, each in _SETTINGS.items()
    ]
    for name, cls in _CLASSES[lang].items():
        cap = next((c for known, c in policy.caps.items() if known == name), None)
        set_to = {
            "max": str(cap.max) if cap else None,
            "window": spell_duration(cap.window) if cap else None,
        }
        found += [
            {
                "path": f"caps.{name}.{part}",
                "kind": each.kind,
                "value": set_to[part],
                "words": each.words[lang].format(cls=cls),
            }
            for part, each in _CAP_SETTINGS.items()
        ]
    return found


def _put(body: dict[str, Any], path: list[str], value: str, whole: str) -> None:
    *parents, last = path
    for part in parents:
        inner = body.setdefault(part, {})
        if not isinstance(inner, dict):
            raise InvalidInput("has no parts", field=f"set {whole}")
        body = inner
    if value.lower() == "none":
        body.pop(last, None)
    else:
        body[last] = value


def _known(policy: Policy) -> str:
    paths = ["holdout", "timezone", "quiet_hours.start", "quiet_hours.end"]
    paths += [f"caps.{name}.{part}" for name in policy.caps for part in ("max", "window")]
    return "for example " + ", ".join(paths)


def only(rules: Rules, journey: str | None) -> Rules:
    """The rules with one journey alone, or all that take people in.

    Raises InvalidInput for a journey that is not there.
    """
    kept = [
        j for j, entering in zip(rules.plan.journeys, rules.plan.entering, strict=True) if entering
    ]
    if journey is not None:
        names = [j.name for j in kept]
        if journey not in names:
            raise InvalidInput(
                f"there is no journey {journey!r}", field="journey", remedy=nearest(journey, names)
            )
        kept = [j for j in kept if j.name == journey]
    return replace(rules, plan=Plan(tuple(kept), tuple(True for _ in kept)))
