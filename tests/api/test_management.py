"""Management over REST: who may ask, what each route answers, and how it says no."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from smallshop import SEGMENT, WELCOME, definitions, documents, eventually, person, track
from smallshop.served import Served


def is_problem(answer: httpx.Response, status: int, field: str) -> dict[str, Any]:
    """RFC 9457, with the field and what to do about it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["field"] == field
    assert body["type"] and body["title"] and body["detail"] and body["remedy"]
    return body


def as_json(served: Served, changed: dict[str, str | None]) -> dict[str, Any]:
    """The shop's definitions, with changes, as the body of plan and apply."""
    folder = definitions(served.folder.parent / "changed", changed)
    return {
        "definitions": [
            {"file": d.file, "kind": d.kind, "name": d.name, "body": d.body, "lines": d.lines}
            for d in documents(folder)
        ]
    }


# --- keys -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/summary", "/profiles", "/ledger", "/keys", "/mails", "/nothing"]
)
def test_without_a_key_nothing_is_answered(served: Served, path: str) -> None:
    answer = httpx.get(f"{served.url}/api/v1{path}")
    is_problem(answer, 401, "authorization")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "access-control-allow-origin" not in answer.headers


def test_a_write_key_does_not_manage(served: Served) -> None:
    answer = served.ask("GET", "/summary", headers={"authorization": f"Bearer {served.write_key}"})
    is_problem(answer, 401, "authorization")


def test_an_api_key_does_not_collect(served: Served) -> None:
    answer = httpx.post(
        f"{served.url}/v1/track", json=track("amina", "Signed Up"), auth=(served.api_key, "")
    )
    is_problem(answer, 401, "authorization")


def test_a_revoked_key_is_refused_at_once(served: Served) -> None:
    made = served.ask("POST", "/keys", json={"kind": "api", "name": "a script"})
    assert made.status_code == 201
    mine = {"authorization": f"Bearer {made.json()['token']}"}
    assert served.ask("GET", "/summary", headers=mine).status_code == 200
    assert served.ask("DELETE", f"/keys/{made.json()['id']}").json() == {
        "revoked": made.json()["id"]
    }
    is_problem(served.ask("GET", "/summary", headers=mine), 401, "authorization")
    is_problem(served.ask("DELETE", f"/keys/{made.json()['id']}"), 404, "id")


def test_keys_are_listed_without_their_tokens(served: Served) -> None:
    keys = served.get("/keys")["keys"]
    assert {key["kind"] for key in keys} == {"api", "write"}
    assert all(
        set(key) == {"id", "kind", "name", "role", "created_at", "revoked_at"} for key in keys
    )
    assert served.api_key not in str(keys)


def test_a_key_of_an_unknown_kind_is_refused(served: Served) -> None:
    is_problem(served.ask("POST", "/keys", json={"kind": "root", "name": "x"}), 422, "kind")


def test_the_machines_own_token_manages(served: Served) -> None:
    mine = {"authorization": "Bearer only this machine"}
    assert served.ask("GET", "/summary", headers=mine).status_code == 200


# --- pages for everybody --------------------------------------------------------------------


def test_health_tells_a_stranger_whether_the_engine_moves(served: Served) -> None:
    eventually(lambda: served.get("/health")["ticks"] > 0)
    assert httpx.get(f"{served.url}/api/v1/health").json() == {"status": "ok"}
    health = served.get("/health")
    assert health["status"] == "ok"
    assert health["error"] is None
    assert health["position"] == health["tail"]


def test_metrics_count_and_name_nobody(served: Served) -> None:
    served.send(*person("amina"), track("amina", "Signed Up"))
    served.mail_to("amina", "Welcome")
    text = httpx.get(f"{served.url}/metrics").text
    assert "raabta_profiles 1.0" in text
    assert 'raabta_outbox{state="sent"} 1.0' in text
    assert 'raabta_ledger{outcome="sent"} 1.0' in text
    assert "amina" not in text


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/v1/health", "/api/v1/keys", "/nowhere"])
def test_every_page_carries_the_security_headers(served: Served, path: str) -> None:
    headers = httpx.get(f"{served.url}{path}").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]


