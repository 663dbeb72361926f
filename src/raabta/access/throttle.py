"""How long to wait after failed sign-ins: each failure beyond the free ones doubles the wait.

An account is guarded against many guesses from anywhere, a client address against guesses at many
accounts. Both waits end by themselves, so nobody can be locked out for longer than `LONGEST`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from raabta.core.clock import DAY, MINUTE, SECOND, Instant

LONGEST = 15 * MINUTE
#: A failure this old counts no more.
FORGET = DAY
#: Failures without a wait. An office shares one address, so that has more.
FREE = {"account": 4, "address": 20}


@dataclass(frozen=True)
class Failures:
    """How often a subject failed in a row, and when it last did."""

    count: int
    last: Instant


def next_allowed(kind: str, failures: Failures | None) -> Instant:
    """The first instant of the next attempt; `kind` is account or address."""
    if failures is None:
        return 0
    beyond = failures.count - FREE[kind]
    if beyond <= 0:
        return 0
    return failures.last + min(SECOND << min(beyond - 1, 20), LONGEST)


def after(failures: Failures | None, now: Instant) -> Failures:
    """The failures with one more; those long past are forgotten."""
    if failures is None or now - failures.last > FORGET:
        return Failures(1, now)
    return Failures(failures.count + 1, now)


def subjects(email: str, address: str) -> dict[str, str]:
    """Subject -> kind, for one attempt.

    Addresses of people are hashed: what is typed into the wrong field is kept nowhere.
    """
    account = hashlib.sha256(email.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return {f"account:{account}": "account", f"address:{network(address)}": "address"}


def network(address: str) -> str:
    """What one client can be taken for: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return f"{IPv6Address(int(found) >> 64 << 64)}/64"
