"""The JWT bearer grant (RFC 7523 §2.1): the word of an agreed issuer, once, for what the person left standing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from gapura.errors import OAuthError
from gapura.protocol.client import Client
from gapura.protocol.grant import Redeemed
from gapura.protocol.grants.jwt_bearer import NAME, parse, redeem
from tests.protocol.samples import (
    GRANT_ID,
    ISSUER,
    NOW,
    Form,
    Store,
    client_of,
    grant_of,
    new_token,
    token_endpoint,
)

pytestmark = pytest.mark.anyio

AGREED = "https://idp.djp.example"
STANDING = grant_of(refresh_generation=0, refresh_expires_at=NOW + timedelta(days=30))
CLAIMS: dict[str, Any] = {
    "iss": AGREED,
    "sub": STANDING.sub,
    "aud": ISSUER,
    "exp": (NOW + timedelta(minutes=1)).timestamp(),
    "jti": "satu",
}


def client(**changes: Any) -> Client:
    return client_of(**{"grant_types": (NAME,), "jwt_bearer_issuer": AGREED} | changes)


def store_of(**claims: Any) -> Store:
    store = Store()
    store.hold(STANDING)
    store.agreed["word"] = {name: value for name, value in (CLAIMS | claims).items() if value is not None}
    return store


async def assert_by(store: Store, who: Client | None = None, **form: str) -> Redeemed:
    given = {"assertion": "word"} | form
    endpoint = token_endpoint(store, resources={"https://a.example"})
    return await redeem(parse(Form(given)), who or client(), endpoint, new_token())


async def test_the_word_of_the_issuer_gives_a_token_of_the_standing_grant() -> None:
    store = store_of()
    redeemed = await assert_by(store, scope="profile")
    assert redeemed.grant == STANDING
    assert (redeemed.scope, redeemed.audience) == (("profile",), (ISSUER,))
    assert redeemed.refresh_generation is None
    assert len(store.tokens) == 1


async def test_nobody_has_signed_in_so_there_is_no_id_token() -> None:
    redeemed = await assert_by(store_of())
    assert "openid" in redeemed.scope
    assert not redeemed.has_id_token


async def test_of_many_uses_at_once_one_counts() -> None:
    store = store_of()
    tries = await asyncio.gather(*(assert_by(store) for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(won, Redeemed) for won in tries) == 1
    assert {lost.code for lost in tries if isinstance(lost, OAuthError)} == {"invalid_grant"}


@pytest.mark.parametrize(
    ("claims", "changes", "form", "error"),
    [
        pytest.param({}, {"jwt_bearer_issuer": None}, {}, "unauthorized_client", id="no agreement"),
        pytest.param({}, {}, {"assertion": "forged"}, "invalid_grant", id="RFC 7523 §3 signature"),
        pytest.param({"iss": "https://x.example"}, {}, {}, "invalid_grant", id="RFC 7523 §3 iss"),
        pytest.param({"aud": "https://x.example"}, {}, {}, "invalid_grant", id="RFC 7523 §3 aud"),
        pytest.param({"aud": None}, {}, {}, "invalid_grant", id="RFC 7523 §3 no aud"),
        pytest.param({"sub": None}, {}, {}, "invalid_grant", id="RFC 7523 §3 no sub"),
        pytest.param({"sub": "somebody"}, {}, {}, "invalid_grant", id="nobody of this sub"),
        pytest.param({"sub": ["a"]}, {}, {}, "invalid_grant", id="a sub that is no text"),
        pytest.param({"exp": None}, {}, {}, "invalid_grant", id="RFC 7523 §3 no exp"),
        pytest.param({"exp": NOW.timestamp() - 60}, {}, {}, "invalid_grant", id="RFC 7523 §3 expired"),
        pytest.param({"exp": NOW.timestamp() + 9000}, {}, {}, "invalid_grant", id="RFC 7523 §3 exp far ahead"),
        pytest.param({"nbf": NOW.timestamp() + 60}, {}, {}, "invalid_grant", id="RFC 7523 §3 nbf"),
        pytest.param({"jti": None}, {}, {}, "invalid_grant", id="RFC 7523 §3 no jti"),
        pytest.param({"jti": "x" * 257}, {}, {}, "invalid_grant", id="a long jti"),
        pytest.param({}, {"id": "bpjs"}, {}, "invalid_grant", id="another client's grant"),
        pytest.param({}, {}, {"scope": "nik"}, "invalid_scope", id="more scope"),
        pytest.param({}, {}, {"resource": "https://x.example"}, "invalid_target", id="RFC 8707 §2"),
    ],
)  # fmt: skip
async def test_what_gives_no_token(
    claims: dict[str, Any], changes: dict[str, Any], form: dict[str, str], error: str
) -> None:
    store = store_of(**claims)
    with pytest.raises(OAuthError) as refused:
        await assert_by(store, client(**changes), **form)
    assert refused.value.code == error
    assert store.tokens == []


@pytest.mark.parametrize("gone", ["revoked", "never offline", "over"])
async def test_without_a_standing_grant_the_word_opens_nothing(gone: str) -> None:
    store = store_of()
    changes: dict[str, dict[str, Any]] = {
        "revoked": {"revoked_at": NOW},
        "never offline": {"refresh_generation": None},
        "over": {"expires_at": NOW},
    }
    store.grants[GRANT_ID] = STANDING._replace(**changes[gone])
    with pytest.raises(OAuthError, match="invalid_grant"):
        await assert_by(store)
