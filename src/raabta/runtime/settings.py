"""Settings: environment variables RAABTA_*, or a file; a wrong one stops the start."""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from raabta.core.errors import InvalidInput
from raabta.query.parse import nearest

FILE = "raabta.toml"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Settings:
    """Where things are. `home` holds what has no address of its own."""

    home: Path
    state_url: str
    history_url: str
    definitions: Path
    smtp_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8620
    base_url: str = ""
    history_memory: str = "4GB"
    sends_per_second: float = 0.0
    log_level: str = "info"
    secret: str = field(default="", repr=False)

    @property
    def is_loopback(self) -> bool:
        return self.host in _LOOPBACK

    @property
    def public_url(self) -> str:
        """Where people and mails reach the application from outside."""
        return self.base_url or f"http://{self.host}:{self.port}"

    def signing_key(self) -> bytes:
        """The key that signs links: RAABTA_SECRET, or one made once and kept in `home`."""
        if self.secret:
            return self.secret.encode()
        path = self.home / "secret"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_hex(32))
        return path.read_text().strip().encode()


def load(environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Settings from the environment over those of `raabta.toml` in `folder` over the defaults.

    Raises InvalidInput naming the setting that cannot be, and the nearest that can.
    """
    environment = os.environ if environment is None else environment
    folder = Path.cwd() if folder is None else folder
    values: dict[str, str] = {}
    file = folder / FILE
    if file.exists():
        try:
            values |= {f"RAABTA_{k.upper()}": str(v) for k, v in _read(file).items()}
        except tomllib.TOMLDecodeError as error:
            raise InvalidInput(str(error), field=FILE, remedy="mend the file") from None
    values |= {k: v for k, v in environment.items() if k.startswith("RAABTA_")}
    known = {f"RAABTA_{f.name.upper()}" for f in fields(Settings)}
    for name in values:
        if name not in known:
            shown = (
                name if name in environment else f"{FILE}: {name.removeprefix('RAABTA_').lower()}"
            )
            raise InvalidInput("unknown setting", field=shown, remedy=nearest(name, sorted(known)))
    return _build(values)


def _read(file: Path) -> dict[str, object]:
    return tomllib.loads(file.read_text("utf-8"))


def _build(values: Mapping[str, str]) -> Settings:
    def get(name: str, default: str) -> str:
        return values.get(f"RAABTA_{name}", default)

    home = Path(get("HOME", "raabta-data"))
    host = get("HOST", "127.0.0.1")
    base_url = get("BASE_URL", "").rstrip("/")
    if base_url and urlsplit(base_url).scheme not in ("http", "https"):
        raise InvalidInput(
            "is not a web address", field="RAABTA_BASE_URL", remedy="https://crm.example.com"
        )
    smtp = get("SMTP_URL", "")
    if smtp and urlsplit(smtp).scheme not in ("smtp", "smtps"):
        raise InvalidInput(
            "is not a mail server",
            field="RAABTA_SMTP_URL",
            remedy="smtp://user:password@host:587 or smtps://host",
        )
    return Settings(
        home=home,
        state_url=get("STATE_URL", f"sqlite:///{home / 'state.db'}"),
        history_url=get("HISTORY_URL", f"duckdb:///{home / 'history.duckdb'}"),
        definitions=Path(get("DEFINITIONS", "definitions")),
        smtp_url=smtp,
        host=host,
        port=_whole("RAABTA_PORT", get("PORT", "8620"), 0, 65535),
        base_url=base_url,
        history_memory=get("HISTORY_MEMORY", "4GB"),
        sends_per_second=_number("RAABTA_SENDS_PER_SECOND", get("SENDS_PER_SECOND", "0")),
        log_level=_level(get("LOG_LEVEL", "info")),
        secret=get("SECRET", ""),
    )


def _whole(name: str, text: str, low: int, high: int) -> int:
    if not text.isdigit() or not low <= int(text) <= high:
        raise InvalidInput(f"{text!r} is not a whole number", field=name, remedy=f"{low} to {high}")
    return int(text)


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise InvalidInput(f"{text!r} is not a number", field=name, remedy="0 or more")
    return number


def _level(text: str) -> str:
    levels = ("debug", "info", "warning", "error")
    if text.lower() not in levels:
        raise InvalidInput(
            f"{text!r} is not a level", field="RAABTA_LOG_LEVEL", remedy=nearest(text, levels)
        )
    return text.lower()
