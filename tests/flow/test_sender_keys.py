"""Whether a proof is fresh, new and of the right key, with the cache there and away (RFC 9449, decision 26)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from gapura.errors import OAuthError, Unavailable
from gapura.flow.sender_keys import SenderKeys
from gapura.protocol.bearer import BEARER_SCHEME, DPOP_SCHEME, PresentedToken
from gapura.protocol.client import Client
from gapura.protocol.dpop_nonce import Home, mint_nonce, read_nonce
from gapura.protocol.presented import Certificate, Presented
from gapura.values import Instant, Secret
from tests.conformance.dpop_party import proof
from tests.conformance.key_party import new_key
from tests.protocol.samples import ISSUER, NOW, client_of

pytestmark = pytest.mark.anyio

KEY = new_key()
MTLS = "https://mtls.gapura.example"
TOKEN_URL, USERINFO_URL = f"{ISSUER}/token", f"{ISSUER}/userinfo"
TOKEN = PresentedToken(Secret("abc"), DPOP_SCHEME)
ON_DPOP = client_of(dpop_bound_access_tokens=True)
ON_TLS = client_of(tls_client_certificate_bound_access_tokens=True)
CERTIFICATE = Certificate("thumb", "key", "CN=pajak")


@dataclass
class FakeProofs:
    """Both homes in memory; those in `away` do not answer."""

    away: set[Home] = field(default_factory=set)
    used: set[tuple[Home, bytes]] = field(default_factory=set)

    async def claim(self, home: Home, digest: bytes, now: Instant) -> bool:
        assert now == NOW
        if home in self.away:
            raise Unavailable("cache" if home is Home.CACHE else "database")
        is_new = (home, digest) not in self.used
        self.used.add((home, digest))
        return is_new


def mac(version: int, head: bytes) -> bytes | None:
    return hmac.digest(b"key", head, "sha256") if version == 1 else None


def senders(proofs: FakeProofs | None = None, **given: bool) -> SenderKeys:
    return SenderKeys((ISSUER, MTLS), proofs or FakeProofs(), mac, 1, **given)


def presented(url: str = TOKEN_URL, method: str = "POST", **changes: Any) -> Presented:
    claims = {"iat": int(NOW.timestamp()), **changes}
    return Presented(dpop=proof(KEY, method, url, **claims), method=method)


async def use(keys: SenderKeys, request: Presented) -> str | None:
    return await keys.jkt(request, "token_endpoint", NOW)


async def test_a_good_proof_names_its_key() -> None:
    assert await use(senders(), presented()) == KEY.thumbprint()
    assert await use(senders(), Presented()) is None


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(f"{MTLS}/token", id="RFC 8705 §5: the endpoint's other address"),
        pytest.param("https://gapura.example:443/token?a=b#c", id="RFC 9449 §4.3 no. 9"),
        pytest.param("HTTPS://Gapura.Example/token", id="RFC 3986 §6.2.2.1"),
    ],
)
async def test_the_url_is_compared_as_a_url(url: str) -> None:
    assert await use(senders(), presented(url)) == KEY.thumbprint()


@pytest.mark.parametrize(
    "changes",
    [
        {"url": f"{ISSUER}/introspect"},
        {"url": "https://gapura.example:444/token"},
        {"url": "https://gapura.example.evil.example/token"},
        {"url": "https://[::1/token"},
        {"url": "http://gapura.example/token"},
        {"htu": 7},
        {"htm": "post"},
        {"jti": ""},
        {"jti": "x" * 257},
        {"jti": 7},
        {"nonce": 7},
        {"nonce": "n" * 257},
        {"iat": True},
        {"iat": "1"},
        {"iat": 10**15},
        {"iat": 10**30},
        {"header_typ": "JWT"},
        {"header_typ": None},
        {"header_jwk": {"kty": "oct", "k": "c2VjcmV0"}},
        {"header_jwk": KEY.as_dict(private=True)},
        {"header_jwk": [1]},
        {"header_jwk": new_key().as_dict(private=False)},
        {"header_crit": ["x"]},
    ],
)
async def test_a_proof_that_is_wrong_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(OAuthError) as refused:
        await use(senders(), presented(**changes))
    assert (refused.value.code, refused.value.status) == ("invalid_dpop_proof", 400)


async def test_an_endless_proof_is_not_even_parsed() -> None:
    with pytest.raises(OAuthError, match="invalid_dpop_proof"):
        await use(senders(), Presented(dpop="a" * 9000))


@pytest.mark.parametrize("seconds", [-60, -10, 0, 10, 30])
async def test_a_clock_that_is_a_little_off_does_no_harm(seconds: int) -> None:
    assert await use(senders(), presented(iat=int(NOW.timestamp()) + seconds))


@pytest.mark.parametrize(
    ("seconds", "said"), [(-61, "61 s behind"), (31, "31 s ahead"), (-3600, "3600 s behind")]
)
async def test_a_clock_that_is_far_off_is_told_so_and_given_a_nonce(seconds: int, said: str) -> None:
    keys, iat = senders(), int(NOW.timestamp()) + seconds
    with pytest.raises(OAuthError) as refused:
        await use(keys, presented(iat=iat))
    assert refused.value.code == "use_dpop_nonce"
    assert said in refused.value.description
    nonce = refused.value.headers["DPoP-Nonce"]
    assert await use(keys, presented(iat=iat, nonce=nonce)) == KEY.thumbprint()


async def test_a_proof_is_used_once_with_and_without_a_nonce() -> None:
    keys = senders()
    for request in (presented(), presented(nonce=keys.nonce(NOW))):
        assert await use(keys, request)
        with pytest.raises(OAuthError, match="invalid_dpop_proof"):
            await use(keys, request)


async def test_no_proof_counts_without_a_live_nonce_where_the_setting_says_so() -> None:
    keys = senders(always_nonce=True)
    old = mint_nonce(Home.CACHE, NOW - timedelta(seconds=60), 1, mac)
    for request in (presented(), presented(nonce=old)):
        with pytest.raises(OAuthError, match="use_dpop_nonce"):
            await use(keys, request)
    assert await use(keys, presented(nonce=keys.nonce(NOW)))


async def test_an_old_nonce_of_ours_costs_no_second_request_while_the_clock_is_right() -> None:
    old = mint_nonce(Home.CACHE, NOW - timedelta(hours=1), 1, mac)
    assert await use(senders(), presented(nonce=old))
    with pytest.raises(OAuthError, match="use_dpop_nonce"):
        await use(senders(), presented(nonce=old, iat=int(NOW.timestamp()) - 90))


@pytest.mark.parametrize("nonce", ["made up", "A" * 32, mint_nonce(Home.CACHE, NOW, 1, mac)[:-1] + "!"])
async def test_a_foreign_nonce_is_answered_with_one_of_ours(nonce: str) -> None:
    with pytest.raises(OAuthError, match="use_dpop_nonce"):
        await use(senders(), presented(nonce=nonce))


async def test_without_the_cache_a_nonce_is_needed_and_the_database_remembers() -> None:
    """Decision 26."""
    proofs = FakeProofs({Home.CACHE})
    keys = senders(proofs)
    with pytest.raises(OAuthError) as refused:
        await use(keys, presented())
    nonce = refused.value.headers["DPoP-Nonce"]
    request = presented(nonce=nonce)
    assert await use(keys, request)
    with pytest.raises(OAuthError, match="invalid_dpop_proof"):
        await use(keys, request)
    # Back again, the cache has not seen this proof; its nonce says where it was used.
    proofs.away.clear()
    with pytest.raises(OAuthError, match="invalid_dpop_proof"):
        await use(keys, request)


async def test_a_proof_does_not_pass_again_when_its_nonce_is_over_before_its_clock_is() -> None:
    proofs = FakeProofs()
    keys = senders(proofs)
    old = mint_nonce(Home.DATABASE, NOW - timedelta(seconds=60), 1, mac)
    request = presented(nonce=old)
    assert await use(keys, request)
    assert {home for home, _ in proofs.used} == {Home.DATABASE}
    with pytest.raises(OAuthError, match="invalid_dpop_proof"):
        await use(keys, request)


async def test_a_proof_that_only_the_lost_cache_has_seen_does_not_pass_again() -> None:
    proofs = FakeProofs()
    keys = senders(proofs)
    request = presented(nonce=keys.nonce(NOW))
    assert await use(keys, request)
    proofs.away.add(Home.CACHE)
    with pytest.raises(OAuthError, match="use_dpop_nonce"):
        await use(keys, request)


async def test_after_a_failure_the_next_nonces_lead_past_the_cache_for_a_while() -> None:
    keys = senders(FakeProofs({Home.CACHE}))
    with pytest.raises(OAuthError, match="use_dpop_nonce"):
        await use(keys, presented())
    homes = [read_nonce(keys.nonce(NOW + timedelta(seconds=s)), mac) for s in (0, 10, 11)]
    assert [found.home for found in homes if found is not None] == [Home.DATABASE, Home.DATABASE, Home.CACHE]


async def test_with_both_stores_away_nobody_is_called_wrong() -> None:
    keys = senders(FakeProofs({Home.CACHE, Home.DATABASE}))
    with pytest.raises(OAuthError) as refused:
        await use(keys, presented())
    with pytest.raises(Unavailable):
        await use(keys, presented(nonce=refused.value.headers["DPoP-Nonce"]))


@pytest.mark.parametrize(
    ("client", "request_", "cnf"),
    [
        pytest.param(client_of(), Presented(), None, id="a plain client"),
        pytest.param(
            client_of(), Presented(certificate=CERTIFICATE), None, id="a certificate that nobody asked for"
        ),
        pytest.param(
            client_of(), presented(), {"jkt": KEY.thumbprint()}, id="RFC 9449 §5: whoever sends a proof"
        ),
        pytest.param(ON_TLS, Presented(certificate=CERTIFICATE), {"x5t#S256": "thumb"}, id="RFC 8705 §3"),
        pytest.param(
            ON_TLS,
            replace(presented(), certificate=CERTIFICATE),
            {"x5t#S256": "thumb", "jkt": KEY.thumbprint()},
            id="both",
        ),
    ],
)
async def test_tokens_are_bound_to_what_was_proven(
    client: Client, request_: Presented, cnf: dict[str, str] | None
) -> None:
    assert await senders().cnf(request_, client, "token_endpoint", NOW) == cnf


@pytest.mark.parametrize(
    ("client", "code"),
    [(ON_DPOP, "invalid_dpop_proof"), (ON_TLS, "invalid_request")],
    ids=["DPoP", "certificate"],
)
async def test_a_client_that_registered_for_bound_tokens_gets_no_others(client: Client, code: str) -> None:
    with pytest.raises(OAuthError) as refused:
        await senders().cnf(Presented(), client, "token_endpoint", NOW)
    assert (refused.value.code, refused.value.status) == (code, 400)


BOUND = {"jkt": KEY.thumbprint()}
BY_CERTIFICATE = {"x5t#S256": "thumb"}
WITH_CERTIFICATE = Presented(certificate=CERTIFICATE, method="GET")
BEARER = PresentedToken(Secret("abc"), BEARER_SCHEME)


def at_userinfo(**changes: Any) -> Presented:
    return presented(USERINFO_URL, "GET", **{"token": "abc", **changes})


@pytest.mark.parametrize(
    ("token", "cnf", "request_"),
    [
        pytest.param(BEARER, None, Presented(), id="RFC 6750"),
        pytest.param(TOKEN, BOUND, at_userinfo(), id="RFC 9449 §7.1"),
        pytest.param(BEARER, BY_CERTIFICATE, WITH_CERTIFICATE, id="RFC 8705 §3"),
        pytest.param(
            TOKEN, {**BOUND, **BY_CERTIFICATE}, replace(at_userinfo(), certificate=CERTIFICATE), id="both"
        ),
    ],
)
async def test_a_token_is_taken_from_who_holds_its_keys(
    token: PresentedToken, cnf: dict[str, str] | None, request_: Presented
) -> None:
    await senders().check_token(token, cnf, request_, "userinfo_endpoint", NOW)


@pytest.mark.parametrize(
    ("token", "cnf", "request_", "code"),
    [
        pytest.param(BEARER, BOUND, at_userinfo(), "invalid_token", id="RFC 9449 §7.2: downgraded to bearer"),
        pytest.param(TOKEN, None, at_userinfo(), "invalid_token", id="not bound at all"),
        pytest.param(
            TOKEN,
            BY_CERTIFICATE,
            replace(at_userinfo(), certificate=CERTIFICATE),
            "invalid_token",
            id="other",
        ),
        pytest.param(TOKEN, BOUND, Presented(method="GET"), "invalid_dpop_proof", id="no proof"),
        pytest.param(TOKEN, {"jkt": "x"}, at_userinfo(), "invalid_dpop_proof", id="another key"),
        pytest.param(TOKEN, BOUND, at_userinfo(token=None), "invalid_dpop_proof", id="no ath"),
        pytest.param(
            TOKEN, BOUND, at_userinfo(token="other"), "invalid_dpop_proof", id="ath of another token"
        ),
        pytest.param(BEARER, BY_CERTIFICATE, Presented(), "invalid_token", id="no certificate"),
        pytest.param(BEARER, {"x5t#S256": "b"}, WITH_CERTIFICATE, "invalid_token", id="another certificate"),
        pytest.param(
            TOKEN, {**BOUND, **BY_CERTIFICATE}, at_userinfo(), "invalid_token", id="one of two keys"
        ),
        pytest.param(TOKEN, BOUND, at_userinfo(iat=0), "use_dpop_nonce", id="RFC 9449 §9"),
    ],
)
async def test_a_token_in_other_hands_is_refused_with_a_challenge(
    token: PresentedToken, cnf: dict[str, str] | None, request_: Presented, code: str
) -> None:
    with pytest.raises(OAuthError) as refused:
        await senders().check_token(token, cnf, request_, "userinfo_endpoint", NOW)
    assert (refused.value.code, refused.value.status) == (code, 401)
    assert f'error="{code}"' in refused.value.headers["WWW-Authenticate"]


async def test_a_proof_for_another_key_is_not_used_up() -> None:
    """Or whoever can see a proof could spend it."""
    proofs = FakeProofs()
    with pytest.raises(OAuthError, match="invalid_dpop_proof"):
        await senders(proofs).check_token(TOKEN, {"jkt": "x"}, at_userinfo(), "userinfo_endpoint", NOW)
    assert not proofs.used
