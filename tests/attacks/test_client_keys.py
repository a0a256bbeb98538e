"""Assertions that nobody signed, presented by whoever knows a client's id."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gapura.errors import OAuthError
from gapura.flow.client_keys import ClientKeys
from gapura.outbound import OutboundFailed
from gapura.protocol.client import Client
from gapura.protocol.registration import register
from tests.protocol.registrations import BY_KEY, JWKS, SANDBOX

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 8, 17, 3, 0, tzinfo=UTC)


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
    parts = ({"alg": "ES256", "kid": kid}, {"iss": "pajak"})
    head = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*head, "AAAA"])


@pytest.mark.parametrize("answer", [None, [], {"keys": []}, JWKS], ids=["away", "a list", "empty", "keys"])
async def test_many_made_up_assertions_are_one_call(answer: object) -> None:
    far = Far(answer)
    keys = ClientKeys(far)
    for number in range(20):
        with pytest.raises(OAuthError, match="invalid_client"):
            await keys.verify_assertion(made_up(f"k{number}"), client(), NOW)
    assert len(far.called) == 1


async def test_keys_that_were_fetched_outlive_an_outage_for_their_time_alone() -> None:
    far = Far(JWKS)
    keys = ClientKeys(far)
    known = await keys.keys_of(client(), "ec-1", NOW)
    far.answer = None
    for seconds in range(11, 599, 11):
        with pytest.raises(OAuthError, match="invalid_client"):
            await keys.verify_assertion(made_up("unknown"), client(), NOW + timedelta(seconds=seconds))
        assert await keys.keys_of(client(), "ec-1", NOW + timedelta(seconds=seconds)) is known
    with pytest.raises(OAuthError, match="too slow"):
        await keys.keys_of(client(), "ec-1", NOW + timedelta(minutes=10, seconds=5))
