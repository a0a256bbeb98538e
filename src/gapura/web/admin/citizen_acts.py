"""What an operator does to a citizen's account; it is felt at every agency within seconds."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gapura.flow.admin_citizens import Act
from gapura.web.admin.admission import Operator, needs
from gapura.web.admin.citizen_addresses import (
    END_SESSIONS,
    ONE,
    REINSTATE,
    SUSPEND,
    address,
    citizen_id_of,
)
from gapura.web.admin.confirm import Asked, confirm_page
from gapura.web.admin.desk import At, Desk
from gapura.web.admin.reason import reason_of
from gapura.web.replies import see_other

router = APIRouter()

SuspendsFresh = Annotated[Operator, needs("account.suspend", fresh=True)]
Suspends = Annotated[Operator, needs("account.suspend")]
EndsSessions = Annotated[Operator, needs("account.end_sessions")]


@router.get(SUSPEND)
async def ask_suspend(request: Request, desk: At, operator: SuspendsFresh, citizen_id: str) -> Response:
    return confirm_page(request, desk, operator, _asked("suspend", SUSPEND, citizen_id))


@router.post(SUSPEND)
async def suspend(request: Request, desk: At, operator: SuspendsFresh, citizen_id: str) -> Response:
    return await _done(request, desk, operator, "suspend", _asked("suspend", SUSPEND, citizen_id))


@router.get(REINSTATE)
async def ask_reinstate(request: Request, desk: At, operator: Suspends, citizen_id: str) -> Response:
    return confirm_page(request, desk, operator, _asked("reinstate", REINSTATE, citizen_id))


@router.post(REINSTATE)
async def reinstate(request: Request, desk: At, operator: Suspends, citizen_id: str) -> Response:
    return await _done(request, desk, operator, "reinstate", _asked("reinstate", REINSTATE, citizen_id))


@router.get(END_SESSIONS)
async def ask_end(request: Request, desk: At, operator: EndsSessions, citizen_id: str) -> Response:
    return confirm_page(request, desk, operator, _asked("end_sessions", END_SESSIONS, citizen_id))


@router.post(END_SESSIONS)
async def end(request: Request, desk: At, operator: EndsSessions, citizen_id: str) -> Response:
    return await _done(
        request, desk, operator, "end_sessions", _asked("end_sessions", END_SESSIONS, citizen_id)
    )


async def _done(request: Request, desk: Desk, operator: Operator, act: Act, asked: Asked) -> Response:
    reason, faults = reason_of(await desk.frame.form(request, operator))
    if faults:
        return confirm_page(request, desk, operator, asked, reason, faults)
    citizen_id = citizen_id_of(request.path_params["citizen_id"])
    order = operator.order(reason, desk.clock())
    changed = await desk.citizens.act(act, citizen_id, order)
    return see_other(f"{asked.back}?done={act if changed else 'unchanged'}")


def _asked(act: Act, template: str, citizen_id: str) -> Asked:
    found = citizen_id_of(citizen_id)
    return Asked("citizens", act, address(template, found), address(ONE, found))
