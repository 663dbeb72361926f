"""The real households, imported once for the benchmarks that ask of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from raabta.collect.importer import run_import
from raabta.collect.mapping import read_mapping
from raabta.core.clock import FixedClock, SystemClock
from raabta.lab.demo import examples
from raabta.lab.grocer import KINDS, Prepared, prepare
from raabta.runtime import workspace
from raabta.runtime.definitions import load
from raabta.runtime.engine import Engine
from raabta.runtime.settings import load as load_settings


@contextmanager
def imported() -> Iterator[tuple[Engine, Prepared]]:
    """An engine that knows everything before the last week, with the example applied."""
    with TemporaryDirectory(prefix="raabta-bench-") as folder:
        home = Path(folder)
        prepared = prepare(home / "data", SystemClock().now(), examples() / "import")
        clock = FixedClock(prepared.cut)
        engine = Engine(load_settings({"RAABTA_HOME": str(home)}), clock=clock)
        for kind in KINDS:
            mapping = read_mapping(prepared.mappings[kind])
            run_import(engine.database, engine.log, mapping, prepared.files[kind], clock)
        engine.catch_up()
        documents = list(load(examples(), engine.catalog()).documents.values())
        workspace.apply(engine, documents)
        engine.step()
        yield engine, prepared
        engine.close()
