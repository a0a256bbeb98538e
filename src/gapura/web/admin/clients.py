"""Clients: the list, the form that registers one, and its page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gapura.disclosure.purposes import in_language
from gapura.errors import OAuthError
from gapura.flow.admin_clients import HeldClient, Issued
from gapura.flow.outbox import Delivery
from gapura.protocol.algorithms import SIGNING_ALGS
from gapura.protocol.client import ACTIVE
from gapura.protocol.profiles import PROFILES
from gapura.values import AgencyId, ClientId
from gapura.web.admin.admission import Operator, needs
from gapura.web.admin.client_form import (
    DETAIL_NAMES,
    EMPTY,
    MANY,
    SCOPE_NAMES,
    document_of,
    faults_of,
    missing,
    typed,
    values_of,
)
from gapura.web.admin.desk import At, Desk
from gapura.web.admin.reason import reason_of
from gapura.web.replies import see_other

router = APIRouter()

LIST = "/admin/clients"
NEW = f"{LIST}/new"
ONE = f"{LIST}/{{client_id}}"
EDIT = f"{ONE}/edit"

DELIVERIES_OF, MOST_DELIVERIES = timedelta(days=30), 20

Reads = Annotated[Operator, needs("client.read")]
Writes = Annotated[Operator, needs("client.write")]
# A client that is in use would send people, and their codes, elsewhere.
WritesFresh = Annotated[Operator, needs("client.write", fresh=True)]


@router.get(LIST)
async def clients(request: Request, desk: At, operator: Reads) -> Response:
    held = await desk.clients.clients.all()
    return desk.frame.page(
        request,
        operator,
        "clients.html",
        clients=[_line(request, desk, one) for one in held],
        can_add=operator.may("client.write"),
    )


@router.get(NEW)
async def new(request: Request, desk: At, operator: Writes) -> Response:
    return _form(request, desk, operator, _Filled(EMPTY))


@router.post(NEW)
async def register(request: Request, desk: At, operator: Writes) -> Response:
    values = typed(form := await desk.frame.form(request, operator, MANY))
    reason, faults = reason_of(form)
    faults = missing(values, desk.directory.value.agencies) | faults
    filled = _Filled(values, errors=faults)
    if faults:
        return _form(request, desk, operator, filled)
    order = operator.order(reason, desk.clock())
    try:
        issued = await desk.clients.register(document_of(values), AgencyId(values["agency"]), order)
    except OAuthError as refused:
        return _form(request, desk, operator, filled.refused(refused))
    return await client_page(request, desk, operator, issued, "client_added")


@router.get(ONE)
async def client(request: Request, desk: At, operator: Reads, client_id: str) -> Response:
    return await client_page(request, desk, operator, Issued(ClientId(client_id), None))


@router.get(EDIT)
async def edit(request: Request, desk: At, operator: WritesFresh, client_id: str) -> Response:
    held = await desk.clients.held(ClientId(client_id))
    return _form(request, desk, operator, _Filled(values_of(held), held))


@router.post(EDIT)
async def change(request: Request, desk: At, operator: WritesFresh, client_id: str) -> Response:
    held = await desk.clients.held(ClientId(client_id))
    form = await desk.frame.form(request, operator, MANY)
    values = typed(form) | {
        "agency": held.client.agency_id
    }  # an agency never hands a client on: its `sub`s stay
    reason, faults = reason_of(form)
    faults = missing(values, desk.directory.value.agencies) | faults
    filled = _Filled(values, held, faults)
    if faults:
        return _form(request, desk, operator, filled)
    order = operator.order(reason, desk.clock())
    try:
        issued = await desk.clients.change(held, document_of(values, held.metadata), order)
    except OAuthError as refused:
        return _form(request, desk, operator, filled.refused(refused))
    if issued.secret is not None:
        return await client_page(request, desk, operator, issued, "client_changed")
    return see_other(f"{ONE.format(client_id=client_id)}?done=client_changed")


async def client_page(
    request: Request, desk: Desk, operator: Operator, issued: Issued, done: str | None = None
) -> Response:
    """The page of a client, which shows a new secret this once."""
    held = await desk.clients.held(issued.client_id)
    since = desk.clock() - DELIVERIES_OF
    deliveries = await desk.deliveries.status((issued.client_id,), since, MOST_DELIVERIES)
    return desk.frame.page(
        request,
        operator,
        "client.html",
        deliveries=[_delivery(one) for one in deliveries],
        client=_view(request, desk, held),
        secret=issued.secret.reveal() if issued.secret is not None else None,
        done=done or desk.frame.done(request),
        acts=_acts(held) if operator.may("client.write") else [],
    )


@dataclass(frozen=True, slots=True, repr=False)
class _Filled:
    """The form as it is shown: `held` when a client is changed, `problem` in the rules' own words."""

    values: Mapping[str, Any]
    held: HeldClient | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    def refused(self, error: OAuthError) -> _Filled:
        return replace(self, errors=faults_of(error), problem=error.description)


