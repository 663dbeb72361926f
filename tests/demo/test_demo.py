"""`raabta demo --no-serve --json`: the whole job, on all of the real data."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

RAABTA = str(Path(sys.executable).parent / "raabta")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [RAABTA, "demo", "--no-serve", "--json", "--home", "home"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return json.loads(done.stdout), folder / "home"


class TestDemo:
    def test_every_household_basket_letter_and_coupon_is_there(
        self, demo: tuple[dict[str, Any], Path]
    ) -> None:
        found, home = demo
        assert found["profiles"] == 2_469
        assert found["orders"] == 155_848
        assert found["touches"] == 6_589
        assert found["redemptions"] == 2_102
        history = duckdb.connect(str(home / "history.duckdb"), read_only=True)
        lines = history.sql("SELECT count(*) FROM order_completed__products").fetchall()
        people = history.sql(
            "SELECT count(DISTINCT profile) FROM traits WHERE key = 'age'"
        ).fetchall()
        history.close()
        assert lines == [(1_469_307,)]
        assert people == [(801,)]

    def test_every_candidate_has_one_row(self, demo: tuple[dict[str, Any], Path]) -> None:
        found, _ = demo
        rows = found["messages_sent"] + found["deferred"] + sum(found["withheld"].values())
        assert rows == found["candidates"] > 0

    def test_messages_were_sent_and_each_rule_held_some_back(
        self, demo: tuple[dict[str, Any], Path]
    ) -> None:
        found, _ = demo
        assert found["outbox"] == {"sent": found["messages_sent"]}
        assert {"holdout", "no_address", "no_consent"} <= set(found["withheld"])
        assert "quiet_hours" in found["deferred_by"]
        assert "cap" in {*found["withheld"], *found["deferred_by"]}
        assert len(found["segments"]) >= 8
        assert found["simulated_answers"] > 0

    def test_credits_add_up_to_real_orders_in_every_model(
        self, demo: tuple[dict[str, Any], Path]
    ) -> None:
        found, _ = demo
        assert {"first", "last", "linear", "time_decay", "markov"} <= set(found["attribution"])
        for model, credit in found["attribution"].items():
            total = sum(credit.values()) + found["unattributed"]
            assert total == pytest.approx(found["orders"]), model
            letters = [touch for touch in credit if touch.startswith("direct mail ")]
            assert len(letters) > 20, f"{model} does not credit the real campaigns"

    def test_the_replay_of_ninety_days_reached_people(
        self, demo: tuple[dict[str, Any], Path]
    ) -> None:
        found, _ = demo
        replay = found["backtest"]["as_declared"]
        assert replay["messages"] > 500
        assert replay["candidates"] == (
            replay["messages"] + replay["deferred"] + sum(replay["withheld"].values())
        )
        assert set(found["seconds"]) == {"import", "backtest", "live", "total"}
