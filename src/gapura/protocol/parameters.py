"""What the rules need of a request's parameters, and the checks of form that many of them share."""

from __future__ import annotations

from typing import Protocol

from gapura.errors import OAuthError


class Parameters(Protocol):
    """Decoded parameters of a query or a form; a repeated one was refused before, but `resource`."""

    def get(self, name: str, /) -> str | None: ...

    def many(self, name: str, /) -> tuple[str, ...]: ...


def optional(params: Parameters, name: str, most: int = 2048) -> str | None:
    """The value, or None when it is left out or empty (RFC 6749 §3.1).

    Raises OAuthError("invalid_request") when it is longer than `most` characters.
    """
    value = params.get(name) or None
    if value is not None and len(value) > most:
        raise OAuthError("invalid_request", description=f"{name} is longer than {most} characters")
    return value


def required(params: Parameters, name: str, most: int = 2048) -> str:
    """As `optional`, but raises OAuthError("invalid_request") when the value is missing."""
    value = optional(params, name, most)
    if value is None:
        raise OAuthError("invalid_request", description=f"{name} is missing")
    return value


def words(params: Parameters, name: str, most: int = 2048) -> tuple[str, ...]:
    """A blank-separated list, each word once, in the order given."""
    value = optional(params, name, most)
    return tuple(dict.fromkeys(word for word in value.split(" ") if word)) if value else ()


def hints(params: Parameters, name: str, most: int = 2048) -> tuple[str, ...]:
    """As `words`, for what never fails a request (OpenID Connect Core §3.1.2.1): too much of it counts as nothing."""
    return words(params, name, most) if len(params.get(name) or "") <= most else ()
