"""The frame of session management, the only page that others may frame: it shows nothing and takes no click."""

from __future__ import annotations

import hashlib
from base64 import b64encode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.protocol.endpoints import PATHS
from gapura.web.cookies import STATE, Cookies
from gapura.web.static_files import FOLDER

KEPT = "public, max-age=3600"


def check_session_routes(cookies: Cookies) -> list[Route]:
    script = (FOLDER / "check_session.js").read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = (
        f'<!DOCTYPE html><html lang="en" data-cookie="{cookies.name(STATE)}"><head><meta charset="utf-8">'
        f"<title>Gapura</title><script>{script}</script></head></html>"
    )
    headers = {
        "Cache-Control": KEPT,
        "Content-Security-Policy": (
            f"default-src 'none'; script-src 'sha256-{digest}'; base-uri 'none'; frame-ancestors *"
        ),
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    prepared = Response(page, media_type="text/html; charset=utf-8", headers=headers)

    async def frame(_: Request) -> Response:
        return prepared

    return [Route(PATHS["check_session_iframe"], frame, methods=["GET"], name="check_session")]
