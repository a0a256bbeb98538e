"""A session: who is signed in at a browser, how and since when."""

from __future__ import annotations

from dataclasses import dataclass

from gapura.values import AccountId, Instant, Secret, SessionId


@dataclass(frozen=True, slots=True)
class Session:
    """`id` stays here: clients hear the `sid` of their sector, which is made of it (`protocol/sid.py`)."""

    id: SessionId
    account_id: AccountId
    auth_time: Instant
    amr: tuple[str, ...]
    acr: str
    created_at: Instant
    expires_at: Instant


@dataclass(frozen=True, slots=True, repr=False)
class Browser:
    """Where a request comes from: its address, what it calls itself, and its device cookie, if it has one."""

    ip: str
    user_agent: str = ""
    device: Secret | None = None
