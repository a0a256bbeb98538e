"""A release: the data-use row is committed before the first byte leaves. No row, no data."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from gapura.disclosure.attributes import ATTRIBUTE_OF_CLAIM, release
from gapura.disclosure.scopes import attributes_of
from gapura.flow.facts import ReadsFacts
from gapura.flow.records import Action, DataUse, RecordsUse
from gapura.flow.verified import asked_attributes, verified
from gapura.protocol.client import Client
from gapura.protocol.grant import Grant
from gapura.protocol.requested_claims import Claims
from gapura.protocol.verified_claims import VerifiedClaimsRequest
from gapura.values import Instant


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one place shall hold: `attributes` by their claims, `verified` in sets that say how they were verified."""

    attributes: tuple[str, ...] = ()
    verified: tuple[VerifiedClaimsRequest, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.attributes or self.verified)


@dataclass(frozen=True, slots=True)
class Releases:
    facts: ReadsFacts
    records: RecordsUse

    async def claims(
        self, grant: Grant, client: Client, wanted: Wanted, action: Action, now: Instant
    ) -> dict[str, object]:
        """The claims `wanted` of the citizen behind `grant`, for `client`; raises Unavailable."""
        if not wanted:
            return {}
        verifiable = _agreed(grant, asked_attributes(wanted.verified))
        needed = _agreed(grant, {*wanted.attributes, *verifiable})
        facts = await self.facts.facts(grant.account_id, grant.citizen_id, needed) if needed else None
        claims = release(facts, wanted.attributes) if facts is not None else {}
        if wanted.verified:
            recorded_at = await self.facts.recorded_at(grant.citizen_id)
            known = release(facts, verifiable) if facts is not None else {}
            proved = verified(wanted.verified, known, recorded_at, now)
            claims |= proved.claims
            needed = _agreed(grant, {*wanted.attributes, *proved.attributes})
        if needed:
            await self._record(grant, client, needed, action, now)
        return claims

    async def passed_on(self, grant: Grant, client: Client, now: Instant) -> None:
        """Let the citizen see that `client` got what another was given to act with; no attribute goes along."""
        await self._record(grant, client, (), "exchange", now)

    async def _record(
        self, grant: Grant, client: Client, attributes: tuple[str, ...], action: Action, now: Instant
    ) -> None:
        await self.records.record_use(
            DataUse(
                at=now,
                citizen_id=grant.citizen_id,
                agency_id=client.agency_id,
                client_id=client.id,
                grant_id=grant.id,
                purpose_ids=grant.purpose_ids,
                legal_basis=grant.legal_basis,
                action=action,
                attributes=attributes,
            )
        )


def for_userinfo(grant: Grant, scope: tuple[str, ...]) -> Wanted:
    """With an access token issued, the claims of the scopes belong here (OpenID Connect Core §5.4)."""
    claims = grant.claims
    attributes = _agreed(grant, {*attributes_of(scope), *_attributes(claims.userinfo)})
    return Wanted(attributes, claims.verified_userinfo)


def for_id_token(grant: Grant, scope: tuple[str, ...] = ()) -> Wanted:
    """The ID token stays thin: only what was asked for there by name (OpenID Connect Core §5.5).

    `scope` is given where no access token is issued: then the claims of the scopes have no other place (§5.4).
    """
    claims = grant.claims
    attributes = _agreed(grant, {*attributes_of(scope), *_attributes(claims.id_token)})
    return Wanted(attributes, claims.verified_id_token)


def _agreed(grant: Grant, wanted: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in grant.attributes if name in wanted)


def _attributes(claimed: Claims) -> set[str]:
    return {ATTRIBUTE_OF_CLAIM[name] for name in claimed if name in ATTRIBUTE_OF_CLAIM}
