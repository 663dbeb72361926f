"""The built screens, with the strictest policy that lets them work."""

from __future__ import annotations

import mimetypes
import secrets
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

STATIC = Path(__file__).parent / "static"

_NONCE = "RAABTA_NONCE"
#: Tells the page whether it is worth asking who is signed in: without a cookie nobody is.
_SESSION = "RAABTA_SESSION"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; font-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
#: Addresses that are never a screen: what is not found there is not found.
_NOT_SCREENS = ("api/", "v1/", "assets/", "metrics")

_UNBUILT = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Raabta</title>
<h1>Raabta is running</h1><p>Its screens are not built in this checkout. Run
<code>make install</code>, or <code>python hatch_build.py</code>. The REST API is described at
<a href="/api/openapi.json">/api/openapi.json</a>.</p></html>"""


@dataclass(frozen=True)
class _File:
    body: bytes
    packed: bytes | None
    kind: str
    lasting: bool


def add_web(app: FastAPI, static: Path = STATIC) -> FastAPI:
    """Serve the built screens at every address that nothing else of `app` answers."""
    files = _read(static)
    index = static / "index.html"
    page = index.read_text("utf-8") if index.exists() else ""

    async def screen(request: Request, path: str = "") -> Response:
        found = files.get(path)
        if found is not None:
            return _sent(found, request)
        if path.startswith(_NOT_SCREENS) or "." in path.rsplit("/", 1)[-1]:
            raise HTTPException(404)
        if not page:
            return HTMLResponse(_UNBUILT)
        nonce = secrets.token_urlsafe(16)
        headers = {
            "content-security-policy": _POLICY.format(nonce=nonce),
            "cache-control": "no-store",
            "cross-origin-opener-policy": "same-origin",
            "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
        }
        may_be = any(name.endswith("raabta_session") for name in request.cookies)
        text = page.replace(_NONCE, nonce).replace(_SESSION, "yes" if may_be else "no")
        return HTMLResponse(text, headers=headers)

    add = partial(app.add_api_route, methods=["GET", "HEAD"], include_in_schema=False)
    add("/", screen, name="index")
    add("/{path:path}", screen, name="screen")
    return app


def _read(static: Path) -> dict[str, _File]:
    files = {}
    for path in static.rglob("*") if static.exists() else ():
        if path.is_dir() or path.suffix == ".gz" or path.name in ("index.html", ".sources"):
            continue
        packed = path.with_name(f"{path.name}.gz")
        name = path.relative_to(static).as_posix()
        kind = "font/woff2" if path.suffix == ".woff2" else mimetypes.guess_type(name)[0]
        files[name] = _File(
            path.read_bytes(),
            packed.read_bytes() if packed.exists() else None,
            "text/javascript" if path.suffix == ".js" else kind or "application/octet-stream",
            lasting=name.startswith("assets/"),
        )
    return files


def _sent(file: _File, request: Request) -> Response:
    packs = file.packed is not None and "gzip" in request.headers.get("accept-encoding", "")
    headers = {
        "cache-control": "public, max-age=31536000, immutable" if file.lasting else "no-cache",
        "vary": "accept-encoding",
    }
    if packs:
        headers["content-encoding"] = "gzip"
    body = file.packed if packs and file.packed is not None else file.body
    return Response(body, media_type=file.kind, headers=headers)
