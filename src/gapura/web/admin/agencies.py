"""Agencies, and the purposes for which their clients get attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gapura.disclosure.attributes import ATTRIBUTES
from gapura.disclosure.purposes import LEGAL_BASES, Purpose, in_language
from gapura.errors import PageError
from gapura.flow.admin_agencies import AgencyDraft, PurposeDraft
from gapura.flow.directory import Agency
from gapura.values import AgencyId
from gapura.web.admin.admission import Operator, needs
from gapura.web.admin.desk import At, Desk
from gapura.web.admin.reason import reason_of
from gapura.web.replies import see_other
from gapura.web.request import Params

router = APIRouter()

LIST = "/admin/agencies"
NEW = f"{LIST}/new"
ONE = f"{LIST}/{{agency_id}}"
PURPOSE = f"{ONE}/purposes/new"
LANGUAGES = ("id", "en")
MANY = frozenset({"essential", "voluntary"})

Reads = Annotated[Operator, needs("client.read")]
Writes = Annotated[Operator, needs("client.write")]


@router.get(LIST)
async def agencies(request: Request, desk: At, operator: Reads) -> Response:
    language, directory = desk.frame.language(request), desk.directory.value
    rows = [
        {
            "id": agency.id,
            "name": in_language(agency.names, language),
            "purposes": sum(purpose.agency_id == agency.id for purpose in directory.purposes.values()),
            "clients": sum(client.agency_id == agency.id for client in directory.clients.values()),
            "href": ONE.format(agency_id=agency.id),
        }
        for agency in sorted(
            directory.agencies.values(), key=lambda agency: in_language(agency.names, language)
        )
    ]
    return desk.frame.page(
        request, operator, "agencies.html", agencies=rows, can_add=operator.may("client.write")
    )


@router.get(NEW)
async def new(request: Request, desk: At, operator: Writes) -> Response:
    return _agency_form(request, desk, operator, AgencyDraft("", dict.fromkeys(LANGUAGES, "")))


@router.post(NEW)
async def add(request: Request, desk: At, operator: Writes) -> Response:
    form = await desk.frame.form(request, operator)
    draft = AgencyDraft((form.get("id") or "").strip(), _by_language(form, "name"))
    reason, faults = reason_of(form)
    faults = draft.faults() | faults
    if not faults and not await desk.agencies.add(draft, operator.order(reason, desk.clock())):
        faults = {"id": "taken"}
    if faults:
        return _agency_form(request, desk, operator, draft, reason, faults)
    await desk.directory.renew()
    return see_other(f"{ONE.format(agency_id=draft.id)}?done=agency_added")


@router.get(ONE)
async def agency(request: Request, desk: At, operator: Reads, agency_id: str) -> Response:
    found, language = await _agency(desk, agency_id), desk.frame.language(request)
    purposes = [p for p in desk.directory.value.purposes.values() if p.agency_id == found.id]
    return desk.frame.page(
        request,
        operator,
        "agency.html",
        agency={"id": found.id, "name": in_language(found.names, language)},
        purposes=[_view(purpose, language) for purpose in sorted(purposes, key=_newest_first)],
        add=PURPOSE.format(agency_id=found.id) if operator.may("client.write") else None,
        done=desk.frame.done(request),
    )


@router.get(PURPOSE)
async def new_purpose(request: Request, desk: At, operator: Writes, agency_id: str) -> Response:
    empty = dict.fromkeys(LANGUAGES, "")
    draft = PurposeDraft("", empty, empty, LEGAL_BASES[0], "", "365", (), ())
    return _purpose_form(request, desk, operator, await _agency(desk, agency_id), draft)


@router.post(PURPOSE)
async def add_purpose(request: Request, desk: At, operator: Writes, agency_id: str) -> Response:
    found = await _agency(desk, agency_id)
    form = await desk.frame.form(request, operator, MANY)
    draft, (reason, faults) = _purpose_draft(form), reason_of(form)
    faults = draft.faults() | faults
    if faults:
        return _purpose_form(request, desk, operator, found, draft, reason=reason, errors=faults)
    await desk.agencies.add_purpose(found.id, draft, operator.order(reason, desk.clock()))
    await desk.directory.renew()
    return see_other(f"{ONE.format(agency_id=found.id)}?done=purpose_added")


async def _agency(desk: Desk, agency_id: str) -> Agency:
    """An agency that another worker added a moment ago is found too. Raises PageError("not_found")."""
    found = await desk.directory.agency(AgencyId(agency_id))
    if found is None:
        raise PageError("not_found", detail="no such agency", status=404)
    return found


def _agency_form(
    request: Request,
    desk: Desk,
    operator: Operator,
    draft: AgencyDraft,
    reason: str = "",
    errors: Mapping[str, str] | None = None,
) -> Response:
    return desk.frame.page(
        request,
        operator,
        "agency_form.html",
        422 if errors else 200,
        action=NEW,
        values={"id": draft.id, **_fields("name", draft.names), "reason": reason},
        errors=errors or {},
    )


def _purpose_form(
    request: Request,
    desk: Desk,
    operator: Operator,
    found: Agency,
    draft: PurposeDraft,
    *,
    reason: str = "",
    errors: Mapping[str, str] | None = None,
) -> Response:
    return desk.frame.page(
        request,
        operator,
        "purpose_form.html",
        422 if errors else 200,
        agency={"name": found.names[desk.frame.language(request)], "href": ONE.format(agency_id=found.id)},
        action=PURPOSE.format(agency_id=found.id),
        legal_bases=LEGAL_BASES,
        attributes=tuple(ATTRIBUTES),
        values={
            "code": draft.code,
            **_fields("title", draft.titles),
            **_fields("text", draft.texts),
            "legal_basis": draft.legal_basis,
            "law": draft.law,
            "retention_days": draft.retention_days,
            "essential": draft.essential,
            "voluntary": draft.voluntary,
            "reason": reason,
        },
        errors=errors or {},
    )


def _purpose_draft(form: Params) -> PurposeDraft:
    return PurposeDraft(
        code=(form.get("code") or "").strip(),
        titles=_by_language(form, "title"),
        texts=_by_language(form, "text"),
        legal_basis=form.get("legal_basis") or "",
        law=(form.get("law") or "").strip(),
        retention_days=(form.get("retention_days") or "").strip(),
        essential=form.many("essential"),
        voluntary=form.many("voluntary"),
    )


def _by_language(form: Params, name: str) -> dict[str, str]:
    return {language: " ".join((form.get(f"{name}_{language}") or "").split()) for language in LANGUAGES}


def _fields(name: str, texts: Mapping[str, str]) -> dict[str, str]:
    return {f"{name}_{language}": text for language, text in texts.items()}


def _view(purpose: Purpose, language: str) -> dict[str, Any]:
    return {
        "code": f"{purpose.code}/{purpose.version}",
        "title": in_language(purpose.titles, language),
        "legal_basis": purpose.legal_basis,
        "law": purpose.law,
        "essential": purpose.essential,
        "voluntary": purpose.voluntary,
    }


def _newest_first(purpose: Purpose) -> tuple[str, int]:
    return purpose.code, -purpose.version
