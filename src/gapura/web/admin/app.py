"""The administration as one FastAPI application of forms and pages, below /admin."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Route

from gapura.web.admin import (
    agencies,
    audit,
    citizen_acts,
    citizens,
    client_acts,
    clients,
    home,
    imports,
    keys,
    upload,
)
from gapura.web.admin.admission import Admission, Needs, take_detour
from gapura.web.admin.desk import Desk
from gapura.web.admin.sign_in import Detour
from gapura.web.errors import HANDLERS, render_refusal

ROUTERS = (
    home.router,
    clients.router,
    client_acts.router,
    agencies.router,
    citizens.router,
    citizen_acts.router,
    upload.router,
    imports.router,
    keys.router,
    audit.router,
)


def admin_routes(desk: Desk, admission: Admission) -> list[BaseRoute]:
    app = admin_app(desk, admission)
    return [Route("/admin", app, name="admin"), Route("/admin/{page:path}", app, name="admin_page")]


def admin_app(desk: Desk, admission: Admission) -> FastAPI:
    """Raises ValueError when a route states no permission: what nobody thought of is open to nobody."""
    list(stated_routes())
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={**HANDLERS, Detour: take_detour, Exception: render_refusal},
    )
    for router in ROUTERS:
        app.include_router(router)
    app.state.desk, app.state.admission = desk, admission
    return app


def stated_routes() -> Iterator[tuple[APIRoute, Needs]]:
    """Every route with the permission it states. Raises ValueError for one without."""
    for router in ROUTERS:
        for route in router.routes:
            needs = next(_needed_by(route.dependant), None) if isinstance(route, APIRoute) else None
            if not isinstance(route, APIRoute) or needs is None:
                raise ValueError(f"{route} states no permission")
            yield route, needs


def _needed_by(dependant: Dependant) -> Iterator[Needs]:
    for inner in dependant.dependencies:
        if isinstance(inner.call, Needs):
            yield inner.call
        yield from _needed_by(inner)
