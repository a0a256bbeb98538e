"""A release: the data-use row is committed before the first byte leaves. No row, no data."""

from __future__ import annotations

from dataclasses import dataclass

from gapura.disclosure.attributes import ATTRIBUTE_OF_CLAIM, release
from gapura.disclosure.scopes import attributes_of
from gapura.flow.facts import ReadsFacts
from gapura.flow.records import Action, DataUse, RecordsUse
from gapura.protocol.claims_request import Claims
from gapura.protocol.client import Client
from gapura.protocol.grant import Grant
from gapura.values import Instant


@dataclass(frozen=True, slots=True)
class Releases:
    facts: ReadsFacts
    records: RecordsUse

    async def claims(
        self, grant: Grant, client: Client, attributes: tuple[str, ...], action: Action, now: Instant
    ) -> dict[str, object]:
        """The values of `attributes` of the citizen behind `grant`, for `client`; raises Unavailable."""
        if not attributes:
            return {}
        claims = release(await self.facts.facts(grant.account_id, grant.citizen_id, attributes), attributes)
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
        return claims


def for_userinfo(grant: Grant, scope: tuple[str, ...]) -> tuple[str, ...]:
    """With an access token issued, the claims of the scopes belong here (OpenID Connect Core §5.4)."""
    return _agreed(grant, {*attributes_of(scope), *_attributes(grant.claims.userinfo)})


def for_id_token(grant: Grant) -> tuple[str, ...]:
    """The ID token stays thin: only what was asked for there by name (OpenID Connect Core §5.5)."""
    return _agreed(grant, _attributes(grant.claims.id_token))


def _agreed(grant: Grant, wanted: set[str]) -> tuple[str, ...]:
    return tuple(name for name in grant.attributes if name in wanted)


def _attributes(claimed: Claims) -> set[str]:
    return {ATTRIBUTE_OF_CLAIM[name] for name in claimed if name in ATTRIBUTE_OF_CLAIM}
