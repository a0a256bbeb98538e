from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from gapura.errors import OAuthError
from gapura.protocol.client import Client
from gapura.protocol.grant import Redeemed
from gapura.protocol.grants import GRANTS, redeem
from gapura.protocol.grants.token_exchange import ACCESS_TOKEN
from gapura.protocol.token_endpoint import Portion
from gapura.values import ClientId, opaque_digest
from tests.protocol.samples import (
    CALLBACK,
    CODE,
    GRANT_ID,
    ISSUER,
    NOW,
    VERIFIER,
    Form,
    Store,
    client_of,
    grant_of,
    new_token,
    token_endpoint,
)

pytestmark = pytest.mark.anyio

API = "https://api.example"
FORM: Mapping[str, str | list[str] | None] = {
    "grant_type": "authorization_code",
    "code": CODE,
    "redirect_uri": CALLBACK,
    "code_verifier": VERIFIER,
}


async def exchange(
    store: Store, changes: Mapping[str, str | list[str] | None] | None = None, client: Client | None = None
) -> Redeemed:
    form = Form({**FORM, **(changes or {})})
    endpoint = token_endpoint(store, resources=frozenset({API}))
    return await redeem(form, client or client_of(), endpoint, new_token())


def store_with(**changes: Any) -> Store:
    store = Store()
    store.hold(grant_of(**changes), opaque_digest(CODE))
    return store


async def test_a_code_becomes_a_grant_with_its_token() -> None:
    store = store_with()
    redeemed = await exchange(store)
    assert redeemed.grant is not None
    assert redeemed.grant.id == GRANT_ID
    assert redeemed.scope == ("openid", "profile", "offline_access")
    assert redeemed.audience == (ISSUER,)
    assert redeemed.refresh_generation == 0
    assert redeemed.has_id_token
    assert [token.id for token in store.tokens] == [redeemed.token.id]


async def test_a_code_is_refused_the_second_time_and_its_tokens_die() -> None:
    store = store_with()
    await exchange(store)
    with pytest.raises(OAuthError) as refused:
        await exchange(store)
    assert refused.value.code == "invalid_grant"
    assert store.grants[GRANT_ID].revoked_at == NOW
    assert store.reasons[GRANT_ID] == "code_replayed"


REFUSED = [
    pytest.param({"code": "salah"}, {}, "invalid_grant", id="RFC 6749 §4.1.3 unknown code"),
    pytest.param({"code": None}, {}, "invalid_request", id="RFC 6749 §4.1.3 missing code"),
    pytest.param({}, {"code_expires_at": NOW}, "invalid_grant", id="RFC 6749 §4.1.2 expired"),
    pytest.param({}, {"client_id": ClientId("bpjs")}, "invalid_grant", id="RFC 6749 §4.1.3 another client's"),
    pytest.param({}, {"revoked_at": NOW}, "invalid_grant", id="revoked before its use"),
    pytest.param({"redirect_uri": CALLBACK + "2"}, {}, "invalid_grant", id="RFC 6749 §4.1.3 redirect_uri"),
    pytest.param({"redirect_uri": None}, {}, "invalid_grant", id="RFC 6749 §4.1.3 redirect_uri missing"),
    pytest.param(
        {"redirect_uri": CALLBACK + "2"},
        {"redirect_uri_sent": False},
        "invalid_grant",
        id="another one, none before",
    ),
    pytest.param({"code_verifier": "w" * 43}, {}, "invalid_grant", id="RFC 7636 §4.6 wrong verifier"),
    pytest.param({"code_verifier": None}, {}, "invalid_grant", id="RFC 7636 §4.6 missing verifier"),
    pytest.param({"code_verifier": "pendek"}, {}, "invalid_grant", id="RFC 7636 §4.1 malformed verifier"),
    pytest.param(
        {}, {"code_challenge": None}, "invalid_grant", id="RFC 9700 §2.1.1 verifier without challenge"
    ),
    pytest.param(
        {"resource": [API]}, {"resource": (ISSUER,)}, "invalid_target", id="RFC 8707 §2.2 not granted"
    ),
    pytest.param({"resource": ["https://x.example"]}, {}, "invalid_target", id="RFC 8707 §2.2 unknown"),
]


@pytest.mark.parametrize(("form", "grant", "code"), REFUSED)
async def test_a_code_is_refused(
    form: dict[str, str | list[str] | None], grant: dict[str, Any], code: str
) -> None:
    with pytest.raises(OAuthError) as refused:
        await exchange(store_with(**grant), form)
    assert refused.value.code == code
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "form", [{"code_verifier": "w" * 43}, {"redirect_uri": None}, {"code_verifier": None}]
)
async def test_a_code_that_is_misused_is_spent(form: dict[str, str | list[str] | None]) -> None:
    store = store_with()
    with pytest.raises(OAuthError):
        await exchange(store, form)
    assert store.reasons[GRANT_ID] == "code_misused"
    with pytest.raises(OAuthError, match="invalid_grant"):
        await exchange(store)


async def test_no_redirect_uri_is_needed_where_none_was_sent() -> None:
    assert await exchange(store_with(redirect_uri_sent=False), {"redirect_uri": None})
    assert await exchange(store_with(redirect_uri_sent=False))


