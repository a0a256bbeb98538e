"""What a sector calls a session: pairwise as subjects are, for a name that all clients shared would join them again.

OpenID Connect Back-Channel Logout §2.1 leaves it to us what a `sid` is made of; Core §8.1 wants that no two sectors can
find out that they speak of one person.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode

from gapura.values import SessionId

SID_BYTES = 24


def sid_of(session_id: SessionId, sector: str) -> str:
    """The same for all clients of the sector as long as the session is told of, whichever root keys come and go.

    The key is the session's id: 122 random bits that no client ever sees (docs/decisions/0022).
    """
    tag = hmac.digest(session_id.bytes, sector.encode(), "sha256")
    return urlsafe_b64encode(tag[:SID_BYTES]).decode("ascii")
