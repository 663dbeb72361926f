"""When to try again, and when to give up. Pure: the jitter is keyed, not random."""

from __future__ import annotations

from dataclasses import dataclass

from raabta.core.clock import HOUR, SECOND, Instant
from raabta.core.ids import name_key

_SPREAD = 1 << 20


@dataclass(frozen=True)
class RetryPolicy:
    """Waits double from `base` up to `longest`; about a day and a half in all by default."""

    base: int = 30 * SECOND
    longest: int = HOUR
    max_attempts: int = 40
    max_age: int = 48 * HOUR

    def delay(self, message_id: int, attempts: int) -> int:
        """Microseconds to wait after attempt number `attempts` (from 1) of a message.

        Between half of the doubled wait and all of it ('equal jitter'), by the message and the
        attempt, so that a thousand messages refused together do not come back together.
        """
        full = min(self.longest, self.base << min(attempts - 1, 32))
        share = name_key("retry", str(message_id), str(attempts)) % _SPREAD / _SPREAD
        return int(full / 2 + full / 2 * share)

    def exhausted(self, attempts: int, decided_at: Instant, now: Instant) -> str | None:
        """Why no further attempt is made, or None."""
        if attempts >= self.max_attempts:
            return f"gave up after {attempts} attempts"
        if now - decided_at >= self.max_age:
            return f"gave up after {self.max_age // HOUR} hours"
        return None
