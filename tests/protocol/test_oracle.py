"""Authlib's server as an oracle: the same inputs, the same status and `error`.

Where we differ on purpose, the case says both answers and why.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gapura.protocol.client import Client
from gapura.protocol.grant import Grant
from tests.protocol.authlib_server import Server
from tests.protocol.our_answers import (
    AUTHORIZE,
    BY_POST,
    CODE_FORM,
    CODE_ONLY,
    FOREIGN,
    FRESH,
    MACHINE,
    MACHINE_FORM,
    PUBLIC,
    REFRESH_FORM,
    REFRESHABLE,
    Changes,
    changed,
    our_authorize,
    our_token,
)
from tests.protocol.samples import (
    CALLBACK,
    SECRET,
    client_of,
    grant_of,
)
from tests.protocol.test_client_authentication import basic

pytestmark = pytest.mark.anyio

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


ME = {"client_id": "pajak", "client_secret": SECRET}
TOKENS = [
    pytest.param(client_of(), FRESH, CODE_FORM, {}, basic(), id="RFC 6749 §4.1.3 a good code"),
    pytest.param(BY_POST, FRESH, CODE_FORM, ME, None, id="RFC 6749 §2.3.1 by post"),
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
