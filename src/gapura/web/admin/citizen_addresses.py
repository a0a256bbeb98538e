"""Where a citizen's pages are: an opaque id stands in the address, never a NIK."""

from __future__ import annotations

from uuid import UUID

from gapura.errors import PageError
from gapura.values import CitizenId

SEARCH = "/admin/citizens"
ONE = f"{SEARCH}/{{citizen_id}}"
VIEW, SHOW = f"{ONE}/view", f"{ONE}/show"
SUSPEND, REINSTATE, END_SESSIONS = f"{ONE}/suspend", f"{ONE}/reinstate", f"{ONE}/end-sessions"


def address(template: str, citizen_id: CitizenId) -> str:
    return template.format(citizen_id=citizen_id)


def citizen_id_of(text: str) -> CitizenId:
    """Raises PageError("not_found")."""
    try:
        return CitizenId(UUID(text))
    except ValueError:
        raise PageError("not_found", detail="no citizen's id", status=404) from None
