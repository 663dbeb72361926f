"""The plain-text part, made from the HTML part while Liquid is still in it.

Done once for each template instead of once for each mail, and values never pass through an HTML
parser.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = frozenset(
    ["p", "div", "tr", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "blockquote"]
)
_UNSEEN = frozenset(["style", "script", "head", "title"])
_SPACE = re.compile(r"[ \t\r\f\v]*\n[ \t\r\f\v]*|[ \t\r\f\v]+")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0
        self._hidden: list[str] = []
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._hidden:
            if tag == self._hidden[0]:
                self._hidden.append(tag)
            return
        if "display:none" in (given.get("style") or "").replace(" ", ""):
            self._hidden = [tag]
        elif tag in _UNSEEN:
            self._unseen += 1
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag == "a":
            self._links.append((given.get("href") or "", len(self.parts)))
        elif tag == "img" and given.get("alt"):
            self.parts.append(f"[{given['alt']}]")
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            if tag == self._hidden[0]:
                self._hidden.pop()
            return
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag == "a" and self._links:
            target, begun = self._links.pop()
            words = "".join(self.parts[begun:]).strip()
            if target and target != words:
                self.parts.append(f" ( {target} )" if words else target)
        elif tag in ("td", "th"):
            self.parts.append(" ")
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen and not self._hidden:
            self.parts.append(_SPACE.sub(" ", data))


def plain(html: str) -> str:
    """Readable text of an HTML page; links follow their words, images show their `alt`."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.parts)


def tidy(text: str) -> str:
    """Without trailing blanks, and with at most one empty line between paragraphs."""
    lines = "\n".join(re.sub(r"[ \t]+", " ", line).strip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"
