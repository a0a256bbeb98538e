"""One answer to "may this person act, and here?", asked on every path: sign-in, step-up, each page, each token.

The codes are for logs and records. A page says the same to everybody whom it turns away at sign-in.
"""

from __future__ import annotations

from gapura.identity.person import CITIZEN, OPERATOR, Person, refusal
from gapura.protocol.client import Client
from gapura.protocol.grant import Grant


def can_authenticate(person: Person, client: Client | None) -> str | None:
    """The code of what forbids it, None when nothing does; `client` is None on the way to Gapura's own pages."""
    return refusal(person) or (_refusal_at(person, client) if client is not None else None)


def _refusal_at(person: Person, client: Client) -> str | None:
    if not client.is_active:
        return "client_disabled"
    # An operator is nobody whom an agency could know.
    return "operator_at_agency" if person.is_operator else None


def person_of(grant: Grant) -> Person:
    """The holder of a grant as the statement that read it saw them."""
    holder = grant.holder
    return Person(
        account_id=grant.account_id,
        kind=OPERATOR if holder.kind == OPERATOR else CITIZEN,
        citizen_id=grant.citizen_id,
        account_status=holder.account_status,
        citizen_status=holder.citizen_status,
        locale=holder.locale,
    )
