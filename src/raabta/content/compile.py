"""From MJML with Liquid to Liquid templates ready to be filled: once for each template and locale.

MJML is compiled with every piece of Liquid replaced by a marker, because `{% if a < b %}` and
quotes inside attributes are not XML. A mail then costs a Liquid rendering and no MJML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import mjml
from liquid import BoundTemplate

from raabta.content.liquid import parse_html, parse_text
from raabta.content.locales import direction
from raabta.content.model import Mail
from raabta.content.plain import plain

LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_OUTPUT = re.compile(r"\{\{(-?)(.*?)(-?)\}\}", re.DOTALL)
#: mrml prints attributes in Rust's debug form, which mangles these.
_MANGLED = r"[^\x00-\x7f]+|\\+"
_HIDDEN = re.compile(f"{LIQUID.pattern}|{_MANGLED}", re.DOTALL)
_HEAD = re.compile(r"<mj-head\b[^>]*>")
_ROOT = re.compile(r"<mjml\b([^>]*)>")
_UNKNOWN = re.compile(r"<(mj-[a-z-]+)")


@dataclass(frozen=True)
class Compiled:
    """One language of a template, ready to be rendered any number of times."""

    subject: BoundTemplate
    html: BoundTemplate
    text: BoundTemplate


class CompileError(ValueError):
    """MJML that cannot become HTML; `remedy` says what to write instead."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


@lru_cache(maxsize=512)
def compile_mail(mail: Mail, locale: str, font: str) -> Compiled:
    """Compile one language. Raises CompileError for MJML and LiquidError for Liquid.

    Kept by value, so a new version of a template is another entry.
    """
    page = _page(mail, locale, font)
    pieces: list[str] = []
    token = "zq"  # noqa: S105
    while token in page:
        token += "q"
    marker = re.compile(rf"{token}(\d+)z")

    def hide(found: re.Match[str]) -> str:
        pieces.append(found.group())
        return f"{token}{len(pieces) - 1}z"

    def show(found: re.Match[str]) -> str:
        return pieces[int(found.group(1))]

    html = _html(_HIDDEN.sub(hide, page), direction(locale))
    kept = {int(number) for number in marker.findall(html)}
    for number, piece in enumerate(pieces):
        if number not in kept and piece.startswith("{"):
            raise CompileError(
                f"MJML drops {piece}",
                "use Liquid in text, in src, href, alt and colours; between MJML elements put "
                "tags inside <mj-raw>",
            )
    return Compiled(
        subject=parse_text(_OUTPUT.sub(r"{{\1\2| isolate \3}}", mail.subject)),
        html=parse_html(marker.sub(show, html)),
        text=parse_text(mail.text or marker.sub(show, plain(html))),
    )


def _page(mail: Mail, locale: str, font: str) -> str:
    """The whole MJML document: language, direction, and the defaults that follow from them."""
    body = mail.body.strip()
    if not body.startswith("<mjml"):
        background = "{{ brand.colours.background }}"
        body = f'<mjml><mj-body background-color="{background}">{body}</mj-body></mjml>'
    way = direction(locale)
    head = f'<mj-attributes><mj-all font-family="{_attribute(font)}"/>'
    if way == "rtl":
        head += '<mj-section direction="rtl"/><mj-column direction="rtl"/>'
        head += '<mj-text align="right"/>'
    head += "</mj-attributes>"
    if "<mj-title" not in body:
        head += f"<mj-title>{mail.subject}</mj-title>"
    if "<mj-preview" not in body and mail.preheader:
        head += f"<mj-preview>{mail.preheader}</mj-preview>"
    if _HEAD.search(body):
        body = _HEAD.sub(lambda found: found.group() + head, body, count=1)
    else:
        body = _ROOT.sub(lambda found: f"{found.group()}<mj-head>{head}</mj-head>", body, count=1)
    return _ROOT.sub(lambda found: _rooted(found.group(1), locale, way), body, count=1)


def _rooted(attributes: str, locale: str, way: str) -> str:
    kept = re.sub(r"""\s(?:lang|dir)\s*=\s*("[^"]*"|'[^']*')""", "", attributes)
    return f'<mjml{kept} lang="{locale}" dir="{way}">'


def _attribute(text: str) -> str:
    return text.replace('"', "'").replace("&", "&amp;").replace("<", "&lt;")


def _html(page: str, way: str) -> str:
    try:
        # No web fonts: fetching them would tell a third party who read the mail.
        html = mjml.mjml2html(page, fonts={})
    except ValueError as error:
        raise CompileError(
            f"MJML cannot be read: {error}",
            "close every element, write < and & in text as &lt; and &amp;, and quote attributes",
        ) from None
    unknown = _UNKNOWN.search(html)
    if unknown:
        raise CompileError(f"MJML has no element <{unknown.group(1)}> in this place", "")
    if '\\"' in html:
        raise CompileError("an attribute holds a double quote", "write it as &quot;")
    return html.replace("<body ", f'<body dir="{way}" ', 1)
