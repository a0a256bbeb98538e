"""Token revocation (RFC 7009)."""

from __future__ import annotations

from gapura.protocol.client import Client
from gapura.protocol.refusals import invalid_grant


def check_owner(caller: Client, client_id: str) -> None:
    """RFC 7009 §2.1: a client revokes its own tokens only, and is told so. Raises OAuthError("invalid_grant").

    A token that is unknown or dead is revoked already: that is a success (§2.2).
    """
    if caller.id != client_id:
        raise invalid_grant("the token was issued to another client")
