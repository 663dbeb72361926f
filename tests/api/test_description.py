"""The description that the web application's client is made from."""

from __future__ import annotations

import json
from pathlib import Path

from raabta.api.describe import describe

ROOT = Path(__file__).parents[2]


def test_the_description_in_the_tree_is_the_api_as_it_is() -> None:
    """After a change of the API: `make openapi`, and the client's types follow."""
    kept = json.loads((ROOT / "ui" / "openapi.json").read_text("utf-8"))
    assert kept == json.loads(json.dumps(describe()))


def test_every_answer_of_the_web_applications_routes_has_a_shape() -> None:
    shapeless = []
    for path, methods in describe()["paths"].items():
        for method, said in methods.items():
            content = said["responses"].get("200", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            if schema is not None and not ({"$ref", "items", "anyOf"} & set(schema)):
                shapeless.append(f"{method} {path}")
    # asked by the command line, which reads them as they are
    known = {"/summary", "/health", "/report", "/definitions", "/plan", "/apply", "/keys"}
    assert [s for s in shapeless if not any(s.endswith(k) for k in known)] == []
