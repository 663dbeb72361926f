"""The million people of `bench.big_store` and what they did, drawn by keyed chance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl

from raabta.core.clock import DAY, instant
from raabta.core.ids import mixed_id, uniform

#: The instant at which the store stands.
NOW = instant("2026-06-30T12:00:00Z")
#: A little more than a year, so that somebody has an anniversary.
YEAR = 367 * DAY
BATCH = 1_000_000
#: Events of the one person who does far too much.
HEAVY = 50_000


def _words(text: str) -> list[str]:
    return text.split()


_FIRST = _words(
    "Aisha Ali Amina Bilal Daniyal Emma Farah Fatima Hamza Hassan Hina Ibrahim Imran James John "
    "Kamran Laila Liam Maria Maryam Mehwish Mia Nadia Noah Noor Oliver Omar Rabia Saad Sana Sara "
    "Sofia Tariq Usman Yusuf Zainab Zara Zoe"
)
_START = _words("Ab Ba Cha Da Fa Gha Ha Ja Ka La Ma Mo Na Qu Ra Sha Si Ta Wa Za")
_MIDDLE = _words("dri kha lan mee nad rah shi tif vel zan")
_END = _words("bi di kar lo mani ni ri sen tar wal")
_CITIES = _words("Karachi Lahore Islamabad Boston Denver Leeds Quetta Multan Chicago Toronto")
_ZONES = ("Asia/Karachi", "America/New_York", "Europe/London", "America/Chicago")

#: Name, kind, and the share of all acts up to and with it.
_ACTS = (
    ("page", "page", 0.50),
    ("Product Viewed", "track", 0.72),
    ("Product Added", "track", 0.80),
    ("Order Completed", "track", 0.94),
    ("Coupon Redeemed", "track", 0.96),
    ("Direct Mail Sent", "track", 1.0),
)


@dataclass(frozen=True)
class Size:
    """How much there is of everything; `scale` 1 is the benchmark's store."""

    scale: float = 1.0

    @property
    def people(self) -> int:
        return int(1_000_000 * self.scale)

    @property
    def events(self) -> int:
        return int(20_000_000 * self.scale)

    @property
    def enrollments(self) -> int:
        return int(500_000 * self.scale)

    @property
    def decisions(self) -> int:
        return int(2_000_000 * self.scale)

    @property
    def heavy(self) -> int:
        """The profile of the person with HEAVY events."""
        return self.people // 10


def people(size: Size) -> pl.DataFrame:
    """id, user_id, anonymous_id, email, created_at, and the other traits. A fifth was there from
    the beginning; ids are the places of their `identify` in the log."""
    ids = np.arange(1, size.people + 1, dtype=np.int64)
    share = np.maximum(ids / size.people - 0.2, 0) / 0.8

    def drawn(names: list[str] | tuple[str, ...], key: int) -> pl.Series:
        number = (uniform(ids, key) * len(names)).astype(np.int64)
        return pl.Series(names).gather(number)

    family = drawn(_START, 2) + drawn(_MIDDLE, 3) + drawn(_END, 4)
    found = pl.DataFrame(
        {
            "id": ids,
            "first_name": drawn(_FIRST, 1),
            "last_name": family,
            "city": drawn(_CITIES, 5),
            "household_size": drawn(("1", "2", "2", "3", "4", "5+"), 6),
            "locale": drawn(("en", "en", "en", "ur"), 7),
            "timezone": drawn(_ZONES, 8),
            "created_at": (NOW - YEAR + share * (YEAR - DAY)).astype(np.int64),
        }
    )
    number = pl.col("id").cast(pl.String).str.zfill(8)
    has_device = pl.Series(uniform(ids, 9) < 1 / 3)
    return found.with_columns(
        user_id=pl.lit("customer-") + number,
        anonymous_id=pl.when(has_device).then(pl.lit("device-") + number),
        email=pl.concat_str(
            pl.col("first_name").str.to_lowercase(),
            pl.lit("."),
            pl.col("last_name").str.to_lowercase(),
            pl.lit("."),
            number,
            pl.lit("@example.test"),
        ),
        phone=pl.lit("+92300") + number,
    )


TRAITS = (
    "email",
    "first_name",
    "last_name",
    "city",
    "household_size",
    "phone",
    "locale",
    "timezone",
)


