"""An ID token that comes back as a hint (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2).

Whether its signature is ours was judged before, with retired keys too; that it has expired does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class IdTokenHint:
    """Whose sign-in, at which client, in which session."""

    client_id: str
    sub: str
    sid: str | None

    @classmethod
    def of(cls, claims: Mapping[str, Any]) -> Self | None:
        """None for claims that no ID token of ours has."""
        audience, sub, sid = claims.get("aud"), claims.get("sub"), claims.get("sid")
        if not isinstance(audience, str) or not isinstance(sub, str):
            return None
        # Signed userinfo and a logout token come from the same key (Back-Channel Logout §2.4).
        if "exp" not in claims or "events" in claims:
            return None
        return cls(audience, sub, sid if isinstance(sid, str) else None)
