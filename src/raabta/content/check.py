"""What is wrong with a template, found before it reaches anybody.

A customer must never be the one to find a misspelt variable, so everything that can be known from
the text is checked when definitions are applied; only whether *this* person has a value is left
for the rendering.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from liquid import BoundTemplate
from liquid.exceptions import LiquidError
from liquid.static_analysis import Segments
from rapidfuzz import process

from raabta.content.compile import CompileError, compile_mail
from raabta.content.liquid import filters, parse_html, parse_text
from raabta.content.model import Brand, Mail, Template

ROOTS = ("profile", "event", "brand", "links", "locale")
#: Similarity (0 to 100) from which a name is offered as what was meant.
_NEAR = 60


class Finding(NamedTuple):
    """One thing to mend; `field` is a path inside the definition, as locales.ur.subject."""

    field: str
    message: str
    remedy: str


def check_template(
    template: Template,
    brand: Brand | None,
    known_traits: set[str] | None = None,
    known_properties: set[str] | None = None,
    *,
    promotional: bool = True,
) -> list[Finding]:
    """Everything wrong with a template, in the order of its file; empty means it may be applied.

    `known_traits`, `known_properties`: the names `profile.` and `event.` may have, or None where
    they are not known. `promotional`: some journey sends it as such, so each language needs
    `{{ links.unsubscribe }}`.
    """
    names = _Names(brand, known_traits, known_properties)
    found: list[Finding] = []
    for locale, mail in template.locales.items():
        found += _check_mail(f"locales.{locale}", locale, mail, names, promotional)
    return found


class _Names(NamedTuple):
    brand: Brand | None
    traits: set[str] | None
    properties: set[str] | None


def _check_mail(
    field: str, locale: str, mail: Mail, names: _Names, promotional: bool
) -> Iterator[Finding]:
    if not mail.subject.strip():
        yield Finding(f"{field}.subject", "is missing", "write what the inbox should show")
    if not mail.body.strip():
        yield Finding(f"{field}.body", "is missing", "write MJML sections")
        return
    broken = False
    unsubscribe = False
    for part in ("subject", "preheader", "body", "text"):
        source: str = getattr(mail, part)
        try:
            parsed = parse_html(source) if part == "body" else parse_text(source)
        except LiquidError as error:
            broken = True
            yield _syntax(f"{field}.{part}", error)
            continue
        yield from _filters(f"{field}.{part}", source, parsed)
        yield from _variables(f"{field}.{part}", source, parsed, names)
        if part == "body":
            unsubscribe = ["links", "unsubscribe"] in _paths(parsed)
    if promotional and not broken and not unsubscribe:
        yield Finding(
            f"{field}.body",
            "a promotional mail must let people leave",
            'add <a href="{{ links.unsubscribe }}">...</a>',
        )
    if broken:
        return
    try:
        compile_mail(mail, locale, names.brand.font_for(locale) if names.brand else "sans-serif")
    except CompileError as error:
        yield Finding(f"{field}.body", str(error), error.remedy)
    except LiquidError as error:
        yield _syntax(f"{field}.body", error)


def _syntax(field: str, error: LiquidError) -> Finding:
    message = str(error.message)
    place = error.context()
    where = f" (line {place[0]}: {place[3].strip()[:60]})" if place else ""
    return Finding(field, f"{message}{where}", "see the Liquid documentation")


def _filters(field: str, source: str, parsed: BoundTemplate) -> Iterator[Finding]:
    offered = list(filters())
    for name, spans in parsed.analyze().filters.items():
        if name not in offered:
            line = source.count("\n", 0, spans[0].index) + 1
            message = f"there is no filter {name!r} (line {line})"
            yield Finding(field, message, near(name, offered))


def _paths(parsed: BoundTemplate) -> list[Segments]:
    used = parsed.analyze().globals
    return [variable.segments for each in used.values() for variable in each]


def _variables(field: str, source: str, parsed: BoundTemplate, names: _Names) -> Iterator[Finding]:
    seen: set[str] = set()
    for variables in parsed.analyze().globals.values():
        for variable in variables:
            if str(variable) in seen:
                continue
            seen.add(str(variable))
            finding = _unknown(variable.segments, source, names)
            if finding:
                line = source.count("\n", 0, variable.span.index) + 1
                message = f"{variable}: {finding[0]} (line {line})"
                yield Finding(field, message, finding[1])


def _unknown(path: Segments, source: str, names: _Names) -> tuple[str, str] | None:
    """Why nothing by this name can have a value, and what was meant."""
    root = str(path[0])
    if root not in ROOTS:
        return "there is no such variable", near(root, ROOTS)
    if len(path) == 1 or not isinstance(path[1], str):
        return None
    first = path[1]
    if root == "profile" and names.traits is not None and first not in names.traits:
        return "no such trait", near(first, names.traits, "profile.")
    if root == "event" and names.properties is not None and first not in names.properties:
        return "no such property of the event", near(first, names.properties, "event.")
    if root == "links" and names.brand is not None:
        offered = {"unsubscribe", *names.brand.links}
        if first not in offered:
            return "the brand has no such link", near(first, offered, "links.")
    if root == "brand":
        return _unknown_brand([str(part) for part in path[1:]], source, names.brand)
    return None


def _unknown_brand(path: list[str], source: str, brand: Brand | None) -> tuple[str, str] | None:
    if brand is None:
        return None
    level: object = brand.fields()
    for depth, part in enumerate(path):
        if not isinstance(level, dict):
            return "the brand has no such field", "use " + ".".join(["brand", *path[:depth]])
        if part not in level:
            if depth == 0 and part in type(brand).model_fields:
                # Declared but empty: fine where the template asks before it writes.
                asked = rf"(if|unless|elsif|and|or)\s+brand\.{part}\b|brand\.{part}\s*\|\s*default"
                if re.search(asked, source):
                    return None
                return "the brand gives no value for it", f"set {part} in the brand kit"
            before = ".".join(["brand", *path[:depth], ""])
            return "the brand has no such field", near(part, level, before)
        level = level[part]
    return None


def near(name: str, offered: Iterable[str], prefix: str = "") -> str:
    """'did you mean ...' with the closest of the valid names, or the first of them."""
    choices = sorted(offered)
    best = process.extractOne(name, choices, score_cutoff=_NEAR)
    if best:
        return f"did you mean {prefix}{best[0]}?"
    return "use one of: " + ", ".join(choices[:12]) if choices else "there are none yet"
