"""What the rules rely on, held by the store in memory that they are tested with and by PostgreSQL alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID, uuid4

import pytest

from gapura.protocol.grant import Grant, NewAccessToken
from gapura.protocol.ports import AssertionStore, AssertionUse, CodeClaim, GrantStore, RefreshClaim
from gapura.storage.assertions import Assertions
from gapura.storage.database import Database
from gapura.storage.grants import Grants
from gapura.values import ClientId, GrantId, TokenId, opaque_digest
from tests.protocol.samples import CODE, GRANT_ID, NOW, Store, grant_of

pytestmark = pytest.mark.anyio

DIGEST = opaque_digest(CODE)
LATER = NOW + timedelta(days=30)
SESSION = """
with holder as (
    insert into account (id, kind, citizen_id, status, created_at, changed_at)
    values (%(account)s, 'citizen', %(citizen)s, 'active', %(now)s, %(now)s) returning id)
insert into session (id, account_id, auth_time, amr, acr, created_at, expires_at)
select %(session)s, id, %(now)s, '{pwd}', 'x', %(now)s, %(now)s + interval '400 years' from holder
"""


class Begins(Protocol):
    async def __call__(self, grant: Grant, digest: bytes, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """A store with the way to put a new grant into it."""

    grants: GrantStore
    assertions: AssertionStore
    begin: Begins = field(repr=False)


@pytest.fixture(params=["memory", "postgresql"])
async def kept(request: pytest.FixtureRequest) -> AsyncIterator[Kept]:
    if request.param == "memory":
        store = Store()

        async def hold(grant: Grant, digest: bytes) -> object:
            return store.hold(grant, digest)

        yield Kept(store, store, hold)
        return
    async with Database(request.getfixturevalue("database_url"), 2) as database:
        grant = grant_of()
        ids: Mapping[str, Any] = {
            "account": grant.account_id,
            "citizen": grant.citizen_id,
            "session": grant.session_id,
            "now": NOW,
        }
        await database.execute(SESSION, ids)
        grants = Grants(database)
        yield Kept(grants, Assertions(database), grants.begin)


def new_token(**changes: Any) -> NewAccessToken:
    return replace(NewAccessToken(TokenId(uuid4()), NOW, NOW + timedelta(minutes=5)), **changes)


def code_claim(**changes: Any) -> CodeClaim:
    return replace(CodeClaim(DIGEST, ClientId("pajak"), NOW, new_token(), LATER), **changes)


def refresh_claim(generation: int = 0, **changes: Any) -> RefreshClaim:
    return replace(RefreshClaim(GRANT_ID, generation, ClientId("pajak"), NOW, new_token(), LATER), **changes)


async def redeemed(kept: Kept, **changes: Any) -> Grant:
    await kept.begin(grant_of(**changes), DIGEST)
    grant = await kept.grants.claim_code(code_claim())
    assert grant is not None
    return grant


async def test_a_claimed_code_gives_the_grant_as_it_then_is(kept: Kept) -> None:
    grant = await redeemed(kept, resource=("https://api.example",))
    assert (grant.redeemed_at, grant.refresh_generation, grant.refresh_expires_at) == (NOW, 0, LATER)
    begun = grant_of(resource=("https://api.example",), holder=grant.holder)
    unredeemed: dict[str, Any] = dict.fromkeys(
        ("redeemed_at", "refresh_generation", "refreshed_at", "refresh_expires_at")
    )
    assert grant._replace(**unredeemed) == begun
    assert await kept.grants.find_grant(GRANT_ID) == grant


async def test_of_many_at_once_one_claims_the_code(kept: Kept) -> None:
    await kept.begin(grant_of(), DIGEST)
    won = await asyncio.gather(*(kept.grants.claim_code(code_claim(token=new_token())) for _ in range(50)))
    assert sum(grant is not None for grant in won) == 1


@pytest.mark.parametrize(
    ("grant", "claim"),
    [
        pytest.param({}, {"client_id": ClientId("bpjs")}, id="another client's"),
        pytest.param({}, {"code_digest": bytes(32)}, id="unknown"),
        pytest.param({}, {"at": NOW + timedelta(seconds=60)}, id="expired"),
        pytest.param({"revoked_at": NOW}, {}, id="revoked"),
    ],
)
async def test_a_code_that_cannot_be_claimed(
    kept: Kept, grant: dict[str, Any], claim: dict[str, Any]
) -> None:
    await kept.begin(grant_of(**grant), DIGEST)
    assert await kept.grants.claim_code(code_claim(**claim)) is None
    found = await kept.grants.find_grant(GRANT_ID)
    assert found is not None
    assert found.redeemed_at is None


async def test_a_refresh_token_needs_the_scope_and_the_client_that_may(kept: Kept) -> None:
    await kept.begin(grant_of(scope=("openid",)), DIGEST)
    grant = await kept.grants.claim_code(code_claim())
    assert grant is not None
    assert grant.refresh_generation is None
    assert await kept.grants.claim_refresh(refresh_claim()) is None


FILING = {"type": "tax_return", "actions": ["prepare", "submit"], "tax_year": 2025}
LOOK_UP = {"type": "citizen_data", "datatypes": ["name"], "reference": "PEM-1"}


@pytest.mark.parametrize(
    ("asked", "is_claimed"),
    [
        pytest.param(None, True, id="all that was granted"),
        pytest.param((FILING | {"actions": ["submit"]},), True, id="RFC 9396 §6.1 less"),
        pytest.param((FILING, LOOK_UP), True, id="RFC 9396 §6.1 the same"),
        pytest.param((FILING | {"tax_year": 2026},), False, id="RFC 9396 §6.1 something else"),
        pytest.param((FILING | {"actions": ["submit", "pay"]},), False, id="RFC 9396 §6.1 more"),
    ],
)
async def test_a_refresh_takes_no_more_authorization_details_than_were_granted(
    kept: Kept, asked: tuple[Mapping[str, Any], ...] | None, is_claimed: bool
) -> None:
    await kept.begin(grant_of(authorization_details=(LOOK_UP, FILING)), DIGEST)
    assert await kept.grants.claim_code(code_claim()) is not None
    token = replace(new_token(), authorization_details=asked)
    claimed = await kept.grants.claim_refresh(refresh_claim(token=token))
    assert (claimed is not None) is is_claimed


async def test_of_many_at_once_one_moves_the_generation(kept: Kept) -> None:
    await redeemed(kept)
    won = await asyncio.gather(
        *(kept.grants.claim_refresh(refresh_claim(token=new_token())) for _ in range(50))
    )
    assert [grant.refresh_generation for grant in won if grant is not None] == [1]
    assert await kept.grants.claim_refresh(refresh_claim(1)) is not None


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param({"generation": 1}, id="a generation of the future"),
        pytest.param({"client_id": ClientId("bpjs")}, id="another client's"),
        pytest.param({"grant_id": GrantId(UUID(int=7))}, id="unknown"),
        pytest.param({"at": LATER}, id="idle too long"),
        pytest.param({"token": new_token(scope=("openid", "nik"))}, id="more scope"),
        pytest.param({"token": new_token(audience=("https://x.example",))}, id="another resource"),
    ],
)
async def test_a_refresh_that_cannot_be_claimed(kept: Kept, claim: dict[str, Any]) -> None:
    before = await redeemed(kept, resource=("https://api.example",))
    assert await kept.grants.claim_refresh(refresh_claim(**claim)) is None
    assert await kept.grants.find_grant(GRANT_ID) == before


async def test_a_claim_that_does_not_rotate_leaves_the_generation_as_it_is(kept: Kept) -> None:
    await redeemed(kept)
    claims = [refresh_claim(token=new_token(), rotates=False) for _ in range(10)]
    won = await asyncio.gather(*map(kept.grants.claim_refresh, claims))
    assert {grant.refresh_generation for grant in won if grant is not None} == {0}
    assert await kept.grants.claim_refresh(refresh_claim(rotates=False)) is not None
    assert await kept.grants.claim_refresh(refresh_claim(1, rotates=False)) is None


async def test_a_bound_family_is_claimed_with_its_key(kept: Kept) -> None:
    await redeemed(kept, cnf={"jkt": "one"})
    for cnf in (None, {"jkt": "another"}, {"x5t#S256": "one"}):
        assert (
            await kept.grants.claim_refresh(refresh_claim(token=new_token(cnf=cnf), key_bound=True)) is None
        )
    for key_bound, cnf in ((False, {"jkt": "another"}), (True, {"jkt": "one"})):
        claim = refresh_claim(token=new_token(cnf=cnf), key_bound=key_bound, rotates=False)
        assert await kept.grants.claim_refresh(claim) is not None


async def test_a_refresh_never_outlives_the_grant(kept: Kept) -> None:
    await redeemed(kept, expires_at=NOW + timedelta(hours=1))
    late = refresh_claim(at=NOW + timedelta(hours=1), refresh_expires_at=LATER)
    assert await kept.grants.claim_refresh(late) is None
    assert await kept.grants.claim_refresh(refresh_claim(at=NOW + timedelta(minutes=59))) is not None


async def test_what_is_revoked_gives_nothing_any_more(kept: Kept) -> None:
    grant = await redeemed(kept)
    assert await kept.grants.add_access_token(grant, new_token())
    await kept.grants.revoke_grant(GRANT_ID, NOW, "withdrawn")
    await kept.grants.revoke_grant(GRANT_ID, LATER, "again")
    found = await kept.grants.find_grant(GRANT_ID)
    assert found is not None
    assert found.revoked_at == NOW
    assert await kept.grants.claim_refresh(refresh_claim()) is None
    assert not await kept.grants.add_access_token(grant, new_token())


async def test_a_replayed_code_ends_its_grant(kept: Kept) -> None:
    await redeemed(kept)
    await kept.grants.revoke_code(DIGEST, NOW, "code_replayed")
    await kept.grants.revoke_code(bytes(32), NOW, "code_replayed")
    found = await kept.grants.find_grant(GRANT_ID)
    assert found is not None
    assert found.revoked_at == NOW


async def test_a_grant_that_is_not_there_is_none(kept: Kept) -> None:
    assert await kept.grants.find_grant(GRANT_ID) is None


async def test_of_many_at_once_one_uses_an_assertion(kept: Kept) -> None:
    use = AssertionUse(ClientId("pajak"), bytes(32), LATER)
    assert sum(await asyncio.gather(*(kept.assertions.claim_assertion(use) for _ in range(20)))) == 1
    assert await kept.assertions.claim_assertion(replace(use, client_id=ClientId("bpjs")))
    assert await kept.assertions.claim_assertion(replace(use, jti_digest=b"1" * 32))
