"""A small application for the tests of `gapura serve`: answers its process id, after a while if so asked."""

from __future__ import annotations

import asyncio
import os

from starlette.types import ASGIApp, Receive, Scope, Send

from gapura.cli.serve import run_server
from gapura.errors import StartRefused
from gapura.settings import Settings, load_settings


def create_app(settings: Settings) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            if settings.log_level == "debug":  # stands for an application that cannot start
                await send({"type": "lifespan.startup.failed", "message": "no"})
                return
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await asyncio.sleep(float(scope["query_string"] or b"0"))
        client, _ = scope["client"]
        body = f"{os.getpid()} {client} {scope['scheme']}".encode()
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-length", b"%d" % len(body))],
            }
        )
        await send({"type": "http.response.body", "body": body})

    return app


if __name__ == "__main__":
    try:
        run_server(load_settings(), create_app)
    except StartRefused as refused:
        raise SystemExit(str(refused)) from None
