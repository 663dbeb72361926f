"""Mappings: how the columns of a file become events. Declared in YAML, read by Pydantic."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError

from raabta.core.errors import InvalidDefinitions, InvalidInput, Problem

Type = Literal["text", "number", "integer", "boolean", "time"]
Reduction = Literal["sum", "min", "max", "mean", "count"]
#: Names go into JSON as they stand, so they hold nothing that JSON would escape.
Name = Annotated[str, Field(min_length=1, max_length=128, pattern=r'^[^"\\\x00-\x1f]+$')]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Value(_Strict):
    """What one property holds: a column, a constant, or a reduction of an event's lines."""

    column: str | None = None
    type: Type | None = None
    value: str | int | float | bool | None = None
    sum: str | None = None
    min: str | None = None
    max: str | None = None
    mean: str | None = None
    count: str | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        given = [k for k in ("column", "value", *REDUCTIONS) if getattr(self, k) is not None]
        if len(given) != 1:
            raise ValueError("say exactly one of column, value, " + ", ".join(REDUCTIONS))
        if self.type is not None and self.column is None:
            raise ValueError("type belongs to a column")
        return self

    @property
    def reduction(self) -> tuple[Reduction, str] | None:
        """How lines are reduced, and which column of them."""
        for name in REDUCTIONS:
            column = getattr(self, name)
            if column is not None:
                return name, column
        return None

    @property
    def source(self) -> str | None:
        """The column it reads, if it reads one."""
        reduction = self.reduction
        return reduction[1] if reduction else self.column


REDUCTIONS: tuple[Reduction, ...] = ("sum", "min", "max", "mean", "count")


def _column(said: object) -> object:
    return {"column": said} if isinstance(said, str) else said


Property = Annotated[Value, BeforeValidator(_column)]


class Lines(_Strict):
    """Rows that belong together make one event; each row is one object of the array `as`.

    The file must hold the rows of one group one after the other.
    """

    group: str
    as_: Name = Field(alias="as")
    properties: dict[Name, Property] = Field(min_length=1)


class Mapping(_Strict):
    """One file format of one sender: which column is who, when, what."""

    name: Name = Field(alias="import")
    format: Literal["csv", "parquet", "jsonl"] | None = None
    separator: str = Field(default=",", min_length=1, max_length=1)
    event: str | None = Field(default=None, min_length=1, max_length=255)
    user_id: str | None = None
    anonymous_id: str | None = None
    timestamp: str
    timestamp_format: str | None = None
    timezone: str = "UTC"
    message_id: list[str] = Field(default_factory=list)
    traits: dict[Name, Property] = Field(default_factory=dict)
    properties: dict[Name, Property] = Field(default_factory=dict)
    lines: Lines | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.user_id is None and self.anonymous_id is None:
            raise ValueError("say which column is user_id or anonymous_id")
        if self.event is None and (self.properties or self.lines):
            raise ValueError("properties and lines belong to an event; people have traits")
        if self.event is not None and self.traits:
            raise ValueError("traits belong to people; an event has properties")
        if self.lines is None and any(v.reduction for v in self.content.values()):
            raise ValueError("only lines can be summed: add `lines`")
        if self.lines and any(v.reduction for v in self.lines.properties.values()):
            raise ValueError("a line's property is a column or a value")
        if self.lines and self.lines.as_ in self.properties:
            raise ValueError(f"{self.lines.as_!r} is both a property and the name of the lines")
        return self

    @property
    def kind(self) -> str:
        """An event is tracked; without one the rows are people."""
        return "track" if self.event is not None else "identify"

    @property
    def content(self) -> dict[str, Value]:
        return self.properties or self.traits

    @property
    def keys(self) -> list[str]:
        """The columns that name an event: the same values are the same event."""
        return self.message_id or ([self.lines.group] if self.lines else [])

    def columns(self) -> list[str]:
        """Every column the mapping reads, once each."""
        return list(dict.fromkeys(c for c, _ in self.uses()))

    def uses(self) -> Iterator[tuple[str, str]]:
        """(column, where in the mapping it is named)."""
        for name in ("user_id", "anonymous_id", "timestamp"):
            if column := getattr(self, name):
                yield column, name
        for column in self.message_id:
            yield column, "message_id"
        for key, value in self.content.items():
            if value.source:
                yield value.source, f"properties.{key}"
        if self.lines:
            yield self.lines.group, "lines.group"
            for key, value in self.lines.properties.items():
                if value.source:
                    yield value.source, f"lines.properties.{key}"


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file. Raises InvalidDefinitions naming file, line and field of each fault."""
    try:
        data = YAML(typ="rt").load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise InvalidInput(f"there is no file {path}", field="mapping") from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = Problem(str(path), line, "mapping", str(error.problem or error))
        raise InvalidDefinitions([problem]) from None
    try:
        return Mapping.model_validate(data)
    except ValidationError as error:
        raise InvalidDefinitions([_problem(path, data, e) for e in error.errors()]) from None


def _problem(path: Path, data: Any, error: Any) -> Problem:
    line, node = 1, data  # ruamel's maps know the line of each of their keys
    for part in error["loc"]:
        if not isinstance(node, CommentedMap) or part not in node:
            break
        line, node = node.lc.key(part)[0] + 1, node[part]
    where = ".".join(str(p) for p in error["loc"]) or "mapping"
    message = str(error["msg"]).removeprefix("Value error, ")
    unknown = error["type"] == "extra_forbidden"
    remedy = "remove it, or see `raabta import --help`" if unknown else ""
    return Problem(str(path), line, where, message, remedy)
