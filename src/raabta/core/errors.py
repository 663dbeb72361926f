"""Errors that say what to do: mend the input, try again, or call for help."""

from __future__ import annotations

from dataclasses import dataclass


class RaabtaError(Exception):
    """Base of every error a user may see.

    `retry` tells a caller whether the same call can succeed later without a change.
    """

    status = 500
    code = "internal"
    retry = False

    def __init__(self, message: str, *, field: str | None = None, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.remedy = remedy

    def __str__(self) -> str:
        where = f"{self.field}: " if self.field else ""
        return f"{where}{self.message}" + (f" ({self.remedy})" if self.remedy else "")


class InvalidInput(RaabtaError):
    """The input must change; `field` says where, `remedy` how."""

    status = 422
    code = "invalid-input"


class NotFound(RaabtaError):
    status = 404
    code = "not-found"


class NotAllowed(RaabtaError):
    status = 401
    code = "not-allowed"


class Forbidden(RaabtaError):
    """Known who asks, and that it is not theirs to do."""

    status = 403
    code = "forbidden"


class TooLarge(RaabtaError):
    status = 413
    code = "too-large"


class Conflict(RaabtaError):
    status = 409
    code = "conflict"


class Unavailable(RaabtaError):
    """Nothing is wrong with the request: try again after `retry_after` seconds."""

    status = 503
    code = "unavailable"
    retry = True

    def __init__(
        self, message: str, *, field: str | None = None, remedy: str = "", retry_after: int = 5
    ) -> None:
        super().__init__(message, field=field, remedy=remedy)
        self.retry_after = retry_after


class Throttled(Unavailable):
    """Too many attempts: the next one is heard after `retry_after` seconds."""

    status = 429
    code = "throttled"


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a definition file."""

    file: str
    line: int
    field: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        tail = f" ({self.remedy})" if self.remedy else ""
        return f"{self.file}:{self.line}: {self.field}: {self.message}{tail}"


class InvalidDefinitions(InvalidInput):
    """All problems of a set of definitions at once, so that one edit can mend them."""

    code = "invalid-definitions"

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(p) for p in problems))