def test_the_description_lists_every_route(served: Served) -> None:
    paths = httpx.get(f"{served.url}/api/openapi.json").json()["paths"]
    assert {
        "/api/v1/health",
        "/api/v1/summary",
        "/api/v1/report",
        "/api/v1/profiles",
        "/api/v1/profiles/{who}",
        "/api/v1/profiles/{who}/why",
        "/api/v1/ledger",
        "/api/v1/definitions",
        "/api/v1/segments",
        "/api/v1/journeys",
        "/api/v1/plan",
        "/api/v1/apply",
        "/api/v1/simulations",
        "/api/v1/simulations/{job}",
        "/api/v1/keys",
        "/api/v1/keys/{key_id}",
        "/api/v1/mails",
        "/api/v1/mails/{mail_id}",
    } <= set(paths)


def test_what_is_not_there_is_said_plainly(served: Served) -> None:
    is_problem(served.ask("GET", "/nothing"), 404, "path")
    is_problem(served.ask("PATCH", "/summary"), 405, "request")
    assert served.ask("PATCH", "/summary").headers["allow"] == "GET"


# --- people ---------------------------------------------------------------------------------


def test_a_person_is_found_by_each_name_and_shown_whole(served: Served) -> None:
    served.send(*person("amina", city="Lahore"), track("amina", "Order Completed", total=5))
    assert [p["user_id"] for p in served.get("/profiles", params={"q": "ami"})["profiles"]] == [
        "amina"
    ]
    shown = served.get("/profiles/amina")
    assert shown == served.get("/profiles/amina@example.test")
    assert shown == served.get(f"/profiles/{shown['id']}")
    assert shown["traits"]["city"]["value"] == "Lahore"
    assert shown["consents"][0]["granted"] is True
    assert [s["segment"] for s in shown["segments"]] == ["buyers"]
    assert [j["journey"] for j in shown["journeys"]] == ["thanks"]


def test_a_user_id_may_hold_any_characters(served: Served) -> None:
    served.send(track("shop/7?a=b&c #1", "Signed Up"))
    shown = served.get("/profiles/shop%2F7%3Fa=b&c%20%231")
    assert shown["name"] == "shop/7?a=b&c #1"
    assert served.get("/profiles/shop%2F7%3Fa=b&c%20%231/why")["profile"] == shown["id"]


def test_somebody_unknown_is_a_clear_404(served: Served) -> None:
    for path in ("/profiles/nobody", "/profiles/nobody/why", "/ledger?person=nobody"):
        is_problem(served.ask("GET", path), 404, "person")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/profiles?limit=-1", "limit"),
        ("/ledger?limit=100000", "limit"),
        ("/ledger?before=yesterday", "before"),
        ("/report?lift_window=soon", "lift_window"),
        ("/report", "history"),
        ("/mails?limit=0", "limit"),
    ],
)
def test_a_wrong_question_names_its_field(served: Served, path: str, field: str) -> None:
    is_problem(served.ask("GET", path), 422, field)


def test_why_tells_each_decision_in_a_sentence(served: Served) -> None:
    served.send(*person("amina"), track("amina", "Signed Up"))
    served.mail_to("amina", "Welcome")
    told = served.get("/profiles/amina/why")
    assert "amina was sent 'welcome' (journey welcome)" in told["decisions"][-1]["sentence"]
    before = served.get("/profiles/amina/why", params={"at": "2020-01-01"})
    assert before["decisions"] == []
    assert before["sentence"].startswith("No message for amina has been considered up to 2020")


