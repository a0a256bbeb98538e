"""The first page: how this deployment is."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gapura.web.admin.admission import Operator, needs
from gapura.web.admin.desk import At

router = APIRouter()


@router.get("/admin")
async def home(request: Request, desk: At, operator: Annotated[Operator, needs("health.read")]) -> Response:
    figures = await desk.figures.figures(desk.clock())
    return desk.frame.page(
        request,
        operator,
        "home.html",
        figures=asdict(figures),
        last_load=figures.last_load,
        unchained=figures.unchained,
    )
