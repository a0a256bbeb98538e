from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from demo.portal import logout_token
from joserfc.jwk import ECKey, KeySet

from gapura.crypto.algorithms import ALGS, SignatureKey
from gapura.crypto.jose import PublicKeys, parse_jwks
from gapura.crypto.jwe import decrypt
from gapura.crypto.signing_keys import KeyRing, generate
from gapura.delivery.backchannel_logout import BackchannelLogout
from gapura.delivery.outbox import Undelivered
from gapura.errors import GapuraError, Unavailable
from gapura.flow.client_tokens import ClientTokens
from gapura.protocol.client import Client
from gapura.protocol.sid import sid_of
from gapura.storage.outbox import Message
from gapura.values import ClientId, Instant, SessionId
from tests.protocol.samples import client_of

pytestmark = pytest.mark.anyio

ISSUER, URL = "https://gapura.test", "https://rp.example/out"
NOW = datetime(2026, 3, 14, tzinfo=UTC)
THEIRS = ECKey.generate_key("P-256", {"kid": "theirs", "use": "enc"})
RING = KeyRing([generate(alg, NOW, "active") for alg in ALGS])
MESSAGE = Message(
    id=UUID(int=9),
    kind="backchannel_logout",
    client_id=ClientId("tax"),
    payload={"session_id": str(UUID(int=5)), "client_id": "tax", "sub": "sub-1"},
    attempts=1,
    created_at=NOW,
)


class OneClient:
    """A directory with the one client of these tests, or none."""

    def __init__(
        self, alg: str = "ES256", uri: str | None = URL, *, known: bool = True, **registered: Any
    ) -> None:
        client = client_of(
            id="tax", backchannel_logout_uri=uri, id_token_signed_response_alg=alg, **registered
        )
        self._client = client if known else None

    async def client(self, _client_id: ClientId) -> Any:
        return self._client


class Out:
    """The way out, which answers as told and remembers what went."""

    def __init__(self, answer: int | GapuraError = 200) -> None:
        self.sent: list[tuple[str, dict[str, str]]] = []
        self._answer = answer

    async def post_form(self, url: str, form: Mapping[str, str], /) -> int:
        self.sent.append((url, dict(form)))
        if isinstance(self._answer, GapuraError):
            raise self._answer
        return self._answer


@dataclass
class Held:
    """Our keys, and those of the client, which can be encrypted to by ECDH-ES alone."""

    value: KeyRing

    async def keys_of(self, client: Client, kid: str | None, now: Instant) -> PublicKeys:
        assert (client.id, kid, now) == ("tax", None, NOW)
        return parse_jwks({"keys": [THEIRS.as_dict(private=False)]})

    def decrypting(self, kid: str | None, alg: str) -> SignatureKey | None:
        """As the client decrypts."""
        assert alg == "ECDH-ES"
        return THEIRS if kid == THEIRS.kid else None


def sender(out: Out, client: OneClient | None = None, ring: KeyRing = RING) -> BackchannelLogout:
    return BackchannelLogout(ISSUER, client or OneClient(), ClientTokens(Held(ring), Held(ring)), out)


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # RFC 9864; Core's metadata know no newer name
@pytest.mark.parametrize("alg", ALGS)
async def test_a_portal_takes_the_token_in_the_algorithm_it_registered(alg: str) -> None:
    out = Out()
    await sender(out, OneClient(alg))(MESSAGE, NOW)
    [(url, form)] = out.sent
    assert url == URL
    keys = KeySet.import_key_set({"keys": [dict(key.public_jwk) for key in RING.keys]})
    assert logout_token.kid_of(form["logout_token"]) == RING.active(alg).kid
    told = logout_token.check(
        form["logout_token"], keys, issuer=ISSUER, client_id="tax", alg=alg, now=int(NOW.timestamp())
    )
    assert (told.sid, told.sub, told.jti) == (
        sid_of(SessionId(UUID(int=5)), "djp"),
        "sub-1",
        str(UUID(int=9)),
    )


async def test_a_second_try_is_signed_anew_under_the_same_jti() -> None:
    out, later = Out(), NOW + timedelta(hours=6)
    for at in (NOW, later):
        await sender(out)(MESSAGE, at)
    keys = KeySet.import_key_set({"keys": [dict(key.public_jwk) for key in RING.keys]})
    told = [
        logout_token.check(
            form["logout_token"], keys, issuer=ISSUER, client_id="tax", alg="ES256", now=int(at.timestamp())
        )
        for at, (_, form) in zip((NOW, later), out.sent, strict=True)
    ]
    assert (told[0].jti, told[0].sid) == (told[1].jti, told[1].sid)
    assert told[0].exp < told[1].exp


async def test_who_gets_encrypted_id_tokens_gets_the_logout_token_so_too() -> None:
    """OpenID Connect Back-Channel Logout §2.4."""
    out = Out()
    await sender(out, OneClient(id_token_encrypted_response_alg="ECDH-ES"))(MESSAGE, NOW)
    [(_, form)] = out.sent
    signed = decrypt(form["logout_token"], Held(RING)).decode()
    keys = KeySet.import_key_set({"keys": [dict(key.public_jwk) for key in RING.keys]})
    told = logout_token.check(
        signed, keys, issuer=ISSUER, client_id="tax", alg="ES256", now=int(NOW.timestamp())
    )
    assert told.jti == str(UUID(int=9))


async def test_a_client_without_a_key_for_it_is_tried_again() -> None:
    with pytest.raises(Undelivered, match="no key that RSA-OAEP-256") as failed:
        await sender(Out(), OneClient(id_token_encrypted_response_alg="RSA-OAEP-256"))(MESSAGE, NOW)
    assert not failed.value.final


@pytest.mark.parametrize("status", [200, 204])
async def test_these_answers_mean_delivered(status: int) -> None:
    await sender(Out(status))(MESSAGE, NOW)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (400, "status 400"),
        (302, "status 302"),
        (500, "status 500"),
        (201, "status 201"),
        (Unavailable("outbound_failed", "too slow"), "outbound_failed: too slow"),
    ],
)
async def test_all_other_answers_mean_try_again(answer: int | GapuraError, reason: str) -> None:
    with pytest.raises(Undelivered) as failed:
        await sender(Out(answer))(MESSAGE, NOW)
    assert (failed.value.reason, failed.value.final) == (reason, False)


@pytest.mark.parametrize("client", [OneClient(known=False), OneClient(uri=None)])
async def test_a_client_that_wants_no_more_is_not_called(client: OneClient) -> None:
    out = Out()
    with pytest.raises(Undelivered) as failed:
        await sender(out, client)(MESSAGE, NOW)
    assert failed.value.final
    assert out.sent == []


async def test_without_a_key_that_signs_nothing_goes_out(now: Instant) -> None:
    out = Out()
    with pytest.raises(Unavailable):
        await sender(out, ring=KeyRing([]))(MESSAGE, now)
    assert out.sent == []
