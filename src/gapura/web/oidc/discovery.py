"""Discovery and keys: prepared bytes, served without either store."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gapura.flow.access_tokens import HasKeys
from gapura.protocol.endpoints import PATHS, WELL_KNOWN

IF_NONE_MATCH = b"if-none-match"


@dataclass(frozen=True, slots=True)
class Prepared:
    """One document with its two answers, made once: an answer of Starlette's can be sent any number of times."""

    etag: bytes
    whole: Response
    unchanged: Response

    @classmethod
    def of(cls, document: bytes, etag: str, max_age: int) -> Self:
        headers = {"ETag": etag, "Cache-Control": f"public, max-age={max_age}"}
        return cls(
            etag.encode(),
            Response(document, media_type="application/json", headers=headers),
            Response(status_code=304, headers=headers),
        )

    def answer(self, request: Request) -> Response:
        # The raw headers: these are the cheapest answers there are, and decoding all of them would show.
        return self.unchanged if (IF_NONE_MATCH, self.etag) in request.scope["headers"] else self.whole


def discovery_routes(metadata: Mapping[str, Any], keys: HasKeys, max_age: int) -> list[Route]:
    """`max_age` in seconds, for how long others may keep the keys."""
    document = orjson.dumps(metadata)
    described = Prepared.of(document, f'"{hashlib.sha256(document).hexdigest()[:32]}"', max_age)
    prepared: dict[str, Prepared] = {}

    async def configuration(request: Request) -> Response:
        return described.answer(request)

    async def jwks(request: Request) -> Response:
        ring = keys.value
        current = prepared.get(ring.etag)
        if current is None:
            prepared.clear()
            current = prepared[ring.etag] = Prepared.of(ring.jwks_json, ring.etag, max_age)
        return current.answer(request)

    return [
        *(Route(path, configuration, name=path.rpartition("/")[2]) for path in WELL_KNOWN),
        Route(PATHS["jwks_uri"], jwks, name="jwks"),
    ]
