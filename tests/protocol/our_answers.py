"""What our rules answer to a request, as a status and an `error`, and the requests to begin with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gapura.errors import OAuthError, PageError
from gapura.protocol.authorization_parameters import known_client, parse, reply_to
from gapura.protocol.authorization_request import AuthorizationPolicy
from gapura.protocol.client import Client
from gapura.protocol.client_authentication import (
    ClientAuthentication,
    authenticate_client,
    read_credentials,
)
from gapura.protocol.grant import Grant
from gapura.protocol.grants import redeem
from gapura.protocol.refresh_token import RefreshToken, mint
from gapura.values import ClientId, Instant, opaque_digest
from tests.protocol.authlib_server import REFRESH_TOKEN, Answer
from tests.protocol.samples import (
    CALLBACK,
    CHALLENGE,
    CODE,
    GRANT_ID,
    ISSUER,
    NOW,
    SCOPES,
    VERIFIER,
    Form,
    Store,
    client_of,
    grant_of,
    mac,
    new_token,
    token_endpoint,
)

Changes = Mapping[str, str | None]
AUTHORIZE = {
    "client_id": "pajak",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "openid profile",
    "state": "st",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
CODE_FORM = {
    "grant_type": "authorization_code",
    "code": CODE,
    "redirect_uri": CALLBACK,
    "code_verifier": VERIFIER,
}
REFRESH_FORM = {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN}
MACHINE_FORM = {"grant_type": "client_credentials"}

BY_POST = client_of(token_endpoint_auth_method="client_secret_post")
PUBLIC = client_of(token_endpoint_auth_method="none", secret_digest=None)
CODE_ONLY = client_of(grant_types=frozenset({"authorization_code"}))
MACHINE = client_of(grant_types=frozenset({"client_credentials"}))

FRESH = grant_of()
REFRESHABLE = grant_of(
    redeemed_at=NOW, refresh_generation=0, refreshed_at=NOW, refresh_expires_at=NOW.replace(year=2027)
)
FOREIGN = grant_of(client_id=ClientId("bpjs"))


def changed(base: Mapping[str, str], changes: Changes) -> dict[str, str]:
    return {name: value for name, value in {**base, **changes}.items() if value is not None}


def our_authorize(client: Client, params: Mapping[str, str]) -> Answer:
    policy = AuthorizationPolicy(ISSUER, SCOPES, pkce_required="public")
    try:
        found = known_client(client if params.get("client_id") == client.id else None)
        parse(Form(params), found, reply_to(Form(params), found), policy, in_url=True)
    except PageError as page:
        return page.status, page.code
    except OAuthError as error:
        return 303, error.code
    return 303, None


async def no_key(*_: object) -> bool:
    return False


async def our_token(
    client: Client, grant: Grant, form: Mapping[str, str], authorization: str | None
) -> Answer:
    async def nobody(_: str, __: Client, ___: Instant) -> Mapping[str, Any]:
        raise AssertionError

    store = Store()
    store.hold(grant, opaque_digest(CODE))
    if form.get("refresh_token") == REFRESH_TOKEN:
        form = {**form, "refresh_token": mint(RefreshToken(GRANT_ID, 0), 1, mac).reveal()}
    by = ClientAuthentication(ISSUER, (), nobody, store, vouches=lambda *_: False, has_key=no_key)
    try:
        credentials = read_credentials(authorization, Form(form))
        named = client if credentials.client_id == "pajak" else None
        found = await authenticate_client(named, credentials, by, NOW)
        await redeem(Form(form), found, token_endpoint(store), new_token())
    except OAuthError as error:
        return error.status, error.code
    return 200, None
