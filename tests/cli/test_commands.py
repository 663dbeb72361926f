"""Every command as a user has it, plain and with `--json`, with a server and without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from raabta.cli.main import app
from smallshop import WELCOME, Shop, definitions, person, track

COMMANDS = ["init", "serve", "demo", "plan", "apply", "import", "simulate", "why", "report"]
COMMANDS += ["doctor", "key create", "key list", "key revoke"]
COMMANDS += ["user list", "user invite", "user role", "user disable", "user enable", "user link"]
COMMANDS += ["user sessions", "user sign-out"]
ORDERS = """import: orders
event: Order Completed
user_id: user_id
timestamp: at
message_id: [order]
properties:
  total: {column: total, type: number}
"""
CSV = """order,user_id,at,total
1,amina,2026-03-01T10:00:00Z,5
2,bilal,not a time,7
3,bilal,2026-03-02T10:00:00Z,9
"""


class Here:
    """Commands in one folder, run inside this process: fast, and the same code."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        monkeypatch.chdir(folder)

    def result(self, *arguments: object) -> Result:
        return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)

    def run(self, *arguments: object, status: int = 0) -> str:
        result = self.result(*arguments)
        assert result.exit_code == status, result.output
        return result.output

    def json(self, *arguments: object, status: int = 0) -> Any:
        result = self.result(*arguments, "--json")
        assert result.exit_code == status, result.output
        return json.loads(result.stdout)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Here:
    for name in ("RAABTA_HOME", "RAABTA_PORT", "RAABTA_SMTP_URL", "RAABTA_DEFINITIONS"):
        monkeypatch.delenv(name, raising=False)
    return Here(tmp_path, monkeypatch)


@pytest.fixture
def begun(here: Here) -> Here:
    here.run("init")
    (here.folder / "definitions" / "segments" / "lapsed.yaml").unlink()
    definitions(here.folder / "definitions")
    (here.folder / "orders.yaml").write_text(ORDERS)
    (here.folder / "orders.csv").write_text(CSV)
    return here


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_it_does_and_gives_an_example(here: Here, command: str) -> None:
    text = here.run(*command.split(), "--help")
    assert f"Example: raabta {command}" in " ".join(text.split())
    assert "--json" in text


# --- without a server -----------------------------------------------------------------------


def test_init_begins_a_workspace_and_refuses_to_begin_twice(here: Here) -> None:
    made = here.json("init", "my-shop")
    assert made["write_key"].startswith("rbw_")
    assert (here.folder / "my-shop" / "raabta.toml").is_file()
    assert (here.folder / "my-shop" / "raabta-data" / "state.db").is_file()
    refused = here.json("init", "my-shop", status=1)
    assert refused["error"] == "conflict"
    assert refused["remedy"]


def test_init_keeps_definitions_that_are_there(here: Here) -> None:
    policy = here.folder / "definitions" / "policy.yaml"
    policy.parent.mkdir()
    policy.write_text("policy: mine\n")
    assert "raabta apply" in here.run("init")
    assert policy.read_text() == "policy: mine\n"


def test_plan_shows_and_apply_does(begun: Here) -> None:
    planned = begun.json("plan")
    assert planned["applied"] is False
    assert {(c["kind"], c["action"]) for c in planned["changes"]} >= {("journey", "create")}
    assert "Would apply" in begun.run("plan")
    assert begun.json("apply") == {"changes": planned["changes"], "applied": True}
    assert "Nothing to change" in begun.run("plan", "definitions")
    assert begun.json("apply")["changes"] == []


def test_import_takes_the_good_rows_and_says_which_it_refused(begun: Here) -> None:
    done = begun.json("import", "orders.yaml", "orders.csv")
    assert (done["records"], done["accepted"], done["rejected"]) == (3, 2, 1)
    (refused,) = [json.loads(line) for line in Path(done["rejects"]).read_text().splitlines()]
    assert refused["line"] == 3
    assert refused["field"] == "at"
    assert refused["reason"] and refused["remedy"]
    again = begun.json("import", "orders.yaml", "orders.csv")
    assert again["already_done"] is True
    assert "nothing was done" in begun.run("import", "orders.yaml", "orders.csv")
    assert begun.json("report")["conversions"] == 2


