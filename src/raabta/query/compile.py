"""From a condition to one SQLGlot query over `asked(subject, at)`.

Each leaf becomes a CTE with one row for each question it has facts for; the last SELECT joins them
and puts the tree together. Rendered by the history store for its engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp
from sqlglot import expressions as E

from raabta.core.errors import InvalidInput
from raabta.query.model import (
    All,
    Anniversary,
    Any,
    Catalog,
    ColumnInfo,
    Condition,
    Did,
    Filter,
    InSegment,
    Matcher,
    Measure,
    Not,
    TableInfo,
    Test,
    Trait,
)

_AGGREGATE = {
    "sum": E.Sum,
    "average": E.Avg,
    "highest": E.Max,
    "lowest": E.Min,
}


@dataclass(frozen=True)
class _Leaf:
    """A leaf's CTE (if it needs one), its truth, and when that can change by time alone."""

    truth: exp.Expr
    changes: tuple[exp.Expr, ...] = ()


def inline(condition: Condition, segments: Mapping[str, Condition]) -> Condition:
    """Replace each reference to a segment by that segment's own condition.

    Raises InvalidInput for an unknown segment and for segments that refer to each other in a ring.
    """
    return _inline(condition, segments, ())


def _inline(
    condition: Condition, segments: Mapping[str, Condition], seen: tuple[str, ...]
) -> Condition:
    match condition:
        case InSegment(name=name):
            if name in seen:
                raise InvalidInput(
                    "segments refer to each other in a ring: " + " -> ".join((*seen, name)),
                    field="segment",
                    remedy="break the ring",
                )
            if name not in segments:
                raise InvalidInput(f"there is no segment {name!r}", field="segment")
            return _inline(segments[name], segments, (*seen, name))
        case All(of=parts):
            return All(tuple(_inline(p, segments, seen) for p in parts))
        case Any(of=parts):
            return Any(tuple(_inline(p, segments, seen) for p in parts))
        case Not(of=part):
            return Not(_inline(part, segments, seen))
        case _:
            return condition


def newest_decides(did: Did) -> bool:
    """'At least one' and 'none' hang on the newest fact alone."""
    return did.measure is None and did.count in (
        (Test("at_least", 1.0),),
        (Test("at_most", 0.0),),
    )


FactsKey = tuple[str, tuple[Filter, ...], str | None, bool]


def facts_key(did: Did) -> FactsKey:
    """What a leaf's facts depend on: leaves that differ in their window or counts share them."""
    measure = did.measure
    is_distinct = measure is not None and measure.aggregate == "distinct"
    return (did.event, did.where, measure.of if measure else None, is_distinct)


def compile_facts(did: Did, catalog: Catalog) -> exp.Select | None:
    """The facts of a leaf about everybody: profile, received_at, happened_at and, if measured,
    amount. A store may keep them for many questions. None while no such event exists."""
    table = catalog.events.get(did.event)
    return None if table is None else _facts_of(did, table)


def compile_condition(
    condition: Condition, catalog: Catalog, prepared: Mapping[FactsKey, str] | None = None
) -> exp.Select:
    """A query that answers every row of `asked(subject BIGINT, at TIMESTAMP)`.

    Columns of the result: subject, at, answer (BOOLEAN, never null), next_at (TIMESTAMP or null).
    The condition must hold no `InSegment` (see `inline`). `prepared` names relations that hold
    the facts of leaves already (see `compile_facts`).
    """
    builder = _Builder(catalog, prepared or {})
    truth, next_at = builder.tree(condition)
    query = exp.select(
        exp.column("subject", "a"),
        exp.column("at", "a"),
        exp.alias_(truth, "answer"),
        exp.alias_(_least(next_at), "next_at"),
    ).from_(exp.alias_(exp.to_table("asked"), "a"))
    for name, cte in builder.ctes:
        query = query.with_(name, as_=cte)
        on = exp.and_(
            exp.EQ(this=exp.column("subject", name), expression=exp.column("subject", "a")),
            exp.EQ(this=exp.column("at", name), expression=exp.column("at", "a")),
        )
        query = query.join(exp.to_table(name), on=on, join_type="left")
    return query


