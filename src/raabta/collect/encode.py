"""Turning a frame of file rows into rows of the log, all at once. Pure.

JSON is put together from pieces of text by column, which drops absent values on the way and takes
a third of the time of building nested structs first.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import polars as pl
from polars.exceptions import PolarsError

from raabta.collect.files import JSON, LINE, RECORD, Broken
from raabta.collect.mapping import Mapping, Value
from raabta.collect.model import MAX_ID, ROW_SCHEMA
from raabta.collect.segment import FUTURE_TOLERANCE
from raabta.core.clock import Instant, instant
from raabta.core.errors import InvalidInput

#: An imported event may be larger than a sent one, but must stay one that a person's history can
#: be held in memory with. Bytes.
MAX_IMPORTED = 1024 * 1024

_TYPES: dict[str, pl.DataType] = {
    "number": pl.Float64(),
    "integer": pl.Int64(),
    "boolean": pl.Boolean(),
    "text": pl.String(),
}
_EVENT, _LINES, _COUNT = "#event", "#lines", "#count"
_NUL = r"(?:^|[^\\])(?:\\\\)*\\u0000"


@dataclass
class Encoded:
    """Rows for the log, and the events that could not be made, by the line they begin at."""

    rows: pl.DataFrame
    lines: pl.DataFrame  # message_id, line
    broken: list[Broken] = field(default_factory=list)


def encode(frame: pl.DataFrame, mapping: Mapping, job: str, source: str, now: Instant) -> Encoded:
    """Events of the rows of `frame` (columns of the mapping, RECORD and LINE).

    `job` names the file, for events without columns to key on. One unreadable line refuses its
    whole event: half an order would be a wrong order.
    """
    broken: list[Broken] = []
    frame = _typed(frame, mapping, broken)
    frame = _without(frame, mapping, broken)
    events = _events(frame, mapping)
    at = _times(events[mapping.timestamp], mapping)
    columns = events.columns
    made = events.select(
        LINE,
        message_id=_message_id(mapping, job),
        kind=pl.lit(mapping.kind),
        name=pl.lit(mapping.event or mapping.kind),
        user_id=_text(mapping.user_id),
        anonymous_id=_text(mapping.anonymous_id),
        timestamp=at,
        properties=_object(_content(mapping, columns, events.schema)),
        context=pl.lit(None, pl.String),
        source=pl.lit(source),
    )
    good, refused = _judged(made, mapping, now)
    broken += refused
    rows = good.select(pl.col(c).cast(t) for c, t in ROW_SCHEMA.items())
    rows = rows.with_columns(pl.min_horizontal("timestamp", pl.lit(now)).alias("timestamp"))
    return Encoded(rows, good.select("message_id", line=LINE), broken)


def _typed(frame: pl.DataFrame, mapping: Mapping, broken: list[Broken]) -> pl.DataFrame:
    """Cast what the mapping says has a type; text that has not is refused by line and column.

    A typed or reduced column appears beside its text as `column:type`.
    """
    casts = {_place(v): v for v in _values(mapping) if v.type or v.reduction}
    for place, value in casts.items():
        column = value.source or ""
        if value.type == "time":
            cast = _times(frame[column], mapping).alias(place)
        else:
            cast = _cast(frame[column], value.type or "number").alias(place)
        frame = frame.with_columns(cast)
        wrong = frame.filter(pl.col(column).is_not_null() & pl.col(place).is_null())
        for line, shown in wrong.select(LINE, pl.col(column).cast(pl.String)).rows():
            kind = value.type or "number"
            broken.append(
                Broken(line, column, f"{shown!r} is not a {kind}", "mend the cell", str(shown))
            )
    return frame


def _cast(series: pl.Series, kind: str) -> pl.Series:
    if kind == "boolean" and series.dtype == pl.String:
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        lowered = series.str.to_lowercase()
        return lowered.replace_strict(words, default=None, return_dtype=pl.Boolean)
    if kind == "number" and series.dtype.is_integer():
        return series
    cast = series.cast(_TYPES[kind], strict=False)
    if cast.dtype == pl.Float64:
        cast = cast.set(~cast.is_finite(), None)  # JSON has no infinity
    return cast


def _place(value: Value) -> str:
    if value.reduction:
        kept = value.reduction[0] == "count"
        return value.source or "" if kept else f"{value.source}:number"
    return f"{value.column}:{value.type}" if value.type else value.column or ""


def _values(mapping: Mapping) -> list[Value]:
    values = list(mapping.content.values())
    if mapping.lines:
        values += mapping.lines.properties.values()
    return [v for v in values if not (v.reduction and v.reduction[0] == "count")]


def _without(frame: pl.DataFrame, mapping: Mapping, broken: list[Broken]) -> pl.DataFrame:
    """Leave out refused lines, and with them all lines of their events."""
    key = mapping.lines.group if mapping.lines else None
    if key is not None:
        unnamed = frame.filter(pl.col(key).is_null())
        for (line,) in unnamed.select(LINE).rows():
            broken.append(Broken(line, key, "the line belongs to no group", "fill the cell", ""))
        frame = frame.filter(pl.col(key).is_not_null())
    if not broken:
        return frame
    bad = pl.Series([b.line for b in broken], dtype=pl.Int64)
    if key is None:
        return frame.filter(~pl.col(LINE).is_in(bad.implode()))
    keys = frame.filter(pl.col(LINE).is_in(bad.implode()))[key].unique()
    return frame.filter(~pl.col(key).is_in(keys.implode()))


def _events(frame: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    """One row for each event: as it is, or the group's first line with its lines as JSON."""
    if mapping.lines is None:
        return frame
    parts = _parts(mapping.lines.properties, frame.columns, frame.schema)
    frame = frame.with_columns(_object(parts).alias(_LINES))
    reduced = []
    for value in mapping.content.values():
        if value.reduction:
            name, _ = value.reduction
            column = pl.col(_place(value))
            # Sums of cents: floats carry the error of their addition into the text otherwise.
            result = getattr(column, name)()
            if name in ("sum", "mean"):
                result = result.round(6)
            reduced.append(result.alias(f"#{name}:{value.source}"))
    first = [c for c in frame.columns if c not in (mapping.lines.group, _LINES)]
    return frame.group_by(mapping.lines.group, maintain_order=True).agg(
        pl.col(_LINES).str.join(","), *reduced, *(pl.col(c).first() for c in first)
    )


