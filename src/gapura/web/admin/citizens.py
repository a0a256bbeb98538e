"""Citizens: found with a reason, shown masked, each look written down before it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gapura.flow.admin_citizens import FULL, Seen, Sought
from gapura.identity.names import masked_name
from gapura.identity.nik import Nik, NikRefused, masked
from gapura.values import CitizenId, Instant
from gapura.web.admin.admission import Operator, needs
from gapura.web.admin.citizen_addresses import ONE, SEARCH, SHOW, VIEW, address, citizen_id_of
from gapura.web.admin.confirm import Asked, confirm_page
from gapura.web.admin.desk import At, Desk
from gapura.web.admin.reason import reason_of
from gapura.web.replies import see_other
from gapura.web.user_agents import device_name

router = APIRouter()

Searches = Annotated[Operator, needs("citizen.search")]

FIELDS = ("nik", "name", "birth_date", "reason")
# What may be done to an account of a status, with the permission that it takes.
ACTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "active": (("suspend", "account.suspend"), ("end_sessions", "account.end_sessions")),
    "suspended": (("reinstate", "account.suspend"),),
}


@router.get(SEARCH)
async def search_form(request: Request, desk: At, operator: Searches) -> Response:
    return _search_page(request, desk, operator, dict.fromkeys(FIELDS, ""))


@router.post(SEARCH)
async def search(request: Request, desk: At, operator: Searches) -> Response:
    form = await desk.frame.form(request, operator)
    values = {name: (form.get(name) or "").strip() for name in FIELDS}
    now, sandbox = desk.clock(), desk.frame.pages.sandbox
    sought, faults = _sought(values, now, sandbox=sandbox)
    reason, no_reason = reason_of(form)
    faults |= no_reason
    if faults:
        return _search_page(request, desk, operator, values, errors=faults)
    found = await desk.citizens.search(sought, operator.session_id, operator.order(reason, now))
    return _search_page(request, desk, operator, values, found)


@router.get(ONE)
async def citizen(request: Request, desk: At, operator: Searches, citizen_id: str) -> Response:
    sought = citizen_id_of(citizen_id)
    reason = await desk.citizens.reasons.reason(operator.session_id, sought)
    if reason is None:
        return see_other(address(VIEW, sought))
    seen = await desk.citizens.look(sought, operator.order(reason, desk.clock()))
    return desk.frame.page(
        request,
        operator,
        "citizen.html",
        citizen=_view(seen),
        account=_account(seen),
        sessions=_sessions(seen),
        acts=_acts(operator, seen),
        done=desk.frame.done(request),
    )


@router.get(VIEW)
async def ask_view(request: Request, desk: At, operator: Searches, citizen_id: str) -> Response:
    return confirm_page(request, desk, operator, _asked("view", citizen_id_of(citizen_id)))


@router.post(VIEW)
async def view(request: Request, desk: At, operator: Searches, citizen_id: str) -> Response:
    sought = citizen_id_of(citizen_id)
    reason, faults = reason_of(await desk.frame.form(request, operator))
    if faults:
        return confirm_page(request, desk, operator, _asked("view", sought), reason, faults)
    await desk.citizens.reasons.keep(operator.session_id, sought, reason)
    return see_other(address(ONE, sought))


@router.get(SHOW)
async def ask_show(request: Request, desk: At, operator: Searches, citizen_id: str) -> Response:
    return confirm_page(request, desk, operator, _asked("show", citizen_id_of(citizen_id)))


@router.post(SHOW)
async def show(request: Request, desk: At, operator: Searches, citizen_id: str) -> Response:
    sought = citizen_id_of(citizen_id)
    reason, faults = reason_of(await desk.frame.form(request, operator))
    if faults:
        return confirm_page(request, desk, operator, _asked("show", sought), reason, faults)
    seen = await desk.citizens.look(sought, operator.order(reason, desk.clock()), FULL)
    return desk.frame.page(
        request, operator, "citizen_full.html", rows=_full(seen), back=address(ONE, sought)
    )


def _search_page(
    request: Request,
    desk: Desk,
    operator: Operator,
    values: Mapping[str, str],
    found: tuple[Seen, ...] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    return desk.frame.page(
        request,
        operator,
        "citizens.html",
        422 if errors else 200,
        action=SEARCH,
        values=values,
        errors=errors or {},
        found=None if found is None else [_view(one) for one in found],
    )


def _sought(values: Mapping[str, str], now: Instant, *, sandbox: bool) -> tuple[Sought, dict[str, str]]:
    if values["nik"]:
        try:
            return Sought(Nik.parse(values["nik"], today=now.date(), sandbox=sandbox)), {}
        except NikRefused as refused:
            return Sought(), {"nik": refused.reason}
    if not values["name"]:
        return Sought(), {"nik": "missing"}
    try:
        return Sought(name=values["name"], birth_date=date.fromisoformat(values["birth_date"])), {}
    except ValueError:
        return Sought(), {"birth_date": "birth_date"}


def _view(seen: Seen) -> dict[str, Any]:
    person = seen.citizen
    return {
        "name": masked_name(person.full_name),
        "nik": masked(person.nik),
        "status": person.status.value,
        "birth_year": str(person.birth_date.year),
        "sex": person.sex.value,
        "region": seen.region,
        "href": address(ONE, seen.id),
    }


def _full(seen: Seen) -> list[dict[str, Any]]:
    person = seen.citizen
    lines = (
        person.address_line,
        f"RT {person.rt}/RW {person.rw}" if person.rt else "",
        seen.region,
        person.postal_code,
    )
    values = {
        "name": person.full_name,
        "nik": person.nik,
        "birthdate": person.birth_date,
        "status": person.status.value,
        "gender": person.sex.value,
        "address": ", ".join(filter(None, lines)),
        "kk": person.kk,
        "birth_place": person.birth_place,
        "marital_status": person.marital_status.value,
        "religion": person.religion.value if person.religion is not None else None,
        "email": seen.contacts.email,
        "phone": seen.contacts.phone,
    }
    return [{"name": name, "value": values[name]} for name in FULL]


def _account(seen: Seen) -> dict[str, Any] | None:
    account = seen.account
    if account is None:
        return None
    return {
        "status": account.status,
        "created_at": account.created_at,
        "second_factor": account.second_factor,
        "sessions": len(seen.sessions),
    }


def _sessions(seen: Seen) -> list[dict[str, Any]]:
    return [
        {"auth_time": one.auth_time, "device": device_name(one.user_agent), "acr": one.acr}
        for one in seen.sessions
    ]


def _acts(operator: Operator, seen: Seen) -> list[dict[str, str]]:
    """What can be done, rows of LABELS "act"."""
    acts = ACTS.get(seen.account.status, ()) if seen.account is not None else ()
    allowed = [act for act, permission in acts if operator.may(permission)]
    here = address(ONE, seen.id)
    return [
        {"name": "citizen_show", "href": address(SHOW, seen.id)},
        *({"name": act, "href": f"{here}/{act.replace('_', '-')}"} for act in allowed),
    ]


def _asked(act: str, citizen_id: CitizenId) -> Asked:
    here = address(ONE, citizen_id)
    return Asked("citizens", f"citizen_{act}", f"{here}/{act}", SEARCH if act == "view" else here)
