"""grant_type=urn:ietf:params:oauth:grant-type:token-exchange (RFC 8693): a person's token for another that may less.

Who may exchange, and how, an operator says in the registration: `token_exchange` holds `delegation`, where the new token
tells who acts, or `impersonation`, where it does not. Which tokens: those that are addressed to the client as a resource
server, and its own. The new one belongs to the grant of the old one and ends with it; it has no more scope, audience or
authorization_details, lives no longer, and is bound to a key if the old one was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gapura.errors import OAuthError
from gapura.protocol.bearer import MOST_TOKEN
from gapura.protocol.client import Client
from gapura.protocol.grant import Grant, NewAccessToken, Redeemed
from gapura.protocol.parameters import Parameters, optional, required, words
from gapura.protocol.ports import LivingToken
from gapura.protocol.token_endpoint import (
    Portion,
    TokenEndpoint,
    check_granted_details,
    known_portion,
    read_portion,
)
from gapura.values import Secret

NAME = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 -- RFC 8693 §3, a type
DELEGATION, IMPERSONATION = "delegation", "impersonation"
MODES = (DELEGATION, IMPERSONATION)
MOST_ACTORS = 4  # one behind the other


@dataclass(frozen=True, slots=True)
class ExchangeForm:
    """None where nothing was named, and what the subject token has applies."""

    subject_token: Secret
    actor_token: Secret | None
    scope: tuple[str, ...] | None
    portion: Portion


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the rules look at. `owner` is the client that the subject token was issued to."""

    form: ExchangeForm
    client: Client
    token: NewAccessToken
    subject: LivingToken
    owner: Client | None
    actor: LivingToken | None
    issuer: str

    @property
    def is_own(self) -> bool:
        return self.subject.client_id == self.client.id

    @property
    def audience(self) -> tuple[str, ...]:
        """To whom the subject token is addressed."""
        return self.subject.audience or (self.issuer,)


def parse(form: Parameters) -> ExchangeForm:
    actor = optional(form, "actor_token", MOST_TOKEN)
    if (actor is None) != (optional(form, "actor_token_type") is None):  # RFC 8693 §2.1
        raise _refused("actor_token and actor_token_type belong together")
    for name in ("subject_token_type", "actor_token_type", "requested_token_type"):
        kind = required(form, name) if name == "subject_token_type" else optional(form, name)
        if kind not in {None, ACCESS_TOKEN}:
            raise _refused(f"{name} must be {ACCESS_TOKEN}")
    return ExchangeForm(
        subject_token=Secret(required(form, "subject_token", MOST_TOKEN)),
        actor_token=Secret(actor) if actor is not None else None,
        scope=words(form, "scope") or None,
        portion=read_portion(form, ("resource", "audience")),
    )


async def redeem(
    form: ExchangeForm, client: Client, endpoint: TokenEndpoint, token: NewAccessToken
) -> Redeemed:
    """Exchange a living token; it stays what it is.

    Raises OAuthError("unauthorized_client"), "invalid_request" for a token that will not do (RFC 8693 §2.2.2), and
    "invalid_target", "invalid_scope", "invalid_authorization_details" for more than it has.
    """
    if not client.token_exchange:
        raise OAuthError("unauthorized_client", description="no operator lets this client exchange tokens")
    form = replace(form, portion=known_portion(form.portion, client, endpoint))
    now = token.issued_at
    subject = await endpoint.tokens.read(form.subject_token.reveal(), now)
    if subject is None:
        raise _refused("subject_token is unknown, expired or revoked")
    actor = None
    if form.actor_token is not None:
        actor = await endpoint.tokens.read(form.actor_token.reveal(), now)
        if actor is None:
            raise _refused("actor_token is unknown, expired or revoked")
    owner = await endpoint.clients.client(subject.client_id)
    exchange = Exchange(form, client, token, subject, owner, actor, endpoint.issuer)
    for check in CHECKS:
        check(exchange)
    check_granted_details(form.portion, subject.details, endpoint)
    return await _exchanged(exchange, endpoint)


async def _exchanged(exchange: Exchange, endpoint: TokenEndpoint) -> Redeemed:
    subject, client, grant = exchange.subject, exchange.client, _grant(exchange)
    details = exchange.form.portion.details
    scope, audience = exchange.form.scope or subject.scope, _target(exchange)
    token = replace(
        exchange.token,
        scope=scope,
        audience=audience,
        authorization_details=details if details is not None else subject.details,
        act=_act(exchange),
        expires_at=min(exchange.token.expires_at, subject.expires_at),
    )
    if not await endpoint.store.add_access_token(grant, token, client.id):
        raise _refused("subject_token has ended")
    return Redeemed(
        client.id,
        grant,
        token,
        scope,
        audience,
        issued_token_type=ACCESS_TOKEN,
        passed_on=not exchange.is_own or token.act is not None,
    )