def compile_matcher(matcher: Matcher, catalog: Catalog) -> exp.Select | None:
    """The `seq` of all matching events of the event's table; None while no such event exists.

    The store adds the range of the tick: the query reads from a relation aliased `e`.
    """
    table = catalog.events.get(matcher.event)
    if table is None:
        return None
    query, _ = _matching(table, matcher.where, None)
    return query.select(exp.column("seq", "e"), append=False)


class _Builder:
    def __init__(self, catalog: Catalog, prepared: Mapping[FactsKey, str]) -> None:
        self.catalog = catalog
        self.prepared = prepared
        self.ctes: list[tuple[str, exp.Select]] = []

    def tree(self, condition: Condition) -> tuple[exp.Expr, list[exp.Expr]]:
        match condition:
            case All(of=parts) | Any(of=parts):
                built = [self.tree(part) for part in parts]
                join = exp.and_ if isinstance(condition, All) else exp.or_
                return join(*(b[0] for b in built)), [n for b in built for n in b[1]]
            case Not(of=part):
                truth, next_at = self.tree(part)
                return exp.not_(truth), next_at
            case Did():
                leaf = self._did(condition)
            case Trait():
                leaf = self._trait(condition)
            case Anniversary():
                leaf = self._anniversary(condition)
            case InSegment(name=name):
                raise InvalidInput(f"segment {name!r} was not inlined", field="segment")
        return leaf.truth, list(leaf.changes)

    def _add(self, cte: exp.Select) -> str:
        name = f"leaf_{len(self.ctes)}"
        self.ctes.append((name, cte))
        return name

    def _did(self, did: Did) -> _Leaf:
        table = self.catalog.events.get(did.event)
        measure = did.measure
        if table is None:
            empty: exp.Expr = _all_tests(exp.Literal.number(0), did.count)
            if measure:
                empty = exp.and_(empty, _all_tests(exp.Literal.number(0), measure.tests))
            return _Leaf(empty)
        base = self._facts(did, table)
        on = [
            exp.EQ(this=exp.column("profile", "f"), expression=exp.column("subject", "q")),
            exp.LTE(this=exp.column("received_at", "f"), expression=exp.column("at", "q")),
        ]
        if did.within is not None:
            start = exp.Sub(this=exp.column("at", "q"), expression=_interval(did.within))
            on.append(exp.GT(this=exp.column("happened_at", "f"), expression=start))
        happened = exp.column("happened_at", "f")
        cte = (
            exp.select(
                exp.column("subject", "q"),
                exp.column("at", "q"),
                exp.alias_(exp.Count(this=exp.Star()), "n"),
                exp.alias_(exp.Min(this=happened.copy()), "oldest"),
                exp.alias_(exp.Max(this=happened.copy()), "newest"),
            )
            .from_(exp.alias_(exp.to_table("asked"), "q"))
            .join(base.subquery("f"), on=exp.and_(*on))
            .group_by(exp.column("subject", "q"), exp.column("at", "q"))
        )
        if measure:
            value = exp.column("amount", "f")
            call = (
                exp.Count(this=exp.Distinct(expressions=[value]))
                if measure.aggregate == "distinct"
                else _AGGREGATE[measure.aggregate](this=value)
            )
            cte = cte.select(exp.alias_(call, "amount"))
        name = self._add(cte)
        count = exp.Coalesce(this=exp.column("n", name), expressions=[exp.Literal.number(0)])
        truth = _all_tests(count, did.count)
        if measure:
            zero = exp.Literal.number(0)
            total = exp.Coalesce(this=exp.column("amount", name), expressions=[zero])
            truth = exp.and_(truth, _all_tests(total, measure.tests))
        return _Leaf(truth, self._dropout(did, name))

    def _facts(self, did: Did, table: TableInfo) -> exp.Select:
        """The facts of a leaf about those who are asked."""
        asked = exp.select("subject").from_("asked")
        prepared = self.prepared.get(facts_key(did))
        if prepared is None:
            return _facts_of(did, table).where(exp.column("profile", "e").isin(query=asked))
        columns = ["profile", "received_at", "happened_at"] + ["amount"] * bool(did.measure)
        facts = exp.select(*columns).from_(_table(prepared))
        return facts.where(exp.column("profile").isin(query=asked))

    def _dropout(self, did: Did, name: str) -> tuple[exp.Expr, ...]:
        """The next instant at which an event leaves the window and may change the answer.

        'At least one' and 'none' change only when the newest goes; all else when the oldest does.
        """
        if did.within is None:
            return ()
        column = exp.column("newest" if newest_decides(did) else "oldest", name)
        return (exp.Add(this=column, expression=_interval(did.within)),)

    def _trait(self, trait: Trait) -> _Leaf:
        value: exp.Expr
        if trait.key not in self.catalog.trait_keys:
            value = exp.Null()
            return _Leaf(_trait_test(trait.test, value, value, value))
        order = [
            exp.Ordered(this=exp.column("received_at", "t"), desc=True),
            exp.Ordered(this=exp.column("seq", "t"), desc=True),
        ]
        rank = exp.Window(
            this=exp.RowNumber(),
            partition_by=[exp.column("subject", "q"), exp.column("at", "q")],
            order=exp.Order(expressions=order),
        )
        on = exp.and_(
            exp.EQ(this=exp.column("profile", "t"), expression=exp.column("subject", "q")),
            exp.LTE(this=exp.column("received_at", "t"), expression=exp.column("at", "q")),
            exp.EQ(this=exp.column("key", "t"), expression=exp.Literal.string(trait.key)),
        )
        inner = (
            exp.select(
                exp.column("subject", "q"),
                exp.column("at", "q"),
                exp.column("text_value", "t"),
                exp.column("number_value", "t"),
                exp.column("bool_value", "t"),
                exp.alias_(rank, "nth"),
            )
            .from_(exp.alias_(exp.to_table("asked"), "q"))
            .join(exp.alias_(exp.to_table("traits"), "t"), on=on)
        )
        cte = (
            exp.select("subject", "at", "text_value", "number_value", "bool_value")
            .from_(inner.subquery("latest"))
            .where(exp.EQ(this=exp.column("nth"), expression=exp.Literal.number(1)))
        )
        name = self._add(cte)
        return _Leaf(
            _trait_test(
                trait.test,
                exp.column("text_value", name),
                exp.column("number_value", name),
                exp.column("bool_value", name),
            )
        )

    def _anniversary(self, leaf: Anniversary) -> _Leaf:
        table = self.catalog.events.get(leaf.event)
        if table is None:
            return _Leaf(exp.false())
        on = exp.and_(
            exp.EQ(this=exp.column("profile", "e"), expression=exp.column("subject", "q")),
            exp.LTE(this=exp.column("received_at", "e"), expression=exp.column("at", "q")),
        )
        first = exp.Min(this=exp.column("timestamp", "e"))
        firsts = (
            exp.select(
                exp.column("subject", "q"), exp.column("at", "q"), exp.alias_(first, "first_at")
            )
            .from_(exp.alias_(exp.to_table("asked"), "q"))
            .join(exp.alias_(_table(table.name), "e"), on=on)
            .group_by(exp.column("subject", "q"), exp.column("at", "q"))
        )
        at, first_at = exp.column("at", "y"), exp.column("first_at", "y")
        # Whole years passed, found with the month difference so that 29 February is handled by the
        # engine's own calendar arithmetic.
        years = exp.Sub(this=_year(at), expression=_year(first_at))
        steps = [
            _years_after(first_at, exp.Sub(this=years.copy(), expression=exp.Literal.number(1))),
            _years_after(first_at, years.copy()),
            _years_after(first_at, exp.Add(this=years.copy(), expression=exp.Literal.number(1))),
        ]
        cte = exp.select(
            "subject",
            "at",
            exp.alias_(first_at.copy(), "first_at"),
            *(exp.alias_(step, f"year_{n}") for n, step in enumerate(steps)),
        ).from_(firsts.subquery("y"))
        name = self._add(cte)
        lasting = _interval(leaf.lasting)
        truths, instants = [], []
        for n in range(3):
            start = exp.column(f"year_{n}", name)
            end = exp.Add(this=start.copy(), expression=lasting.copy())
            now = exp.column("at", "a")
            truths.append(
                exp.and_(
                    exp.GT(this=start.copy(), expression=exp.column("first_at", name)),
                    exp.GTE(this=now.copy(), expression=start.copy()),
                    exp.LT(this=now.copy(), expression=end.copy()),
                )
            )
            instants += [start.copy(), end.copy()]
        truth = exp.Coalesce(this=exp.paren(exp.or_(*truths)), expressions=[exp.false()])
        return _Leaf(truth, tuple(instants))


