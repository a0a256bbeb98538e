"""What a request demands of the sign-in, read once from its parameters and from the client's registration."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self

from gapura.disclosure.authorization_details import levels_of
from gapura.disclosure.scopes import MINIMUM_ACR_OF, minimum_acrs
from gapura.flow.ask import claimed_attributes
from gapura.identity.acr import lowest_known
from gapura.protocol.authorization_request import AuthorizationRequest
from gapura.protocol.client import Client
from gapura.values import AccountId, Instant


@dataclass(frozen=True, slots=True)
class Demand:
    """`binding_acrs` must each be reached, of `wished_acrs` the best that this person can reach.

    `fresh_since` is the earliest `auth_time` that will do, `hinted_sub` who alone is awaited, by `awaited` as an account.
    """

    silent: bool = False
    consent_again: bool = False
    fresh_since: Instant | None = None
    binding_acrs: tuple[str, ...] = ()
    wished_acrs: tuple[str, ...] = ()
    hinted_sub: str | None = None
    awaited: AccountId | None = None

    def fresh_from(self, since: Instant | None) -> Self:
        """The same with a sign-in at or after `since`, where that is later."""
        if since is None or (self.fresh_since is not None and self.fresh_since >= since):
            return self
        return replace(self, fresh_since=since)


def demand_of(
    request: AuthorizationRequest, client: Client, hinted_sub: str | None, started_at: Instant
) -> Demand:
    asked = request.acr_values or client.default_acr_values
    essential = request.claims.essential_acr
    return Demand(
        silent="none" in request.prompt,
        consent_again="consent" in request.prompt,
        fresh_since=_fresh_since(request, client, started_at),
        binding_acrs=tuple(
            acr
            for acr in (client.minimum_acr, lowest_known(essential) if essential else None)
            if acr is not None
        ),
        wished_acrs=(*asked, *essential, *request.claims.voluntary_acr, *sorted(_levels_of_data(request))),
        hinted_sub=request.claims.sub or hinted_sub,
    )


def _levels_of_data(request: AuthorizationRequest) -> frozenset[str]:
    """What scopes and authorization details take, and the attributes that `claims` asks for one by one."""
    of_details = (level for detail in request.authorization_details for level in levels_of(detail))
    return (
        minimum_acrs(request.scope)
        | {MINIMUM_ACR_OF[name] for name in claimed_attributes(request)}
        | {*of_details}
    )


def _fresh_since(request: AuthorizationRequest, client: Client, started_at: Instant) -> Instant | None:
    if "login" in request.prompt or "select_account" in request.prompt:
        return started_at
    max_age = client.default_max_age if request.max_age is None else request.max_age  # zero counts
    return None if max_age is None else started_at - timedelta(seconds=max_age)
