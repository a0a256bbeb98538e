"""Request objects that nobody should believe, and how little work they are."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from gapura.crypto.jwe import encrypt
from gapura.crypto.public_keys import parse_jwk
from gapura.crypto.signing_keys import KeyRing, generate
from gapura.errors import GapuraError, OAuthError
from gapura.flow.client_keys import ClientKeys
from gapura.flow.request_objects import RequestObjects
from gapura.outbound import OutboundRefused
from gapura.protocol.algorithms import ENCRYPTION_ALGS, ENCS
from gapura.protocol.client import Client
from gapura.protocol.profiles import PROFILES
from gapura.protocol.request_object import MOST_REQUEST_OBJECT, ObjectRules
from tests.protocol.samples import ISSUER, SECRETS, client_of

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 8, 17, 3, 0, tzinfo=UTC)
KEY = ECKey.generate_key("P-256", parameters={"kid": "ec-1", "use": "sig"})
OTHER = ECKey.generate_key("P-256", parameters={"kid": "ec-1", "use": "sig"})
SIGNING = client_of(jwks={"keys": [KEY.as_dict(private=False)]})
FAPI2 = client_of(jwks={"keys": [KEY.as_dict(private=False)]}, profile=PROFILES["fapi2"])


class Far:
    """What the client's server answers."""

    def __init__(self, answer: bytes | GapuraError = b"") -> None:
        self._answer = answer

    async def get(self, _: str, __: str) -> bytes:
        if isinstance(self._answer, GapuraError):
            raise self._answer
        return self._answer

    async def get_json(self, _: str) -> Any:
        raise AssertionError


@dataclass(frozen=True, slots=True)
class Own:
    """Our own keys."""

    value: KeyRing


OWN = Own(KeyRing(generate(alg, NOW, "active") for alg in ("RSA-OAEP-256", "ECDH-ES")))
STRANGE = Own(KeyRing([generate("ECDH-ES", NOW, "active")]))


def objects(far: Far | None = None) -> RequestObjects:
    return RequestObjects(ISSUER, OWN, ClientKeys(far or Far(), SECRETS), far or Far())


def sealed(text: str, alg: str = "ECDH-ES", enc: str = "A256GCM", own: Own = OWN) -> str:
    """Encrypted to a key as we publish it."""
    key = parse_jwk(own.value.active(alg.partition("+")[0]).public_jwk)
    return encrypt(text.encode(), key, alg, enc, cty="JWT")


async def read(text: str, client: Client = SIGNING) -> dict[str, Any]:
    return dict(await objects().claims(text, client, ObjectRules.of(client), NOW))


def signed(claims: dict[str, Any], key: ECKey = KEY, **header: Any) -> str:
    text: str = jwt.encode({"alg": "ES256", "kid": "ec-1", **header}, claims, key)
    return text


def unsigned(claims: bytes, signature: str = "", **header: Any) -> str:
    parts = json.dumps({"alg": "none", **header}).encode(), claims
    return ".".join([*(base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in parts), signature])


async def test_what_the_clients_key_signed_is_read() -> None:
    assert (await read(signed({"state": "st"})))["state"] == "st"


async def test_what_nobody_signed_is_read_of_a_plain_client_alone() -> None:
    assert (await read(unsigned(b'{"state":"st"}')))["state"] == "st"
    for client in (FAPI2, client_of(jwks=SIGNING.jwks, require_signed_request_object=True)):
        with pytest.raises(OAuthError, match="invalid_request_object"):
            await read(unsigned(b'{"state":"st"}'), client)


CAN_T_BE = [
    pytest.param("", id="nothing"),
    pytest.param("a.b", id="two parts"),
    pytest.param("a.b.c.d.e", id="five parts of nothing"),
    pytest.param("x" * (MOST_REQUEST_OBJECT + 1), id="too long"),
    pytest.param("\u00e9.b.c", id="not ASCII"),
    pytest.param(signed({"state": "st"}, OTHER), id="RFC 9101 §6.2 another's key"),
    pytest.param(signed({"state": "st"})[:-6] + "AAAAAA", id="RFC 9101 §6.2 changed signature"),
    pytest.param(signed({"state": "st"}, kid="ec-2"), id="RFC 7515 §4.1.4 unknown kid"),
    pytest.param(unsigned(b'{"state":"st"}', "AAAA"), id="RFC 7519 §6 unsecured with a signature"),
    pytest.param(unsigned(b'{"state":"st"}', crit=["x"]), id="RFC 7515 §4.1.11 crit"),
    pytest.param(unsigned(b'{"a":1,"a":2}'), id="RFC 8725 §3.10 a name twice"),
    pytest.param(unsigned(b'{"a":' * 3000 + b"1" + b"}" * 3000), id="deep JSON"),
    pytest.param(unsigned(b'{"state":"\\u0000"}'), id="NUL"),
    pytest.param(unsigned(b'["state"]'), id="no object"),
    pytest.param(unsigned(b"{}", alg="HS256"), id="RFC 8725 §3.1 a symmetric algorithm"),
    pytest.param(unsigned(b"{}", alg=["none"]), id="alg a list"),
    pytest.param(unsigned(b"{}", typ="dpop+jwt"), id="RFC 8725 §3.11 typ of another token"),
]


