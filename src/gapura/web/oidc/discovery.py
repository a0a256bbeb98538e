"""Discovery and keys: prepared bytes, served without either store."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.flow.access_tokens import HasKeys
from gapura.protocol.endpoints import PATHS, WELL_KNOWN


def discovery_routes(metadata: Mapping[str, Any], keys: HasKeys, max_age: int) -> list[Route]:
    """`max_age` in seconds, for how long others may keep the keys."""
    document = orjson.dumps(metadata)
    etag = f'"{hashlib.sha256(document).hexdigest()[:32]}"'

    async def configuration(request: Request) -> Response:
        return _cached(request, document, etag, max_age)

    async def jwks(request: Request) -> Response:
        ring = keys.value
        return _cached(request, ring.jwks_json, ring.etag, max_age)

    return [
        *(Route(path, configuration, name=path.rpartition("/")[2]) for path in WELL_KNOWN),
        Route(PATHS["jwks_uri"], jwks, name="jwks"),
    ]


def _cached(request: Request, body: bytes, etag: str, max_age: int) -> Response:
    headers = {"ETag": etag, "Cache-Control": f"public, max-age={max_age}"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