def _grant(exchange: Exchange) -> Grant:
    if exchange.subject.grant is None:
        raise _refused("subject_token is not a person's")
    return exchange.subject.grant


def _target(exchange: Exchange) -> tuple[str, ...]:
    """What was named; else all that the subject token is for, but the exchanging client itself."""
    if exchange.form.portion.resource:
        return exchange.form.portion.resource
    passed_over = () if exchange.is_own else (exchange.client.resource_identifier, exchange.issuer)
    audience = tuple(name for name in exchange.audience if name not in passed_over)
    if not audience:
        raise _no_target("subject_token is for nobody else; ask for one with more resources")
    return audience


def _act(exchange: Exchange) -> Mapping[str, Any] | None:
    """RFC 8693 §4.1: who acts now, and within it who acted before. That a token was delegated is never forgotten."""
    if not _delegates(exchange):
        return exchange.subject.act
    actor = exchange.actor
    sub = actor.grant.sub if actor is not None and actor.grant is not None else exchange.client.id
    act: dict[str, Any] = {"sub": sub, "client_id": exchange.client.id}
    return act if exchange.subject.act is None else {**act, "act": dict(exchange.subject.act)}


def _delegates(exchange: Exchange) -> bool:
    """With an actor's token always; without one a client that may impersonate does that, else it acts itself."""
    return exchange.actor is not None or IMPERSONATION not in exchange.client.token_exchange


# --- rules, in the order in which they are asked ---


def _of_a_person(exchange: Exchange) -> None:
    _grant(exchange)


def _addressed_to_the_client(exchange: Exchange) -> None:
    """A token that strayed to somebody is worth nothing there."""
    if not exchange.is_own and exchange.client.resource_identifier not in exchange.audience:
        raise _refused("subject_token is not addressed to this client")


def _owner_is_active(exchange: Exchange) -> None:
    if exchange.owner is None or not exchange.owner.is_active:
        raise _refused("subject_token is unknown, expired or revoked")


def _may_act(exchange: Exchange) -> None:
    """RFC 8693 §4.4: where the owner of the token has somebody who may act, nobody else may."""
    named = exchange.owner.may_act if exchange.owner is not None else None
    if named is not None and named != exchange.client.id:
        raise _refused("somebody else may act with subject_token (may_act)")


def _actor_is_the_client(exchange: Exchange) -> None:
    actor = exchange.actor
    if actor is None:
        return
    if actor.client_id != exchange.client.id:
        raise _refused("actor_token was not issued to this client")
    if actor.act is not None:
        raise _refused("actor_token was itself delegated")


def _allowed_mode(exchange: Exchange) -> None:
    mode = DELEGATION if _delegates(exchange) else IMPERSONATION
    if mode not in exchange.client.token_exchange:
        raise OAuthError("unauthorized_client", description=f"no operator lets this client ask for {mode}")


def _few_actors(exchange: Exchange) -> None:
    depth, act = 0, exchange.subject.act
    while act is not None:
        depth, act = depth + 1, act.get("act")
    if _delegates(exchange) and depth >= MOST_ACTORS:
        raise _refused(f"more than {MOST_ACTORS} would act one behind the other")


def _bound_as_before(exchange: Exchange) -> None:
    """A token that needs a key is not exchanged for one that needs none; one's own keeps its key."""
    before, after = exchange.subject.cnf, exchange.token.cnf
    if before is not None and after is None:
        raise _refused(
            "subject_token is bound to a key, so prove one for the new token (DPoP or certificate)"
        )
    if before is not None and exchange.is_own and before != after:
        raise _refused("subject_token is bound to another key of this client")


def _no_more_scope(exchange: Exchange) -> None:
    if not set(exchange.form.scope or ()).issubset(exchange.subject.scope):
        raise OAuthError("invalid_scope", description="scope holds more than subject_token has")


def _no_more_audience(exchange: Exchange) -> None:
    target = set(exchange.form.portion.resource or ())
    if not target.issubset(exchange.audience):
        raise _no_target("subject_token is not addressed to what is named")
    if exchange.issuer in target and not exchange.is_own:
        # What the person let one client read at userinfo, they let that client read.
        raise _no_target("userinfo is for the client that the person agreed with")


CHECKS = (
    _of_a_person,
    _owner_is_active,
    _addressed_to_the_client,
    _may_act,
    _actor_is_the_client,
    _allowed_mode,
    _few_actors,
    _bound_as_before,
    _no_more_scope,
    _no_more_audience,
)


def _refused(description: str) -> OAuthError:
    """RFC 8693 §2.2.2: also for a token that is over, which elsewhere would be invalid_grant."""
    return OAuthError("invalid_request", description=description)


def _no_target(description: str) -> OAuthError:
    return OAuthError("invalid_target", description=description)
