"""Where the answer of the authorization endpoint goes, and what it says (RFC 6749 §4.1.2, RFC 9207)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias
from urllib.parse import quote_plus, urlsplit

from gapura.errors import OAuthError, PageError
from gapura.protocol.client import Client

_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]*\Z")  # a code is nothing else
_LOOPBACK = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(?=[/?]|\Z)")


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """A proven redirect URI with how to answer there; `state` is None when none was sent."""

    redirect_uri: str
    response_mode: str = "query"
    state: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Redirect:
    """Answer with a 303 to `location`."""

    location: str


@dataclass(frozen=True, slots=True, repr=False)
class FormPost:
    """Answer with a page whose form posts `fields` to `action` (OAuth 2.0 Form Post Response Mode)."""

    action: str
    fields: Mapping[str, str]


Reply: TypeAlias = Redirect | FormPost


def with_query(uri: str, fields: Mapping[str, str]) -> str:
    """`uri` with more in its query; what was registered stays as it is (RFC 6749 §3.1.2)."""
    joint = "&" if urlsplit(uri).query else "" if uri.endswith("?") else "?"
    return f"{uri}{joint}{'&'.join([f'{name}={_quoted(value)}' for name, value in fields.items()])}"


def _quoted(value: str) -> str:
    return value if _UNRESERVED.match(value) else quote_plus(value)


def _by_query(redirect_uri: str, fields: Mapping[str, str]) -> Redirect:
    return Redirect(with_query(redirect_uri, fields))


RESPONSE_MODES: Mapping[str, Callable[[str, Mapping[str, str]], Reply]] = MappingProxyType(
    {"query": _by_query, "form_post": FormPost}
)


def code_reply(to: ReplyTo, issuer: str, code: str) -> Reply:
    return _reply(to, issuer, {"code": code})


def error_reply(to: ReplyTo, issuer: str, error: OAuthError) -> Reply:
    description = {"error_description": error.description} if error.description else {}
    return _reply(to, issuer, {"error": error.code, **description})


def _reply(to: ReplyTo, issuer: str, fields: Mapping[str, str]) -> Reply:
    state = {"state": to.state} if to.state is not None else {}
    return RESPONSE_MODES[to.response_mode](to.redirect_uri, {**fields, **state, "iss": issuer})


def proven_redirect_uri(client: Client, sent: str | None) -> str:
    """The URI to answer to; the only registered one when none was sent.

    Raises PageError("bad_redirect_uri"), for an error must never be sent to a URI that is not proven.
    """
    if sent is None:
        if len(client.redirect_uris) == 1:
            return client.redirect_uris[0]
        raise PageError("bad_redirect_uri", detail=f"none sent, {len(client.redirect_uris)} registered")
    if sent in client.redirect_uris or any(_same_but_port(known, sent) for known in client.redirect_uris):
        return sent
    raise PageError("bad_redirect_uri", detail="not registered")


def _same_but_port(registered: str, sent: str) -> bool:
    """RFC 8252 §7.3: a native app gets whatever port is free on the loopback interface."""
    return _LOOPBACK.match(registered) is not None and _LOOPBACK.sub(r"\1", registered) == _LOOPBACK.sub(
        r"\1", sent
    )
