from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapura.errors import OAuthError, Unavailable
from gapura.protocol.client import Client
from gapura.protocol.grant import Cnf, Grant, Redeemed
from gapura.protocol.grants import redeem
from gapura.protocol.ports import RefreshClaim
from gapura.protocol.profiles import FAPI2, FAPI_CIBA, OIDC, PROFILES
from gapura.protocol.refresh_token import (
    GRACE,
    GRACE_PUBLIC,
    MOST_GENERATION,
    RefreshToken,
    Turn,
    mint,
    read,
    turn,
)
from gapura.values import ClientId, GrantId, Instant
from tests.protocol.samples import (
    GRANT_ID,
    ISSUER,
    NOW,
    Form,
    Store,
    client_of,
    grant_of,
    mac,
    new_token,
    token_endpoint,
)

pytestmark = pytest.mark.anyio

BOUND = {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}
PUBLIC = client_of(token_endpoint_auth_method="none", secret_digest=None)


def family(**changes: Any) -> Grant:
    live: dict[str, Any] = {
        "redeemed_at": NOW - timedelta(hours=1),
        "refresh_generation": 3,
        "refreshed_at": NOW - timedelta(seconds=5),
        "refresh_expires_at": NOW + timedelta(days=30),
    }
    return grant_of(**{**live, **changes})


async def refresh(
    store: Store,
    generation: int = 3,
    *,
    cnf: Cnf | None = None,
    now: Instant = NOW,
    client: Client | None = None,
    text: str | None = None,
    form: Mapping[str, str | list[str] | None] | None = None,
) -> Redeemed:
    token = text or mint(RefreshToken(GRANT_ID, generation), 1, mac).reveal()
    return await redeem(
        Form({"grant_type": "refresh_token", "refresh_token": token, **(form or {})}),
        client or client_of(),
        token_endpoint(store),
        replace(new_token(now), cnf=cnf),
    )


def store_with(**changes: Any) -> Store:
    store = Store()
    store.hold(family(**changes))
    return store


@pytest.mark.parametrize(
    ("profile", "method", "cnf", "next_generation"),
    [
        pytest.param(FAPI2, "private_key_jwt", BOUND, 3, id="FAPI 2.0 §5.3.2.1"),
        pytest.param(FAPI_CIBA, "tls_client_auth", {"x5t#S256": "t"}, 3, id="FAPI CIBA"),
        pytest.param(FAPI2, "private_key_jwt", None, 4, id="bound to nothing"),
        pytest.param(OIDC, "client_secret_basic", BOUND, 4, id="plain, bound"),
        pytest.param(OIDC, "none", BOUND, 4, id="public, RFC 9700 §2.2.2"),
        pytest.param(OIDC, "client_secret_basic", None, 4, id="plain"),
    ],
)
async def test_who_proves_itself_and_holds_a_key_keeps_its_token(
    profile: str, method: str, cnf: Cnf | None, next_generation: int
) -> None:
    store = store_with(refreshed_at=NOW - timedelta(days=1))
    client = client_of(profile=PROFILES[profile], token_endpoint_auth_method=method)
    redeemed = await refresh(store, client=client, cnf=cnf)
    assert redeemed.refresh_generation == next_generation == store.grants[GRANT_ID].refresh_generation
    assert redeemed.is_first is False
    again = await refresh(
        store, client=client, cnf=cnf, now=NOW + timedelta(days=2), generation=next_generation
    )
    assert again.refresh_generation == 2 * next_generation - 3
    assert store.grants[GRANT_ID].revoked_at is None


async def test_a_token_from_before_a_client_stopped_rotating_ends_the_family() -> None:
    store, client = store_with(), client_of(profile=PROFILES[FAPI2])
    with pytest.raises(OAuthError, match="invalid_grant"):
        await refresh(store, 1, client=client, cnf=BOUND)
    assert store.grants[GRANT_ID].revoked_at == NOW


