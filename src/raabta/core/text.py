"""Text from people inside sentences of ours, in more than one language and direction."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

#: The languages that sentences made here are told in.
Lang = Literal["en", "ur"]

#: Marks that turn the direction of what follows them, and so of our own words.
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """A text without control characters and without marks that change the direction of others."""
    kept = _BIDI.sub("", text)
    return "".join(
        " " if c in "\t\n\r\u2028\u2029" else c
        for c in kept
        if c in "\t\n\r\u2028\u2029" or unicodedata.category(c) != "Cc"
    )


def isolated(text: str) -> str:
    """A text of unknown direction that leaves the words around it as they are: in Unicode's First
    Strong Isolate and Pop Directional Isolate."""
    return f"\u2068{plain(text)}\u2069"
