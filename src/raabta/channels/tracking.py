"""Signed links: who opened, clicked and left, without trusting what the address says.

A token is `payload.signature`, both base64url; the payload is a JSON list that begins with the
kind of link. The signature (HMAC-SHA256, cut to 128 bits as RFC 2104 allows) covers a click's
target too, so nobody can use our name to send people elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from raabta.core.errors import InvalidInput, NotFound

_SIGNATURE = 16
_MIN_KEY = 16
_PIXEL = 'width="1" height="1" alt="" style="border:0" />'
#: Longer than any link we make; longer ones are refused unread.
_MAX_TOKEN = 8192
_HREF = re.compile(r"""(<a\b[^>]*?\shref\s*=\s*)("[^"]*"|'[^']*')""", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class OpenToken:
    message_id: int
    profile: int


@dataclass(frozen=True)
class ClickToken:
    message_id: int
    profile: int
    url: str


@dataclass(frozen=True)
class LeaveToken:
    """`topic` '*' is the whole channel; `locale` is the mail's, for the page's language."""

    message_id: int
    profile: int
    channel: str
    topic: str
    locale: str


Token = OpenToken | ClickToken | LeaveToken
T = TypeVar("T", OpenToken, ClickToken, LeaveToken)
_KINDS: dict[str, type[Token]] = {"o": OpenToken, "c": ClickToken, "u": LeaveToken}


class Links:
    """Makes and reads the links of our messages.

    `base_url` is where the API is reached from outside, without a final slash. The first of
    `keys` signs; all of them are accepted, so that a key can be replaced while mails are out.
    """

    def __init__(self, base_url: str, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) < _MIN_KEY for key in keys):
            raise InvalidInput(
                "links cannot be signed without a key of at least 16 bytes",
                field="RAABTA_SECRET",
                remedy="set a long random secret and keep it",
            )
        self._base = base_url.rstrip("/")
        self._keys = tuple(keys)

    def open(self, token: OpenToken) -> str:
        return f"{self._base}/t/o/{self._sign('o', token.message_id, token.profile)}"

    def click(self, token: ClickToken) -> str:
        signed = self._sign("c", token.message_id, token.profile, token.url)
        return f"{self._base}/t/c/{signed}"

    def leave(self, token: LeaveToken) -> str:
        signed = self._sign(
            "u", token.message_id, token.profile, token.channel, token.topic, token.locale
        )
        return f"{self._base}/u/{signed}"

    def read(self, text: str, kind: type[T]) -> T:
        """The token of a link of ours. Raises NotFound for any other, whatever is wrong with it."""
        payload, _, signature = text.partition(".")
        given = _decode(signature)
        raw = _decode(payload)
        if len(text) > _MAX_TOKEN or not any(
            hmac.compare_digest(_mac(key, raw), given) for key in self._keys
        ):
            raise NotFound("this link is not valid", remedy="open it again from the message")
        name, *fields = json.loads(raw)
        if _KINDS.get(name) is not kind:
            raise NotFound("this link is for something else", remedy="open it from the message")
        return kind(*fields)

    def _sign(self, *fields: str | int) -> str:
        raw = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
        return f"{_encode(raw)}.{_encode(_mac(self._keys[0], raw))}"


def rewrite_links(
    page: str, click: Callable[[str], str], pixel: str | None, keep: Collection[str]
) -> str:
    """The page with its web links replaced by `click(target)`, and `pixel` before `</body>`.

    Only http and https links of `<a>` change; those in `keep` (the unsubscribe link) do not.
    """

    def replace(found: re.Match[str]) -> str:
        target = html.unescape(found.group(2)[1:-1]).strip()
        if target in keep or not target.lower().startswith(("http://", "https://")):
            return found.group()
        return f'{found.group(1)}"{html.escape(click(target))}"'

    page = _HREF.sub(replace, page)
    if pixel is None:
        return page
    image = f'<img src="{html.escape(pixel)}" {_PIXEL}'
    head, end, tail = page.rpartition("</body>")
    return f"{head}{image}{end}{tail}" if end else page + image


def _mac(key: bytes, raw: bytes) -> bytes:
    return hmac.new(key, b"raabta-link\x00" + raw, hashlib.sha256).digest()[:_SIGNATURE]


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    """Bytes of base64url; anything else becomes bytes that no signature fits."""
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        return b""
    # Several spellings decode alike; only the one we write is ours.
    return raw if _encode(raw) == text else b""


def unwatched(page: str) -> str:
    """The page without the pixel, for those who look at a copy: their look is not the person's."""
    return re.sub(rf'<img src="[^"]*" {re.escape(_PIXEL)}', "", page)
