"""The `authorization_details` parameter (RFC 9396 §2): an array of objects, each with its `type`."""

from __future__ import annotations

from collections.abc import Container
from typing import NoReturn

from gapura.errors import OAuthError
from gapura.protocol.client import Client
from gapura.protocol.grant import AuthorizationDetails
from gapura.protocol.json_parameter import is_plain, read_json

MOST_CHARACTERS = 8192
MOST_DETAILS = 16
MOST_DEPTH = 8
ERROR = "invalid_authorization_details"


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


def check_types(details: AuthorizationDetails, client: Client, known: Container[str]) -> None:
    """RFC 9396 §5: types that exist and that the client is registered for.

    Raises OAuthError("invalid_authorization_details").
    """
    if any(d["type"] not in known or d["type"] not in client.authorization_details_types for d in details):
        _refuse("authorization_details has a type that is not known here, or not this client's")


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
