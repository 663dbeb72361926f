"""Accounts over REST: who is let in, what each role may do, and what a stranger sees: nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher

from raabta.access.passwords import Passwords
from raabta.access.service import Accounts
from raabta.access.throttle import FREE
from raabta.api.app import create_app
from raabta.api.guard import COOKIE, OPEN, SECURE_COOKIE
from raabta.runtime.engine import Engine
from raabta.storage.state.users import Users
from smallshop import eventually, person, settings, track
from smallshop.served import Served
from smallshop.served import served as serving

PASSWORD = "correct horse battery"
OWNER = "amina@example.com"
#: What viewers may do by other methods too: their own things, and a question that writes nothing.
OWN_THINGS = (
    "/api/v1/session",
    "/api/v1/sessions",
    "/api/v1/me",
    "/api/v1/segments/preview",
)


def cheaply(engine: Engine) -> None:
    """Real Argon2 at the least cost, so that tests are quick."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    engine.accounts = Accounts(Users(engine.database), Passwords(hasher))


class Browser:
    """A browser with its cookies, and the page in it that knows the session's csrf."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=30, headers={"user-agent": "a browser"})
        self.me: dict[str, Any] = {}

    def ask(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        headers = {"x-csrf-token": self.me.get("csrf") or ""} | kwargs.pop("headers", {})
        return self.http.request(method, f"/api/v1{path}", headers=headers, **kwargs)

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sign_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        answer = self.ask("POST", "/session", json={"email": email, "password": password})
        self.me = answer.json() if answer.is_success else {}
        return answer

    def accept(self, link: str, **said: str) -> httpx.Response:
        body = {"token": link.partition("#")[2], "name": "Somebody", "password": PASSWORD} | said
        answer = self.ask("POST", "/invitation/accept", json=body)
        self.me = answer.json() if answer.is_success else {}
        return answer

    @property
    def cookie(self) -> str:
        return str(self.http.cookies[COOKIE])


def first_owner(shop: Served) -> Browser:
    link = shop.engine.accounts.first_link(shop.engine.wall.now())
    assert link is not None
    browser = Browser(shop.url)
    assert browser.accept(link, email=OWNER, name="Amina").status_code == 200
    return browser


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("accounts")) as found:
        cheaply(found.engine)
        yield found


@pytest.fixture(scope="module")
def owner(shop: Served) -> Browser:
    return first_owner(shop)


def joined(owner: Browser, email: str, role: str) -> Browser:
    """Somebody the owner invited, signed in."""
    made = owner.ask("POST", "/users", json={"email": email, "name": "Bilal", "role": role})
    assert made.status_code == 201, made.text
    browser = Browser(str(owner.http.base_url))
    assert browser.accept(made.json()["link"]).status_code == 200
    return browser


@pytest.fixture(scope="module")
def viewer(owner: Browser) -> Browser:
    return joined(owner, "viewer@example.com", "viewer")


@pytest.fixture(scope="module")
def editor(owner: Browser) -> Browser:
    return joined(owner, "editor@example.com", "editor")


def key_of(shop: Served, role: str) -> dict[str, str]:
    _, token = shop.engine.keys.create("api", role, shop.engine.wall.now(), role)
    return {"authorization": f"Bearer {token}"}


def problem(answer: httpx.Response, status: int, field: str = "") -> dict[str, Any]:
    assert answer.status_code == status, f"{answer.request.method} {answer.url}: {answer.text}"
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["detail"] and body["remedy"]
    assert not field or body["field"] == field
    return body


def routes(shop: Served) -> list[tuple[str, str]]:
    """Every method and path that the description lists, parameters filled in."""
    paths = httpx.get(f"{shop.url}/api/openapi.json").json()["paths"]
    found = [
        (method.upper(), path.replace("{", "").replace("}", ""))
        for path, methods in paths.items()
        for method in methods
    ]
    assert len(found) > 30
    return found


def is_own(path: str) -> bool:
    return any(path == own or path.startswith(own + "/") for own in OWN_THINGS)


# --- what each role may do ------------------------------------------------------------------


def test_a_viewer_is_refused_every_change(shop: Served, viewer: Browser) -> None:
    key = key_of(shop, "viewer")
    changes = [(m, p) for m, p in routes(shop) if m != "GET" and (m, p) not in OPEN]
    assert len(changes) > 10
    for method, path in changes:
        if is_own(path):
            continue
        for headers in ({"x-csrf-token": viewer.me["csrf"]}, key):
            http = viewer.http if headers is not key else httpx.Client(base_url=shop.url)
            said = problem(http.request(method, path, headers=headers, json={}), 403, "role")
            assert "and yours is viewer" in said["detail"]
            assert "role owner" in said["detail"] or "role editor" in said["detail"]


def test_users_and_keys_are_an_owners_alone_even_to_read(
    shop: Served, viewer: Browser, editor: Browser
) -> None:
    guarded = [(m, p) for m, p in routes(shop) if p.split("/")[3] in ("users", "keys")]
    assert len(guarded) >= 8
    for method, path in guarded:
        for browser in (viewer, editor):
            headers = {"x-csrf-token": browser.me["csrf"]}
            said = problem(browser.http.request(method, path, headers=headers, json={}), 403)
            assert "needs the role owner" in said["detail"]


def test_an_editor_changes_what_an_owner_does_not_keep(shop: Served, editor: Browser) -> None:
    for caller in (editor.ask, lambda *a, **k: shop.ask(*a, headers=key_of(shop, "editor"), **k)):
        assert caller("POST", "/plan", json={"definitions": []}).status_code == 200
        problem(caller("DELETE", "/simulations/nothing"), 404)


def test_a_viewer_reads(shop: Served, viewer: Browser) -> None:
    for path in ("/summary", "/health", "/session", "/sessions"):
        assert viewer.ask("GET", path).status_code == 200
        assert shop.ask("GET", path, headers=key_of(shop, "viewer")).status_code == 200
    assert viewer.get("/health")["position"] is not None


def test_a_viewer_changes_their_own_things(owner: Browser) -> None:
    mine = joined(owner, "own@example.com", "viewer")
    changed = mine.ask("PATCH", "/me", json={"name": "امینہ", "locale": "ur", "theme": "dark"})
    assert changed.json()["user"] == mine.get("/session")["user"]
    assert changed.json()["user"] | {"id": ""} == {
        "kind": "user",
        "id": "",
        "name": "امینہ",
        "email": "own@example.com",
        "role": "viewer",
        "locale": "ur",
        "theme": "dark",
    }
    problem(mine.ask("PATCH", "/me", json={"theme": "loud"}), 422, "theme")
    problem(mine.ask("PATCH", "/me", json={"role": "owner"}), 422, "role")
    assert mine.ask("DELETE", "/session").status_code == 200


def test_keys_have_the_role_they_were_made_with(shop: Served, owner: Browser) -> None:
    made = owner.ask("POST", "/keys", json={"kind": "api", "name": "reader", "role": "viewer"})
    assert made.json()["role"] == "viewer"
    mine = {"authorization": f"Bearer {made.json()['token']}"}
    me = shop.ask("GET", "/session", headers=mine).json()
    assert me["csrf"] is None
    assert (me["user"]["kind"], me["user"]["role"], me["user"]["email"]) == ("key", "viewer", None)
    plain = owner.ask("POST", "/keys", json={"kind": "api", "name": "script"})
    assert plain.json()["role"] == "editor"
    problem(
        owner.ask("POST", "/keys", json={"kind": "write", "name": "x", "role": "owner"}),
        422,
        "role",
    )
    for method, path in [("DELETE", "/session"), ("PATCH", "/me")]:
        problem(shop.ask(method, path, headers=mine, json={}), 403)


# --- strangers ------------------------------------------------------------------------------


def test_a_stranger_sees_nothing(shop: Served, owner: Browser) -> None:
    shop.send(*person("zainab"), track("zainab", "Signed Up"))
    for method, path in routes(shop):
        if (method, path) in OPEN or not path.startswith("/api/v1/"):
            continue
        for headers in ({}, {"authorization": "Bearer rba_guess"}, {"cookie": f"{COOKIE}=guess"}):
            answer = httpx.request(method, f"{shop.url}{path}", headers=headers, json={})
            said = problem(answer, 401)
            assert set(said) <= {
                "type", "title", "status", "detail", "code", "message", "field", "remedy"
            }  # fmt: skip
            assert "zainab" not in answer.text


def test_the_open_routes_are_these(shop: Served) -> None:
    described = set(routes(shop))
    assert {pair for pair in OPEN if pair[0] != "HEAD"} <= described
    assert {path for _, path in OPEN} == {
        "/api/v1/health",
        "/api/v1/session",
        "/api/v1/invitation",
        "/api/v1/invitation/accept",
    }
    for body in ({}, {"token": "guess"}):
        answer = httpx.post(f"{shop.url}/api/v1/invitation", json=body)
        problem(answer, 404 if body else 422, "token")


@pytest.mark.parametrize("host", ["127.0.0.1/api/v1/health?", "x/api/v1/session#", "a b"])
def test_a_path_is_not_what_the_host_header_says(shop: Served, host: str) -> None:
    answer = httpx.get(f"{shop.url}/api/v1/summary", headers={"host": host})
    assert answer.status_code in (400, 401)


# --- a browser's own requests ---------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "guess", "é"])
def test_a_change_without_the_sessions_token_is_refused(owner: Browser, token: str) -> None:
    headers = {"x-csrf-token": token.encode()} if token else {}
    for path in ("/api/v1/me", "/api/v1/users/x"):
        problem(owner.http.patch(path, headers=headers, json={}), 403, "x-csrf-token")  # type: ignore[arg-type]


def test_one_sessions_token_is_no_good_for_another(owner: Browser, editor: Browser) -> None:
    stolen = {"x-csrf-token": editor.me["csrf"]}
    problem(owner.ask("PATCH", "/me", headers=stolen, json={}), 403, "x-csrf-token")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"]
)
def test_another_sites_page_changes_nothing(shop: Served, owner: Browser, origin: str) -> None:
    foreign = {"origin": origin}
    problem(owner.ask("PATCH", "/me", headers=foreign, json={}), 403, "origin")
    body = {"email": OWNER, "password": PASSWORD}
    answer = httpx.post(f"{shop.url}/api/v1/session", headers=foreign, json=body)
    problem(answer, 403, "origin")
    assert "set-cookie" not in answer.headers
    # A script with a key is no browser: there is nothing to forge.
    assert shop.ask("POST", "/plan", headers=foreign, json={"definitions": []}).is_success


def test_our_own_page_may(shop: Served, owner: Browser) -> None:
    assert owner.ask("PATCH", "/me", headers={"origin": shop.url}, json={}).status_code == 200


def test_a_proxys_own_password_does_not_hide_the_session(shop: Served, owner: Browser) -> None:
    answer = owner.ask("GET", "/session", headers={"authorization": "Basic eDp5"})
    assert answer.json()["user"]["email"] == OWNER


def test_the_cookie_is_for_this_server_alone(shop: Served, owner: Browser) -> None:
    answer = Browser(shop.url).sign_in(OWNER)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for part in ("HttpOnly", "Path=/", "SameSite=lax"):
        assert part in cookie
    assert "Secure" not in cookie
    assert "Domain" not in cookie
    assert answer.headers["cache-control"] == "no-store"
    assert PASSWORD not in answer.text


@pytest.mark.parametrize("seen_as", ["https://crm.example.com", "http://crm.example.com"])
def test_over_https_only_a_host_cookie_counts(tmp_path: Path, seen_as: str) -> None:
    """Also where a proxy in front speaks https, and asks us plainly."""
    engine = Engine(settings(tmp_path, base_url="https://crm.example.com"))
    cheaply(engine)
    link = engine.accounts.first_link(engine.wall.now())
    assert link is not None
    body = {"token": link.partition("#")[2], "name": "A", "email": OWNER, "password": PASSWORD}

    async def visit() -> None:
        transport = httpx.ASGITransport(create_app(engine))
        async with httpx.AsyncClient(transport=transport, base_url=seen_as) as http:
            origin = {"origin": "https://crm.example.com"}
            answer = await http.post("/api/v1/invitation/accept", json=body, headers=origin)
            assert answer.status_code == 200, answer.text
            said = answer.headers["set-cookie"]
            assert said.startswith(f"{SECURE_COOKIE}=")
            assert "Secure" in said
            http.cookies.clear()
            token = said.partition("=")[2].partition(";")[0]
            # A sister host can plant a cookie of the one name, never of the other.
            for name, status in [(SECURE_COOKIE, 200), (COOKIE, 401)]:
                sent = {"cookie": f"{name}={token}"}
                answer = await http.get("/api/v1/session", headers=sent)
                assert answer.status_code == status

    asyncio.run(visit())
    engine.close()


# --- signing in and out ---------------------------------------------------------------------


def test_signing_in_tells_who_and_where(shop: Served, owner: Browser) -> None:
    me = Browser(shop.url).sign_in(" Amina@EXAMPLE.com ").json()
    assert me["user"]["email"] == OWNER
    assert me["user"]["role"] == "owner"
    assert len(me["csrf"]) >= 43
    version = me["workspace"].pop("version")
    assert version[0].isdigit()
    assert me["workspace"] == {
        "name": "The Corner Shop",
        "timezone": "UTC",
        "locale": "en",
        "catches_mail": True,
        "sends_mail": False,
        "is_empty": shop.engine.tail() == 0,
    }


def test_wrong_either_way_is_answered_the_same(shop: Served, owner: Browser) -> None:
    answers = [
        Browser(shop.url).sign_in(email, password)
        for email, password in [(OWNER, "wrong password"), ("nobody@example.com", PASSWORD)]
    ]
    assert problem(answers[0], 401) == problem(answers[1], 401)
    assert all("set-cookie" not in a.headers for a in answers)


def test_guessing_is_slowed_and_told_when_to_try_again(shop: Served, owner: Browser) -> None:
    joined(owner, "guessed@example.com", "viewer")
    browser = Browser(shop.url)
    for _ in range(FREE["account"] + 1):
        problem(browser.sign_in("guessed@example.com", "wrong password"), 401)
    refused = browser.sign_in("guessed@example.com")
    said = problem(refused, 429)
    assert said["code"] == "throttled"
    assert int(refused.headers["retry-after"]) == 1
    assert "heard from 20" in said["detail"]
    eventually(lambda: browser.sign_in("guessed@example.com").is_success)


def test_a_cookie_kept_from_before_signing_out_is_worthless(owner: Browser) -> None:
    mine = joined(owner, "leaver@example.com", "viewer")
    old, csrf = mine.cookie, mine.me["csrf"]
    left = mine.ask("DELETE", "/session")
    assert left.status_code == 200
    assert COOKIE not in mine.http.cookies
    headers = {"cookie": f"{COOKIE}={old}", "x-csrf-token": csrf}
    for method, path in [("GET", "session"), ("PATCH", "me"), ("GET", "summary")]:
        url = f"{mine.http.base_url}/api/v1/{path}"
        problem(httpx.request(method, url, headers=headers), 401, "session")


def test_signing_in_again_ends_the_session_it_replaces(owner: Browser) -> None:
    mine = joined(owner, "twice@example.com", "viewer")
    old = mine.cookie
    mine.sign_in("twice@example.com")
    assert mine.cookie != old
    url = f"{mine.http.base_url}/api/v1/session"
    problem(httpx.get(url, headers={"cookie": f"{COOKIE}={old}"}), 401)


def test_a_new_password_ends_the_other_sessions(shop: Served, owner: Browser) -> None:
    mine = joined(owner, "changer@example.com", "editor")
    other = Browser(shop.url)
    other.sign_in("changer@example.com")
    wrong = {"password": {"current": "wrong password", "new": "another long one"}}
    problem(mine.ask("PATCH", "/me", json=wrong), 422, "password.current")
    short = {"password": {"current": PASSWORD, "new": "short"}}
    problem(mine.ask("PATCH", "/me", json=short), 422, "password.new")
    good = {"password": {"current": PASSWORD, "new": "another long one"}}
    assert mine.ask("PATCH", "/me", json=good).status_code == 200
    assert mine.ask("GET", "/session").status_code == 200
    problem(other.ask("GET", "/session"), 401)
    problem(other.sign_in("changer@example.com"), 401)
    assert other.sign_in("changer@example.com", "another long one").is_success


# --- sessions and users ---------------------------------------------------------------------


def test_sessions_are_listed_and_ended(shop: Served, owner: Browser, viewer: Browser) -> None:
    mine = joined(owner, "two@example.com", "editor")
    phone = Browser(shop.url)
    phone.sign_in("two@example.com")
    listed = mine.get("/sessions")
    assert [s["is_current"] for s in listed].count(True) == 1
    assert len(listed) == 2
    assert {(s["user"], s["address"], s["agent"]) for s in listed} == {
        (mine.me["user"]["id"], "127.0.0.1", "a browser")
    }
    assert mine.cookie not in str(listed)
    (other,) = [s["id"] for s in listed if not s["is_current"]]
    for stranger in (viewer, phone):
        foreign = owner.get("/sessions")[0]["id"]
        problem(stranger.ask("DELETE", f"/sessions/{foreign}"), 404, "id")
        problem(stranger.ask("GET", f"/sessions?user={owner.me['user']['id']}"), 403)
    assert mine.ask("DELETE", f"/sessions/{other}").json() == {"id": other}
    problem(phone.ask("GET", "/session"), 401)
    seen = owner.get(f"/sessions?user={mine.me['user']['id']}")
    assert [s["is_current"] for s in seen] == [False]
    assert owner.ask("DELETE", f"/sessions/{seen[0]['id']}").is_success
    problem(mine.ask("GET", "/session"), 401)
    problem(owner.ask("GET", "/sessions?user=usr_nobody"), 404, "user")


def test_a_link_lets_in_once(shop: Served, owner: Browser) -> None:
    body = {"email": "New@example.com", "name": "Nadia", "role": "editor"}
    made = owner.ask("POST", "/users", json=body).json()
    assert made["link"].startswith("/welcome#")
    assert made["is_invited"] is True
    problem(owner.ask("POST", "/users", json=body), 409, "email")
    browser = Browser(shop.url)
    token = made["link"].partition("#")[2]
    assert browser.ask("POST", "/invitation", json={"token": token}).json() == {
        "email": "new@example.com",
        "name": "Nadia",
        "role": "editor",
        "is_first_owner": False,
    }
    problem(browser.accept(made["link"], password="short"), 422, "password")
    me = browser.accept(made["link"], name="Nadia K", locale="ur").json()
    assert (me["user"]["name"], me["user"]["locale"]) == ("Nadia K", "ur")
    assert browser.get("/session") == me
    problem(Browser(shop.url).accept(made["link"]), 404, "token")
    problem(browser.ask("POST", "/invitation", json={"token": token}), 404, "token")
    again = owner.ask("POST", f"/users/{made['id']}/link").json()
    assert Browser(shop.url).accept(again["link"], password="another long one").is_success
    problem(browser.ask("GET", "/session"), 401)


def test_who_is_disabled_is_out_at_once(owner: Browser) -> None:
    mine = joined(owner, "out@example.com", "editor")
    path = f"/users/{mine.me['user']['id']}"
    assert owner.ask("PATCH", path, json={"disabled": True}).json()["disabled_at"]
    problem(mine.ask("GET", "/session"), 401)
    problem(mine.sign_in("out@example.com"), 401)
    assert owner.ask("PATCH", path, json={"disabled": False}).json()["disabled_at"] is None
    assert mine.sign_in("out@example.com").is_success
    assert owner.ask("PATCH", path, json={"role": "viewer"}).json()["role"] == "viewer"
    assert mine.get("/session")["user"]["role"] == "viewer"
    assert owner.ask("DELETE", path).json() == {"id": mine.me["user"]["id"]}
    problem(mine.ask("GET", "/session"), 401)
    problem(owner.ask("DELETE", path), 404, "user")


def test_the_last_owner_stays(owner: Browser) -> None:
    path = f"/users/{owner.me['user']['id']}"
    for method, body in [
        ("PATCH", {"role": "viewer"}),
        ("PATCH", {"disabled": True}),
        ("DELETE", None),
    ]:
        problem(owner.ask(method, path, json=body), 409, "user")
    assert owner.get("/session")["user"]["role"] == "owner"


# --- two workspaces -------------------------------------------------------------------------


def test_another_workspaces_ids_are_not_found(tmp_path: Path) -> None:
    with serving(tmp_path / "a") as here, serving(tmp_path / "b") as there:
        for shop in (here, there):
            cheaply(shop.engine)
        mine, theirs = first_owner(here), first_owner(there)
        there.send(*person("zainab"), track("zainab", "Signed Up"))
        there.mail_to("zainab", "Welcome")
        row = there.get("/ledger", params={"person": "zainab"})
        ledger_row = next(iter(row.get("ledger") or row.get("items")))["id"]
        profile = there.get("/profiles/zainab")["id"]
        period = {"from": "2026-01-01", "to": "2026-01-02"}
        job = there.ask("POST", "/simulations", json=period).json()["id"]
        key = there.get("/keys")["keys"][0]["id"]
        user, session = theirs.me["user"]["id"], theirs.get("/sessions")[0]["id"]
        foreign = [
            ("GET", "/profiles/zainab"),
            ("GET", f"/profiles/{profile}"),
            ("GET", f"/profiles/{profile}/why"),
            ("GET", f"/ledger?person={profile}"),
            ("GET", f"/ledger/{ledger_row}"),
            ("GET", f"/simulations/{job}"),
            ("DELETE", f"/simulations/{job}"),
            ("DELETE", f"/keys/{key}"),
            ("PATCH", f"/users/{user}"),
            ("POST", f"/users/{user}/link"),
            ("DELETE", f"/users/{user}"),
            ("GET", f"/sessions?user={user}"),
            ("DELETE", f"/sessions/{session}"),
        ]
        for method, path in foreign:
            body = {} if method == "PATCH" else None
            problem(mine.ask(method, path, json=body), 404)
        assert theirs.get("/session")["user"]["id"] == user
        stolen = {"cookie": f"{COOKIE}={theirs.cookie}"}
        problem(httpx.get(f"{here.url}/api/v1/session", headers=stolen), 401)
        bearer = {"authorization": f"Bearer {there.api_key}"}
        problem(httpx.get(f"{here.url}/api/v1/summary", headers=bearer), 401)