def test_an_interrupted_import_goes_on_where_it_was(
    begun: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    from raabta.collect import importer
    from raabta.storage.state.log import Log

    rows = "".join(f"{n},u{n % 9},2026-03-01T10:00:00Z,1\n" for n in range(1000))
    (begun.folder / "many.csv").write_text("order,user_id,at,total\n" + rows)
    real, calls = Log.append, []

    def interrupted(*arguments: Any, **keywords: Any) -> Any:
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*arguments, **keywords)

    monkeypatch.setattr(importer.run_import, "__defaults__", (None, None, 100))
    monkeypatch.setattr(Log, "append", interrupted)
    assert "run the same command to go on" in begun.run(
        "import", "orders.yaml", "many.csv", status=130
    )
    done = begun.json("import", "orders.yaml", "many.csv")
    assert done["resumed_at"] == 300
    assert (done["accepted"], done["duplicates"], done["rejected"]) == (1000, 0, 0)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["import", "missing.yaml", "orders.csv"], "mapping"),
        (["import", "orders.yaml", "missing.csv"], "file"),
        (["plan", "missing"], "missing"),
        (["why", "nobody"], "person"),
        (["why", "nobody", "--at", "noon"], "at"),
        (["simulate", "--from", "2026-01-01", "--to", "2026-02-01"], "journey"),
        (["simulate", "nothing", "--from", "2026-01-01", "--to", "2026-02-01"], "journey"),
        (["simulate", "--all", "--from", "2026-01-01", "--to", "2025-02-01"], "to"),
        (["simulate", "--all", "--from", "2026-01-01", "--to", "2026-02-01", "--set", "x"], "set"),
        (["report", "--from", "spring"], "from"),
        (["report"], "history"),
        (["key", "create", "x", "--kind", "root"], "kind"),
        (["key", "revoke", "key_nothing"], "id"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(
    begun: Here, arguments: list[str], field: str
) -> None:
    said = begun.json(*arguments, status=1)
    assert said["field"] == field
    assert said["message"] and said["error"]
    plain = begun.run(*arguments, status=1)
    assert plain.startswith("error ")
    assert plain.count("\n") == 1


def test_simulate_replays_history_and_compares_settings(begun: Here) -> None:
    begun.run("apply")
    begun.run("import", "orders.yaml", "orders.csv")
    period = ["--from", "2026-02-01", "--to", "2026-04-01"]
    found = begun.json("simulate", "thanks", *period, "--set", "caps.promotional.max=0")
    assert found["as_declared"]["events"] == 2
    assert found["as_declared"]["withheld"] == {"no_address": 2}
    assert found["changed"]["settings"] == {"caps.promotional.max": "0"}
    text = begun.run("simulate", "--all", *period, "--set", "caps.promotional.max=3")
    assert "Withheld, by rule" in text
    assert "difference" in text


def test_why_and_report_answer_without_a_server(begun: Here) -> None:
    begun.run("apply")
    begun.run("import", "orders.yaml", "orders.csv")
    assert "No message for amina has been considered" in begun.run("why", "amina")
    assert begun.json("why", "amina")["decisions"] == []
    assert "Orders: 2; without any touch: 2." in begun.run("report")


def test_keys_are_made_listed_and_withdrawn(begun: Here) -> None:
    made = begun.json("key", "create", "the shop's site", "--kind", "api")
    assert made["token"].startswith("rba_")
    listed = {k["id"]: k for k in begun.json("key", "list")["keys"]}
    assert listed[made["id"]] == {
        "id": made["id"],
        "kind": "api",
        "name": "the shop's site",
        "role": "editor",
        "created_at": listed[made["id"]]["created_at"],
        "revoked": False,
    }
    assert begun.json("key", "revoke", made["id"]) == {"revoked": made["id"]}
    assert {k["id"]: k["revoked"] for k in begun.json("key", "list")["keys"]}[made["id"]] is True
    assert made["token"] not in begun.run("key", "list")
    token = begun.run("key", "create", "x").rsplit(" ", 1)[1].strip()
    assert token.startswith("rbw_")


def test_doctor_finds_a_healthy_workspace(begun: Here) -> None:
    found = begun.json("doctor")
    assert found["healthy"] is True
    assert {c["check"] for c in found["checks"]} == {
        "settings",
        "state",
        "history",
        "server",
        "mail",
        "network",
    }
    assert "not running" in begun.run("doctor")


def test_doctor_fails_where_a_store_cannot_be_opened(
    begun: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAABTA_STATE_URL", "mysql://localhost/x")
    found = begun.json("doctor", status=1)
    (wrong,) = [c for c in found["checks"] if not c["ok"]]
    assert wrong["check"] == "state"
    assert "RAABTA_STATE_URL" in wrong["said"]


# --- wrong definitions and settings ---------------------------------------------------------


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_typo_names_file_line_field_and_the_nearest_name(begun: Here, command: str) -> None:
    file = begun.folder / "definitions" / "journeys" / "welcome.yaml"
    file.write_text(WELCOME.replace("  - wait: 1s", "  - weit: 1s"))
    text = begun.run(command, status=1)
    assert "journeys/welcome.yaml:5: steps[1].weit: unknown step (did you mean 'wait'?)" in text
    said = begun.json(command, status=1)
    assert said["problems"] == [
        {
            "file": "journeys/welcome.yaml",
            "line": 5,
            "field": "steps[1].weit",
            "message": "unknown step",
            "remedy": "did you mean 'wait'?",
        }
    ]


def test_a_template_with_an_unknown_variable_is_refused_at_apply(begun: Here) -> None:
    file = begun.folder / "definitions" / "templates" / "offer.yaml"
    file.write_text(file.read_text().replace("profile.first_name", "profil.first_name", 1))
    text = begun.run("apply", status=1)
    assert "templates/offer.yaml:4: locales.en.subject: profil.first_name" in text
    assert "did you mean profile?" in text
    assert begun.json("plan", status=1)["error"] == "invalid-definitions"


def test_a_trait_that_nobody_has_is_refused_once_people_are_known(begun: Here) -> None:
    (begun.folder / "people.yaml").write_text(
        "import: people\nuser_id: user_id\ntimestamp: at\nmessage_id: [user_id]\n"
        "traits: {first_name: first_name}\n"
    )
    (begun.folder / "people.csv").write_text(
        "user_id,at,first_name\namina,2026-01-01T00:00:00Z,Amina\n"
    )
    begun.run("import", "people.yaml", "people.csv")
    begun.run("import", "orders.yaml", "orders.csv")
    file = begun.folder / "definitions" / "templates" / "offer.yaml"
    file.write_text(file.read_text().replace("profile.first_name", "profile.frist_name", 1))
    text = begun.run("apply", status=1)
    assert "templates/offer.yaml:4" in text
    assert "did you mean profile.first_name?" in text


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("RAABTA_PROT", "1", "RAABTA_PROT: unknown setting (did you mean 'RAABTA_PORT'?)"),
        ("RAABTA_PORT", "many", "RAABTA_PORT: 'many' is not a whole number"),
        ("RAABTA_LOG_LEVEL", "loud", "RAABTA_LOG_LEVEL: 'loud' is not a level"),
        ("RAABTA_SMTP_URL", "http://x", "RAABTA_SMTP_URL: is not a mail server"),
        ("RAABTA_SENDS_PER_SECOND", "-1", "RAABTA_SENDS_PER_SECOND: '-1' is not a number"),
        ("RAABTA_SECRET", "short", "RAABTA_SECRET: links cannot be signed"),
        ("RAABTA_STATE_URL", "mysql://x/y", "RAABTA_STATE_URL: 'mysql' is not a state store"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(
    begun: Here, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    if name != "RAABTA_PORT":
        monkeypatch.setenv("RAABTA_PORT", "0")
    text = begun.run("serve", status=1)
    assert said in text
    assert text.count("\n") == 1


def test_a_wrong_line_in_the_settings_file_is_named(begun: Here) -> None:
    with (begun.folder / "raabta.toml").open("a") as file:
        file.write("smtp_ur = 'smtp://x'\n")
    assert "raabta.toml: smtp_ur: unknown setting" in begun.run("doctor", status=1)


# --- with a running server ------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One server for the module's last tests, as a process of its own."""
    shop = Shop(tmp_path_factory.mktemp("shop"))
    key = shop.json("init")["write_key"]
    (shop.folder / "definitions" / "segments" / "lapsed.yaml").unlink()
    definitions(shop.folder / "definitions")
    (shop.folder / "orders.yaml").write_text(ORDERS)
    (shop.folder / "orders.csv").write_text(CSV)
    shop.serve("--port", "0", "--catch-mails")
    shop.environment["WRITE_KEY"] = key
    yield shop
    shop.close()


@pytest.fixture
def beside(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Here:
    return Here(shop.folder, monkeypatch)


def test_commands_ask_the_running_server(shop: Shop, beside: Here) -> None:
    assert len(beside.json("apply")["changes"]) == 8
    assert beside.json("plan")["changes"] == []
    shop.send(shop.environment["WRITE_KEY"], [*person("amina"), track("amina", "Signed Up")])
    told = beside.run("why", "amina")
    assert "amina was sent 'welcome' (journey welcome)" in told
    assert beside.json("import", "orders.yaml", "orders.csv")["accepted"] == 2
    assert beside.json("report")["conversions"] == 2
    period = ["--from", "2026-02-01", "--to", "2026-04-01"]
    found = beside.json("simulate", "thanks", *period, "--set", "caps.promotional.max=0")
    assert found["as_declared"]["events"] == 2
    assert beside.json("doctor")["healthy"] is True
    assert f"answers at {shop.announced['url']}" in beside.run("doctor")


def test_errors_of_the_server_are_told_as_if_they_were_ours(shop: Shop, beside: Here) -> None:
    file = shop.folder / "definitions" / "templates" / "offer.yaml"
    good = file.read_text()
    file.write_text(good.replace("profile.first_name", "profile.frist_name", 1))
    said = beside.json("apply", status=1)  # only the server knows which traits there are
    file.write_text(good)
    assert said["error"] == "invalid-definitions"
    assert said["problems"][0]["file"] == "templates/offer.yaml"
    assert said["problems"][0]["line"] == 4
    assert beside.json("why", "nobody/at all?", status=1)["error"] == "not-found"
    period = ["--from", "2026-02-01", "--to", "2026-04-01"]
    assert beside.json("simulate", "thansk", *period, status=1)["field"] == "journey"


def test_a_second_server_on_the_same_workspace_is_refused(shop: Shop, beside: Here) -> None:
    said = beside.json("serve", "--port", "0", status=1)
    assert said["error"] == "unavailable"
    assert "another process" in said["message"]
    assert json.loads((shop.home / "serving.json").read_text())["pid"] == shop.announced["pid"]


def test_a_port_in_use_is_refused(shop: Shop, beside: Here) -> None:
    port = shop.announced["url"].rsplit(":", 1)[1]
    assert beside.json("serve", "--port", port, status=1)["field"] == "RAABTA_PORT"


def test_the_token_file_is_for_its_user_alone(shop: Shop) -> None:
    assert (shop.home / "serving.json").stat().st_mode & 0o077 == 0
    assert (shop.home / "secret").stat().st_mode & 0o077 == 0


def test_sigterm_ends_the_server_in_order(shop: Shop, beside: Here) -> None:
    assert shop.stop() == 0
    assert not (shop.home / "serving.json").exists()
    log = (shop.folder / "serve.log").read_text()
    assert "Traceback" not in log
    assert "Raabta listens at" in log
    assert "amina was sent 'welcome'" in beside.run("why", "amina")  # and nothing was lost
