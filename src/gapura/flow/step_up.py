"""Whether a sign-in of some time ago is still enough for what its token shall be used for (RFC 9470)."""

from __future__ import annotations

from collections.abc import Sequence

from gapura.disclosure.scopes import SCOPES
from gapura.identity.acr import LEVELS, reaches
from gapura.protocol.client import Client


def unreached_acr(acr: str, scope: Sequence[str], client: Client) -> str | None:
    """The highest level that the client or a scope takes and `acr` is below; None when it is enough.

    It was enough when the token was issued: what a client has to ask for may have become more since.
    """
    wanted = {SCOPES[name].minimum_acr for name in scope if name in SCOPES}
    if client.minimum_acr is not None:
        wanted.add(client.minimum_acr)
    missing = [level for level in wanted if not reaches(acr, level)]
    return max(missing, key=LEVELS.index) if missing else None