async def test_the_live_generation_gives_way_to_the_next() -> None:
    store = store_with()
    redeemed = await refresh(store)
    assert redeemed.refresh_generation == 4
    assert store.grants[GRANT_ID].refresh_generation == 4
    assert redeemed.scope == ("openid", "profile", "offline_access")
    assert redeemed.audience == (ISSUER,)


async def test_the_idle_clock_starts_anew_and_the_total_one_does_not() -> None:
    store = store_with(refresh_expires_at=NOW + timedelta(minutes=1))
    await refresh(store)
    assert store.grants[GRANT_ID].refresh_expires_at == NOW + timedelta(days=30)
    assert store.grants[GRANT_ID].expires_at == family().expires_at


async def test_parallel_uses_of_one_token_get_one_successor() -> None:
    store = store_with()
    generations = {(await refresh(store)).refresh_generation for _ in range(50)}
    assert generations == {4}
    assert store.grants[GRANT_ID].refresh_generation == 4
    assert store.grants[GRANT_ID].revoked_at is None


GRACES = [
    pytest.param(client_of(), GRACE, True, id="30 s"),
    pytest.param(client_of(), GRACE + timedelta(seconds=1), False, id="31 s"),
    pytest.param(PUBLIC, GRACE_PUBLIC, True, id="10 s for a public client"),
    pytest.param(PUBLIC, GRACE_PUBLIC + timedelta(seconds=1), False, id="11 s for a public client"),
]


@pytest.mark.parametrize(("client", "later", "good"), GRACES)
async def test_the_grace_of_the_previous_generation(client: Client, later: timedelta, *, good: bool) -> None:
    store = store_with()
    await refresh(store, client=client)
    if good:
        assert (await refresh(store, now=NOW + later, client=client)).refresh_generation == 4
        assert store.grants[GRANT_ID].revoked_at is None
    else:
        with pytest.raises(OAuthError, match="invalid_grant"):
            await refresh(store, now=NOW + later, client=client)
        assert store.reasons[GRANT_ID] == "refresh_reused"


async def test_a_generation_before_the_previous_one_kills_the_family() -> None:
    store = store_with()
    with pytest.raises(OAuthError, match="invalid_grant"):
        await refresh(store, 1)
    assert store.reasons[GRANT_ID] == "refresh_reused"
    with pytest.raises(OAuthError, match="invalid_grant"):
        await refresh(store, 3)


REFUSED = [
    pytest.param({"revoked_at": NOW}, {}, "invalid_grant", id="RFC 6749 §5.2 revoked"),
    pytest.param({"refresh_expires_at": NOW}, {}, "invalid_grant", id="RFC 6749 §5.2 idle too long"),
    pytest.param({"expires_at": NOW}, {}, "invalid_grant", id="RFC 6749 §5.2 over in total"),
    pytest.param({"refresh_generation": None}, {}, "invalid_grant", id="never had one"),
    pytest.param({"refresh_generation": 2}, {}, "invalid_grant", id="a generation of the future"),
    pytest.param({"client_id": "bpjs"}, {}, "invalid_grant", id="RFC 6749 §6 another client's"),
    pytest.param({}, {"scope": "openid email"}, "invalid_scope", id="RFC 6749 §6 more scope"),
    pytest.param({}, {"resource": ["https://x.example"]}, "invalid_target", id="RFC 8707 §2.2"),
    pytest.param(
        {"resource": ("https://api.example",)},
        {"resource": [ISSUER]},
        "invalid_target",
        id="RFC 8707 §2.2 not granted",
    ),
    pytest.param({}, {"refresh_token": "x.y.z"}, "invalid_grant", id="RFC 6749 §5.2 no token of ours"),
    pytest.param({}, {"refresh_token": None}, "invalid_request", id="RFC 6749 §6 missing"),
]


@pytest.mark.parametrize(("grant", "form", "code"), REFUSED)
async def test_a_refresh_is_refused(
    grant: dict[str, Any], form: dict[str, str | list[str] | None], code: str
) -> None:
    store = store_with(**grant)
    with pytest.raises(OAuthError) as refused:
        await refresh(store, form=form)
    assert refused.value.code == code
    assert store.reasons == {}
    assert store.tokens == []


