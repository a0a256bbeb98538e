"""The ping of CIBA §10.2: what goes out, and which answers end it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from gapura.delivery.ciba_ping import CibaPing
from gapura.delivery.outbox import Undelivered
from gapura.errors import GapuraError
from gapura.flow.decoupled import CODE, NOTIFICATION_TOKEN, DecoupledRequest
from gapura.protocol.profiles import CIBA
from gapura.storage.outbox import Message
from gapura.values import ClientId, opaque_digest
from tests.delivery.decoupled_requests import NOW, OneClient, OneRequest, asked

pytestmark = pytest.mark.anyio

URL = "https://rp.example/ping"
AUTH_REQ_ID, TOKEN = "1c266114-a1be-4252-8ad1-04986c5b9ac1", "8d67dc78-7faa-4d41-aabd-67707b374255"
DIGEST = opaque_digest(AUTH_REQ_ID)
MESSAGE = Message(UUID(int=9), "ciba_ping", ClientId("pajak"), {"digest": DIGEST.hex()}, 1, NOW)
ANSWERED = asked(DIGEST, CIBA, extra={CODE: AUTH_REQ_ID, NOTIFICATION_TOKEN: TOKEN})


class Out:
    def __init__(self, answer: int | GapuraError = 204) -> None:
        self.sent: list[tuple[str, dict[str, str], str]] = []
        self._answer = answer

    async def post_json(self, url: str, content: Mapping[str, str], bearer: str, /) -> int:
        self.sent.append((url, dict(content), bearer))
        if isinstance(self._answer, GapuraError):
            raise self._answer
        return self._answer


def ping(out: Out, request: DecoupledRequest | None = ANSWERED, **client: Any) -> CibaPing:
    return CibaPing(
        OneClient(backchannel_client_notification_endpoint=URL, **client), OneRequest(request), out
    )


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_a_ping_names_the_request_and_proves_itself(status: int) -> None:
    out = Out(status)
    await ping(out)(MESSAGE, NOW)
    assert out.sent == [(URL, {"auth_req_id": AUTH_REQ_ID}, TOKEN)]


@pytest.mark.parametrize(
    ("answer", "final"),
    [
        *((status, True) for status in (301, 302, 307, 400, 401, 403, 404)),
        *((status, False) for status in (408, 425, 429, 500, 502, 503)),
        (GapuraError("outbound_failed", "too slow"), False),
    ],
)
async def test_a_word_of_the_client_ends_it_and_what_may_pass_is_tried_again(
    answer: int | GapuraError, final: bool
) -> None:
    out = Out(answer)
    with pytest.raises(Undelivered) as failed:
        await ping(out)(MESSAGE, NOW)
    assert failed.value.final is final
    assert len(out.sent) == 1
    assert TOKEN not in str(failed.value)


@pytest.mark.parametrize(
    "request_",
    [
        None,
        replace(ANSWERED, expires_at=NOW),
        replace(ANSWERED, expires_at=NOW - timedelta(seconds=1)),
        replace(ANSWERED, extra={}),
    ],
)
async def test_what_is_over_is_not_told(request_: DecoupledRequest | None) -> None:
    out = Out()
    with pytest.raises(Undelivered) as failed:
        await ping(out, request_)(MESSAGE, NOW)
    assert failed.value.final
    assert out.sent == []


async def test_a_client_without_an_address_is_not_called() -> None:
    out = Out()
    with pytest.raises(Undelivered):
        await CibaPing(OneClient(), OneRequest(ANSWERED), out)(MESSAGE, NOW)
    assert out.sent == []
