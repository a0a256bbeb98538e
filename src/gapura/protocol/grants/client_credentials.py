"""grant_type=client_credentials (RFC 6749 §4.4): a client that acts for itself, never for a person."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gapura.errors import OAuthError
from gapura.protocol.client import Client
from gapura.protocol.grant import NewAccessToken, Redeemed
from gapura.protocol.parameters import Parameters, words
from gapura.protocol.token_endpoint import Portion, TokenEndpoint, audience_of, known_portion, read_portion

NAME = "client_credentials"


@dataclass(frozen=True, slots=True)
class ClientCredentialsForm:
    scope: tuple[str, ...]
    portion: Portion


def parse(form: Parameters) -> ClientCredentialsForm:
    return ClientCredentialsForm(scope=words(form, "scope"), portion=read_portion(form))


async def redeem(
    form: ClientCredentialsForm, client: Client, endpoint: TokenEndpoint, token: NewAccessToken
) -> Redeemed:
    """Raises OAuthError("invalid_scope"), "invalid_target" or "invalid_authorization_details"."""
    scope = check_client(form, client, endpoint)
    audience = audience_of(form.portion.resource or (), endpoint)
    token = replace(token, scope=scope, audience=audience)
    await endpoint.store.add_client_token(client.id, token)
    return Redeemed(client.id, None, token, scope, audience)


def check_client(form: ClientCredentialsForm, client: Client, endpoint: TokenEndpoint) -> tuple[str, ...]:
    """The scope that the client gets; scopes of persons are not for machines and are left out."""
    if form.portion.details:  # each type is about what a person lets others do
        raise OAuthError(
            "invalid_authorization_details", description="authorization_details takes a person's consent"
        )
    known_portion(form.portion, client, endpoint)
    allowed = endpoint.machine_scopes & client.scopes
    scope = tuple(name for name in form.scope if name in allowed)
    if form.scope and not scope:
        raise OAuthError(
            "invalid_scope", description="scope names nothing that the client may have for itself"
        )
    return scope