async def test_asking_for_too_much_does_not_spend_the_token() -> None:
    store = store_with()
    with pytest.raises(OAuthError, match="invalid_scope"):
        await refresh(store, form={"scope": "openid nik"})
    assert (await refresh(store)).refresh_generation == 4


async def test_less_scope_may_be_asked_for() -> None:
    redeemed = await refresh(store_with(), form={"scope": "openid"})
    assert redeemed.scope == ("openid",)
    assert redeemed.token.scope == ("openid",)


async def test_a_grant_that_ends_meanwhile_gives_nothing() -> None:
    class Ending(Store):
        async def add_access_token(self, grant: Grant, _: object, __: ClientId | None = None, /) -> bool:
            await self.revoke_grant(grant.id, NOW, "withdrawn")
            return False

    store = Ending()
    store.hold(family())
    with pytest.raises(OAuthError, match="invalid_grant"):
        await refresh(store, 2)


async def test_a_live_token_that_cannot_be_claimed_is_trouble_and_no_refusal() -> None:
    class Moving(Store):
        async def claim_refresh(self, claim: RefreshClaim, /) -> Grant | None:
            assert claim
            return None

    store = Moving()
    store.hold(family())
    with pytest.raises(Unavailable):
        await refresh(store)


TURNS = [
    pytest.param({}, 3, Turn.ROTATE, id="live"),
    pytest.param({}, 2, Turn.GRACE, id="previous"),
    pytest.param({"refreshed_at": NOW - timedelta(seconds=31)}, 2, Turn.REUSE, id="previous, too late"),
    pytest.param({"refreshed_at": None}, 2, Turn.REUSE, id="previous, nobody knows when"),
    pytest.param({}, 1, Turn.REUSE, id="older"),
    pytest.param({}, 4, Turn.REFUSED, id="newer"),
    pytest.param({"revoked_at": NOW}, 2, Turn.REFUSED, id="previous of a dead family"),
    pytest.param({"client_id": "bpjs"}, 1, Turn.REFUSED, id="another client's kills nothing"),
    pytest.param({"refresh_expires_at": None}, 3, Turn.REFUSED, id="no expiry, no life"),
]


@pytest.mark.parametrize(("changes", "generation", "expected"), TURNS)
def test_what_a_generation_leads_to(changes: dict[str, Any], generation: int, expected: Turn) -> None:
    assert turn(family(**changes), generation, "pajak", GRACE, NOW) is expected


def test_a_family_that_is_not_there_refuses() -> None:
    assert turn(None, 0, "pajak", GRACE, NOW) is Turn.REFUSED


@given(st.uuids(), st.integers(0, MOST_GENERATION), st.sampled_from([1, 2]))
def test_a_token_reads_as_it_was_minted(grant_id: UUID, generation: int, version: int) -> None:
    token = RefreshToken(GrantId(grant_id), generation)
    text = mint(token, version, mac).reveal()
    assert read(text, mac) == token
    assert mint(token, version, mac) == mint(token, version, mac)  # the successor, minted again
    assert len(text) == 52


@given(st.integers(0, 51), st.sampled_from("AZaz09-_+/=! "))
def test_a_changed_token_is_none(position: int, letter: str) -> None:
    text = mint(RefreshToken(GRANT_ID, 3), 1, mac).reveal()
    changed = text[:position] + letter + text[position + 1 :]
    assert (read(changed, mac) is None) == (changed != text)


@given(st.text(max_size=80))
def test_any_text_is_a_token_or_none(text: str) -> None:
    assert read(text, mac) is None


def test_a_key_that_is_gone_mints_and_reads_nothing() -> None:
    with pytest.raises(LookupError):
        mint(RefreshToken(GRANT_ID, 0), 9, mac)
    text = mint(RefreshToken(GRANT_ID, 0), 2, mac).reveal()
    assert read(text, lambda version, body: mac(version, body) if version == 1 else None) is None


def test_a_grant_keeps_its_generation_apart() -> None:
    assert family()._replace(refresh_generation=None).is_offline is False
