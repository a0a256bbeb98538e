"""OpenID Connect Back-Channel Logout, at the client's side."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from demo.portal import load_portal
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from tests.delivery.small_provider import ISSUER, SmallProvider
from tests.delivery.test_portal import browsing, sign_in

pytestmark = pytest.mark.anyio

EVENT = "http://schemas.openid.net/event/backchannel-logout"
CLIENT = "client-1"


@pytest.fixture
def provider() -> SmallProvider:
    return SmallProvider()


@pytest.fixture
async def browser(provider: SmallProvider, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    async with browsing(load_portal("tax", issuer=ISSUER, port=8001, home=tmp_path), provider) as browser:
        await sign_in(browser, provider)
        yield browser


async def tell(browser: httpx2.AsyncClient, token: str) -> httpx2.Response:
    """Gapura's call has no cookie."""
    return await browser.post("/backchannel-logout", data={"logout_token": token}, headers={"cookie": ""})


async def is_in(browser: httpx2.AsyncClient) -> bool:
    return (await browser.get("/profile")).status_code == 200


async def test_a_logout_token_ends_the_session(browser: httpx2.AsyncClient, provider: SmallProvider) -> None:
    answer = await tell(browser, provider.logout_token(CLIENT))
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert not await is_in(browser)


async def test_a_token_without_a_sid_ends_all_of_the_subject(
    browser: httpx2.AsyncClient, provider: SmallProvider
) -> None:
    assert (await tell(browser, provider.logout_token(CLIENT, sid=None, sub="another"))).status_code == 200
    assert await is_in(browser)
    assert (await tell(browser, provider.logout_token(CLIENT, sid=None))).status_code == 200
    assert not await is_in(browser)


async def test_another_session_stays(browser: httpx2.AsyncClient, provider: SmallProvider) -> None:
    assert (await tell(browser, provider.logout_token(CLIENT, sid="another"))).status_code == 200
    assert await is_in(browser)


async def test_a_token_that_comes_again_is_answered_and_does_nothing(
    browser: httpx2.AsyncClient, provider: SmallProvider
) -> None:
    token = provider.logout_token(CLIENT)
    assert (await tell(browser, token)).status_code == 200
    await sign_in(browser, provider)
    assert (await tell(browser, token)).status_code == 200
    assert await is_in(browser)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "http://other.test"},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": None},
        {"iat": None},
        {"iat": int(time.time()) + 3_600},
        {"iat": int(time.time()) - 3_600},
        {"iat": True},
        {"exp": None},
        {"exp": int(time.time()) - 3_600},
        {"events": None},
        {"events": {"urn:other": {}}},
        {"events": {EVENT: "yes"}},
        {"events": [EVENT]},
        {"nonce": "n"},
        {"jti": None},
        {"jti": 7},
        {"sub": None, "sid": None},
        {"sub": "", "sid": ""},
    ],
    ids=str,
)
async def test_a_token_that_breaks_a_rule_of_section_2_6_is_refused(
    browser: httpx2.AsyncClient, provider: SmallProvider, changes: dict[str, object]
) -> None:
    answer = await tell(browser, provider.logout_token(CLIENT, **changes))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert answer.headers["cache-control"] == "no-store"
    assert await is_in(browser)


async def test_a_token_with_another_signature_or_type_is_refused(
    browser: httpx2.AsyncClient, provider: SmallProvider
) -> None:
    good = provider.logout_token(CLIENT)
    claims = jwt.decode(good, provider.key).claims
    stranger = ECKey.generate_key("P-256", {"kid": "one"})
    octets = OctKey.import_key("of no use at all, but 32 bytes long")
    header, payload, signature = good.split(".")
    for token in (
        provider.sign(claims, "JWT"),
        jwt.encode({"alg": "ES256", "kid": "one", "typ": "logout+jwt"}, claims, stranger),
        jwt.encode({"alg": "ES256", "kid": "unknown", "typ": "logout+jwt"}, claims, stranger),
        jwt.encode({"alg": "HS256", "kid": "one", "typ": "logout+jwt"}, claims, octets),
        f"{header}.{payload}.",
        f"{header}.{payload}.{signature[::-1]}",
        f"{header}.{payload[::-1]}.{signature}",
        "nonsense",
        "",
        "a.b.c",
    ):
        assert (await tell(browser, token)).status_code == 400
    assert await is_in(browser)


async def test_a_key_that_is_new_is_fetched(browser: httpx2.AsyncClient, provider: SmallProvider) -> None:
    provider.key = ECKey.generate_key("P-256", {"kid": "two", "use": "sig", "alg": "ES256"})
    assert (await tell(browser, provider.logout_token(CLIENT))).status_code == 200
    assert not await is_in(browser)