def test_the_ledger_is_filtered_and_paged(served: Served) -> None:
    for user in ("amina", "bilal"):
        served.send(*person(user), track(user, "Signed Up"), track(user, "Order Completed"))
    eventually(lambda: len(served.get("/ledger")["ledger"]) == 6)
    capped = served.get("/ledger", params={"outcome": "withheld", "rule": "cap"})["ledger"]
    assert [row["template"] for row in capped] == ["offer", "offer"]
    welcomes = served.get("/ledger", params={"journey": "welcome", "person": "amina"})["ledger"]
    assert [row["template"] for row in welcomes] == ["offer", "welcome"]
    older = served.get("/ledger", params={"before": welcomes[0]["at"], "person": "amina"})
    assert {row["template"] for row in older["ledger"]} == {"welcome", "thanks"}


def test_the_summary_and_the_report_count_the_shop(served: Served) -> None:
    served.send(*person("amina"), track("amina", "Order Completed", total=5))
    summary = served.get("/summary")
    assert summary["profiles"] == 1
    assert summary["segments"] == {"buyers": 1}
    assert summary["events"]["Order Completed"] == 1
    report = served.get("/report")
    assert report["conversions"] == 1
    assert {each["journey"] for each in report["lift"]} == {"thanks", "welcome"}


# --- definitions ----------------------------------------------------------------------------


def test_definitions_segments_and_journeys_are_listed(served: Served) -> None:
    served.send(*person("amina"), track("amina", "Order Completed"))
    listed = served.get("/definitions")
    assert listed["revision"] == 1
    assert ("journey", "welcome", 1) in {
        (d["kind"], d["name"], d["version"]) for d in listed["definitions"]
    }
    (segment,) = served.get("/segments")["items"]
    assert segment["people"] == 1
    assert segment["in_words"] == "did Order Completed"
    journeys = {j["name"]: j for j in served.get("/journeys")["items"]}
    assert journeys["thanks"]["inside"] == 1
    assert journeys["thanks"]["sent_7d"] == 1


def test_plan_says_what_would_change_and_apply_does_it(served: Served) -> None:
    served.send(*person("amina"), track("amina", "Order Completed"))
    body = as_json(
        served,
        {"segments/new.yaml": "segment: newcomers\nwhere: {did: Order Completed, within: 7d}\n"},
    )
    planned = served.ask("POST", "/plan", json=body).json()["changes"]
    assert [(c["kind"], c["name"], c["action"]) for c in planned] == [
        ("segment", "newcomers", "create")
    ]
    assert planned[0]["effect"].startswith("1 people")
    assert len(served.get("/segments")["items"]) == 1
    assert served.ask("POST", "/apply", json=body).json()["changes"] == planned
    eventually(lambda: served.get("/summary")["segments"].get("newcomers") == 1)
    assert served.ask("POST", "/plan", json=body).json()["changes"] == []