def _form(request: Request, desk: Desk, operator: Operator, filled: _Filled) -> Response:
    language, held = desk.frame.language(request), filled.held
    agencies = desk.directory.value.agencies
    shown = agencies.values() if held is None else [agencies[held.client.agency_id]]
    return desk.frame.page(
        request,
        operator,
        "client_form.html",
        422 if filled.errors else 200,
        action=NEW if held is None else EDIT.format(client_id=held.client.id),
        is_new=held is None,
        agencies=[{"id": agency.id, "name": in_language(agency.names, language)} for agency in shown],
        auth_methods=desk.clients.makes.policy.discovery["token_endpoint_auth_methods_supported"],
        algorithms=tuple(SIGNING_ALGS),
        profiles=tuple(PROFILES),
        scopes=SCOPE_NAMES,
        detail_types=DETAIL_NAMES,
        values=filled.values,
        errors=filled.errors,
        problem=filled.problem,
    )


def _line(request: Request, desk: Desk, held: HeldClient) -> dict[str, Any]:
    client, language = held.client, desk.frame.language(request)
    agency = desk.directory.value.agencies.get(client.agency_id)
    return {
        "id": client.id,
        "name": client.name(language),
        "agency": in_language(agency.names, language) if agency is not None else client.agency_id,
        "status": client.status,
        "changed_at": held.changed_at,
        "href": ONE.format(client_id=client.id),
    }


def _view(request: Request, desk: Desk, held: HeldClient) -> dict[str, Any]:
    client = held.client
    return {
        **_line(request, desk, held),
        "profile": client.profile.name,
        "redirect_uris": client.redirect_uris,
        "post_logout_redirect_uris": client.post_logout_redirect_uris,
        "backchannel_logout_uri": client.backchannel_logout_uri or "",
        "frontchannel_logout_uri": client.frontchannel_logout_uri or "",
        "initiate_login_uri": client.initiate_login_uri or "",
        "auth_method": client.token_endpoint_auth_method,
        "algorithm": client.id_token_signed_response_alg,
        "scope": held.metadata["scope"].split(),
        "purposes": _purposes(desk, held, desk.frame.language(request)),
        "sector": client.sector,
        "created_at": held.created_at,
    }


def _delivery(one: Delivery) -> dict[str, Any]:
    return {
        "at": one.created_at,
        "kind": one.kind,
        "status": one.status,
        "attempts": one.attempts,
        "next": one.due_at if one.status == "retrying" else None,
        "error": one.error or "",
    }


def _purposes(desk: Desk, held: HeldClient, language: str) -> list[str]:
    """The titles of the purposes that its scopes are for, each once."""
    linked = desk.directory.value.purposes_of(held.client).values()
    return list(dict.fromkeys(in_language(purpose.titles, language) for purpose in linked))


def _acts(held: HeldClient) -> list[dict[str, str]]:
    """What can be done to it, rows of LABELS "act"."""
    here, is_active = ONE.format(client_id=held.client.id), held.client.status == ACTIVE
    acts = ("edit", "purposes", *(["secret"] if held.client.secret_digest is not None else []))
    return [
        {"name": f"client_{act}", "href": f"{here}/{act}"}
        for act in (*acts, "disable" if is_active else "enable")
    ]
