"""Codes and refresh families on PostgreSQL, used by many at once in whatever order: the promises hold after each step.

What a burst of uses leads to depends on who comes first; what must never come of it doesn't.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from gapura.errors import OAuthError
from gapura.protocol.client import Client
from gapura.protocol.grant import Cnf, Grant, NewAccessToken, Redeemed
from gapura.protocol.grants import redeem
from gapura.protocol.profiles import FAPI2, PROFILES
from gapura.protocol.refresh_token import GRACE, GRACE_PUBLIC, RefreshToken, mint
from gapura.storage.database import Database
from gapura.storage.grants import Grants
from gapura.values import GrantId, Instant, TokenId, opaque_digest
from tests.protocol.samples import (
    CALLBACK,
    NOW,
    VERIFIER,
    Form,
    Store,
    client_of,
    grant_of,
    mac,
    token_endpoint,
)
from tests.protocol.test_store_contract import SESSION

T = TypeVar("T")

ANOTHER = client_of(id="bpjs")
CLIENTS = {
    "confidential": (client_of(), None, GRACE),
    "public": (client_of(token_endpoint_auth_method="none", secret_digest=None), None, GRACE_PUBLIC),
    "public with a key": (client_of(token_endpoint_auth_method="none"), {"jkt": "k"}, GRACE),
    "fapi2": (client_of(profile=PROFILES[FAPI2]), {"jkt": "k"}, GRACE),
}
BURSTS = st.integers(1, 8)


@dataclass
class Family:
    """What is known of one grant from outside: `handed_out` are the generations that its client got."""

    grant_id: GrantId
    code: str
    client: Client
    cnf: Cnf | None
    grace: timedelta
    begun_at: Instant
    handed_out: list[int] = field(default_factory=list)
    tokens: list[TokenId] = field(default_factory=list)
    successes_of_code: int = 0
    was_revoked: bool = False
    live: int = -1

    @property
    def rotates(self) -> bool:
        return self.client.profile.rotates_refresh_tokens


class Uses(RuleBasedStateMachine):
    """Two workers, each with connections of its own, as `many` describes who uses what at the same moment."""

    families: Bundle[Family] = Bundle("families")

    def __init__(self, run: Callable[[Coroutine[Any, Any, Any]], Any], workers: Sequence[Grants]) -> None:
        super().__init__()
        self._run, self._workers = run, workers
        self._now = NOW
        self._known: list[Family] = []

    @rule(target=families, kind=st.sampled_from(list(CLIENTS)))
    def begin(self, kind: str) -> Family:
        return self._begun(kind)

    def _begun(self, kind: str) -> Family:
        client, cnf, grace = CLIENTS[kind]
        family = Family(GrantId(uuid4()), uuid4().hex, client, cnf, grace, self._now)
        grant = grant_of(
            id=family.grant_id,
            code_expires_at=self._now + timedelta(seconds=60),
            created_at=self._now,
            expires_at=self._now + timedelta(days=180),
        )
        assert self._run(self._workers[0].begin(grant, opaque_digest(family.code)))
        self._known.append(family)
        return family

    @rule(target=families, kind=st.sampled_from(list(CLIENTS)))
    def begin_and_redeem(self, kind: str) -> Family:
        family = self._begun(kind)
        self.redeem(family, burst=1, strangers=0)
        assert family.handed_out == [0]
        return family

    @rule(family=families, burst=BURSTS, strangers=st.integers(0, 2))
    def redeem(self, family: Family, burst: int, strangers: int) -> None:
        before = self._stored(family)
        form = Form(
            {
                "grant_type": "authorization_code",
                "code": family.code,
                "redirect_uri": CALLBACK,
                "code_verifier": VERIFIER,
            }
        )
        # Whoever knows a code and is not its client is a replay as any other (RFC 6749 §4.1.2).
        users = [family.client] * burst + [ANOTHER] * strangers
        results = self._many([(form, client, family.cnf) for client in users])
        own = [one for one in results[:burst] if one is not None]
        family.successes_of_code += len(own)
        assert family.successes_of_code <= 1
        assert results[burst:] == [None] * strangers
        assert not (own and (before.redeemed_at is not None or self._now >= before.code_expires_at))
        if burst + strangers > len(own):
            assert self._stored(family).revoked_at is not None
        self._take(family, own)

    @rule(family=families, data=st.data(), burst=BURSTS, strangers=st.integers(0, 2))
    def refresh(self, family: Family, data: st.DataObject, burst: int, strangers: int) -> None:
        if not family.handed_out:
            return
        before = self._stored(family)
        given = st.lists(st.sampled_from(sorted(set(family.handed_out))), min_size=burst, max_size=burst)
        generations = data.draw(given, "generations")
        users = [(generation, family.client) for generation in generations]
        users += [(family.handed_out[-1], ANOTHER)] * strangers
        results = self._many([(_refresh_form(family, g), client, family.cnf) for g, client in users])
        own = [one for one in results[:burst] if one is not None]
        assert results[burst:] == [None] * strangers
        step = 1 if family.rotates else 0
        assert all(
            one is None or one.refresh_generation == generation + step
            for one, generation in zip(results[:burst], generations, strict=True)
        )
        self._judge(family, before, generations, len(own))
        self._take(family, own)

    def _judge(self, family: Family, before: Grant, generations: Sequence[int], successes: int) -> None:
        after, live = self._stored(family), before.refresh_generation
        assert live is not None
        assert before.refresh_expires_at is not None
        if before.revoked_at is not None or self._now >= before.refresh_expires_at:
            assert successes == 0
            return
        if set(generations) == {live}:  # however many: one turns it, the others are a moment late
            assert successes == len(generations)
        if any(generation < live - 1 for generation in generations):
            assert after.revoked_at is not None
        within = before.refreshed_at is not None and self._now - before.refreshed_at <= family.grace
        if set(generations) == {live - 1}:
            assert successes == (len(generations) if within else 0)
            assert (after.revoked_at is None) == within
        if family.rotates and after.revoked_at is None:
            assert after.refresh_generation == live + (1 if live in generations else 0)
        if not family.rotates:
            assert after.refresh_generation == live

    @rule(family=families)
    def withdraw(self, family: Family) -> None:
        self._run(self._workers[1].revoke_grant(family.grant_id, self._now, "withdrawn"))

    @rule(seconds=st.sampled_from([1, 9, 11, 29, 31, 61, 3600, 86400 * 29]))
    def wait(self, seconds: int) -> None:
        self._now += timedelta(seconds=seconds)

    @invariant()
    def nothing_revoked_lives_again_and_generations_only_grow(self) -> None:
        for family in self._known:
            stored = self._stored(family)
            assert not (family.was_revoked and stored.revoked_at is None)
            family.was_revoked = stored.revoked_at is not None
            live = -1 if stored.refresh_generation is None else stored.refresh_generation
            assert live >= family.live
            assert max(family.handed_out, default=-1) <= live, "nobody holds what is not there yet"
            family.live = live

    @invariant()
    def every_token_has_its_record_which_is_worth_what_its_grant_is(self) -> None:
        for family in self._known:
            for token_id in family.tokens[-8:]:
                held = self._run(self._workers[1].find_token(token_id))
                assert held is not None
                assert held.cnf == family.cnf
                assert held.client_id == family.client.id
                assert not (family.was_revoked and held.is_live(self._now))

    def _take(self, family: Family, won: Sequence[Redeemed]) -> None:
        family.tokens += [one.token.id for one in won]
        family.handed_out += sorted(
            one.refresh_generation for one in won if one.refresh_generation is not None
        )

    def _stored(self, family: Family) -> Grant:
        grant = self._run(self._workers[0].find_grant(family.grant_id))
        assert isinstance(grant, Grant)
        return grant

    def _many(self, uses: Sequence[tuple[Form, Client, Cnf | None]]) -> list[Redeemed | None]:
        """All at the same moment, by turns at one worker and the other."""

        async def at_once() -> list[Redeemed | None]:
            return await asyncio.gather(
                *(self._use(self._workers[n % 2], *use) for n, use in enumerate(uses))
            )

        results: list[Redeemed | None] = self._run(at_once())
        return results

    async def _use(self, grants: Grants, form: Form, client: Client, cnf: Cnf | None) -> Redeemed | None:
        token = NewAccessToken(TokenId(uuid4()), self._now, self._now + timedelta(minutes=5), cnf=cnf)
        endpoint = replace(token_endpoint(Store()), store=grants)
        try:
            return await redeem(form, client, endpoint, token)
        except OAuthError as refused:
            assert refused.code == "invalid_grant"
            return None


def _refresh_form(family: Family, generation: int) -> Form:
    text = mint(RefreshToken(family.grant_id, generation), 1, mac).reveal()
    return Form({"grant_type": "refresh_token", "refresh_token": text})


@pytest.fixture
def bounded() -> settings:
    return settings(
        max_examples=40,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


def test_codes_and_families_keep_their_promises_whoever_comes_when(
    database_url: str, bounded: settings
) -> None:
    with asyncio.Runner() as runner:
        databases = [Database(database_url, 4) for _ in range(2)]

        async def each(act: Callable[[Database], Awaitable[object]]) -> None:
            for database in databases:
                await act(database)

        runner.run(each(Database.__aenter__))
        try:
            grant = grant_of()
            ids = {
                "account": grant.account_id,
                "citizen": grant.citizen_id,
                "session": grant.session_id,
                "now": NOW,
            }
            runner.run(databases[0].execute(SESSION, ids))
            workers = [Grants(database) for database in databases]
            run_state_machine_as_test(lambda: Uses(runner.run, workers), settings=bounded)  # type: ignore[arg-type]  # any factory will do
        finally:
            runner.run(each(lambda database: database.__aexit__(None, None, None)))
