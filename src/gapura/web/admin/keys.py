"""Signing keys: which there are, and their rotation."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gapura.web.admin.admission import Operator, needs
from gapura.web.admin.confirm import Asked, confirm_page
from gapura.web.admin.desk import At
from gapura.web.admin.reason import reason_of
from gapura.web.replies import see_other

router = APIRouter()

KEYS = "/admin/keys"
ROTATE = f"{KEYS}/rotate"
ASKED = Asked("keys", "keys_rotate", ROTATE, KEYS)

Rotates = Annotated[Operator, needs("key.rotate", fresh=True)]


@router.get(KEYS)
async def keys(request: Request, desk: At, operator: Annotated[Operator, needs("key.read")]) -> Response:
    return desk.frame.page(
        request,
        operator,
        "keys.html",
        keys=[asdict(key) for key in await desk.keys.all()],
        rotate=ROTATE if operator.may("key.rotate") else None,
        done=desk.frame.done(request),
    )


@router.get(ROTATE)
async def ask_rotate(request: Request, desk: At, operator: Rotates) -> Response:
    return confirm_page(request, desk, operator, ASKED)


@router.post(ROTATE)
async def rotate(request: Request, desk: At, operator: Rotates) -> Response:
    reason, faults = reason_of(await desk.frame.form(request, operator))
    if faults:
        return confirm_page(request, desk, operator, ASKED, reason, faults)
    changed = await desk.keys.rotate(operator.order(reason, desk.clock()))
    return see_other(f"{KEYS}?done={'keys_rotate' if changed else 'keys_waiting'}")
