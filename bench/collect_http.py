"""Durable events a second through the HTTP API in batches of 100, against bare SQLite."""

from __future__ import annotations

import base64
import http.client
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from bench.measure import line

BATCHES, SIZE, CLIENTS = 1_500, 100, 4


def run() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="raabta-bench-") as folder:
        home = Path(folder)
        bodies = [_body(n) for n in range(BATCHES)]
        seconds = _through_http(home, bodies)
        baseline = _bare(home / "bare.db", bodies)
    return line(
        "collect_http",
        BATCHES * SIZE,
        seconds,
        "executemany of the same rows into SQLite, one durable transaction a batch",
        baseline,
        f"{CLIENTS} clients on the same machine; acknowledged only when durable; engine ticking",
    )


def _body(batch: int) -> bytes:
    calls = [
        {
            "type": "track",
            "messageId": f"bench-{batch}-{n}",
            "userId": f"user-{(batch * SIZE + n) % 50_000}",
            "event": "Product Viewed",
            "properties": {"sku": f"sku-{n}", "price": 12.5 + n, "category": "coffee"},
            "timestamp": "2026-01-01T00:00:00Z",
            "context": {"library": {"name": "bench", "version": "1"}},
        }
        for n in range(SIZE)
    ]
    return json.dumps({"batch": calls}).encode()


def _through_http(home: Path, bodies: list[bytes]) -> float:
    environment = os.environ | {"RAABTA_HOME": str(home / "raabta")}
    raabta = str(Path(sys.executable).parent / "raabta")
    made = subprocess.run(
        [raabta, "key", "create", "bench", "--json"],
        env=environment,
        capture_output=True,
        check=True,
    )
    token = json.loads(made.stdout)["token"]
    server = subprocess.Popen(
        [raabta, "serve", "--port", "0", "--json"], env=environment, stdout=subprocess.PIPE
    )
    try:
        assert server.stdout is not None
        port = _port(server.stdout)
        return _send(port, token, bodies)
    finally:
        server.terminate()
        server.wait(timeout=60)


def _port(stdout: Any) -> int:
    text = ""
    while "}" not in text:
        text += stdout.readline().decode()
    return int(json.loads(text)["url"].rsplit(":", 1)[1])


def _send(port: int, token: str, bodies: list[bytes]) -> float:
    headers = {
        "authorization": "Basic " + base64.b64encode(f"{token}:".encode()).decode(),
        "content-type": "application/json",
    }
    failures: list[str] = []

    def work(mine: list[bytes]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for body in mine:
            while True:
                connection.request("POST", "/v1/batch", body, headers)
                response = connection.getresponse()
                said = response.read()
                if response.status == 200:
                    break
                if response.status not in (429, 503):
                    failures.append(said.decode())
                    return
                time.sleep(0.05)
        connection.close()

    threads = [threading.Thread(target=work, args=(bodies[k::CLIENTS],)) for k in range(CLIENTS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    return time.perf_counter() - started


def _bare(path: Path, bodies: list[bytes]) -> float:
    rows = [
        [
            (call["messageId"], call["userId"], call["event"], json.dumps(call["properties"]))
            for call in json.loads(body)["batch"]
        ]
        for body in bodies
    ]
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(
        "CREATE TABLE log (seq INTEGER PRIMARY KEY, message_id TEXT UNIQUE, user_id TEXT, "
        "name TEXT, properties TEXT)"
    )
    started = time.perf_counter()
    for batch in rows:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO log (message_id, user_id, name, properties) VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            batch,
        )
        connection.execute("COMMIT")
    seconds = time.perf_counter() - started
    connection.close()
    return seconds
