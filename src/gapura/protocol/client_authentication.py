"""Who calls the token, introspection or revocation endpoint (RFC 6749 §2.3, RFC 7523 §3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gapura.protocol.client import Client
from gapura.protocol.ports import AssertionStore
from gapura.values import Instant, Secret

VerifyAssertion: TypeAlias = Callable[[str, Client], Awaitable[Mapping[str, Any]]]
"""The claims of an assertion that one of the client's keys signed, with an algorithm it may use.

Judges no claim, not even `exp`; raises OAuthError("invalid_client") when no key fits.
"""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request presented, by one method alone. `client_id` is claimed, not proven."""

    method: str
    client_id: str
    secret: Secret | None = None
    assertion: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ClientAuthentication:
    """What the methods need: the audiences an assertion may name, its keys and its store."""

    issuer: str
    token_endpoint: str
    find_client: Callable[[str], Client | None]
    verify_assertion: VerifyAssertion
    assertions: AssertionStore
