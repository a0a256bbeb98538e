"""What a client asks for, and whether the person has already answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gapura.disclosure.attributes import ATTRIBUTES
from gapura.disclosure.authorization_details import Details, attributes_in, is_within
from gapura.disclosure.purposes import CONSENT, Purpose
from gapura.disclosure.scopes import attributes_of
from gapura.values import ConsentId, Instant, PurposeId


@dataclass(frozen=True, slots=True)
class Ask:
    """What one request asks for: the data follows from the client's purposes, never from a parameter alone.

    `details` are what the client may do beside (RFC 9396).
    """

    purposes: tuple[Purpose, ...]
    scope: tuple[str, ...]
    essential: tuple[str, ...]
    voluntary: tuple[str, ...]
    details: Details = ()

    @property
    def attributes(self) -> tuple[str, ...]:
        return self.essential + self.voluntary

    @property
    def purpose_ids(self) -> tuple[PurposeId, ...]:
        return tuple(purpose.id for purpose in self.purposes)

    @property
    def is_consent(self) -> bool:
        return any(purpose.legal_basis == CONSENT for purpose in self.purposes)

    @property
    def legal_basis(self) -> str:
        return CONSENT if self.is_consent or not self.purposes else self.purposes[0].legal_basis


@dataclass(frozen=True, slots=True)
class Consent:
    """A standing answer of one citizen to one client."""

    id: ConsentId
    purpose_ids: tuple[PurposeId, ...]
    scope: tuple[str, ...]
    asked: tuple[str, ...]
    attributes: tuple[str, ...]
    granted_at: Instant
    expires_at: Instant
    details: Details = ()


def ask_of(
    scope: Iterable[str],
    claimed: Iterable[str],
    client_purposes: Mapping[str, Purpose],
    details: Details = (),
) -> Ask:
    """What a request for `scope`, the attributes `claimed` one by one and `details` asks of the person.

    `client_purposes` has the client's purpose of each scope; a scope without one asks for nothing, and an
    attribute that no purpose names is never asked for.
    """
    scopes = tuple(s for s in scope if s in client_purposes)
    wanted = dict.fromkeys(attributes_of(scopes))
    wanted |= dict.fromkeys(claimed)
    looked_up = attributes_in(details)
    purposes = _purposes_for(scopes, (*wanted, *looked_up), client_purposes)
    essential = frozenset(name for purpose in purposes for name in purpose.essential)
    allowed = frozenset(name for purpose in purposes for name in purpose.attributes)
    asked = [name for name in ATTRIBUTES if name in wanted and name in allowed]
    return Ask(
        purposes,
        scopes,
        essential=tuple(name for name in asked if name in essential),
        voluntary=tuple(name for name in asked if name not in essential),
        details=tuple(one for one in details if attributes_in((one,)) <= allowed),
    )


def _purposes_for(
    scopes: tuple[str, ...], wanted: tuple[str, ...], client_purposes: Mapping[str, Purpose]
) -> tuple[Purpose, ...]:
    """Those of the scopes; of the client's others only what an attribute needs that was asked for by name."""
    by_id = {client_purposes[scope].id: client_purposes[scope] for scope in scopes}
    missing = frozenset(wanted).difference(*(purpose.attributes for purpose in by_id.values()))
    for purpose in client_purposes.values():
        if purpose.attributes & missing:
            by_id.setdefault(purpose.id, purpose)
            missing -= purpose.attributes
    return tuple(by_id.values())


def covers(standing: Consent | None, ask: Ask, now: Instant) -> bool:
    """Whether `standing` answers `ask`: not older than a year, and the request has not grown."""
    return (
        standing is not None
        and now < standing.expires_at
        and frozenset(ask.scope) <= frozenset(standing.scope)
        and frozenset(ask.attributes) <= frozenset(standing.asked)
        and frozenset(ask.purpose_ids) <= frozenset(standing.purpose_ids)
        and all(is_within(detail, standing.details) for detail in ask.details)
    )


def decided(ask: Ask, ticked: Iterable[str]) -> tuple[str, ...]:
    """The attributes that go out: all essential ones and the voluntary ones that were ticked."""
    chosen = frozenset(ticked)
    return ask.essential + tuple(name for name in ask.voluntary if name in chosen)


def released(standing: Consent, ask: Ask) -> tuple[str, ...]:
    """What a request covered by `standing` may release: never more than asked now, never more than agreed."""
    agreed = frozenset(standing.attributes)
    return tuple(name for name in ask.attributes if name in agreed)