def _facts_of(did: Did, table: TableInfo) -> exp.Select:
    base, amount = _matching(table, did.where, did.measure)
    columns = [
        exp.alias_(exp.column("profile", "e"), "profile"),
        exp.alias_(exp.column("received_at", "e"), "received_at"),
        exp.alias_(exp.column("timestamp", "e"), "happened_at"),
    ]
    if did.measure:
        columns.append(exp.alias_(amount or exp.Null(), "amount"))
    return base.select(*columns, append=False)


def _matching(
    table: TableInfo, where: tuple[Filter, ...], measure: Measure | None
) -> tuple[exp.Select, exp.Expr | None]:
    """Events (alias `e`) that pass the filters, and the expression of the measured property.

    Filters on one array's objects must hold for the same object; amounts of an array's property
    are summed over the objects that pass.
    """
    query = exp.select(exp.column("seq", "e")).from_(exp.alias_(_table(table.name), "e"))
    measured = measure.of if measure else None
    amount: exp.Expr | None = None
    nested: dict[str, list[Filter]] = {}
    for item in where:
        array = _array_of(table, item.path)
        if array is not None:
            nested.setdefault(array, []).append(item)
            continue
        column = table.columns.get(item.path)
        query = query.where(_filter(item.test, column, "e"))
    if measured is not None:
        array = _array_of(table, measured)
        if array is not None:
            nested.setdefault(array, [])
        elif measured in table.columns:
            column = table.columns[measured]
            is_distinct = measure is not None and measure.aggregate == "distinct"
            amount = exp.column(column.name, "e") if is_distinct else _number(column, "e")
    for n, (array, filters) in enumerate(nested.items()):
        child = table.arrays[array]
        alias = f"i{n}"
        objects = exp.select(exp.column("seq", alias)).from_(exp.alias_(_table(child.name), alias))
        for item in filters:
            column = child.columns.get(item.path[len(array) + 1 :])
            objects = objects.where(_filter(item.test, column, alias))
        objects = objects.group_by(exp.column("seq", alias))
        if measured is not None and measured.startswith(array + "."):
            of = child.columns.get(measured[len(array) + 1 :])
            if of is not None:
                total = exp.Sum(this=_number(of, alias))
                objects = objects.select(exp.alias_(total, "amount"))
                amount = exp.column("amount", f"m{n}")
        query = query.join(
            objects.subquery(f"m{n}"),
            on=exp.EQ(this=exp.column("seq", f"m{n}"), expression=exp.column("seq", "e")),
        )
    return query, amount


