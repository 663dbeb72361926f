"""What pip installs is whole: the command, the migrations, the example shop."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
UV = str(Path(sys.executable).parent / "uv")


def test_the_wheel_holds_all_that_the_program_needs(tmp_path: Path) -> None:
    subprocess.run(
        [UV, "build", "--quiet", "--wheel", "--out-dir", str(tmp_path), str(ROOT)],
        check=True,
        timeout=300,
    )
    wheel = next(tmp_path.glob("raabta-*.whl"))
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
        packed.extractall(tmp_path / "site")
    assert "raabta/examples/grocer/policy.yaml" in names
    assert "raabta/examples/grocer/import/orders.yaml" in names
    assert any(name.startswith("raabta/storage/state/migrations/versions/0001") for name in names)
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "site") in done.stdout


_PROGRAM = """
from raabta.lab.demo import examples
from raabta.runtime.definitions import load
from raabta.storage.state.database import Database
from raabta.storage.state.migrations import migrate
print(examples())
assert len(load(examples()).journeys) >= 5
migrate(Database.open("sqlite://"))
"""
