"""Sign-in that begins here and not at the client (OpenID Connect Core §4)."""

from __future__ import annotations

from gapura.protocol.client import Client
from gapura.protocol.redirect import with_query


def initiate_login_url(client: Client, issuer: str) -> str | None:
    """Where the client begins a sign-in with us; None for one that is not to be opened from here.

    Who the person is goes along by no parameter: the authorization request finds their session.
    """
    if client.initiate_login_uri is None or not client.is_active:
        return None
    return with_query(client.initiate_login_uri, {"iss": issuer})
