"""Fill a template for one person. Pure: the same arguments give the same mail."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from liquid import BoundTemplate
from liquid.exceptions import LiquidError, UndefinedError

from raabta.content.compile import CompileError, compile_mail
from raabta.content.liquid import clean
from raabta.content.locales import Direction, choose, direction
from raabta.content.model import Brand, Template
from raabta.content.plain import tidy
from raabta.core.errors import InvalidInput

_UNSAFE = re.compile(r"""\s(?:href|src)\s*=\s*["']?\s*(?:javascript|vbscript|data)\s*:""", re.I)


class RenderFailed(InvalidInput):
    """This message cannot be written for this person; trying again will not help."""

    code = "render-failed"


@dataclass(frozen=True)
class Rendered:
    subject: str
    html: str
    text: str
    locale: str
    direction: Direction


def render(
    template: Template,
    brand: Brand,
    locale: str | None,
    variables: Mapping[str, Any],
    *,
    default_locale: str = "en",
    timezone: str = "UTC",
) -> Rendered:
    """The mail for one person, in the best of the template's locales.

    `variables`: `profile` (traits), `event` (properties of the event that led here) and `links`
    (at least `unsubscribe` where the template uses it); the brand's own links are added.
    Raises RenderFailed where a variable has no value, a limit is passed, or the subject is empty.
    """
    chosen = choose(locale, template.locales, default_locale)
    where = f"template {template.name}, locales.{chosen}"
    try:
        compiled = compile_mail(template.locales[chosen], chosen, brand.font_for(chosen))
    except (CompileError, LiquidError) as error:
        raise RenderFailed(
            _words(error), field=where, remedy="mend the template and apply it again"
        ) from None
    values = {
        "profile": clean(variables.get("profile") or {}),
        "event": clean(variables.get("event") or {}),
        "links": {**brand.links, **(variables.get("links") or {})},
        "brand": brand.fields(),
        "locale": chosen.replace("-", "_"),
        "currency_code": brand.currency,
        "timezone": timezone,
    }
    subject = one_line(_fill(compiled.subject, values, f"{where}.subject"))
    if not subject:
        raise RenderFailed("the subject is empty", field=f"{where}.subject", remedy="add words")
    html = _fill(compiled.html, values, f"{where}.body")
    if _UNSAFE.search(html):
        raise RenderFailed(
            "a link or image would run a script",
            field=f"{where}.body",
            remedy="links must begin with https://, mailto: or tel:",
        )
    text = tidy(_fill(compiled.text, values, f"{where}.text"))
    return Rendered(subject, html, text, chosen, direction(chosen))


def _fill(part: BoundTemplate, values: Mapping[str, Any], where: str) -> str:
    try:
        return part.render(**values)
    except UndefinedError as error:
        raise RenderFailed(
            f"{_words(error)}: this person or event has no value for it",
            field=where,
            remedy="write {{ ... | default: '...' }} or put it inside {% if ... %}",
        ) from None
    except LiquidError as error:
        raise RenderFailed(_words(error), field=where, remedy="simplify the template") from None


def _words(error: Exception) -> str:
    return str(error.message if isinstance(error, LiquidError) else error)


def one_line(text: str) -> str:
    """Without line breaks and control characters, which could begin another mail header."""
    shown = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return " ".join(shown.split())
