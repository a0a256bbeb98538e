"""Assertions that nobody signed, presented by whoever knows a client's id."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from gapura.errors import OAuthError
from gapura.flow.client_keys import ClientKeys
from gapura.outbound import OutboundFailed
from gapura.protocol.client import Client
from gapura.protocol.presented import Certificate
from gapura.protocol.registration import register
from gapura.values import ClientId, Secret
from tests.protocol.registrations import BY_KEY, EC, JWKS, MINIMAL, SANDBOX
from tests.protocol.samples import SECRETS

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 8, 17, 3, 0, tzinfo=UTC)
NEW = ECKey.generate_key("P-256", parameters={"kid": "ec-2", "use": "sig"})


@dataclass(slots=True)
class Far:
    """The client's own server; `answer` is None while it is away."""

    answer: object
    called: list[str] = field(default_factory=list)

    async def get_json(self, url: str) -> Any:
        self.called.append(url)
        if self.answer is None:
            raise OutboundFailed("outbound_failed", "too slow")
        return self.answer


def client() -> Client:
    document = {name: value for name, value in BY_KEY.items() if name != "jwks"}
    metadata = register({**document, "jwks_uri": "https://pajak.example/keys"}, SANDBOX)
    row = {"id": "pajak", "agency_id": "djp", "status": "active", "sector": "x"}
    return Client.from_stored({**row, "metadata": metadata, "secret_digest": None, "secret_expires_at": None})


def made_up(kid: str) -> str:
    return with_header({"alg": "ES256", "kid": kid})


def with_header(header: dict[str, Any]) -> str:
    parts = (header, {"iss": "pajak"})
    head = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*head, "AAAA"])


@pytest.mark.parametrize("answer", [None, [], {"keys": []}, JWKS], ids=["away", "a list", "empty", "keys"])
async def test_many_made_up_assertions_are_one_call(answer: object) -> None:
    far = Far(answer)
    keys = ClientKeys(far, SECRETS)
    for number in range(20):
        with pytest.raises(OAuthError, match="invalid_client"):
            await keys.verify_assertion(made_up(f"k{number}"), client(), NOW)
    assert len(far.called) == 1


SIGNED_WRONG = [
    pytest.param({"alg": "none"}, "alg", id="alg"),
    pytest.param({"alg": "ES256", "kid": "ec-7"}, "kid", id="kid"),
    pytest.param({"alg": "ES256", "kid": "ec-1"}, "signature", id="signature"),
    pytest.param({"alg": "ES256", "b64": False, "crit": ["b64"]}, "no signed JWT", id="header"),
]


@pytest.mark.parametrize(("header", "said"), SIGNED_WRONG)
async def test_what_is_wrong_with_an_assertions_signature_is_said(header: dict[str, Any], said: str) -> None:
    with pytest.raises(OAuthError, match="invalid_client") as refused:
        await ClientKeys(Far(JWKS), SECRETS).verify_assertion(with_header(header), client(), NOW)
    assert refused.value.description.startswith("client_assertion: ")
    assert said in refused.value.description


async def test_keys_that_were_fetched_outlive_an_outage_for_their_time_alone() -> None:
    far = Far(JWKS)
    keys = ClientKeys(far, SECRETS)
    known = await keys.keys_of(client(), "ec-1", NOW)
    far.answer = None
    for seconds in range(11, 599, 11):
        with pytest.raises(OAuthError, match="invalid_client"):
            await keys.verify_assertion(made_up("unknown"), client(), NOW + timedelta(seconds=seconds))
        assert await keys.keys_of(client(), "ec-1", NOW + timedelta(seconds=seconds)) is known
    with pytest.raises(OAuthError, match="too slow"):
        await keys.keys_of(client(), "ec-1", NOW + timedelta(minutes=10, seconds=5))


async def test_a_new_key_is_fetched_once_for_all_who_wait_for_it() -> None:
    far = Far(JWKS)
    keys = ClientKeys(far, SECRETS)
    await keys.keys_of(client(), "ec-1", NOW)
    far.answer = {"keys": [*JWKS["keys"], NEW.as_dict(private=False)]}
    later = NOW + timedelta(seconds=11)
    found = [await keys.keys_of(client(), "ec-2", later) for _ in range(20)]
    assert all("ec-2" in one.by_kid for one in found)
    assert len(far.called) == 2