async def test_no_verifier_is_needed_where_there_was_no_challenge() -> None:
    assert await exchange(store_with(code_challenge=None), {"code_verifier": None})


async def test_a_resource_narrows_the_audience() -> None:
    redeemed = await exchange(store_with(resource=(API, ISSUER)), {"resource": [API]})
    assert redeemed.audience == (API,)
    assert redeemed.token.audience == (API,)
    assert (await exchange(store_with(resource=(API,)))).audience == (API,)


async def test_a_client_that_may_not_refresh_gets_no_refresh_token() -> None:
    client = client_of(grant_types=frozenset({"authorization_code"}))
    assert (await exchange(store_with(), client=client)).refresh_generation is None
    assert (await exchange(store_with(scope=("openid",)))).refresh_generation is None


async def test_without_openid_there_is_no_id_token() -> None:
    assert not (await exchange(store_with(scope=("profile",)))).has_id_token


WRONG_GRANT_TYPES = [
    pytest.param(None, "invalid_request", id="RFC 6749 §4.1.3 missing"),
    pytest.param("password", "unsupported_grant_type", id="RFC 9700 §2.4"),
    pytest.param("client_credentials", "unauthorized_client", id="RFC 6749 §5.2 not registered"),
]


@pytest.mark.parametrize(("grant_type", "code"), WRONG_GRANT_TYPES)
async def test_a_grant_type_is_refused(grant_type: str | None, code: str) -> None:
    with pytest.raises(OAuthError) as refused:
        await exchange(store_with(), {"grant_type": grant_type})
    assert refused.value.code == code


async def test_a_machine_gets_a_token_of_its_own() -> None:
    store = Store()
    client = client_of(
        grant_types=frozenset({"client_credentials"}), scopes=frozenset({"openid", "warga:cek"})
    )
    endpoint = token_endpoint(store, machine_scopes=frozenset({"warga:cek"}), resources=frozenset({API}))
    form = Form({"grant_type": "client_credentials", "scope": "openid warga:cek", "resource": [API]})
    redeemed = await redeem(form, client, endpoint, new_token())
    assert redeemed.grant is None
    assert redeemed.scope == ("warga:cek",)
    assert redeemed.audience == (API,)
    assert not redeemed.has_id_token
    assert store.tokens == [redeemed.token]


MACHINES = [
    pytest.param(
        {"token_endpoint_auth_method": "none"}, {}, "unauthorized_client", id="RFC 6749 §4.4 public"
    ),
    pytest.param({}, {"scope": "openid profile"}, "invalid_scope", id="scopes of persons"),
    pytest.param({}, {"resource": ["https://x.example"]}, "invalid_target", id="RFC 8707 §2.2"),
]


@pytest.mark.parametrize(("client", "form", "code"), MACHINES)
async def test_a_machine_is_refused(
    client: dict[str, Any], form: dict[str, str | list[str] | None], code: str
) -> None:
    store = Store()
    with pytest.raises(OAuthError) as refused:
        await redeem(
            Form({"grant_type": "client_credentials", **form}),
            client_of(grant_types=frozenset({"client_credentials"}), **client),
            token_endpoint(store),
            new_token(),
        )
    assert refused.value.code == code
    assert store.tokens == []


async def test_many_at_once_redeem_a_code_once() -> None:
    store = store_with()
    tries = await asyncio.gather(*(exchange(store) for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(won, Redeemed) for won in tries) == 1
    assert {str(lost.code) for lost in tries if isinstance(lost, OAuthError)} == {"invalid_grant"}


def test_every_grant_type_has_its_own_row() -> None:
    assert {"authorization_code", "refresh_token", "client_credentials"} <= GRANTS.keys()
    assert all(name == row.name for name, row in GRANTS.items())


@pytest.mark.parametrize("grant_type", [name for name, row in GRANTS.items() if not row.for_public])
async def test_who_proves_nothing_gets_nothing_by_what_is_not_for_public_clients(grant_type: str) -> None:
    client = client_of(token_endpoint_auth_method="none", grant_types=(grant_type,))
    with pytest.raises(OAuthError, match="unauthorized_client"):
        await redeem(Form({"grant_type": grant_type}), client, token_endpoint(Store()), new_token())


@pytest.mark.parametrize("grant_type", GRANTS)
def test_every_grant_type_reads_what_of_a_grant_the_token_shall_have(grant_type: str) -> None:
    """RFC 8707 §2.2, RFC 9396 §6."""
    needed = ("code", "refresh_token", "device_code", "auth_req_id", "subject_token", "assertion")
    form = Form(
        {
            **dict.fromkeys(needed, "x"),
            "subject_token_type": ACCESS_TOKEN,
            "resource": API,
            "authorization_details": '[{"type":"urn:example:look-up"}]',
        }
    )
    assert GRANTS[grant_type].parse(form).portion == Portion((API,), ({"type": "urn:example:look-up"},))


def test_what_was_redeemed_prints_no_nonce() -> None:
    assert "n-0S6_WzA2Mj" not in repr(Redeemed(ClientId("pajak"), grant_of(), new_token(), (), ()))
