"""Whose word an agreement takes: keys by value or at an address, and none but those."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from gapura.errors import OAuthError, Unavailable
from gapura.flow.agreed_assertions import AgreedAssertions
from gapura.flow.client_keys import ClientKeys
from gapura.protocol.client import Client
from gapura.values import Secret
from tests.protocol.samples import NOW, SECRETS, client_of

pytestmark = pytest.mark.anyio

THEIRS, OWN = (ECKey.generate_key("P-256", {"kid": kid, "use": "sig"}) for kid in ("idp", "own"))
ADDRESS = "https://idp.example/jwks"


def keys(key: ECKey) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False)]}


@dataclass
class Web:
    """What stands at the issuer's address."""

    document: object
    calls: list[str] = field(default_factory=list)

    async def get_json(self, url: str) -> object:
        self.calls.append(url)
        if isinstance(self.document, Exception):
            raise self.document
        return copy.deepcopy(self.document)


def client(**changes: Any) -> Client:
    agreed = {"jwt_bearer_issuer": "https://idp.example", "jwks": keys(OWN), "jwt_bearer_jwks": keys(THEIRS)}
    return client_of(**agreed | changes)


def word(key: ECKey, alg: str = "ES256") -> Secret:
    return Secret(jwt.encode({"alg": alg, "kid": key.kid}, {"sub": "s"}, key, algorithms=[alg]))


async def test_the_keys_of_the_agreement_speak_and_the_clients_own_do_not() -> None:
    assertions = AgreedAssertions(ClientKeys(Web(None), SECRETS))
    assert await assertions.claims(word(THEIRS), client(), NOW) == {"sub": "s"}
    with pytest.raises(OAuthError, match="invalid_grant"):
        await assertions.claims(word(OWN), client(), NOW)


async def test_keys_at_an_address_are_fetched_once() -> None:
    web = Web(keys(THEIRS))
    assertions = AgreedAssertions(ClientKeys(web, SECRETS))
    by_address = client(jwt_bearer_jwks=None, jwt_bearer_jwks_uri=ADDRESS)
    for _ in range(3):
        assert await assertions.claims(word(THEIRS), by_address, NOW) == {"sub": "s"}
    assert web.calls == [ADDRESS]


@pytest.mark.parametrize("stands", [Unavailable("outbound"), {"keys": []}, "nothing"], ids=str)
async def test_an_address_without_keys_is_no_word(stands: object) -> None:
    assertions = AgreedAssertions(ClientKeys(Web(stands), SECRETS))
    with pytest.raises(OAuthError, match="invalid_grant"):
        await assertions.claims(word(THEIRS), client(jwt_bearer_jwks=None, jwt_bearer_jwks_uri=ADDRESS), NOW)


@pytest.mark.parametrize("text", ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "x" * 8000])
async def test_what_is_no_jwt_is_no_word(text: str) -> None:
    with pytest.raises(OAuthError, match="invalid_grant"):
        await AgreedAssertions(ClientKeys(Web(None), SECRETS)).claims(Secret(text), client(), NOW)