async def test_a_key_that_is_gone_from_the_set_is_good_no_longer_than_the_set_is_kept() -> None:
    far = Far({"keys": [*JWKS["keys"], NEW.as_dict(private=False)]})
    keys = ClientKeys(far, SECRETS)
    assert "ec-2" in (await keys.keys_of(client(), "ec-2", NOW)).by_kid
    far.answer = JWKS
    assert "ec-2" in (await keys.keys_of(client(), "ec-2", NOW + timedelta(minutes=9))).by_kid
    assert "ec-2" not in (await keys.keys_of(client(), "ec-2", NOW + timedelta(minutes=10))).by_kid


async def test_the_key_of_an_unknown_certificate_is_looked_for_like_any_other() -> None:
    far = Far(JWKS)
    keys = ClientKeys(far, SECRETS)
    assert await keys.has_key(client(), Certificate("", EC.thumbprint(), ""), NOW)
    for number in range(20):
        assert not await keys.has_key(
            client(), Certificate("", f"k{number}", ""), NOW + timedelta(seconds=11)
        )
    assert len(far.called) == 2


async def test_a_key_to_encrypt_to_proves_nobody() -> None:
    far = Far({"keys": [*JWKS["keys"], {**NEW.as_dict(private=False), "use": "enc"}]})
    assert not await ClientKeys(far, SECRETS).has_key(client(), Certificate("", NEW.thumbprint(), ""), NOW)


def by_secret(**changes: object) -> Client:
    metadata = {**MINIMAL, "token_endpoint_auth_method": "client_secret_jwt", **changes}
    kept = SECRETS.keep(ClientId("pajak"), Secret("s" * 43), readable=True)
    row = {"id": "pajak", "agency_id": "djp", "status": "active", "sector": "x", "secret_expires_at": None}
    return Client.from_stored(
        {
            **row,
            "metadata": register(metadata, SANDBOX),
            "secret_digest": kept.digest,
            "secret_sealed": kept.sealed,
        }
    )


def by_mac(secret: str, alg: str = "HS256") -> str:
    return jwt.encode({"alg": alg}, {"iss": "pajak"}, OctKey.import_key(secret), algorithms=[alg])


async def test_an_assertion_by_the_secret_is_read_with_the_sealed_secret() -> None:
    """Decision 6."""
    keys = ClientKeys(Far(None), SECRETS)
    assert await keys.verify_assertion(by_mac("s" * 43), by_secret(), NOW) == {"iss": "pajak"}


@pytest.mark.parametrize(
    "assertion",
    [
        pytest.param(by_mac("t" * 43), id="another secret"),
        pytest.param(by_mac("s" * 64, "HS512"), id="RFC 7518 §3.2: a hash that asks for a longer secret"),
        pytest.param(made_up("ec-1"), id="RFC 8725 §2.1: a signature by nobody's key"),
        pytest.param(by_mac("s" * 43).rpartition(".")[0] + ".", id="no MAC"),
        pytest.param("x", id="no JWT"),
    ],
)
async def test_an_assertion_that_the_secret_did_not_make_is_refused(assertion: str) -> None:
    with pytest.raises(OAuthError, match="invalid_client"):
        await ClientKeys(Far(None), SECRETS).verify_assertion(assertion, by_secret(), NOW)


async def test_a_public_key_is_no_secret() -> None:
    """RFC 8725 §2.1: the key that checks signatures must not check MACs, for everybody has it."""
    assertion = by_mac(json.dumps(JWKS["keys"][0]))
    far = Far(JWKS)
    with pytest.raises(OAuthError, match="invalid_client"):
        await ClientKeys(far, SECRETS).verify_assertion(assertion, client(), NOW)


async def test_without_a_sealed_secret_no_mac_is_good() -> None:
    """A MAC under the empty key anybody can make."""
    text = by_mac("s" * 43).rpartition(".")[0]
    mac = hmac.digest(b"", text.encode(), "sha256")
    assertion = f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    with pytest.raises(OAuthError, match="invalid_client"):
        await ClientKeys(Far(None), SECRETS).verify_assertion(
            assertion, replace(by_secret(), secret_sealed=None), NOW
        )
