"""Languages: their names, their direction, and which one a person gets."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Literal

from babel import Locale, UnknownLocaleError

Direction = Literal["ltr", "rtl"]


@lru_cache(maxsize=512)
def _parse(name: str) -> Locale:
    return Locale.parse(name.replace("_", "-"), sep="-")


def locale_name(text: str) -> str:
    """The BCP 47 spelling of a locale that CLDR knows: 'ur_PK' becomes 'ur-PK'.

    Raises ValueError otherwise.
    """
    try:
        found = _parse(text)
    except (ValueError, UnknownLocaleError, TypeError):
        raise ValueError(f"{text!r} is not a locale: write it as en, ur or ur-PK") from None
    parts = (found.language, found.script, found.territory, found.variant)
    return "-".join(part for part in parts if part)


def direction(locale: str) -> Direction:
    """Which way the language is written, from CLDR."""
    return "rtl" if _parse(locale).text_direction == "rtl" else "ltr"


def choose(asked: str | None, offered: Collection[str], default: str) -> str:
    """The offered locale for somebody who asked for `asked`: ur-PK, ur, then the default's.

    An unreadable wish counts as none. `offered` must not be empty; its first is the last resort.
    """
    wishes: list[str] = []
    for wish in (asked, default):
        try:
            parts = locale_name(wish).split("-") if wish else []
        except ValueError:
            continue
        wishes += ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next((wish for wish in wishes if wish in offered), next(iter(offered)))