def _content(mapping: Mapping, columns: list[str], schema: pl.Schema) -> list[pl.Expr]:
    parts = _parts(mapping.content, columns, schema)
    if mapping.lines:
        opening = f"{json.dumps(mapping.lines.as_, ensure_ascii=False)}:["
        parts.append(pl.concat_str(pl.lit(opening), pl.col(_LINES), pl.lit("]")))
    return parts


def _parts(properties: dict[str, Value], columns: list[str], schema: pl.Schema) -> list[pl.Expr]:
    """For each property the text `"name":value`, or null where the value is absent."""
    parts = []
    for name, value in properties.items():
        key = json.dumps(name, ensure_ascii=False) + ":"
        if value.value is not None:
            parts.append(pl.lit(key + json.dumps(value.value, ensure_ascii=False)))
            continue
        column = _place(value)
        if value.reduction:
            column = f"#{value.reduction[0]}:{value.source}"
        elif not value.type and JSON + column in columns:
            column = JSON + column
        parts.append(_part(key, column, schema[column], is_time=value.type == "time"))
    return parts


def _part(key: str, column: str, dtype: pl.DataType, *, is_time: bool) -> pl.Expr:
    value = pl.col(column)
    if is_time:
        value = pl.from_epoch(column, "us").dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
    elif dtype in (pl.Date, pl.Datetime) or isinstance(dtype, pl.Datetime):
        value = value.dt.to_string("iso:strict")
    if column.startswith(JSON) or dtype.is_integer() or dtype.is_decimal() or dtype == pl.Boolean:
        return pl.concat_str(pl.lit(key), value.cast(pl.String))
    if dtype.is_float():
        finite = pl.when(value.is_finite()).then(value)
        return pl.concat_str(pl.lit(key), finite.cast(pl.String))
    # Text and whatever is nested: Polars' own JSON, out of a struct of this one field.
    whole = pl.struct(value.alias("v")).struct.json_encode()
    inner = whole.str.strip_prefix('{"v":').str.strip_suffix("}")
    return pl.concat_str(pl.lit(key), pl.when(value.is_not_null()).then(inner))


def _object(parts: list[pl.Expr]) -> pl.Expr:
    if not parts:
        return pl.lit("{}")
    inner = pl.concat_str(parts, separator=",", ignore_nulls=True)
    return pl.concat_str(pl.lit("{"), inner, pl.lit("}"))


