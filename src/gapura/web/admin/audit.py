"""The audit: who did what to whom, when and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gapura.flow.records import AuditFilter, AuditLine
from gapura.web.admin.admission import Operator, needs
from gapura.web.admin.desk import At
from gapura.web.days import span_of
from gapura.web.request import query_params

router = APIRouter()

AUDIT = "/admin/audit"
PAGE_SIZE = 50
CHOICES = ("actor", "action", "object", "since", "until")

# Every action there is, for the filter.
ACTIONS = (
    "account.close", "account.create", "account.end_sessions", "account.reinstate", "account.suspend",
    "agency.added", "agency.invite", "audit.read",
    "citizen.search", "citizen.show", "citizen.view",
    "client.changed", "client.disable", "client.enable", "client.purposes", "client.registered", "client.removed",
    "client.secret",
    "consent.given", "consent.withdrawn",
    "key.activate", "key.create_active", "key.create_next", "key.remove", "key.retire",
    "operator.enrol", "operator.invite", "purpose.added",
    "registry.discard", "registry.import", "registry.regions", "registry.upload",
    "root_key.reindex_end", "root_key.reindex_start", "root_key.retire",
    "session.end", "session.rise", "session.start",
)  # fmt: skip


@router.get(AUDIT)
async def audit(request: Request, desk: At, operator: Annotated[Operator, needs("audit.read")]) -> Response:
    params = query_params(request)
    values = {name: params.get(name) or "" for name in CHOICES}
    errors: dict[str, str] = {}
    since, until = span_of(params, errors)
    names = await desk.operators.names()
    ids = {name: account_id for account_id, name in names.items()}
    actor, action, thing = (values[name].strip() or None for name in ("actor", "action", "object"))
    which = AuditFilter(ids.get(actor or "", actor), action, thing, since, until)
    order = operator.order("", desk.clock())
    page, state = await desk.audit.page(which, order, PAGE_SIZE, params.get("page"))
    kept = {name: value for name, value in values.items() if value}
    return desk.frame.page(
        request,
        operator,
        "audit.html",
        422 if errors else 200,
        entries=[_line(line, names) for line in page.lines],
        values=values,
        actions=ACTIONS,
        errors=errors,
        older=_address({**kept, "page": page.older}) if page.older else None,
        newest=_address(kept) if params.get("page") else None,
        verified={"at": order.at, "upto": state.upto, "rows": state.rows, "ok": state.holds},
    )


def _address(query: Mapping[str, str]) -> str:
    return f"{AUDIT}?{urlencode(query)}" if query else AUDIT


def _line(line: AuditLine, names: Mapping[str, str]) -> dict[str, Any]:
    entry = line.entry
    return {
        "number": line.seq,
        "at": entry.at,
        "actor_kind": entry.actor_kind,
        "actor": names.get(entry.actor, entry.actor),
        "action": entry.action,
        "object": entry.object,
        "detail": [f"{name}: {_shown(value)}" for name, value in entry.detail.items()],
        "reason": entry.note.reason,
    }


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
