"""The attributes an agency can get, one row each: the scope that asks for it, and how it reads out of the facts.

A new attribute is a row here and a label per language (`web/labels.py`); scopes, the consent page, userinfo, discovery,
the data-use log and the tables of the documentation (`scripts/docs`) follow. Never offered (UU 24/2013 article 84): disability, fingerprint, iris, signature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any, Protocol, TypeAlias

Claims: TypeAlias = Mapping[str, object]


class Record(Protocol):
    """A citizen's record in the registry: what pages show of it. The rows below read further fields by their names."""

    @property
    def nik(self) -> str: ...

    @property
    def full_name(self) -> str: ...


@dataclass(frozen=True, slots=True, repr=False)
class Facts:
    """What is known of one person when a release is made; `None` where nothing is known.

    `address` has the members of OpenID Connect Core §5.1.1 that are known.
    """

    record: Record
    address: Mapping[str, str]
    email: str | None = None
    email_verified: bool = False
    phone: str | None = None
    phone_verified: bool = False


@dataclass(frozen=True, slots=True)
class Attribute:
    """`claims` gives the claims of the attribute (none when unknown), `shown` what the person sees of it."""

    name: str
    scope: str
    source: str
    claim_names: tuple[str, ...]
    claims: Callable[[Facts], Claims]
    shown: Callable[[Facts], str | date | None]


def _address(facts: Facts) -> Claims:
    return {"address": dict(facts.address)} if facts.address else {}


def _email(facts: Facts) -> Claims:
    return {"email": facts.email, "email_verified": facts.email_verified} if facts.email else {}


def _phone(facts: Facts) -> Claims:
    if not facts.phone:
        return {}
    return {"phone_number": facts.phone, "phone_number_verified": facts.phone_verified}


REGISTRY, ACCOUNT = "registry", "account"
GENDERS: Mapping[str, str] = {"M": "male", "F": "female"}  # OpenID Connect Core §5.1


def _of_record(name: str, scope: str, field: str = "", said: Callable[[Any], object] = str) -> Attribute:
    """One field of the record, named like the attribute unless `field` says otherwise, as a claim of that name.

    `said` makes the claim of a value that is known; a `date` reads `date.isoformat`.
    """
    read = attrgetter(field or name)

    def claims(facts: Facts) -> Claims:
        value = read(facts.record)
        return {} if value is None or value == "" else {name: said(value)}

    return Attribute(name, scope, REGISTRY, (name,), claims, lambda facts: read(facts.record))


ATTRIBUTES: Mapping[str, Attribute] = {
    row.name: row
    for row in (
        _of_record("nik", "nik"),
        _of_record("name", "profile", "full_name"),
        _of_record("birthdate", "profile", "birth_date", date.isoformat),
        _of_record("gender", "profile", "sex", GENDERS.__getitem__),
        Attribute(
            "address", "address", REGISTRY, ("address",), _address, lambda f: f.address.get("formatted")
        ),
        Attribute("email", "email", ACCOUNT, ("email", "email_verified"), _email, lambda f: f.email),
        Attribute(
            "phone", "phone", ACCOUNT, ("phone_number", "phone_number_verified"), _phone, lambda f: f.phone
        ),
    )
}

ATTRIBUTE_OF_CLAIM: Mapping[str, str] = {
    claim: row.name for row in ATTRIBUTES.values() for claim in row.claim_names
}


def release(facts: Facts, attributes: tuple[str, ...]) -> dict[str, object]:
    """The claims of `attributes`, in the table's order; unknown values are left out."""
    wanted = frozenset(attributes)
    return {
        name: value
        for row in ATTRIBUTES.values()
        if row.name in wanted
        for name, value in row.claims(facts).items()
    }
