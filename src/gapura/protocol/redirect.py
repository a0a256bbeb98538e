"""Where the answer of the authorization endpoint goes, and in which form (RFC 6749 §4.1.2, RFC 9207, JARM)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias
from urllib.parse import quote_plus, urlsplit

from gapura.errors import OAuthError, PageError
from gapura.protocol.client import Client
from gapura.protocol.redirect_uri_fault import redirect_uri_fault
from gapura.protocol.response_types import ResponseType

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
    return f"{uri}{joint}{_encoded(fields)}"


def _encoded(fields: Mapping[str, str]) -> str:
    return "&".join([f"{name}={_quoted(value)}" for name, value in fields.items()])


def _quoted(value: str) -> str:
    return value if _UNRESERVED.match(value) else quote_plus(value)


def _by_query(redirect_uri: str, fields: Mapping[str, str]) -> Redirect:
    return Redirect(with_query(redirect_uri, fields))


def _by_fragment(redirect_uri: str, fields: Mapping[str, str]) -> Redirect:
    """A registered URI has no fragment of its own (RFC 6749 §3.1.2)."""
    return Redirect(f"{redirect_uri}#{_encoded(fields)}")


@dataclass(frozen=True, slots=True)
class ResponseMode:
    """`signed`: the fields travel as one JWT, which is named `response` (JARM §2.3)."""

    name: str
    deliver: Callable[[str, Mapping[str, str]], Reply]
    signed: bool = False


QUERY, FRAGMENT, FORM_POST = "query", "fragment", "form_post"
JWT = "jwt"  # the signed form of the response type's default (JARM §2.3.4)
RESPONSE_MODES: Mapping[str, ResponseMode] = MappingProxyType(
    {
        row.name: row
        for row in (
            ResponseMode(QUERY, _by_query),
            ResponseMode(FRAGMENT, _by_fragment),
            ResponseMode(FORM_POST, FormPost),
            ResponseMode("query.jwt", _by_query, signed=True),
            ResponseMode("fragment.jwt", _by_fragment, signed=True),
            ResponseMode("form_post.jwt", FormPost, signed=True),
        )
    }
)
RESPONSE_MODE_NAMES = (*RESPONSE_MODES, JWT)


def response_mode(asked: str | None, response_type: ResponseType) -> str | None:
    """The name of the mode to answer in; None for one that doesn't exist, or would put tokens into a query."""
    name = asked or response_type.default_mode
    if name == JWT:
        return f"{response_type.default_mode}.jwt"
    row = RESPONSE_MODES.get(name)
    if row is None or (row.deliver is _by_query and response_type.in_front):
        return None
    return row.name


def told(to: ReplyTo, issuer: str, answer: Mapping[str, str]) -> dict[str, str]:
    """All that the client is told: the answer, its own state, and who says it (RFC 9207)."""
    state = {"state": to.state} if to.state is not None else {}
    return {**answer, **state, "iss": issuer}


def error_answer(error: OAuthError) -> dict[str, str]:
    description = {"error_description": error.description} if error.description else {}
    return {"error": error.code, **description}


def deliver(to: ReplyTo, fields: Mapping[str, str]) -> Reply:
    return RESPONSE_MODES[to.response_mode].deliver(to.redirect_uri, fields)


def proven_redirect_uri(client: Client, sent: str | None) -> str:
    """The URI to answer to; the only registered one when none was sent.

    Raises PageError("bad_redirect_uri"), for an error must never be sent to a URI that is not proven.
    """
    if sent is None:
        if len(client.redirect_uris) == 1:
            return client.redirect_uris[0]
        raise PageError("bad_redirect_uri", detail=redirect_uri_fault(client, sent))
    if sent in client.redirect_uris or any(_same_but_port(known, sent) for known in client.redirect_uris):
        return sent
    raise PageError("bad_redirect_uri", detail=redirect_uri_fault(client, sent))


def _same_but_port(registered: str, sent: str) -> bool:
    """RFC 8252 §7.3: a native app gets whatever port is free on the loopback interface."""
    return _LOOPBACK.match(registered) is not None and _LOOPBACK.sub(r"\1", registered) == _LOOPBACK.sub(
        r"\1", sent
    )
