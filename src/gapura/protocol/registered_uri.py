"""URIs at registration: parsed strictly once, so that later an exact comparison is enough (threats 2.5)."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

MOST_CHARACTERS = 2048

# RFC 3986 characters, without the fragment's "#" and the pattern's "*"; a "%" begins two hexadecimal digits
_URI = re.compile(r"(?:[A-Za-z0-9\-._~:/?\[\]@!$&'()+,;=]|%[0-9A-Fa-f]{2})+")
_HOST = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE
)
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+")  # RFC 8252 §7.1: a domain name, reversed


class BadUri(ValueError):
    """What is wrong with a URI, without quoting it."""


def check_redirect_uri(uri: object, *, native: bool, sandbox: bool) -> None:
    """An https URI; http on loopback for native apps, and for all in the sandbox; a private scheme for native apps.

    Raises BadUri.
    """
    parts = _parse(uri)
    if parts.scheme == "https":
        _check_host(parts)
    elif parts.scheme == "http":
        _check_host(parts)
        if not _is_loopback(parts) or not (native or sandbox):
            raise BadUri("must be https")
    elif not native:
        raise BadUri("must be https")
    elif not _PRIVATE_SCHEME.fullmatch(parts.scheme) or parts.netloc:
        raise BadUri("has a scheme that is no reversed domain name with a single slash (RFC 8252 7.1)")


def check_web_uri(uri: object, *, loopback: bool) -> None:
    """An https URI, or where `loopback` allows it http on the loopback interface. Raises BadUri."""
    parts = _parse(uri)
    if parts.scheme != "https" and not (loopback and parts.scheme == "http" and _is_loopback(parts)):
        raise BadUri("must be https")
    _check_host(parts)


def check_identifier(uri: object) -> None:
    """RFC 8707 §2: an absolute URI without a fragment. Raises BadUri."""
    parts = _parse(uri)
    if not parts.scheme or not (parts.netloc or parts.path):
        raise BadUri("is no absolute URI")


def host_of(uri: str) -> str:
    """The host in lower case, on loopback with its port; of a private scheme the scheme with its colon (decision 10)."""
    parts = urlsplit(uri)
    if not parts.hostname:
        return f"{parts.scheme}:"
    return parts.netloc.lower() if _is_loopback(parts) else parts.hostname


def _parse(uri: object) -> SplitResult:
    if not isinstance(uri, str) or not 0 < len(uri) <= MOST_CHARACTERS:
        raise BadUri(f"is no text of at most {MOST_CHARACTERS} characters")
    if "#" in uri:
        raise BadUri("has a fragment")
    if not _URI.fullmatch(uri):
        raise BadUri("has a character that no URI has, or a pattern")
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        raise BadUri("cannot be parsed") from None
    if "@" in parts.netloc:
        raise BadUri("has a user in it")
    if any(segment in {".", ".."} for segment in unquote(parts.path).replace("\\", "/").split("/")):
        raise BadUri("climbs in its path")
    return parts


def _check_host(parts: SplitResult) -> None:
    host = parts.hostname or ""
    if parts.netloc.startswith("["):
        try:
            ip_address(host)
        except ValueError:
            raise BadUri("has no valid host") from None
    elif not _HOST.fullmatch(host):
        raise BadUri("has no valid host")


def _is_loopback(parts: SplitResult) -> bool:
    return parts.hostname in {"localhost", "127.0.0.1", "::1"}
