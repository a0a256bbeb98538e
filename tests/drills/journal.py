"""What the clients of a drill were told, to be held against what is stored."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.drills.receiver import claims_of
from tests.site import RelyingParty

SUCCESS = 200


@dataclass(slots=True)
class Journal:
    """Written by many threads. Codes and tokens are kept as they were, `jti` and `sid` out of them.

    `answers` counts the successful token answers of a code, `spent` are codes whose answer got lost and whose retry
    was refused; `successors` are the refresh tokens that one gave; `released` counts the userinfo answers with data
    by access token; `broken` are answers that no client may ever see.
    """

    answers: Counter[str] = field(default_factory=Counter)
    spent: set[str] = field(default_factory=set)
    successors: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    access_tokens: set[str] = field(default_factory=set)
    revoked: list[tuple[RelyingParty, str]] = field(default_factory=list)
    released: Counter[str] = field(default_factory=Counter)
    subjects: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    sessions: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    failures: int = 0
    journeys: int = 0
    cut: int = 0
    broken: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def redeemed(self, who: str, party: RelyingParty, code: str, answer: dict[str, Any]) -> None:
        claims = claims_of(answer["id_token"])
        with self._lock:
            self.answers[code] += 1
            self.access_tokens.add(answer["access_token"])
            self.sessions.add(claims["sid"])
            self.subjects[who, party.client_id].add(claims["sub"])

    def lost(self, code: str) -> None:
        with self._lock:
            self.spent.add(code)

    def refreshed(self, token: str, answer: dict[str, Any]) -> None:
        with self._lock:
            self.successors[token].add(answer["refresh_token"])
            self.access_tokens.add(answer["access_token"])

    def released_to(self, access_token: str) -> None:
        with self._lock:
            self.released[access_token] += 1

    def revoked_token(self, party: RelyingParty, token: str) -> None:
        with self._lock:
            self.revoked.append((party, token))

    def signed_out(self, sid: str) -> None:
        with self._lock:
            self.ended.add(sid)

    def failed(self) -> None:
        with self._lock:
            self.failures += 1

    def count(self, *, cut: bool) -> None:
        with self._lock:
            self.journeys += 1
            self.cut += cut

    def unexpected(self, what: str, answer: httpx2.Response) -> None:
        with self._lock:
            self.broken.append(
                f"{what}: {answer.status_code} {answer.headers.get('x-request-id')} {answer.text[:120]}"
            )