@pytest.mark.parametrize("text", CAN_T_BE)
async def test_what_is_no_request_object_is_refused(text: str) -> None:
    with pytest.raises(OAuthError) as refused:
        await read(text)
    assert refused.value.code == "invalid_request_object"
    assert refused.value.status == 400


@pytest.mark.parametrize("alg", ENCRYPTION_ALGS)
@pytest.mark.parametrize("enc", ENCS)
async def test_what_is_encrypted_to_us_is_read(alg: str, enc: str) -> None:
    assert (await read(sealed(signed({"state": "st"}), alg, enc)))["state"] == "st"


NOT_FOR_US = [
    pytest.param(sealed(signed({"state": "st"}), own=STRANGE), SIGNING, id="RFC 7516 §5.2 another's key"),
    pytest.param(sealed(sealed(signed({"state": "st"}))), SIGNING, id="RFC 9101 §6.1 twice"),
    pytest.param(sealed('{"state":"st"}'), SIGNING, id="RFC 9101 §6.1 claims without a signature around"),
    pytest.param(sealed("\u00e9"), SIGNING, id="not ASCII within"),
    pytest.param(
        sealed(signed({"state": "st"}, OTHER)), SIGNING, id="RFC 9101 §6.2 another's signature within"
    ),
    pytest.param(sealed(signed({"state": "st"}))[:-4] + "AAAA", SIGNING, id="RFC 7516 §5.2 changed"),
    pytest.param(
        sealed(signed({"state": "st"})),
        replace(SIGNING, request_object_encryption_alg="RSA-OAEP-256"),
        id="Registration §2 another alg than the registered",
    ),
    pytest.param(
        sealed(signed({"state": "st"})),
        replace(SIGNING, request_object_encryption_enc="A128GCM"),
        id="Registration §2 another enc than the registered",
    ),
    pytest.param(
        sealed(unsigned(b'{"state":"st"}')),
        replace(SIGNING, require_signed_request_object=True),
        id="RFC 9101 §10.5 encryption is no signature",
    ),
]


@pytest.mark.parametrize(("text", "client"), NOT_FOR_US)
async def test_an_encrypted_object_that_is_none_is_refused(text: str, client: Client) -> None:
    with pytest.raises(OAuthError, match="invalid_request_object"):
        await read(text, client)


async def test_where_nothing_may_be_encrypted_nothing_is_decrypted() -> None:
    with pytest.raises(OAuthError, match="invalid_request_object"):
        await objects().claims(sealed(signed({"state": "st"})), SIGNING, ObjectRules(("ES256",)), NOW)


async def test_a_client_without_keys_signs_nothing() -> None:
    with pytest.raises(OAuthError, match="invalid_request_object"):
        await read(signed({"state": "st"}), client_of())


async def test_times_are_judged_where_the_profile_wants_them() -> None:
    claims = {"aud": ISSUER, "nbf": NOW.timestamp(), "exp": (NOW + timedelta(minutes=70)).timestamp()}
    assert await read(signed(claims))
    with pytest.raises(OAuthError, match="invalid_request_object"):
        await read(signed(claims), FAPI2)


async def test_a_reference_is_read_as_it_stands_there() -> None:
    assert await objects(Far(b"a.b.c\n")).fetched("https://pajak.example/request") == "a.b.c"


AWAY = [
    pytest.param(OutboundRefused("outbound_refused", "private"), id="an address that is not called"),
    pytest.param("\u00e9".encode(), id="not ASCII"),
]


@pytest.mark.parametrize("answer", AWAY)
async def test_a_reference_that_can_t_be_read_is_refused(answer: bytes | GapuraError) -> None:
    with pytest.raises(OAuthError, match="invalid_request_uri"):
        await objects(Far(answer)).fetched("https://pajak.example/request")