def _number(column: ColumnInfo, alias: str) -> exp.Expr:
    """A column as a number: some senders write numbers as text, and other text is none."""
    value = exp.column(column.name, alias)
    if column.type == "DOUBLE":
        return value
    if column.type == "VARCHAR":
        return exp.TryCast(this=value, to=exp.DataType.build("DOUBLE"))
    return exp.cast(exp.Null(), "DOUBLE")


def _table(name: str) -> exp.Table:
    """A table by its exact name: what people call their events is not SQL to be parsed."""
    return exp.Table(this=exp.to_identifier(name, quoted=True))


def _array_of(table: TableInfo, path: str) -> str | None:
    return next((name for name in table.arrays if path.startswith(name + ".")), None)


def _filter(test: Test, column: ColumnInfo | None, alias: str) -> exp.Expr:
    """A filter on a typed column. A property never seen is absent: only `is_not`-like tests hold."""
    if column is None:
        absent = (test.op == "is_set" and test.value is False) or test.op in ("is_not", "not_in")
        return exp.true() if absent else exp.false()
    return _compare(test, exp.column(column.name, alias), column.type)


def _compare(test: Test, value: exp.Expr, kind: str) -> exp.Expr:
    missing = exp.Is(this=value.copy(), expression=exp.Null())
    if test.op == "is_set":
        return exp.not_(missing) if test.value else missing
    if test.op in ("in", "not_in"):
        assert isinstance(test.value, tuple)
        options = [lit for v in test.value if (lit := _literal(v, kind)) is not None]
        found: exp.Expr = exp.In(this=value.copy(), expressions=options) if options else exp.false()
        return _unless_missing(found, missing, negate=test.op == "not_in")
    assert not isinstance(test.value, tuple)
    if test.op == "contains":
        if kind != "VARCHAR" or not isinstance(test.value, str):
            return exp.false()
        position = exp.StrPosition(
            this=exp.Lower(this=value.copy()), substr=exp.Literal.string(test.value.lower())
        )
        found = exp.GT(this=position, expression=exp.Literal.number(0))
        return _unless_missing(found, missing, negate=False)
    literal = _literal(test.value, kind)
    if literal is None:
        return exp.not_(missing.copy()) if test.op == "is_not" else exp.false()
    if test.op in ("is", "is_not"):
        equal = exp.EQ(this=value.copy(), expression=literal)
        return _unless_missing(equal, missing, negate=test.op == "is_not")
    return _unless_missing(_ordering(test.op, value, literal), missing, negate=False)


