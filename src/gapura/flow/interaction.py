"""An interaction: what a browser is in the middle of, kept on the server from the first request to the answer.

Its id stands in the URL, the browser's cookie names whose it is: a link to it opened elsewhere leads nowhere, and two
tabs of one browser each have their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from hmac import compare_digest
from typing import Any, Protocol, Self, TypeAlias
from uuid import UUID

import orjson

from gapura.protocol.authorization_request import AuthorizationRequest
from gapura.values import AccountId, Instant


@dataclass(frozen=True, slots=True)
class ForClient:
    """The way to a client: an authorization request that keeps every rule.

    `pushed` is the id of one that the client pushed: its answer spends it.
    """

    request: AuthorizationRequest
    hinted_sub: str | None = None
    pushed: str | None = None


@dataclass(frozen=True, slots=True)
class ForPage:
    """The way to a page of Gapura itself; `path` is local and was chosen by the server."""

    path: str
    minimum_acr: str
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class ForDecoupled:
    """The way to a yes or no for a request that came another way (`flow/decoupled.py`).

    `digest` is that of the code which the client polls with until `expires_at`; `account_id` who alone may answer.
    `binding_message` is what the person compares with what they see at the client.
    """

    request: AuthorizationRequest
    digest: bytes
    grant_type: str
    expires_at: Instant
    account_id: AccountId | None = None
    binding_message: str | None = None


Goal: TypeAlias = ForClient | ForPage | ForDecoupled


@dataclass(frozen=True, slots=True)
class FirstFactor:
    """Who has proved a first factor here and still owes the second."""

    account_id: AccountId
    amr: tuple[str, ...]
    at: Instant


@dataclass(frozen=True, slots=True)
class Interaction:
    """`browser` is the SHA-256 of the cookie that names the browser.

    `fresh_since` is set when somebody else wants to sign in: an older sign-in doesn't count here any more.
    """

    id: str
    browser: str
    goal: Goal
    started_at: Instant
    first_factor: FirstFactor | None = None
    agreed: bool = False
    fresh_since: Instant | None = None

    def belongs_to(self, browser: str) -> bool:
        return compare_digest(self.browser.encode(), browser.encode())

    def with_first_factor(self, first_factor: FirstFactor) -> Self:
        return replace(self, first_factor=first_factor)

    def with_agreement(self) -> Self:
        return replace(self, agreed=True)

    def signed_in(self) -> Self:
        """Whoever agreed before may have been somebody else."""
        return replace(self, first_factor=None, agreed=False)

    def begun_anew(self, now: Instant) -> Self:
        """Whoever signed in before `now` is not who sits here."""
        return replace(self, first_factor=None, agreed=False, fresh_since=now)

    def to_bytes(self) -> bytes:
        goal: dict[str, object]
        match self.goal:
            case ForClient(request, hinted_sub, pushed):
                goal = {"request": request.to_dict(), "hinted_sub": hinted_sub, "pushed": pushed}
            case ForPage(path, minimum_acr, fresh):
                goal = {"path": path, "minimum_acr": minimum_acr, "fresh": fresh}
            case ForDecoupled():
                goal = _decoupled_to_dict(self.goal)
        first = self.first_factor
        return orjson.dumps(
            {
                "browser": self.browser,
                "goal": goal,
                "started_at": self.started_at,
                "first_factor": None if first is None else [first.account_id, first.amr, first.at],
                "agreed": self.agreed,
                "fresh_since": self.fresh_since,
            }
        )

    @classmethod
    def from_bytes(cls, interaction_id: str, stored: bytes) -> Self:
        read: dict[str, Any] = orjson.loads(stored)
        goal, first = read["goal"], read["first_factor"]
        return cls(
            id=interaction_id,
            browser=read["browser"],
            goal=_goal_of(goal),
            started_at=datetime.fromisoformat(read["started_at"]),
            first_factor=(
                None
                if first is None
                else FirstFactor(AccountId(UUID(first[0])), tuple(first[1]), datetime.fromisoformat(first[2]))
            ),
            agreed=read["agreed"],
            fresh_since=datetime.fromisoformat(read["fresh_since"]) if read["fresh_since"] else None,
        )


def _goal_of(stored: dict[str, Any]) -> Goal:
    if "path" in stored:
        return ForPage(**stored)
    request = AuthorizationRequest.from_dict(stored["request"])
    if "digest" not in stored:
        return ForClient(request, stored["hinted_sub"], stored["pushed"])
    return ForDecoupled(
        request,
        bytes.fromhex(stored["digest"]),
        stored["grant_type"],
        datetime.fromisoformat(stored["expires_at"]),
        AccountId(UUID(stored["account_id"])) if stored["account_id"] else None,
        stored["binding_message"],
    )


def _decoupled_to_dict(goal: ForDecoupled) -> dict[str, object]:
    return {
        "request": goal.request.to_dict(),
        "digest": goal.digest.hex(),
        "grant_type": goal.grant_type,
        "expires_at": goal.expires_at,
        "account_id": goal.account_id,
        "binding_message": goal.binding_message,
    }


class KeepsInteractions(Protocol):
    """Raises Unavailable when the store is away."""

    async def put(self, interaction: Interaction) -> None: ...

    async def keep(self, interaction: Interaction) -> bool:
        """Keep what has changed; False when it was completed meanwhile, and stays so."""
        ...

    async def get(self, interaction_id: str) -> Interaction | None: ...

    async def take(self, interaction_id: str) -> bool:
        """Take it away; True for exactly one of many who ask, who may then complete it."""
        ...