def test_a_typo_is_a_422_that_lists_every_problem_with_its_line(served: Served) -> None:
    body = as_json(served, {})
    wrong = as_json(served, {})
    for item in wrong["definitions"]:
        if item["name"] == "welcome" and item["kind"] == "journey":
            item["body"]["steps"][0]["send"]["template"] = "welcom"
        if item["kind"] == "policy":
            item["body"]["capz"] = item["body"].pop("caps")
            item["lines"]["capz"] = 3
    for route in ("/plan", "/apply"):
        answer = served.ask("POST", route, json=wrong)
        assert answer.status_code == 422
        (problem,) = answer.json()["problems"]
        assert problem == {
            "file": "policy.yaml",
            "line": 3,
            "field": "capz",
            "message": "unknown field",
            "remedy": "did you mean 'caps'?",
        }
    for item in wrong["definitions"]:
        if item["kind"] == "policy":
            item["body"]["caps"] = item["body"].pop("capz")
    (problem,) = served.ask("POST", "/plan", json=wrong).json()["problems"]
    assert problem["file"] == "journeys/welcome.yaml"
    assert problem["line"] == 1 + WELCOME.splitlines().index(
        "  - send: {template: welcome, class: triggered, topic: welcome}"
    )
    assert problem["remedy"] == "did you mean 'welcome'?"
    assert served.ask("POST", "/plan", json=body).json()["changes"] == []


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({"kind": "jurney", "name": "x", "body": {}}, "'jurney' is not a kind"),
        ({"kind": "segment", "name": "x", "body": {"segment": "y"}}, "must be 'x'"),
        (
            {"kind": "segment", "name": "buyers", "body": {"segment": "buyers"}},
            "'buyers' is declared twice",
        ),
        ({"kind": "policy", "name": "b", "body": {"policy": "b"}}, "there is a policy already"),
    ],
)
def test_what_a_file_could_not_say_is_refused_over_rest_too(
    served: Served, definition: dict[str, Any], message: str
) -> None:
    body = as_json(served, {"segments/buyers.yaml": SEGMENT})
    body["definitions"].append(definition)
    answer = served.ask("POST", "/plan", json=body)
    assert answer.status_code == 422, answer.text
    assert message in answer.json()["problems"][0]["message"]


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"{", "definitions"),
        (b"{}", "definitions"),
        (b'{"definitions": [{"kind": "segment"}]}', "definitions.0.name"),
        (b'{"definitions": [{"kind":"a","name":"b","body":{},"x":1}]}', "definitions.0.x"),
    ],
)
def test_a_body_that_is_not_definitions_names_the_field(
    served: Served, content: bytes, field: str
) -> None:
    answer = served.ask(
        "POST", "/plan", content=content, headers={"content-type": "application/json"}
    )
    body = is_problem(answer, 422, answer.json()["field"])
    assert field in body["field"] or content == b"{"


# --- mails ----------------------------------------------------------------------------------


def test_caught_mails_are_listed_and_read(served: Served) -> None:
    served.send(*person("amina"), track("amina", "Signed Up"))
    mail = served.mail_to("amina", "Welcome")
    assert mail["subject"] == "Welcome, Amina"
    assert mail["sender"] == "hello@shop.example.test"
    assert "Good to see you, Amina" in mail["text"]
    assert "Good to see you, Amina" in mail["html"]
    page = served.get("/mails", params={"limit": 1})
    assert page["total"] >= 1
    assert len(page["items"]) == 1
    is_problem(served.ask("GET", "/mails/999999"), 404, "id")


def test_one_click_unsubscribe_stops_the_next_message(served: Served) -> None:
    served.send(*person("amina"), track("amina", "Order Completed", total=5))
    mail = served.mail_to("amina", "Thank you")
    headers = {h["name"]: h["value"] for h in mail["headers"]}
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = headers["List-Unsubscribe"].strip("<>").partition(">")[0]
    assert link.startswith(served.url)

    assert httpx.get(link).status_code == 200  # a scanner that looks changes nothing
    assert served.get("/profiles/amina")["consents"][0]["granted"] is True
    left = httpx.post(link, data={"List-Unsubscribe": "One-Click"})
    assert left.status_code == 200
    eventually(
        lambda: (
            {(c["topic"], c["granted"]) for c in served.get("/profiles/amina")["consents"]}
            == {("*", True), ("offers", False)}
        )
    )
    goal = served.engine.tail()
    eventually(lambda: served.engine.world.position >= goal)

    served.send(track("amina", "Signed Up"))
    eventually(lambda: "offer" in served.decided("amina"))
    assert served.decided("amina")["offer"] == ("withheld", "no_consent")
    assert served.decided("amina")["welcome"] == ("sent", None)  # another topic
    sentence = served.get("/profiles/amina/why")["decisions"][0]["sentence"]
    assert "amina has not agreed to email about 'offers', or has taken the consent back" in sentence


def test_a_link_that_was_changed_unsubscribes_nobody(served: Served) -> None:
    assert httpx.post(f"{served.url}/u/forged.token").status_code == 404
