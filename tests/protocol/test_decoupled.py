"""Requests that are approved elsewhere: what a poll gets (RFC 8628 §3.5, CIBA §11), and what the store holds to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from gapura.crypto.keyring import Vault
from gapura.crypto.root_keys import RootKeys
from gapura.errors import OAuthError
from gapura.flow.decoupled import DecoupledRequest
from gapura.protocol.authorization_request import AuthorizationRequest
from gapura.protocol.claims_request import ClaimsRequest
from gapura.protocol.decoupled import APPROVED, DENIED, PENDING, PollForm, redeem_approved
from gapura.protocol.ports import CodeClaim, Polled
from gapura.protocol.redirect import ReplyTo
from gapura.protocol.token_endpoint import Portion
from gapura.settings import Settings
from gapura.storage.database import Database
from gapura.storage.decoupled import DecoupledRequests
from gapura.storage.grants import Grants
from gapura.values import ClientId, Secret, opaque_digest
from tests.protocol.samples import CODE, NOW, Store, client_of, grant_of, new_token, token_endpoint
from tests.protocol.test_store_contract import SESSION

pytestmark = pytest.mark.anyio

DIGEST = opaque_digest(CODE)
TYPE = "urn:example:approved-elsewhere"
UNTIL = NOW + timedelta(minutes=10)
USER_CODE = "WDJBMJHT"
FORM = PollForm(Secret(CODE), Portion())
Kept = tuple[DecoupledRequests, Grants]


def polled(**changes: Any) -> Polled:
    return replace(Polled(PENDING, UNTIL, 5, hasty=False), **changes)


@pytest.mark.parametrize(
    ("found", "error"),
    [
        pytest.param(None, "invalid_grant", id="RFC 6749 §5.2 unknown"),
        pytest.param(polled(), "authorization_pending", id="RFC 8628 §3.5 pending"),
        pytest.param(polled(hasty=True), "slow_down", id="RFC 8628 §3.5 too often"),
        pytest.param(polled(state=DENIED), "access_denied", id="RFC 8628 §3.5 refused"),
        pytest.param(
            polled(state=DENIED, hasty=True), "access_denied", id="a no that is asked for too often"
        ),
        pytest.param(polled(expires_at=NOW), "expired_token", id="RFC 8628 §3.5 expired"),
        pytest.param(polled(expires_at=NOW, state=DENIED), "expired_token", id="refused, then expired"),
        pytest.param(polled(state=APPROVED), "invalid_grant", id="approved and used"),
    ],
)
async def test_what_a_poll_gets_while_there_is_no_token(found: Polled | None, error: str) -> None:
    store = Store()
    if found is not None:
        store.requests[DIGEST] = found
    with pytest.raises(OAuthError) as refused:
        await redeem_approved(FORM, TYPE, client_of(), token_endpoint(store), new_token())
    assert refused.value.code == error


async def test_a_poll_after_the_yes_gets_the_grant_even_in_haste() -> None:
    store = Store()
    store.requests[DIGEST] = polled(state=APPROVED, hasty=True)
    store.hold(grant_of(grant_type=TYPE, code_expires_at=UNTIL), DIGEST)
    redeemed = await redeem_approved(FORM, TYPE, client_of(), token_endpoint(store), new_token())
    assert redeemed.grant is not None
    assert redeemed.refresh_generation == 0


async def test_a_poll_that_comes_after_the_token_ends_nothing() -> None:
    store = Store()
    store.requests[DIGEST] = polled(state=APPROVED)
    grant = store.hold(grant_of(grant_type=TYPE, code_expires_at=UNTIL), DIGEST)
    await redeem_approved(FORM, TYPE, client_of(), token_endpoint(store), new_token())
    with pytest.raises(OAuthError, match="invalid_grant"):
        await redeem_approved(FORM, TYPE, client_of(), token_endpoint(store), new_token())
    assert store.grants[grant.id].revoked_at is None


async def test_a_resource_beyond_the_grant_spends_the_code() -> None:
    store = Store()
    store.requests[DIGEST] = polled(state=APPROVED)
    grant = store.hold(grant_of(grant_type=TYPE, resource=("https://a.example",)), DIGEST)
    endpoint = token_endpoint(store, resources={"https://a.example", "https://b.example"})
    with pytest.raises(OAuthError, match="invalid_target"):
        await redeem_approved(
            replace(FORM, portion=Portion(("https://b.example",))), TYPE, client_of(), endpoint, new_token()
        )
    assert store.reasons[grant.id] == "code_misused"


@pytest.fixture
async def kept(settings: Settings) -> AsyncIterator[Kept]:
    vault = Vault(RootKeys.parse(settings.root_keys.reveal()))
    async with Database(settings.database_url, 4) as database:
        grant = grant_of()
        await database.execute(
            SESSION,
            {
                "account": grant.account_id,
                "citizen": grant.citizen_id,
                "session": grant.session_id,
                "now": NOW,
            },
        )
        yield DecoupledRequests(database, vault), Grants(database)


def new_id() -> Any:
    return uuid4()


def request_of(**changes: Any) -> DecoupledRequest:
    asked = AuthorizationRequest(
        client_id=ClientId("pajak"),
        reply_to=ReplyTo(""),
        redirect_uri_sent=False,
        response_type="",
        scope=("openid",),
        nonce=None,
        code_challenge=None,
        prompt=(),
        max_age=None,
        acr_values=(),
        claims=ClaimsRequest(),
        login_hint=None,
        id_token_hint=None,
        ui_locales=(),
        claims_locales=(),
        display=None,
        resource=(),
    )
    return replace(
        DecoupledRequest(DIGEST, TYPE, asked, 5, NOW, UNTIL, None, {"binding_message": "Loket 7"}), **changes
    )


async def test_what_is_kept_comes_back_and_no_user_code_is_given_twice(kept: Kept) -> None:
    requests, _ = kept
    assert await requests.add(request_of(), USER_CODE)
    assert await requests.of_user_code(USER_CODE, NOW) == request_of()
    assert not await requests.add(request_of(digest=bytes(32)), USER_CODE)


@pytest.mark.parametrize("how", ["expired", "denied", "approved", "never made"])
async def test_a_user_code_leads_to_what_waits_and_to_nothing_else(kept: Kept, how: str) -> None:
    requests, _ = kept
    if how != "never made":
        await requests.add(request_of(), USER_CODE)
    if how == "denied":
        assert await requests.deny(DIGEST, NOW)
        assert not await requests.deny(DIGEST, NOW)
    if how == "approved":
        assert await requests.approve(grant_of(grant_type=TYPE, code_expires_at=UNTIL), DIGEST)
    at = UNTIL if how == "expired" else NOW
    assert await requests.of_user_code(USER_CODE, at) is None
    assert not await requests.is_pending(DIGEST, at)


async def test_of_many_answers_at_once_one_counts(kept: Kept) -> None:
    requests, grants = kept
    await requests.add(request_of(), USER_CODE)
    grant = grant_of(grant_type=TYPE, code_expires_at=UNTIL)
    answers = await asyncio.gather(
        *(requests.approve(grant._replace(id=new_id()), DIGEST) for _ in range(10)),
        *(requests.deny(DIGEST, NOW) for _ in range(10)),
    )
    assert sum(answers) == 1
    found = await requests.poll(DIGEST, ClientId("pajak"), TYPE, NOW)
    assert found is not None
    claimed = await grants.claim_code(CodeClaim(DIGEST, ClientId("pajak"), NOW, new_token(), None, TYPE))
    assert (claimed is not None) == (found.state == APPROVED)


async def test_a_yes_after_the_session_ended_changes_nothing(kept: Kept) -> None:
    requests, _ = kept
    await requests.add(request_of(), USER_CODE)
    gone = grant_of(grant_type=TYPE, session_id=new_id())
    assert not await requests.approve(gone, DIGEST)
    assert await requests.is_pending(DIGEST, NOW)


async def test_each_hasty_poll_makes_the_next_wait_longer(kept: Kept) -> None:
    requests, _ = kept
    await requests.add(request_of())
    seen = []
    for seconds in (0, 5, 7, 12, 30, 45):
        found = await requests.poll(DIGEST, ClientId("pajak"), TYPE, NOW + timedelta(seconds=seconds))
        assert found is not None
        seen.append((found.hasty, found.interval))
    assert seen == [(False, 5), (False, 5), (True, 10), (True, 15), (False, 15), (False, 15)]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"client_id": ClientId("bpjs")}, id="another client"),
        pytest.param({"grant_type": "authorization_code"}, id="another grant type"),
        pytest.param({"code_digest": bytes(32)}, id="another code"),
    ],
)
async def test_a_poll_by_who_has_no_part_in_it_finds_nothing(kept: Kept, changes: dict[str, Any]) -> None:
    requests, _ = kept
    await requests.add(request_of())
    asked: dict[str, Any] = {
        "code_digest": DIGEST,
        "client_id": ClientId("pajak"),
        "grant_type": TYPE,
        "at": NOW,
    } | changes
    assert await requests.poll(*asked.values()) is None
