"""Loads of the registry: which there were, how one goes on, and what it rejected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from gapura.errors import PageError
from gapura.flow.admin_imports import LoadLine, RunState
from gapura.web.admin.admission import Operator, needs
from gapura.web.admin.desk import At

router = APIRouter()

LIST = "/admin/imports"
ONE = f"{LIST}/{{load_id}}"
REJECTS = f"{ONE}/rejects.csv"
SHOWN_REJECTS = 50

Reads = Annotated[Operator, needs("registry.read")]


@router.get(LIST)
async def imports(request: Request, desk: At, operator: Reads) -> Response:
    names = await desk.operators.names()
    return desk.frame.page(
        request,
        operator,
        "imports.html",
        can_upload=operator.may("registry.import"),
        loads=[_line(load, names) for load in await desk.imports.loads.all()],
    )


@router.get(ONE)
async def load(request: Request, desk: At, operator: Reads, load_id: str) -> Response:
    number = _number(load_id)
    found, runs = await desk.imports.load(number), desk.imports.runs
    state = await runs.state_of_load(number)
    rejects = await runs.first_rejects(number, SHOWN_REJECTS)
    return desk.frame.page(
        request,
        operator,
        "import.html",
        load={**_line(found, await desk.operators.names()), "percent": _percent(found, state)},
        refused=state.refused if state is not None else None,
        problem=state.words if state is not None else "",
        rejects=[asdict(reject) for reject in rejects],
        rejects_href=REJECTS.format(load_id=number) if rejects else None,
    )


@router.get(REJECTS)
async def rejects(desk: At, operator: Reads, load_id: str) -> Response:  # noqa: ARG001 -- admits
    number = _number(load_id)
    path = await desk.imports.runs.rejects(number)
    if path is None:
        raise PageError("not_found", detail="no rejects here", status=404)
    headers = {"Cache-Control": "no-store"}
    return FileResponse(path, headers=headers, media_type="text/csv", filename=f"rejects-{number}.csv")


def _line(found: LoadLine, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        **asdict(found),
        "actor": names.get(found.actor, found.actor),
        "href": ONE.format(load_id=found.id),
        "percent": None,
    }


def _percent(found: LoadLine, state: RunState | None) -> int | None:
    return state.percent if found.state == "loading" and state is not None and not state.ended else None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):  # noqa: PLR2004 -- what a bigint holds
        raise PageError("not_found", detail="no load's number", status=404)
    return int(text)
