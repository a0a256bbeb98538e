"""How an access token is presented and what a resource answers when it is not good (RFC 6750)."""

from __future__ import annotations

import re

from gapura.errors import OAuthError
from gapura.protocol.parameters import Parameters
from gapura.values import Secret

MOST_TOKEN = 8192
STATUS = {"invalid_request": 400, "invalid_token": 401, "insufficient_scope": 403}

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # §2.1: b64token


def read_bearer(authorization: str | None, form: Parameters | None) -> Secret:
    """The access token of the header or of a form body, never of both and never of a query (§2).

    Raises OAuthError("invalid_request") and "invalid_token".
    """
    in_form = form.get("access_token") if form is not None else None
    in_header = _of_header(authorization) if authorization else None
    if in_form and in_header:
        raise bearer_error("invalid_request", "the access token came by two ways")
    text = in_header or in_form
    if not text:
        raise not_presented()
    if len(text) > MOST_TOKEN or not _TOKEN.fullmatch(text):
        raise bearer_error("invalid_token", "the access token is malformed")
    return Secret(text)


def _of_header(authorization: str) -> str | None:
    scheme, _, text = authorization.partition(" ")
    return text.strip(" ") if scheme.lower() == "bearer" else None


def bearer_error(code: str, description: str, *, scope: str | None = None, detail: str = "") -> OAuthError:
    """§3: the error stands in the challenge too; `scope` names what would have been needed."""
    challenge = f'Bearer realm="gapura", error="{code}", error_description="{description}"'
    if scope is not None:
        challenge += f', scope="{scope}"'
    return OAuthError(
        code,
        detail=detail,
        status=STATUS[code],
        headers={"WWW-Authenticate": challenge},
        description=description,
    )


def not_presented() -> OAuthError:
    """§3.1: whoever sent nothing gets a challenge without an error."""
    return OAuthError(
        "invalid_token",
        status=401,
        headers={"WWW-Authenticate": 'Bearer realm="gapura"'},
        description="an access token is needed",
    )
