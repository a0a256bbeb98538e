"""Authlib's server as an oracle: the same inputs, the same status and `error`.

Where we differ on purpose, the case says both answers and why.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapura.errors import OAuthError, PageError
from gapura.protocol.authorization_request import AuthorizationPolicy, parse, reply_to
from gapura.protocol.client import Client
from gapura.protocol.client_authentication import (
    ClientAuthentication,
    authenticate_client,
    read_credentials,
)
from gapura.protocol.grant import Grant
from gapura.protocol.grants import redeem
from gapura.protocol.grants.authorization_code import code_digest
from gapura.protocol.refresh_token import RefreshToken, mint
from gapura.values import ClientId
from tests.protocol.authlib_server import REFRESH_TOKEN, Answer, Server
from tests.protocol.samples import (
    CALLBACK,
    CHALLENGE,
    CODE,
    GRANT_ID,
    ISSUER,
    NOW,
    SCOPES,
    SECRET,
    VERIFIER,
    Form,
    Store,
    client_of,
    grant_of,
    mac,
    new_token,
    token_endpoint,
)
from tests.protocol.test_client_authentication import basic

pytestmark = pytest.mark.anyio

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

POST = client_of(token_endpoint_auth_method="client_secret_post")
PUBLIC = client_of(token_endpoint_auth_method="none", secret_digest=None)
CODE_ONLY = client_of(grant_types=frozenset({"authorization_code"}))
MACHINE = client_of(grant_types=frozenset({"client_credentials"}))


def changed(base: Mapping[str, str], changes: Changes) -> dict[str, str]:
    return {name: value for name, value in {**base, **changes}.items() if value is not None}


def our_authorize(client: Client, params: Mapping[str, str]) -> Answer:
    policy = AuthorizationPolicy(ISSUER, SCOPES, pkce_required="public")
    try:
        found, to = reply_to(Form(params), {client.id: client}.get)  # type: ignore[arg-type] # a NewType of str
        parse(Form(params), found, to, policy, in_url=True)
    except PageError as page:
        return page.status, page.code
    except OAuthError as error:
        return 303, error.code
    return 303, None


async def our_token(
    client: Client, grant: Grant, form: Mapping[str, str], authorization: str | None
) -> Answer:
    async def nobody(_: str, __: Client) -> Mapping[str, Any]:
        raise AssertionError

    store = Store()
    store.hold(grant, code_digest(CODE))
    if form.get("refresh_token") == REFRESH_TOKEN:
        form = {**form, "refresh_token": mint(RefreshToken(GRANT_ID, 0), 1, mac).reveal()}
    known = {"pajak": client}
    by = ClientAuthentication(ISSUER, (), known.get, nobody, store)
    try:
        found = await authenticate_client(read_credentials(authorization, Form(form)), by, NOW)
        await redeem(Form(form), found, token_endpoint(store), new_token())
    except OAuthError as error:
        return error.status, error.code
    return 200, None


AUTHORIZATIONS = [
    pytest.param(client_of(), {}, id="RFC 6749 §4.1.1 a good request"),
    pytest.param(client_of(), {"state": None}, id="RFC 6749 §4.1.1 no state"),
    pytest.param(client_of(), {"redirect_uri": None}, id="RFC 6749 §3.1.2.3 none sent, one registered"),
    pytest.param(client_of(), {"scope": "wajah"}, id="RFC 6749 §3.3 no known scope"),
    pytest.param(client_of(), {"response_type": "token"}, id="RFC 6749 §4.1.2.1 response_type"),
    pytest.param(client_of(response_types=frozenset()), {}, id="RFC 6749 §4.1.2.1 unauthorized_client"),
    pytest.param(client_of(), {"code_challenge": None}, id="RFC 7636 §4.3 a method without challenge"),
    pytest.param(client_of(), {"code_challenge": "pendek"}, id="RFC 7636 §4.2 a short challenge"),
    pytest.param(client_of(), {"code_challenge_method": "S512"}, id="RFC 7636 §4.3 an unknown method"),
    pytest.param(client_of(), {"prompt": "none login"}, id="OIDC Core §3.1.2.1 prompt none with others"),
    pytest.param(client_of(), {"prompt": "consent"}, id="OIDC Core §3.1.2.1 prompt"),
    pytest.param(client_of(), {"nonce": "n"}, id="OIDC Core §3.1.2.1 nonce"),
    pytest.param(
        client_of(), {"code_challenge": None, "code_challenge_method": None}, id="RFC 7636 §4.3 none"
    ),
]
PAGES = [
    pytest.param(client_of(), {"client_id": "siapa"}, id="RFC 6749 §4.1.2.1 an unknown client"),
    pytest.param(client_of(), {"client_id": None}, id="RFC 6749 §4.1.2.1 no client"),
    pytest.param(client_of(), {"redirect_uri": CALLBACK + "2"}, id="RFC 6749 §4.1.2.1 redirect_uri"),
    pytest.param(
        client_of(redirect_uris=(CALLBACK, CALLBACK + "2")), {"redirect_uri": None}, id="two registered"
    ),
]
OTHERWISE_AUTHORIZED = [
    # RFC 6749 §3.1.1: a missing parameter is a malformed request
    pytest.param(
        {"response_type": None}, "invalid_request", "unsupported_response_type", id="no response_type"
    ),
    # RFC 9700 §2.1.1: `plain` shows the verifier
    pytest.param({"code_challenge_method": "plain"}, "invalid_request", None, id="plain"),
    pytest.param({"code_challenge_method": None}, "invalid_request", None, id="plain by default"),
    # OpenID Connect Core §3.1.2.1: unknown scopes are ignored
    pytest.param({"scope": "openid wajah"}, None, "invalid_scope", id="an unknown scope"),
]


@pytest.mark.parametrize(("client", "changes"), AUTHORIZATIONS)
def test_an_authorization_request_is_answered_as_authlib_answers_it(client: Client, changes: Changes) -> None:
    params = changed(AUTHORIZE, changes)
    assert our_authorize(client, params) == Server(client).authorize(params)


@pytest.mark.parametrize(("client", "changes"), PAGES)
def test_neither_of_us_redirects_what_is_not_proven(client: Client, changes: Changes) -> None:
    params = changed(AUTHORIZE, changes)
    assert our_authorize(client, params)[0] == Server(client).authorize(params)[0] == 400


@pytest.mark.parametrize(("changes", "ours", "theirs"), OTHERWISE_AUTHORIZED)
def test_where_we_answer_an_authorization_request_otherwise(
    changes: Changes, ours: str | None, theirs: str | None
) -> None:
    params = changed(AUTHORIZE, changes)
    assert our_authorize(client_of(), params) == (303, ours)
    assert Server(client_of()).authorize(params) == (303, theirs)


FRESH = grant_of()
REFRESHABLE = grant_of(
    redeemed_at=NOW, refresh_generation=0, refreshed_at=NOW, refresh_expires_at=NOW.replace(year=2027)
)
FOREIGN = grant_of(client_id=ClientId("bpjs"))
ME = {"client_id": "pajak", "client_secret": SECRET}
TOKENS = [
    pytest.param(client_of(), FRESH, CODE_FORM, {}, basic(), id="RFC 6749 §4.1.3 a good code"),
    pytest.param(POST, FRESH, CODE_FORM, ME, None, id="RFC 6749 §2.3.1 by post"),
    pytest.param(
        PUBLIC, FRESH, CODE_FORM, {"client_id": "pajak"}, None, id="RFC 6749 §3.2.1 a public client"
    ),
    pytest.param(client_of(), FRESH, CODE_FORM, {}, basic(secret="salah"), id="RFC 6749 §5.2 a wrong secret"),
    pytest.param(client_of(), FRESH, CODE_FORM, {}, basic("siapa"), id="RFC 6749 §5.2 an unknown client"),
    pytest.param(client_of(), FRESH, CODE_FORM, {}, None, id="RFC 6749 §5.2 nobody"),
    pytest.param(client_of(), FRESH, CODE_FORM, ME, None, id="RFC 6749 §2.3 another method"),
    pytest.param(client_of(), FRESH, CODE_FORM, {"client_id": "pajak"}, None, id="RFC 6749 §3.2.1 no secret"),
    pytest.param(client_of(), FRESH, CODE_FORM, {"code": None}, basic(), id="RFC 6749 §4.1.3 no code"),
    pytest.param(client_of(), FRESH, CODE_FORM, {"code": "salah"}, basic(), id="RFC 6749 §5.2 a wrong code"),
    pytest.param(client_of(), FOREIGN, CODE_FORM, {}, basic(), id="RFC 6749 §5.2 another client's code"),
    pytest.param(
        client_of(), FRESH, CODE_FORM, {"redirect_uri": None}, basic(), id="RFC 6749 §4.1.3 no redirect_uri"
    ),
    pytest.param(
        client_of(), FRESH, CODE_FORM, {"redirect_uri": "https://x"}, basic(), id="RFC 6749 §4.1.3 another"
    ),
    pytest.param(client_of(), FRESH, CODE_FORM, {"code_verifier": "w" * 43}, basic(), id="RFC 7636 §4.6"),
    pytest.param(
        client_of(), FRESH, CODE_FORM, {"grant_type": "password"}, basic(), id="RFC 6749 §5.2 grant_type"
    ),
    pytest.param(MACHINE, FRESH, CODE_FORM, {}, basic(), id="RFC 6749 §5.2 unauthorized_client"),
    pytest.param(client_of(), REFRESHABLE, REFRESH_FORM, {}, basic(), id="RFC 6749 §6 a good refresh token"),
    pytest.param(client_of(), REFRESHABLE, REFRESH_FORM, {"scope": "openid"}, basic(), id="RFC 6749 §6 less"),
    pytest.param(
        client_of(), REFRESHABLE, REFRESH_FORM, {"scope": "openid nik"}, basic(), id="RFC 6749 §6 more"
    ),
    pytest.param(
        client_of(), REFRESHABLE, REFRESH_FORM, {"refresh_token": None}, basic(), id="RFC 6749 §6 none"
    ),
    pytest.param(
        client_of(), REFRESHABLE, REFRESH_FORM, {"refresh_token": "x"}, basic(), id="RFC 6749 §6 wrong"
    ),
    pytest.param(CODE_ONLY, REFRESHABLE, REFRESH_FORM, {}, basic(), id="RFC 6749 §5.2 may not refresh"),
    pytest.param(MACHINE, FRESH, MACHINE_FORM, {}, basic(), id="RFC 6749 §4.4 a machine"),
    pytest.param(client_of(), FRESH, MACHINE_FORM, {}, basic(), id="RFC 6749 §4.4 no machine"),
    pytest.param(
        MACHINE, FRESH, MACHINE_FORM, {"scope": "wajah"}, basic(), id="RFC 6749 §4.4 an unknown scope"
    ),
]
OTHERWISE_REDEEMED = [
    # The Foundation's FAPI 2 plan wants invalid_grant for each (RFC 7636 §4.6)
    pytest.param(FRESH, {"code_verifier": None}, "invalid_grant", "invalid_request", id="no verifier"),
    pytest.param(
        FRESH, {"code_verifier": "x"}, "invalid_grant", "invalid_request", id="a malformed verifier"
    ),
    pytest.param(
        grant_of(code_challenge=None),
        {},
        "invalid_grant",
        "invalid_request",
        id="a verifier without challenge",
    ),
    # RFC 6749 §5.2: a missing parameter is a malformed request
    pytest.param(
        FRESH, {"grant_type": None}, "invalid_request", "unsupported_grant_type", id="no grant_type"
    ),
    # RFC 6749 §2.3: never more than one method
    pytest.param(FRESH, ME, "invalid_request", None, id="two methods"),
]


@pytest.mark.parametrize(("client", "grant", "form", "changes", "authorization"), TOKENS)
async def test_a_token_request_is_answered_as_authlib_answers_it(
    client: Client, grant: Grant, form: Mapping[str, str], changes: Changes, authorization: str | None
) -> None:
    sent = changed(form, changes)
    ours = await our_token(client, grant, sent, authorization)
    assert ours == Server(client, grant).token(sent, authorization)


@pytest.mark.parametrize(("grant", "changes", "ours", "theirs"), OTHERWISE_REDEEMED)
async def test_where_we_answer_a_token_request_otherwise(
    grant: Grant, changes: Changes, ours: str, theirs: str | None
) -> None:
    sent = changed(CODE_FORM, changes)
    assert await our_token(client_of(), grant, sent, basic()) == (400, ours)
    assert Server(client_of(), grant).token(sent, basic())[1] == theirs


VALUES: Mapping[str, list[str | None]] = {
    "client_id": ["pajak", "siapa", None],
    "redirect_uri": [CALLBACK, CALLBACK + "?x", None],
    "response_type": ["code", "token", "code id_token", None],
    "scope": ["openid", "profile email", "wajah", None],
    "code_challenge": [CHALLENGE, "pendek", "~" * 43, None],
    "code_challenge_method": ["S256", "plain", "s256", None],
    "prompt": ["login", "none", "none consent", "login consent", None],
    "nonce": ["n", None],
    "response_mode": ["query", "form_post", None],
    "code": [CODE, "salah", None],
    "code_verifier": [VERIFIER, "w" * 43, "x", None],
    "grant_type": ["authorization_code", "refresh_token", "client_credentials", "password", None],
    "refresh_token": [REFRESH_TOKEN, "salah", None],
    "client_secret": [SECRET, "salah", None],
}


def some(names: list[str]) -> st.SearchStrategy[dict[str, str | None]]:
    return st.fixed_dictionaries({}, optional={name: st.sampled_from(VALUES[name]) for name in names})


@given(
    some([name for name in VALUES if name not in {"code", "code_verifier", "grant_type", "refresh_token"}])
)
def test_we_let_through_no_authorization_request_that_authlib_refuses(changes: dict[str, str | None]) -> None:
    params = changed(AUTHORIZE, changes)
    if our_authorize(client_of(), params) == (303, None):
        assert Server(client_of()).authorize(params) == (303, None)


@given(
    some(
        [
            "grant_type",
            "code",
            "redirect_uri",
            "code_verifier",
            "refresh_token",
            "scope",
            "client_id",
            "client_secret",
        ]
    ),
    st.sampled_from([client_of(), POST, PUBLIC, CODE_ONLY, MACHINE]),
    st.sampled_from([FRESH, REFRESHABLE, FOREIGN]),
    st.sampled_from([basic(), basic("siapa"), None]),
)
def test_we_let_through_no_token_request_that_authlib_refuses(
    changes: dict[str, str | None], client: Client, grant: Grant, authorization: str | None
) -> None:
    sent = changed({**CODE_FORM, **REFRESH_FORM, "grant_type": "authorization_code"}, changes)
    if asyncio.run(our_token(client, grant, sent, authorization)) == (200, None):
        assert Server(client, grant).token(sent, authorization) == (200, None)
