"""The overview: figures that agree with the ledger, in the workspace's own days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from raabta.core.clock import DAY, HOUR, FixedClock, instant, iso, to_instant
from raabta.runtime import workspace
from raabta.runtime.asking import PeopleQuery
from raabta.runtime.engine import Engine
from raabta.runtime.overview import overview
from smallshop import POLICY, definitions, documents, eventually, person, track
from smallshop.life import Life
from smallshop.served import Served

CLUB = """journey: club
entry: {event: Signed Up}
goal: {event: Order Completed}
steps:
  - wait: 2d
  - send: {template: offer, topic: offers}
  - wait: 4d
"""


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    """A shop in Karachi, where it is one in the morning of the second of March."""
    life = Life(tmp_path / "home", FixedClock(instant("2026-03-01T20:00:00Z")))
    changed = {
        "policy.yaml": POLICY.replace("UTC", "Asia/Karachi"),
        "journeys/club.yaml": CLUB,
    }
    workspace.apply(life.engine, documents(definitions(tmp_path / "definitions", changed)))
    life.hour()
    yield life
    life.close()


def test_the_overview_agrees_with_the_ledger(served: Served) -> None:
    for user in ("amina", "bilal"):
        served.send(*person(user), track(user, "Signed Up"), track(user, "Order Completed"))
    served.send(track("nobody", "Order Completed"))
    eventually(lambda: len(served.get("/ledger")["ledger"]) >= 7)
    found = served.get("/overview", params={"days": 3})
    assert len(found["days"]) == 3
    assert found["totals"]["people"] == 3
    sent = sum(day["sent"] for day in found["days"])
    withheld = sum(day["withheld"] for day in found["days"])
    summary = served.get("/summary")
    assert sent == summary["outcomes"]["sent"]
    assert withheld == summary["outcomes"]["withheld"] == sum(r["withheld"] for r in found["rules"])
    assert sum(day["sent_by_channel"].get("email", 0) for day in found["days"]) == sent
    assert found["today"]["rules"] == found["rules"]  # all of it was today
    assert found["segments_moved"][0]["segment"] == "buyers"
    assert found["segments_moved"][0]["people"] == 3
    assert found["upcoming"][0]["date"] == found["today"]["date"]
    assert served.ask("GET", "/overview", params={"days": 0}).status_code == 422


def test_days_are_those_of_the_workspaces_time_zone(life: Life) -> None:
    life.happens(*person("amina"), track("amina", "Signed Up"))
    life.hour(2)
    life.clock.at = instant("2026-03-02T20:00:00Z")  # the third of March, there
    life.happens(*person("bilal"), track("bilal", "Signed Up"))
    life.hour(2)
    found = overview(life.engine, 2)
    assert [(day["date"], day["new_people"], day["entered"]) for day in found["days"]] == [
        ("2026-03-02", 1, 2),
        ("2026-03-03", 1, 2),
    ]
    assert [day["reached"] for day in found["days"]] == [1, 1]
    assert found["today"] == found["days"][-1] | {"rules": []}
    assert found["timezone"] == "Asia/Karachi"


def test_what_is_coming_is_told_by_day(life: Life) -> None:
    life.happens(*person("amina"), track("amina", "Signed Up"))
    life.hour(2)
    life.happens(track("amina", "Order Completed"))  # capped: the welcome's offer was this week's
    life.hour()
    coming = {day["date"]: day for day in overview(life.engine, 1)["upcoming"]}
    assert sum(day["due"] for day in coming.values()) == 0  # the goal ended the club
    life.happens(*person("bilal"), track("bilal", "Signed Up"))
    life.hour(2)
    life.engine.figures.refresh()
    coming = {day["date"]: day for day in overview(life.engine, 1)["upcoming"]}
    assert coming["2026-03-04"] == {
        "date": "2026-03-04",
        "due": 1,
        "may_send": 1,
        "deferred": 0,
        "by_journey": {"club": 1},
    }
    life.clock.at += 2 * DAY
    life.hour(2)
    life.engine.figures.refresh()
    days = overview(life.engine, 1)["upcoming"]
    assert sum(day["deferred"] for day in days) == 1  # amina's thanks, behind the cap
    assert sum(day["due"] for day in days) == 1  # bilal's second wait
    assert sum(day["may_send"] for day in days) == 0  # after which nothing is sent


def test_pressure_counts_people_by_what_they_were_sent(life: Life) -> None:
    for user in ("amina", "bilal", "cyd"):
        life.happens(*person(user))
    life.happens(track("amina", "Signed Up"), track("bilal", "Order Completed"))
    life.hour(3)
    found = overview(life.engine, 1)["pressure"]
    assert found["histogram"] == [
        {"contacts": 1, "people": 1},
        {"contacts": 2, "people": 1},
    ]
    assert (found["untouched"], found["cap"], found["at_cap"]) == (1, 1, 2)
    assert found["window_days"] == 7


def test_each_figure_of_the_pressure_opens_the_list_of_just_those_people(served: Served) -> None:
    for n in range(7):
        user = f"user{n}"
        happened = [*person(user)]
        if n % 2:
            happened.append(track(user, "Signed Up"))  # a triggered and a promotional message
        if n % 3 == 0:
            happened.append(track(user, "Order Completed"))  # a promotional message
        served.send(*happened)
    eventually(lambda: len(served.get("/ledger")["ledger"]) == 9)

    def listed(**asked: object) -> set[str]:
        found: set[str] = set()
        asked |= {"pressure": True, "limit": 2}
        while True:
            page = served.get("/profiles", params=asked)
            found |= {row["user_id"] for row in page["profiles"]}
            assert all(row["contacts"] is not None for row in page["profiles"])
            if page["next"] is None:
                return found
            asked["cursor"] = page["next"]

    served.engine.figures.refresh()
    pressure = served.get("/overview")["pressure"]
    assert len(pressure["histogram"]) == 2
    for bar in pressure["histogram"]:
        assert len(listed(contacts=str(bar["contacts"]))) == bar["people"] > 0
        assert len(listed(contacts=str(bar["contacts"]), days=7)) == bar["people"]
    assert len(listed(contacts="0")) == pressure["untouched"] > 0
    assert len(listed(at_cap=True)) == pressure["at_cap"] > 0
    assert listed(at_cap=True, contacts="0") == set()
    assert listed(at_cap=True, contacts="2") < listed(at_cap=True)
    assert listed(at_cap=True, q="user1") == {"user1"}
    assert served.ask("GET", "/profiles?days=0").status_code == 422


def test_a_days_new_people_are_those_who_became_known_that_day(life: Life) -> None:
    for n, at in enumerate(("02T09", "02T11", "02T20", "03T05", "03T21")):
        life.clock.at = instant(f"2026-03-{at}:00:00Z")
        life.happens(*person(f"user{n}"))
        life.hour()
    days = overview(life.engine, 3)["days"]
    zone = ZoneInfo("Asia/Karachi")
    for day in days:
        first = datetime.fromisoformat(day["date"]).replace(tzinfo=zone)
        asked = {
            "created_from": to_instant(first),
            "created_to": to_instant(first + timedelta(days=1)),
            "limit": 1,
        }
        found, cursor = [], None
        while True:
            query = PeopleQuery(**asked, cursor=cursor)
            page = life.engine.asking.people(query, life.clock.now())
            found += [row["user_id"] for row in page["profiles"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert len(found) == len(set(found)) == day["new_people"]
        assert found == sorted(found, reverse=True)
    assert [day["new_people"] for day in days] == [2, 2, 1]
    asked = PeopleQuery(created_from=life.clock.now() - DAY, q="user3", sort="oldest")
    assert len(life.engine.asking.people(asked, life.clock.now())["profiles"]) == 1


def test_goals_are_counted_where_a_journey_has_one(life: Life) -> None:
    life.happens(*person("amina"), track("amina", "Signed Up"))
    life.hour()
    life.happens(track("amina", "Order Completed"))
    life.hour()
    assert overview(life.engine, 1)["goals"] == [
        {"journey": "club", "entered": 1, "goals": 1, "sent": 0}
    ]


def test_a_restart_has_the_kept_figures_at_once(life: Life) -> None:
    life.happens(*person("amina"), track("amina", "Signed Up"))
    life.hour(2)
    life.engine.figures.refresh()
    kept = overview(life.engine, 1)
    home, clock = life.engine.settings, life.clock
    life.engine.intake.close()
    life.engine.close()
    clock.at += HOUR
    life.engine = Engine(home, clock=clock, wall=clock)
    again = overview(life.engine, 1)
    assert again["as_of"] == kept["as_of"] == iso(clock.now() - HOUR)
    assert again["pressure"] == kept["pressure"]
    life.engine.intake.start()


def test_figures_follow_the_ticks_by_themselves(served: Served) -> None:
    def reached() -> int | None:
        found: int | None = served.get("/overview")["today"]["reached"]
        return found

    assert reached() == 0
    served.send(*person("amina"), track("amina", "Signed Up"))
    eventually(lambda: reached() == 1)
