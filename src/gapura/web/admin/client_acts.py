"""What is asked before it is done to a client: disable, enable, a new secret, other purposes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gapura.disclosure.purposes import Purpose, in_language
from gapura.disclosure.scopes import SCOPES
from gapura.errors import PageError
from gapura.flow.admin_clients import HeldClient
from gapura.values import ClientId, PurposeId
from gapura.web.admin.admission import Operator, needs
from gapura.web.admin.clients import ONE, client_page
from gapura.web.admin.confirm import Asked, confirm_page
from gapura.web.admin.desk import At, Desk
from gapura.web.admin.reason import reason_of
from gapura.web.replies import see_other

router = APIRouter()

DISABLE, ENABLE, SECRET, PURPOSES = (f"{ONE}/{act}" for act in ("disable", "enable", "secret", "purposes"))

Writes = Annotated[Operator, needs("client.write", fresh=True)]


@router.get(DISABLE)
async def ask_disable(request: Request, desk: At, operator: Writes, client_id: str) -> Response:
    return confirm_page(request, desk, operator, await _asked(request, desk, client_id, "disable"))


@router.post(DISABLE)
async def disable(request: Request, desk: At, operator: Writes, client_id: str) -> Response:
    asked = await _asked(request, desk, client_id, "disable")
    reason, faults = reason_of(await desk.frame.form(request, operator))
    if faults:
        return confirm_page(request, desk, operator, asked, reason, faults)
    done = await desk.clients.disable(ClientId(client_id), operator.order(reason, desk.clock()))
    return see_other(f"{asked.back}?done={'client_disable' if done else 'unchanged'}")


@router.get(ENABLE)
async def ask_enable(request: Request, desk: At, operator: Writes, client_id: str) -> Response:
    return confirm_page(request, desk, operator, await _asked(request, desk, client_id, "enable"))


@router.post(ENABLE)
async def enable(request: Request, desk: At, operator: Writes, client_id: str) -> Response:
    asked = await _asked(request, desk, client_id, "enable")
    reason, faults = reason_of(await desk.frame.form(request, operator))
    if faults:
        return confirm_page(request, desk, operator, asked, reason, faults)
    held = await desk.clients.held(ClientId(client_id))
    done = await desk.clients.enable(held, operator.order(reason, desk.clock()))
    return see_other(f"{asked.back}?done={'client_enable' if done else 'unchanged'}")


@router.get(SECRET)
async def ask_secret(request: Request, desk: At, operator: Writes, client_id: str) -> Response:
    return confirm_page(request, desk, operator, await _asked(request, desk, client_id, "secret"))


@router.post(SECRET)
async def rotate_secret(request: Request, desk: At, operator: Writes, client_id: str) -> Response:
    asked = await _asked(request, desk, client_id, "secret")
    reason, faults = reason_of(await desk.frame.form(request, operator))
    if faults:
        return confirm_page(request, desk, operator, asked, reason, faults)
    held = await desk.clients.held(ClientId(client_id))
    issued = await desk.clients.rotate_secret(held.client, operator.order(reason, desk.clock()))
    return await client_page(request, desk, operator, issued, "client_secret")


@router.get(PURPOSES)
async def purposes(request: Request, desk: At, operator: Writes, client_id: str) -> Response:
    held = await desk.clients.held(ClientId(client_id))
    return _purposes_form(request, desk, operator, held)


@router.post(PURPOSES)
async def choose_purposes(request: Request, desk: At, operator: Writes, client_id: str) -> Response:
    held = await desk.clients.held(ClientId(client_id))
    form = await desk.frame.form(request, operator)
    reason, faults = reason_of(form)
    if faults:
        return _purposes_form(request, desk, operator, held, reason, faults)
    chosen = {scope: _purpose_id(form[scope]) for scope in SCOPES if form.get(scope)}
    await desk.clients.choose_purposes(held.client, chosen, operator.order(reason, desk.clock()))
    return see_other(f"{ONE.format(client_id=client_id)}?done=client_purposes")


def _purposes_form(
    request: Request,
    desk: Desk,
    operator: Operator,
    held: HeldClient,
    reason: str = "",
    errors: Mapping[str, str] | None = None,
) -> Response:
    language, directory = desk.frame.language(request), desk.directory.value
    own = sorted(
        (p for p in directory.purposes.values() if p.agency_id == held.client.agency_id), key=_newest
    )
    linked = directory.purposes_of(held.client)
    rows = [
        {
            "scope": scope,
            "options": [
                {"id": str(p.id), "name": f"{in_language(p.titles, language)} ({p.code}/{p.version})"}
                for p in own
                if p.attributes.issuperset(SCOPES[scope].attributes)
            ],
            "chosen": str(linked[scope].id) if scope in linked else "",
        }
        for scope in SCOPES
        if scope in held.client.scopes
    ]
    here = ONE.format(client_id=held.client.id)
    return desk.frame.page(
        request,
        operator,
        "client_purposes.html",
        422 if errors else 200,
        name=held.client.name(language),
        rows=rows,
        action=f"{here}/purposes",
        back=here,
        reason=reason,
        errors=errors or {},
    )


async def _asked(request: Request, desk: Desk, client_id: str, act: str) -> Asked:
    held = await desk.clients.held(ClientId(client_id))
    here = ONE.format(client_id=client_id)
    name = held.client.name(desk.frame.language(request))
    return Asked("clients", f"client_{act}", f"{here}/{act}", here, name)


def _purpose_id(text: str) -> PurposeId:
    try:
        return PurposeId(UUID(text))
    except ValueError:
        raise PageError("bad_request", detail="no purpose's id") from None


def _newest(purpose: Purpose) -> tuple[str, int]:
    return purpose.code, -purpose.version
