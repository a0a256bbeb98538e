"""What is wrong with a redirect URI, for the log and for the eyes of an authenticated client."""

from __future__ import annotations

from gapura.protocol.client import Client


def redirect_uri_fault(client: Client, sent: str | None) -> str:
    """Where `sent` parts from the registered URI that it is most like."""
    if sent is None:
        return f"redirect_uri is missing, and {len(client.redirect_uris)} are registered"
    nearest = max(client.redirect_uris, key=lambda known: _alike(known, sent), default="")
    if not _alike(nearest, sent):
        return "redirect_uri is not registered"
    return f"redirect_uri differs from a registered one {_parting(nearest, sent)}"


def other_redirect_uri(asked: str, sent: str | None) -> str:
    """Where `sent` parts from the one that the code was asked for with."""
    if sent is None:
        return "redirect_uri is missing, and the authorization request had one"
    return f"redirect_uri differs from that of the authorization request {_parting(asked, sent)}"


def _parting(known: str, sent: str) -> str:
    alike = _alike(known, sent)
    if abs(len(known) - len(sent)) <= 1 and alike >= max(len(known), len(sent)) - 1:
        return "in its last character"
    return f"from its character {alike + 1} on"


def _alike(one: str, other: str) -> int:
    """How many characters they begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
