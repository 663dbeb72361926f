"""The English of conditions."""

from __future__ import annotations

from raabta.query.model import Aggregate, Operator

TEXTS: dict[str, str] = {
    "and": " and ",
    "or": " or ",
    "not": "not ({part})",
    "comma": ", ",
    "true": "True",
    "false": "False",
    "in_segment": "is in segment {segment}",
    "anniversary": "has the anniversary of the first {event}",
    "with": "{event} with {where}",
    "within": " in the last {span}",
    "did": "did {event}{times}{span}",
    "did_not": "did not do {event}{span}",
    "times": "{n} times",
    "counted": " {times}",
    "measured": " ({of} {amount})",
    "known": "{what} is known",
    "unknown": "{what} is not known",
}

TESTS: dict[Operator, str] = {
    "is": "is {value}",
    "is_not": "is not {value}",
    "in": "is one of {value}",
    "not_in": "is none of {value}",
    "at_least": "is at least {value}",
    "at_most": "is at most {value}",
    "more_than": "is more than {value}",
    "less_than": "is less than {value}",
    "contains": "contains {value}",
}

COUNTS: dict[Operator, str] = {
    "at_least": "at least {n}",
    "at_most": "at most {n}",
    "more_than": "more than {n}",
    "less_than": "fewer than {n}",
    "is": "exactly {n}",
}

AGGREGATES: dict[Aggregate, str] = {
    "sum": "sum of {path}",
    "average": "average of {path}",
    "highest": "highest of {path}",
    "lowest": "lowest of {path}",
    "distinct": "distinct of {path}",
}

UNITS: dict[str, str] | None = None
