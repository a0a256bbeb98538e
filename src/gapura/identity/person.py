"""The person behind an account, as every decision about them reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from gapura.values import AccountId, CitizenId

Kind: TypeAlias = Literal["citizen", "operator"]
CITIZEN: Final = "citizen"
OPERATOR: Final = "operator"
ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Person:
    """An account today. `citizen_status` is the registry's word, None when it has no visible record.

    `factors` are the kinds of second factors enrolled, `roles` those of an operator.
    """

    account_id: AccountId
    kind: Kind
    citizen_id: CitizenId | None
    account_status: str
    citizen_status: str | None
    locale: str = "id"
    factors: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()

    @property
    def is_operator(self) -> bool:
        return self.kind == OPERATOR


REFUSED_ACCOUNTS: Mapping[str, str] = {"suspended": "account_suspended", "closed": "account_closed"}

# Who moved abroad stays a citizen, with the same rights and duties, and signs in as before.
ADMITTED_CITIZENS = frozenset({"ACTIVE", "MOVED_ABROAD"})
REFUSED_CITIZENS: Mapping[str | None, str] = {
    "DECEASED": "citizen_deceased",
    "DUPLICATE": "citizen_duplicate",
    "REVOKED": "citizen_revoked",
    None: "citizen_unknown",
}


def refusal(person: Person) -> str | None:
    """Why this person may not sign in or stay signed in, as a code for logs and records; None when they may.

    A status that this version does not know is a refusal too.
    """
    if person.account_status != ACTIVE:
        return REFUSED_ACCOUNTS.get(person.account_status, "account_unknown")
    if person.is_operator or person.citizen_status in ADMITTED_CITIZENS:
        return None
    return REFUSED_CITIZENS.get(person.citizen_status, "citizen_unknown")