def identified(everybody: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Everybody's `identify` call as rows of the log, seq from 1 on."""
    for piece in everybody.iter_slices(BATCH):
        yield piece.select(
            seq="id",
            profile="id",
            timestamp="created_at",
            kind=pl.lit("identify"),
            name=pl.lit("identify"),
            properties=pl.struct(TRAITS).struct.json_encode(),
            user_id="user_id",
        )


#: Person, name and instant of act `i` of `n`; people are skewed, newcomers come in their time.
_WHO = """
  SELECT i, {start} + ({year} * (i / {n}))::BIGINT AS moment,
    CASE WHEN i % {every} = 0 THEN {heavy} ELSE 1 + floor(
      pow((hash(i, 1) % 1000000007) / 1000000007.0, 2) * {people} * (0.2 + 0.8 * i / {n})
    )::BIGINT END AS profile,
    (hash(i, 2) % 1000000) / 1e6 AS r, hash(i, 3) AS h
  FROM range({first}, {last}) AS t(i)
"""
_BODY = """
CASE name
WHEN 'page' THEN to_json({{'path': '/shelf/' || h % 400, 'title': 'Shelf ' || h % 400}})
WHEN 'Order Completed' THEN to_json({{'order_id': 'o' || i, 'total': 10 + h % 30000 / 100.0,
  'products': list_transform(range(1 + (h % 3)::BIGINT), lambda x: {{
    'category': list_extract(['COFFEE', 'FLUID MILK PRODUCTS', 'BREAD', 'FRUIT', 'CHEESE'],
      1 + ((h >> 8) + x)::BIGINT % 5),
    'type': 'GROUND', 'brand': CASE WHEN (h >> 16) % 4 = 0 THEN 'Private' ELSE 'National' END,
    'price': 3 + (h >> 20) % 3000 / 100.0}})}})
WHEN 'Coupon Redeemed' THEN to_json({{'coupon': 'c' || h % 1000}})
WHEN 'Direct Mail Sent' THEN to_json({{'campaign': 'Campaign ' || h % 30,
  'campaign_type': list_extract(['Type A', 'Type B', 'Type C'], 1 + (h % 3)::BIGINT)}})
ELSE to_json({{'product': 'p' || h % 5000, 'price': 3 + h % 3000 / 100.0}}) END
"""


def acts(size: Size, n: int) -> Iterator[pl.DataFrame]:
    """`n` acts over the year in the order of time, as rows of the log right after `identified`."""
    con = duckdb.connect()
    con.execute("SET preserve_insertion_order = true")
    names = " ".join(f"WHEN r < {upto} THEN '{name}'" for name, _, upto in _ACTS)
    every = max(n // min(HEAVY, max(n // 20, 1)), 1)
    for first in range(0, n, BATCH):
        who = _WHO.format(
            start=NOW - YEAR,
            year=YEAR - DAY // 24,
            n=n,
            every=every,
            heavy=size.heavy,
            people=size.people,
            first=first,
            last=min(first + BATCH, n),
        )
        query = (
            f"SELECT {size.people} + i + 1 AS seq, profile, moment AS timestamp, "
            "CASE WHEN name = 'page' THEN 'page' ELSE 'track' END AS kind, name, "
            f"CAST({_BODY.format()} AS VARCHAR) AS properties, "
            "'customer-' || lpad(profile::VARCHAR, 8, '0') AS user_id "
            f"FROM (SELECT *, CASE {names} END AS name FROM ({who})) ORDER BY i"
        )
        frame = pl.from_arrow(con.sql(query).to_arrow_table())
        assert isinstance(frame, pl.DataFrame)
        yield frame
    con.close()


def answered(sent: pl.DataFrame, first: int) -> pl.DataFrame:
    """What our own messages led to, as rows of the log from `first` on: sent, opened, clicked.

    `sent` are ledger rows. Each event has an instant of its own, as live rows have."""
    ids = sent["id"].to_numpy()
    parts = []
    for name, kind, share, later in (
        ("Message Sent", "sent", 1.0, 2),
        ("Message Opened", "open", 0.25, 3_600),
        ("Message Clicked", "click", 0.08, 3_900),
    ):
        chosen = sent.filter(pl.Series(uniform(ids, 31) < share))
        parts.append(
            chosen.select(
                "profile",
                timestamp=pl.col("at") + later * 1_000_000,
                kind=pl.lit("track"),
                name=pl.lit(name),
                message_id=pl.concat_str(pl.lit(f"{kind}:"), "id"),
                properties=pl.struct(
                    pl.col("id").cast(pl.String).alias("message_id"),
                    "journey",
                    "template",
                    "topic",
                    "class",
                    "channel",
                ).struct.json_encode(),
            )
        )
    rows = pl.concat(parts).filter(pl.col("timestamp") < NOW).sort("timestamp", "message_id")
    place = pl.int_range(rows.height, dtype=pl.Int64)
    return rows.with_columns(
        seq=first + place,
        timestamp=pl.col("timestamp") + place - rows.height,
        user_id=pl.lit("customer-") + pl.col("profile").cast(pl.String).str.zfill(8),
    ).with_columns(pl.col("timestamp").clip(upper_bound=NOW - 1))


def keyed(n: int, key: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """`n` identifiers of 63 bits."""
    return mixed_id(np.arange(n, dtype=np.int64), key)


def within(share: np.ndarray[tuple[int], np.dtype[np.float64]], span: int) -> pl.Series:
    """Shares of a span as whole microseconds."""
    return pl.Series((share * span).astype(np.int64))
