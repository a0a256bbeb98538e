"""What is wrong with a redirect URI, for the eyes of an authenticated client."""

from __future__ import annotations

from gapura.protocol.client import Client


def redirect_uri_fault(client: Client, sent: str | None) -> str:
    """Where `sent` parts from the registered URI that it is most like."""
    if sent is None:
        return f"redirect_uri is missing, and {len(client.redirect_uris)} are registered"
    nearest = max(client.redirect_uris, key=lambda known: _alike(known, sent), default="")
    alike = _alike(nearest, sent)
    if not alike:
        return "redirect_uri is not registered"
    if abs(len(nearest) - len(sent)) <= 1 and alike >= max(len(nearest), len(sent)) - 1:
        return "redirect_uri differs from a registered one in its last character"
    return f"redirect_uri differs from a registered one from its character {alike + 1} on"


def _alike(one: str, other: str) -> int:
    """How many characters they begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
