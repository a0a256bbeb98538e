"""What is made for one client: signed, encrypted to the key it has for that, or both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from joserfc.jwk import ECKey, RSAKey

from gapura.crypto import jwe
from gapura.crypto.algorithms import ALGS, SignatureKey
from gapura.crypto.jose import PublicKeys, parse_jwks, verify
from gapura.crypto.public_keys import KeysRefused
from gapura.crypto.signing_keys import KeyRing, generate
from gapura.errors import GapuraError, OAuthError
from gapura.flow.client_tokens import ClientTokens
from gapura.protocol.algorithms import ENCRYPTION_ALGS, ENCS, SIGNING_ALGS
from gapura.protocol.client import Client
from gapura.protocol.client_token import Kind, wants_jwt
from gapura.protocol.profiles import FAPI2, PROFILES
from gapura.protocol.refusals import invalid_client
from gapura.values import Instant
from tests.protocol.samples import NOW, client_of

pytestmark = pytest.mark.anyio

RING = KeyRing([generate(alg, NOW, "active") for alg in ALGS])
THEIRS: dict[str, SignatureKey] = {
    "RSA": RSAKey.generate_key(2048, {"use": "enc"}),
    "EC": ECKey.generate_key("P-256", {"use": "enc"}),
}
CLAIMS = {"sub": "s", "exp": int(NOW.timestamp()) + 60}


@dataclass
class Held:
    """The ring of our keys, and the keys of the client or what became of asking for them."""

    keys: PublicKeys | GapuraError

    @property
    def value(self) -> KeyRing:
        return RING

    async def keys_of(self, client: Client, kid: str | None, now: Instant) -> PublicKeys:
        if isinstance(self.keys, GapuraError):
            raise self.keys
        return self.keys

    def decrypting(self, kid: str | None, alg: str) -> SignatureKey | None:
        """As the client decrypts."""
        return THEIRS[ENCRYPTION_ALGS[alg].kty]


BOTH = Held(parse_jwks({"keys": [key.as_dict(private=False) for key in THEIRS.values()]}))


async def made(kind: Kind, held: Held = BOTH, **registered: Any) -> str:
    return await ClientTokens(held, held).make(client_of(**registered), kind, CLAIMS, "JWT", NOW)


def test_the_rules_and_the_cryptography_know_the_same_algorithms() -> None:
    assert tuple(SIGNING_ALGS) == ALGS
    assert {name: row.kty for name, row in ENCRYPTION_ALGS.items()} == {
        name: row.key_type.key_type for name, row in jwe.KEY_ALGS.items()
    }
    assert tuple(jwe.ENCS) == ENCS


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("enc", ENCS)
@pytest.mark.parametrize("alg", ENCRYPTION_ALGS)
async def test_what_is_registered_is_signed_and_then_encrypted(kind: Kind, alg: str, enc: str) -> None:
    registered: dict[str, Any] = {
        f"{kind.value}_signed_response_alg": "ES256",
        f"{kind.value}_encrypted_response_alg": alg,
        f"{kind.value}_encrypted_response_enc": enc,
    }
    token = await made(kind, **registered)
    signed = jwe.decrypt(token, BOTH, algs=(alg,), encs=(enc,)).decode()
    assert verify(signed, RING.public_keys, algs=("ES256",), now=NOW, typ="JWT") == CLAIMS


@pytest.mark.parametrize("kind", [Kind.AUTHORIZATION, Kind.INTROSPECTION, Kind.ID_TOKEN])
async def test_what_says_who_we_are_is_signed_in_any_case(kind: Kind) -> None:
    plain: dict[str, Any] = {"id_token_signed_response_alg": "RS256"}
    assert verify(await made(kind, **plain), RING.public_keys, algs=("RS256",), now=NOW) == CLAIMS
    if kind is not Kind.ID_TOKEN:
        strong = await made(kind, profile=PROFILES[FAPI2])
        assert verify(strong, RING.public_keys, algs=("ES256",), now=NOW) == CLAIMS


async def test_userinfo_may_be_encrypted_alone_or_be_neither() -> None:
    token = await made(Kind.USERINFO, userinfo_encrypted_response_alg="ECDH-ES")
    assert orjson.loads(jwe.decrypt(token, BOTH, encs=("A128CBC-HS256",))) == CLAIMS
    assert orjson.loads(await made(Kind.USERINFO)) == CLAIMS
    assert not wants_jwt(client_of(), Kind.USERINFO)
    assert wants_jwt(client_of(userinfo_encrypted_response_alg="ECDH-ES"), Kind.USERINFO)
    assert wants_jwt(client_of(userinfo_signed_response_alg="ES256"), Kind.USERINFO)


@pytest.mark.parametrize(
    "keys",
    [
        invalid_client("the keys of jwks_uri could not be fetched"),
        KeysRefused("keys_refused", "bad"),
        parse_jwks({"keys": [ECKey.generate_key("P-256", {"use": "sig"}).as_dict(private=False)]}),
        parse_jwks({"keys": [THEIRS["RSA"].as_dict(private=False)]}),
    ],
    ids=["away", "unreadable", "for signatures", "of another type"],
)
async def test_a_client_that_nothing_can_be_encrypted_to_is_told_before_anything_is_spent(
    keys: PublicKeys | GapuraError,
) -> None:
    client = client_of(id_token_encrypted_response_alg="ECDH-ES")
    tokens = ClientTokens(Held(keys), Held(keys))
    for call in (
        tokens.check(client, Kind.ID_TOKEN, NOW),
        tokens.make(client, Kind.ID_TOKEN, CLAIMS, "JWT", NOW),
    ):
        with pytest.raises(OAuthError, match="invalid_client") as caught:
            await call
        assert caught.value.status == 400
        assert caught.value.description


async def test_a_plain_client_has_no_keys_looked_up() -> None:
    away = Held(invalid_client("nobody should ask"))
    await ClientTokens(away, away).check(client_of(), Kind.ID_TOKEN, NOW)
    assert await made(Kind.ID_TOKEN, away)
