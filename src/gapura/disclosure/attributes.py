"""The registry attributes an agency can get, one row each, and how each reads out of a citizen's facts.

Never offered (UU 24/2013 article 84): disability, fingerprint, iris, signature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

Claims: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True, repr=False)
class Facts:
    """What is known of one person when a release is made; `None` where nothing is known.

    `address` has the members of OpenID Connect Core §5.1.1 that are known. `updated_at` is in Unix seconds.
    """

    nik: str
    full_name: str
    birth_date: date
    sex: str
    address: Mapping[str, str]
    email: str | None = None
    email_verified: bool = False
    phone: str | None = None
    phone_verified: bool = False
    updated_at: int | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """`claims` gives the claims of the attribute (none when unknown), `shown` what the person sees of it."""

    name: str
    source: str
    claim_names: tuple[str, ...]
    claims: Callable[[Facts], Claims]
    shown: Callable[[Facts], str | date | None]


def _profile(facts: Facts) -> Claims:
    return {"name": facts.full_name}


def _birthdate(facts: Facts) -> Claims:
    return {"birthdate": facts.birth_date.isoformat()}


def _gender(facts: Facts) -> Claims:
    return {"gender": {"M": "male", "F": "female"}[facts.sex]}


def _address(facts: Facts) -> Claims:
    return {"address": dict(facts.address)} if facts.address else {}


def _email(facts: Facts) -> Claims:
    return {"email": facts.email, "email_verified": facts.email_verified} if facts.email else {}


def _phone(facts: Facts) -> Claims:
    if not facts.phone:
        return {}
    return {"phone_number": facts.phone, "phone_number_verified": facts.phone_verified}


REGISTRY, ACCOUNT = "registry", "account"

ATTRIBUTES: Mapping[str, Attribute] = {
    row.name: row
    for row in (
        Attribute("nik", REGISTRY, ("nik",), lambda f: {"nik": f.nik}, lambda f: f.nik),
        Attribute("name", REGISTRY, ("name",), _profile, lambda f: f.full_name),
        Attribute("birthdate", REGISTRY, ("birthdate",), _birthdate, lambda f: f.birth_date),
        Attribute("gender", REGISTRY, ("gender",), _gender, lambda f: f.sex),
        Attribute("address", REGISTRY, ("address",), _address, lambda f: f.address.get("formatted")),
        Attribute("email", ACCOUNT, ("email", "email_verified"), _email, lambda f: f.email),
        Attribute("phone", ACCOUNT, ("phone_number", "phone_number_verified"), _phone, lambda f: f.phone),
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
