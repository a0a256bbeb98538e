"""The `authorization_details` parameter (RFC 9396 §2): an array of objects, each with its `type`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, Protocol

from gapura.errors import OAuthError
from gapura.protocol.client import Client
from gapura.protocol.grant import AuthorizationDetails
from gapura.protocol.json_parameter import is_plain, read_json

MOST_CHARACTERS = 8192
MOST_DETAILS = 16
MOST_DEPTH = 8
ERROR = "invalid_authorization_details"


class DetailRules(Protocol):
    """What the types are and take (`disclosure/authorization_details.py`)."""

    def read(self, detail: Mapping[str, Any], /) -> Mapping[str, Any]:
        """Each value in its one form. Raises KeyError for an unknown type, ValueError with what is wrong with it."""
        ...

    def is_within(self, asked: Mapping[str, Any], agreed: Iterable[Mapping[str, Any]], /) -> bool:
        """Whether one of `agreed` allows all of `asked`."""
        ...


class RequestDetails(DetailRules, Protocol):
    """The same for a request, which must keep to what the client is there for."""

    def unjustified(self, details: Iterable[Mapping[str, Any]], client: Client, /) -> tuple[str, ...]:
        """The data that they are about and that no purpose of the client names."""
        ...


def parse_authorization_details(text: str | None) -> AuthorizationDetails:
    """Raises OAuthError("invalid_authorization_details") for what is no such array, is too long or too deep."""
    if not text:
        return ()
    read = read_json(text, "authorization_details", MOST_CHARACTERS, ERROR)
    if not isinstance(read, list) or not 0 < len(read) <= MOST_DETAILS:
        _refuse(f"authorization_details is no array of 1 to {MOST_DETAILS} objects")
    if not all(isinstance(detail, dict) and isinstance(detail.get("type"), str) for detail in read):
        _refuse("an entry of authorization_details is no object with a type")
    _check_storable(read, MOST_DEPTH)
    return tuple(read)


def known_details(
    details: AuthorizationDetails, client: Client, rules: DetailRules | None
) -> AuthorizationDetails:
    """In their one form, each once: of types that exist and that the client is registered for (RFC 9396 §5).

    Raises OAuthError("invalid_authorization_details").
    """
    known: list[Mapping[str, Any]] = []
    for detail in details:
        if rules is None or detail["type"] not in client.authorization_details_types:
            _refuse("authorization_details has a type that this client is not registered for")
        read = _read(detail, rules)
        if read not in known:
            known.append(read)
    return tuple(known)


def check_justified(details: AuthorizationDetails, client: Client, rules: RequestDetails | None) -> None:
    """A detail gets nobody at data without a purpose. Raises OAuthError("invalid_authorization_details")."""
    names = rules.unjustified(details, client) if details and rules is not None else ()
    if names:
        _refuse(f"authorization_details names data that no purpose of this client has: {', '.join(names)}")


def _read(detail: Mapping[str, Any], rules: DetailRules) -> Mapping[str, Any]:
    try:
        return rules.read(detail)
    except KeyError:
        _refuse("authorization_details has a type that is not known here")
    except ValueError as wrong:
        _refuse(f"authorization_details: {wrong}")


def check_within(asked: AuthorizationDetails, granted: AuthorizationDetails, rules: DetailRules) -> None:
    """RFC 9396 §6.1: never more than was granted. Raises OAuthError("invalid_authorization_details")."""
    if not all(rules.is_within(detail, granted) for detail in asked):
        _refuse("authorization_details holds more than was granted")


def _check_storable(value: object, depth: int) -> None:
    if isinstance(value, str) and not is_plain(value):
        _refuse("authorization_details holds a character that cannot be stored")
    if isinstance(value, dict | list):
        if not depth:
            _refuse(f"authorization_details is nested over {MOST_DEPTH} deep")
        for inner in (*value, *value.values()) if isinstance(value, dict) else value:
            _check_storable(inner, depth - 1)


def _refuse(description: str) -> NoReturn:
    raise OAuthError(ERROR, description=description)
