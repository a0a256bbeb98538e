"""What a client compares to notice that somebody else, or nobody, is signed in by now (OpenID Connect Session Management)."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import urlsplit


def session_state(client_id: str, redirect_uri: str, browser_state: str, salt: str) -> str | None:
    """§3.2: the salted hash that the frame of `check_session_iframe` makes anew out of its cookie, the browser's state.

    None for a client without an origin, which has no page that could ask.
    """
    parts = urlsplit(redirect_uri)
    if not parts.netloc:
        return None
    origin = f"{parts.scheme}://{_host(parts.netloc.lower(), parts.scheme)}"
    digest = sha256(f"{client_id} {origin} {browser_state} {salt}".encode()).hexdigest()
    return f"{digest}.{salt}"


def _host(netloc: str, scheme: str) -> str:
    """An origin's text leaves the default port out (HTML §7.5)."""
    return netloc.removesuffix({"https": ":443", "http": ":80"}.get(scheme, ""))
