"""The API's description as a file: what the web application's client is generated from.

`python -m raabta.api.describe ui/openapi.json` writes it; a test holds the file and the API equal.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from raabta.api.app import create_app
from raabta.channels.catcher.store import MailStore
from raabta.runtime.engine import Engine
from raabta.runtime.settings import load


def describe() -> dict[str, Any]:
    """The OpenAPI document of every route there can be."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        engine = Engine(load({"RAABTA_HOME": str(home)}, folder=home))
        mails = MailStore(home / "mails.db")
        try:
            return create_app(engine, mails=mails).openapi()
        finally:
            mails.close()
            engine.close()


if __name__ == "__main__":
    text = json.dumps(describe(), indent=1, ensure_ascii=False) + "\n"
    Path(sys.argv[1]).write_text(text, "utf-8")
