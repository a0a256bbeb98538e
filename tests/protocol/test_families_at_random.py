"""Refresh families under whatever order of uses, pauses and revocations: the promises hold after each step."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from gapura.errors import OAuthError
from gapura.protocol.client import Client
from gapura.protocol.grant import Grant
from gapura.protocol.grants import redeem
from gapura.protocol.refresh_token import RefreshToken, mint
from tests.protocol.samples import (
    GRANT_ID,
    NOW,
    Form,
    Store,
    client_of,
    grant_of,
    mac,
    new_token,
    token_endpoint,
)

ITS_OWN, ANOTHER = client_of(), client_of(id="bpjs")


class Family(RuleBasedStateMachine):
    """`held` are the generations that clients hold, in the order in which they got them."""

    held: Bundle[int] = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.store = Store()
        self.now = NOW
        self.was_revoked = False
        self.most = 0

    @initialize(target=held)
    def begin(self) -> int:
        self.store.hold(
            grant_of(
                redeemed_at=NOW,
                refresh_generation=0,
                refreshed_at=NOW,
                refresh_expires_at=NOW + timedelta(days=30),
                expires_at=NOW + timedelta(days=180),
            )
        )
        return 0

    @property
    def grant(self) -> Grant:
        return self.store.grants[GRANT_ID]

    def _use(self, generation: int, client: Client) -> int | None:
        text = mint(RefreshToken(GRANT_ID, generation), 1, mac).reveal()
        form = Form({"grant_type": "refresh_token", "refresh_token": text})
        try:
            redeemed = asyncio.run(redeem(form, client, token_endpoint(self.store), new_token(self.now)))
        except OAuthError as refused:
            assert refused.code == "invalid_grant"
            return None
        return redeemed.refresh_generation

    @rule(target=held, generation=held)
    def use(self, generation: int) -> int:
        before, tokens = self.grant, len(self.store.tokens)
        got = self._use(generation, ITS_OWN)
        if got is None:
            assert len(self.store.tokens) == tokens
            return generation
        assert got == generation + 1 == self.grant.refresh_generation
        assert before.revoked_at is None
        assert len(self.store.tokens) == tokens + 1
        return got

    @rule(generation=held)
    def use_by_another_client(self, generation: int) -> None:
        before = self.grant
        assert self._use(generation, ANOTHER) is None
        assert self.grant == before

    @rule(generation=consumes(held))
    def lose(self, generation: int) -> None:
        assert generation <= self.most

    @rule(seconds=st.sampled_from([1, 9, 11, 29, 31, 3600, 86400 * 29, 86400 * 31]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def withdraw(self) -> None:
        asyncio.run(self.store.revoke_grant(GRANT_ID, self.now, "withdrawn"))

    @invariant()
    def nothing_revoked_lives_again(self) -> None:
        if not self.store.grants:
            return
        assert not (self.was_revoked and self.grant.revoked_at is None)
        self.was_revoked = self.grant.revoked_at is not None

    @invariant()
    def the_generation_only_grows_and_is_never_ahead_of_what_was_handed_out(self) -> None:
        if not self.store.grants:
            return
        live = self.grant.refresh_generation
        assert live is not None
        assert live >= self.most
        self.most = live


Family.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestFamily = Family.TestCase
