"""People over REST: found by anything, shown whole, in one stream, and as a score."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raabta.core.clock import DAY, HOUR, FixedClock, instant, iso
from raabta.runtime import workspace
from raabta.runtime.asking import PeopleQuery
from raabta.runtime.asking.score import rests
from raabta.runtime.asking.timeline import BYTES, KEYS, pruned
from smallshop import definitions, documents, eventually, person, track
from smallshop.life import Life
from smallshop.served import Served

START = instant("2026-03-02T09:00:00")


@pytest.fixture
def life(tmp_path: Path, state_url: str) -> Iterator[Life]:
    found = Life(tmp_path, FixedClock(START), state_url=state_url)
    workspace.apply(found.engine, documents(definitions(tmp_path / "definitions")))
    found.engine.step()
    yield found
    found.close()


def names(life: Life, limit: int = 50, **asked: Any) -> list[str]:
    """Everybody that all pages show, in order."""
    found: list[str] = []
    cursor = None
    for _ in range(200):
        query = PeopleQuery(**asked, limit=limit, cursor=cursor)
        page = life.engine.asking.people(query, life.clock.now())
        found += [row["user_id"] or row["anonymous_id"] for row in page["profiles"]]
        cursor = page["next"]
        if cursor is None:
            return found
    raise AssertionError("the pages do not end")


def test_people_are_found_by_anything_in_any_script(life: Life) -> None:
    life.happens(
        *person("amina", city="لاہور", note='50%_off "deal" it\'s'),
        *person("bilal", city="LAHORE", name="Bilal Ñandú"),
        *person("zara", city="Karachi", company="amina & co"),
    )
    life.hour()
    life.happens({"type": "identify", "userId": "zara", "traits": {"city": "Quetta"}})
    life.hour()
    assert names(life, q="ami") == ["amina", "zara"]  # names first, then what is said
    assert names(life, q="لاہ") == ["amina"]
    assert names(life, q="lahore") == ["bilal"]
    assert names(life, q="ñANDÚ") == ["bilal"]
    assert names(life, q="city:lah") == ["bilal"]
    assert names(life, q="bilal@example") == ["bilal"]
    assert names(life, q="karachi") == []  # what was said before is no longer so
    assert names(life, q="50%_o") == names(life, q='"deal"') == names(life, q="it's") == ["amina"]
    for plain in ("%", "_", "'; DROP TABLE profiles; --", "\\", "🎉"):
        assert set(names(life, q=plain)) <= {"amina"}
    (row,) = life.engine.asking.people(PeopleQuery(q="zara"), life.clock.now())["profiles"]
    assert names(life, q=row["id"])[0] == "zara"
    assert row["email"] == "zara@example.test"


def test_every_way_to_list_people_pages_without_gaps(life: Life) -> None:
    users = [f"u{n:02}" for n in range(23)]
    for user in users:
        life.happens(*person(user, city="Lahore"), track(user, "Order Completed", total=5))
    life.hour(2)
    for limit in (1, 4, 50):
        assert names(life, limit) == names(life, limit, sort="oldest")[::-1]
        for asked in (
            {},
            {"q": "u"},
            {"q": "lahore"},
            {"segment": "buyers"},
            {"journey": "thanks"},
            {"contacts": "1+"},
            {"contacts": "0-9"},
            {"q": "u", "segment": "buyers", "journey": "thanks", "contacts": "1"},
        ):
            assert sorted(names(life, limit, **asked)) == users, asked
    assert names(life, contacts="0") == names(life, segment="nothing") == []


def test_a_step_lists_who_waits_there(life: Life) -> None:
    life.happens(*person("amina"), track("amina", "Order Completed"))
    life.hour()
    asked = PeopleQuery(journey="thanks", step="steps[1]")
    (row,) = life.engine.asking.people(asked, life.clock.now())["profiles"]
    assert row["since"] is not None
    assert row["due_at"] is not None
    assert (row["contacts_30d"], row["name"]) == (1, "Amina")
    assert names(life, journey="thanks", step="steps[0]") == []


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(
    limit=st.integers(1, 11), kinds=st.sets(st.sampled_from(["events", "decisions", "segments"]))
)
def test_a_timeline_gives_everything_once_in_order(busy: Life, limit: int, kinds: set[str]) -> None:
    show = ",".join(sorted(kinds))
    whole = busy.engine.asking.timeline("amina", limit=200, show=show)
    assert whole["next"] is None
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = busy.engine.asking.timeline("amina", limit=limit, show=show, cursor=cursor)
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert items == whole["items"]
    times = [instant(i["at"]) for i in items]
    assert times == sorted(times, reverse=True)
    assert len({(i["type"], i["id"]) for i in items}) == len(items)
    if kinds == {"events", "decisions", "segments"}:
        assert {i["type"] for i in items} == {"event", "decision", "segment"}


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """Somebody of whom many things are told to have happened at one instant."""
    home = tmp_path_factory.mktemp("busy")
    life = Life(home, FixedClock(START))
    workspace.apply(life.engine, documents(definitions(home / "definitions")))
    life.happens(*person("amina"), track("amina", "Signed Up"))
    for _ in range(4):
        same = iso(life.clock.now())
        life.happens(*(track("amina", "Viewed", n=n) | {"timestamp": same} for n in range(9)))
        life.happens(track("amina", "Order Completed", total=3) | {"timestamp": same})
        life.hour()
    yield life
    life.close()


def test_an_events_properties_are_bounded() -> None:
    many = "{" + ",".join(f'"k{n}": {n}' for n in range(100)) + "}"
    kept, truncated = pruned(many)
    assert (len(kept), truncated) == (KEYS, True)
    kept, truncated = pruned('{"text": "' + "x" * 9_000 + '", "n": 1}')
    assert truncated
    assert len(kept["text"]) <= BYTES
    assert pruned('{"a": {"b": [1]}}') == ({"a": {"b": [1]}}, False)


def test_a_score_holds_notes_acts_and_a_verdict(life: Life) -> None:
    life.happens(*person("amina", name="Amina"), track("amina", "Order Completed", total=3))
    life.hour()
    for _ in range(3):
        life.hour(24)
        life.happens(track("amina", "Signed Up"), track("amina", "Viewed"))
    life.hour()
    score = life.engine.asking.score("amina", None, None, life.clock.now())
    assert score["staves"] == ["email"]
    assert [n["at"] for n in score["notes"]] == sorted(n["at"] for n in score["notes"])
    assert {n["outcome"] for n in score["notes"]} == {"sent", "withheld"}
    assert {a["name"] for a in score["acts"]} == {"Order Completed", "Signed Up", "Viewed"}
    assert score["balance"]["acts"] == sum(a["n"] for a in score["acts"]) == 7
    assert score["balance"]["words"].startswith("Talked with")
    assert score["rests"]
    silent = life.engine.asking.score("amina", 0, DAY, life.clock.now())
    assert (silent["notes"], silent["balance"]["said"]) == ([], 0)
    day = life.engine.asking.day_score(None, life.clock.now())
    assert sum(n["n"] for n in day["notes"]) == sum(
        j["sent"] + j["deferred"] + j["withheld"] for j in day["journeys"]
    )


def test_a_silence_is_a_rest_only_while_it_was_decided() -> None:
    decided = [(0, HOUR), (HOUR, 3 * DAY), (10 * DAY, 10 * DAY + HOUR)]
    assert rests(decided, []) == [(0, 3 * DAY)]
    assert rests(decided, [DAY]) == [(0, DAY), (DAY, 3 * DAY)]
    assert rests(decided, [2 * DAY + HOUR]) == [(0, 2 * DAY + HOUR)]


def test_an_account_is_everybody_whose_latest_group_it_is(life: Life) -> None:
    for user in ("amina", "bilal", "zara"):
        life.happens(*person(user), track(user, "Order Completed"))
        life.happens({"type": "group", "userId": user, "groupId": "acme"})
    life.hour()
    life.happens({"type": "group", "userId": "zara", "groupId": "other"})
    life.hour()
    score = life.engine.asking.account_score("acme", None, None, life.clock.now())
    assert [p["name"] for p in sorted(score["people"], key=lambda p: p["name"])] == [
        "Amina",
        "Bilal",
    ]
    assert {n["person"]["name"] for n in score["notes"]} == {p["name"] for p in score["people"]}
    assert life.engine.asking.profile("zara", life.clock.now())["groups"] == ["other", "acme"]


# --- over REST --------------------------------------------------------------------------------


def test_a_person_is_told_with_where_each_fact_came_from(served: Served) -> None:
    served.send(*person("amina", name="Amina Khan", city="Lahore"))
    served.send(track("amina", "Order Completed", total="12.5"))
    shown = served.get("/profiles/amina")
    assert (shown["title"], shown["email"]) == ("Amina Khan", "amina@example.test")
    assert shown["traits"]["city"]["source_words"] == "sent in with the write key 'test'"
    assert shown["conversions"] == {"event": "Order Completed", "count": 1, "revenue": 12.5}
    eventually(lambda: served.get("/profiles/amina")["contacts"]["d7"] == 1)
    assert served.get("/profiles/amina/score")["people"][0]["name"] == "Amina Khan"
    assert served.get("/score/day")["journeys"][0]["journey"] == "thanks"
    for path, status, field in (
        ("/score/account?group=none", 404, "group"),
        ("/score/day?date=someday", 422, "date"),
        ("/profiles/amina/timeline?cursor=x", 422, "cursor"),
        ("/profiles/amina/timeline?show=evnts", 422, "show"),
        ("/profiles/amina/score?from=2026-02-01&to=2026-01-01", 422, "to"),
        ("/profiles?step=a", 422, "step"),
        ("/profiles?contacts=many", 422, "contacts"),
        ("/profiles?cursor=WzAsIngiXQ", 422, "cursor"),
    ):
        answer = served.ask("GET", path)
        assert (answer.status_code, answer.json()["field"]) == (status, field), path


def test_a_name_that_turns_the_text_turns_no_sentence(served: Served) -> None:
    served.send(*person("amina", name="evil\u202ename\u0007"), track("amina", "Order Completed"))
    eventually(lambda: served.get("/profiles/amina/timeline?show=decisions")["items"])
    (decision,) = served.get("/profiles/amina/timeline?show=decisions")["items"]
    assert "evilname was sent" in decision["sentence"]


def test_a_mail_is_shown_alone_and_runs_nothing(served: Served) -> None:
    served.send(*person("amina"), track("amina", "Signed Up"))
    mail = served.mail_to("amina", "Welcome")
    page = served.ask("GET", f"/mails/{mail['id']}/html")
    policy = page.headers["content-security-policy"]
    assert "sandbox allow-popups" in policy
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert page.headers["x-frame-options"] == "SAMEORIGIN"
    # our own look at a copy must not count as the person's
    assert 'width="1" height="1"' in mail["html"]
    assert page.text == re.sub(r'<img [^>]*width="1" height="1"[^>]*>', "", mail["html"])
    assert served.get(f"/ledger/{mail['decision']}")["row"]["template"] == "welcome"
    assert served.get("/mails?q=WELCOME,")["total"] == 1
    assert served.get("/mails?q=AMINA@ex")["items"][-1]["id"] == mail["id"]
    assert served.get("/mails?q=%25")["items"] == []
