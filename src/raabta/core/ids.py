"""Stable identifiers and keyed chance.

Splits, holdouts and generated identifiers must be the same on every machine, in every version and
however the log was cut into ticks, so they are keyed hashes and never a random generator.
The mixer is SplitMix64's finaliser (Steele, Lea & Flood, OOPSLA 2014), which NumPy runs over a
column at once; names are first hashed with BLAKE2b.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
_MASK63 = np.uint64(0x7FFF_FFFF_FFFF_FFFF)
_GOLDEN = np.uint64(0x9E37_79B9_7F4A_7C15)
_M1 = np.uint64(0xBF58_476D_1CE4_E5B9)
_M2 = np.uint64(0x94D0_49BB_1331_11EB)


def name_key(*parts: str) -> int:
    """A 63-bit key for a name or a path of names; never negative, so it fits BIGINT."""
    digest = hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") & 0x7FFF_FFFF_FFFF_FFFF


def mix(column: NDArray[np.int64] | U64, key: int | NDArray[np.int64]) -> U64:
    """Mix a column of 64-bit keys with one key (or a column of keys)."""
    other = np.asarray(key).astype(np.uint64)
    with np.errstate(over="ignore"):
        z = column.astype(np.uint64) + other * _GOLDEN + _GOLDEN
        z = (z ^ (z >> np.uint64(30))) * _M1
        z = (z ^ (z >> np.uint64(27))) * _M2
        return np.asarray(z ^ (z >> np.uint64(31)), dtype=np.uint64)


def mixed_id(column: NDArray[np.int64], *keys: int | NDArray[np.int64]) -> NDArray[np.int64]:
    """A 63-bit identifier from a column and one or more keys; collisions are 2^-63 a pair."""
    mixed: U64 = column.astype(np.uint64)
    for key in keys:
        mixed = mix(mixed, key)
    return (mixed & _MASK63).astype(np.int64)


def uniform(column: NDArray[np.int64], key: int | NDArray[np.int64]) -> NDArray[np.float64]:
    """A number in [0, 1) for each subject key, independent between keys."""
    return np.asarray((mix(column, key) >> np.uint64(11)).astype(np.float64) / float(1 << 53))
