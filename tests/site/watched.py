"""Gapura serving as ever, and telling on one more path which routes it has and which templates it has rendered."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gapura import app as gapura
from gapura.cli.serve import run_server
from gapura.settings import Settings, load_settings
from gapura.web.admin.app import stated_routes

SEEN = "/-/seen"


def create_app(settings: Settings) -> ASGIApp:
    edge: Any = gapura.create_app(settings)
    environments = edge._pages._environments.values()
    plain = [route for route in edge._app._app.routes if isinstance(route, Route)]
    routes = [*plain, *(route for route, _ in stated_routes())]
    opened = sorted({route.path for route in routes if "GET" in (route.methods or ())})

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == SEEN:
            # A template is loaded when it is first rendered, with those that it is made of, and kept.
            rendered = {name for environment in environments for _, name in environment.cache}
            await JSONResponse({"routes": opened, "templates": sorted(rendered)})(scope, receive, send)
            return
        await edge(scope, receive, send)

    return app


if __name__ == "__main__":
    run_server(load_settings(), create_app)
