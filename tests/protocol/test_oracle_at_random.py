"""Authlib's server as an oracle, over combinations: we are never laxer than it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from gapura.protocol.client import Client
from gapura.protocol.grant import Grant
from tests.protocol.authlib_server import REFRESH_TOKEN, Server
from tests.protocol.our_answers import (
    AUTHORIZE,
    BY_POST,
    CODE_FORM,
    CODE_ONLY,
    FOREIGN,
    FRESH,
    MACHINE,
    PUBLIC,
    REFRESH_FORM,
    REFRESHABLE,
    changed,
    our_authorize,
    our_token,
)
from tests.protocol.samples import (
    CALLBACK,
    CHALLENGE,
    CODE,
    SECRET,
    VERIFIER,
    client_of,
)
from tests.protocol.test_client_authentication import basic

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
    st.sampled_from([client_of(), BY_POST, PUBLIC, CODE_ONLY, MACHINE]),
    st.sampled_from([FRESH, REFRESHABLE, FOREIGN]),
    st.sampled_from([basic(), basic("siapa"), None]),
)
def test_we_let_through_no_token_request_that_authlib_refuses(
    changes: dict[str, str | None], client: Client, grant: Grant, authorization: str | None
) -> None:
    sent = changed({**CODE_FORM, **REFRESH_FORM, "grant_type": "authorization_code"}, changes)
    if asyncio.run(our_token(client, grant, sent, authorization)) == (200, None):
        assert Server(client, grant).token(sent, authorization) == (200, None)
