"""The live stream: told when something changes, and never in the way."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from smallshop import person, track
from smallshop.served import Served
from smallshop.served import served as serving


def events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def test_the_stream_tells_what_changes(served: Served) -> None:
    headers = {"authorization": f"Bearer {served.api_key}"}
    url = f"{served.url}/api/v1/live"
    with httpx.stream("GET", url, headers=headers, timeout=20) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        told = events(stream.iter_lines())
        first = next(told)
        assert (first["people"], first["sent_today"], first["revision"]) == (0, 0, 1)
        served.send(*person("amina"), track("amina", "Order Completed"))
        later = next(told)
        # the sender's own event may still be on its way
        while later["sent_today"] == 0 or later["position"] < later["tail"]:
            later = next(told)
        assert (later["people"], later["inside"]) == (1, 1)
        assert later["position"] == later["tail"]
        assert later["error"] is None


def test_a_stranger_hears_nothing(served: Served) -> None:
    assert httpx.get(f"{served.url}/api/v1/live").status_code == 401


def test_open_streams_do_not_hold_up_a_server_that_stops(tmp_path: Path) -> None:
    heard: list[str] = []
    begun = threading.Event()

    def listen(url: str, key: str) -> None:
        headers = {"authorization": f"Bearer {key}"}
        with httpx.stream("GET", f"{url}/api/v1/live", headers=headers, timeout=20) as stream:
            for line in stream.iter_lines():
                heard.append(line)
                begun.set()

    with serving(tmp_path) as served:
        listener = threading.Thread(target=listen, args=(served.url, served.api_key))
        listener.start()
        assert begun.wait(20)
        stopped = time.monotonic()
    listener.join(20)
    assert not listener.is_alive()
    assert time.monotonic() - stopped < 8
    assert heard[0] == "retry: 1000"