def _unless_missing(found: exp.Expr, missing: exp.Expr, *, negate: bool) -> exp.Expr:
    """Two-valued logic: a missing value is never equal, and 'is not' holds for it."""
    if negate:
        return exp.paren(exp.or_(missing, exp.not_(exp.paren(found))))
    return exp.paren(exp.and_(exp.not_(missing), found))


def _ordering(op: str, left: exp.Expr, right: exp.Expr) -> exp.Expr:
    kinds: dict[str, type[exp.Binary]] = {
        "at_least": exp.GTE,
        "at_most": exp.LTE,
        "more_than": exp.GT,
        "less_than": exp.LT,
        "is": exp.EQ,
    }
    return kinds[op](this=left.copy(), expression=right.copy())


def _literal(value: object, kind: str) -> exp.Expr | None:
    """The constant as the column's type, or None when it can never be equal."""
    if kind == "BOOLEAN":
        return exp.Boolean(this=value) if isinstance(value, bool) else None
    if kind == "DOUBLE":
        if isinstance(value, bool) or not isinstance(value, float):
            return None
        return (
            exp.Literal.number(repr(value))
            if value >= 0
            else exp.Neg(this=exp.Literal.number(repr(-value)))
        )
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return exp.Literal.string(f"{value:g}")
    return exp.Literal.string(str(value))


def _trait_test(test: Test, text: exp.Expr, number: exp.Expr, flag: exp.Expr) -> exp.Expr:
    """A trait may hold any type: the constant's type chooses the column that is compared."""
    if test.op == "is_set":
        missing = exp.Is(this=text.copy(), expression=exp.Null())
        return exp.not_(missing) if test.value else missing
    sample = test.value[0] if isinstance(test.value, tuple) else test.value
    if isinstance(sample, bool):
        return _compare(test, flag, "BOOLEAN")
    if isinstance(sample, float):
        return _compare(test, number, "DOUBLE")
    return _compare(test, text, "VARCHAR")


def _all_tests(value: exp.Expr, tests: tuple[Test, ...]) -> exp.Expr:
    parts = []
    for test in tests:
        literal = _literal(test.value, "DOUBLE")
        assert literal is not None
        parts.append(_ordering(test.op, value, literal))
    return exp.and_(*parts)


def _interval(micros: int) -> exp.Expr:
    return exp.Interval(this=exp.Literal.string(str(micros)), unit=exp.var("MICROSECOND"))


def _year(value: exp.Expr) -> exp.Expr:
    return exp.Extract(this=exp.var("YEAR"), expression=value.copy())


def _years_after(start: exp.Expr, years: exp.Expr) -> exp.Expr:
    one = exp.Interval(this=exp.Literal.string("1"), unit=exp.var("YEAR"))
    return exp.Add(
        this=start.copy(), expression=exp.paren(exp.Mul(this=exp.paren(years), expression=one))
    )


def _ahead(instant: exp.Expr) -> exp.Expr:
    """The instant if it lies after the question's, else null (LEAST passes over nulls)."""
    later = exp.GT(this=instant.copy(), expression=exp.column("at", "a"))
    return exp.Case(ifs=[exp.If(this=later, true=instant.copy())])


def _least(instants: list[exp.Expr]) -> exp.Expr:
    if not instants:
        return exp.cast(exp.Null(), "TIMESTAMP")
    ahead = [_ahead(i) for i in instants]
    # Anonymous, because SQLGlot would spell out the null handling that these engines' LEAST has.
    return ahead[0] if len(ahead) == 1 else exp.Anonymous(this="LEAST", expressions=ahead)
