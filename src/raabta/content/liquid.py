"""Liquid for mail: strict, without files, without a clock, and bounded.

A variable that has no value is an error wherever it would be written or computed with; only
`default` and conditions may look at it. Values are HTML-escaped in bodies, and no filter can turn
that off.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from liquid import BoundTemplate, Environment, FalsyStrictUndefined, RenderContext, Undefined
from liquid.exceptions import FilterArgumentError, UndefinedError
from liquid.extra.filters.babel import Currency, DateTime, Number
from liquid.filter import with_context

from raabta.content.locales import direction

#: Controls that can make text read in another order than it is stored; values lose them.
_OVERRIDES = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_ISOLATE, _POP = "\u2068", "\u2069"


class MailEnvironment(Environment):
    """Limits hold for one rendering: a hostile value or loop ends in an error, not an outage."""

    loop_iteration_limit = 10_000
    output_stream_limit = 1_000_000
    local_namespace_limit = 200_000


def _environment(*, escape: bool) -> Environment:
    env = MailEnvironment(undefined=FalsyStrictUndefined, autoescape=escape)
    for tag in ("include", "render", "increment", "decrement"):
        del env.tags[tag]
    del env.filters["safe"]
    env.filters["money"] = Currency()
    env.filters["number"] = Number()
    env.filters["datetime"] = DateTime()
    for name in list(env.filters):
        if name != "default":
            env.filters[name] = _guarded(name, env.filters[name])
    env.filters["isolate"] = _guarded("isolate", isolate)
    return env


def _guarded(name: str, filter_: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse a missing value (some filters would make it '0' or '') and the machine's clock."""

    @functools.wraps(filter_, updated=())
    def call(left: object, *args: object, **kwargs: Any) -> object:
        for value in (left, *args):
            if isinstance(value, Undefined):
                raise UndefinedError(str(value.hint or f"{value.name} is undefined"), token=None)
        if name in ("date", "datetime") and left in ("now", "today"):
            raise FilterArgumentError("the present is not available in a template", token=None)
        return filter_(left, *args, **kwargs)

    for flag in ("with_context", "with_environment"):
        if getattr(filter_, flag, False):
            setattr(call, flag, True)
    return call


@with_context
def isolate(value: object, *, context: RenderContext) -> str:
    """Wrap text that runs against the mail's direction, so that it cannot reorder the rest."""
    text = str(value)
    found = {unicodedata.bidirectional(c) for c in text}
    against = {"L"} if direction(str(context.resolve("locale"))) == "rtl" else {"R", "AL"}
    return f"{_ISOLATE}{text}{_POP}" if found & against else text


def clean(value: Any) -> Any:
    """Values as templates see them: without bidi overrides, nulls and blank texts.

    Null and blank mean the same to a reader of a mail, a gap, so both count as missing.
    """
    if isinstance(value, str):
        return value.translate(_OVERRIDES)
    if isinstance(value, Mapping):
        return {key: clean(item) for key, item in value.items() if not _empty(item)}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value if not _empty(item)]
    return value


def _empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.translate(_OVERRIDES).strip())


HTML = _environment(escape=True)
TEXT = _environment(escape=False)


def filters() -> Iterator[str]:
    """The filters a template may use."""
    return (name for name in sorted(HTML.filters) if name != "isolate")


def parse_html(source: str) -> BoundTemplate:
    return HTML.from_string(source)


def parse_text(source: str) -> BoundTemplate:
    return TEXT.from_string(source)