def _message_id(mapping: Mapping, job: str) -> pl.Expr:
    if not mapping.keys:
        return pl.concat_str(pl.lit(f"{job}:"), pl.col(RECORD).cast(pl.String))
    keys = [pl.col(c).cast(pl.String) for c in mapping.keys]
    return pl.concat_str(pl.lit(mapping.name), *keys, separator=":")


def _text(column: str | None) -> pl.Expr:
    if column is None:
        return pl.lit(None, pl.String)
    text = pl.col(column).cast(pl.String)
    return pl.when(text != "").then(text)


def _times(series: pl.Series, mapping: Mapping) -> pl.Series:
    """Instants of a column: times as they are typed, text as ISO 8601 or `timestamp_format`.

    A time without an offset is in the mapping's time zone. Unreadable ones are null.
    """
    dtype = series.dtype
    if dtype == pl.String and mapping.timestamp_format is None and mapping.timezone == "UTC":
        texts = series.unique()
        known = {text: _instant(text) for text in texts if text is not None}
        return pl.Series([known.get(text) for text in series], dtype=pl.Int64)
    try:
        if dtype == pl.String:
            series = series.str.to_datetime(
                mapping.timestamp_format, strict=False, time_unit="us", ambiguous="earliest"
            )
        elif dtype == pl.Date:
            series = series.cast(pl.Datetime("us"))
        elif not isinstance(dtype, pl.Datetime):
            raise InvalidInput(
                f"the column {series.name!r} holds {dtype}, not times",
                field="timestamp",
                remedy="name a column of dates, times or ISO 8601 text",
            )
        if getattr(series.dtype, "time_zone", None) is None:
            series = series.dt.replace_time_zone(
                mapping.timezone, ambiguous="earliest", non_existent="null"
            )
    except PolarsError as error:
        raise InvalidInput(
            f"the times of {series.name!r} cannot be read: {error}",
            field="timestamp",
            remedy="check `timezone` and `timestamp_format`",
        ) from None
    return series.dt.epoch("us")


def _instant(text: str) -> Instant | None:
    try:
        return instant(text)
    except InvalidInput:
        return None


def _judged(
    made: pl.DataFrame, mapping: Mapping, now: Instant
) -> tuple[pl.DataFrame, list[Broken]]:
    """Part the events that the log can take from those it cannot; the first fault counts."""
    who = mapping.user_id or mapping.anonymous_id or ""
    key = ", ".join(mapping.keys)
    nul = pl.lit(False)
    if made["properties"].str.contains("\\u0000", literal=True).any():
        nul = pl.col("properties").str.contains(_NUL)
    ids = ("user_id", "anonymous_id", "message_id")
    texts = pl.any_horizontal(pl.col(c).str.contains("\x00", literal=True) for c in ids)
    long = pl.max_horizontal(pl.col("user_id", "anonymous_id").str.len_chars()) > MAX_ID
    faults = [
        (pl.all_horizontal(pl.col(*ids[:2]).is_null()), who, "it names nobody", "fill the cell"),
        (long, who, f"the identifier has more than {MAX_ID} characters", "shorten it"),
        (
            pl.col("timestamp").is_null(),
            mapping.timestamp,
            "the time is missing or cannot be read",
            "write ISO 8601, or add timestamp_format to the mapping",
        ),
        (
            pl.col("timestamp") > now + FUTURE_TOLERANCE,
            mapping.timestamp,
            "the time lies more than 24 hours in the future",
            "mend the time",
        ),
        (pl.col("message_id").is_null(), key, "the key is missing", "fill the cell"),
        (
            pl.col("message_id").str.len_chars() > MAX_ID,
            key,
            f"the key has more than {MAX_ID} characters",
            "name fewer columns in message_id",
        ),
        ((texts | nul).fill_null(False), "row", "the text holds a NUL character", "remove it"),
        (
            pl.col("properties").str.len_bytes() > MAX_IMPORTED,
            "row",
            f"the event has more than {MAX_IMPORTED // 1024} KB",
            "check the group column",
        ),
    ]
    verdict = pl.coalesce(
        pl.when(test.fill_null(False)).then(pl.lit(i)) for i, (test, *_) in enumerate(faults)
    )
    made = made.with_columns(verdict.alias("#fault"))
    refused = made.filter(pl.col("#fault").is_not_null())
    broken = [
        Broken(line, faults[fault][1], faults[fault][2], faults[fault][3], text[:2_000])
        for line, fault, text in refused.select(LINE, "#fault", "properties").rows()
    ]
    return made.filter(pl.col("#fault").is_null()).drop("#fault"), broken
