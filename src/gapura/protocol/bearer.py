"""How an access token is presented and what a resource answers when it is not good (RFC 6750, 9449 §7, 9470)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gapura.errors import OAuthError
from gapura.protocol.dpop import DPOP_ALGS
from gapura.protocol.parameters import Parameters
from gapura.values import Secret

MOST_TOKEN = 8192
STATUS = {"invalid_request": 400, "invalid_token": 401, "insufficient_scope": 403}
BEARER_SCHEME, DPOP_SCHEME = "Bearer", "DPoP"
SCHEMES = {scheme.lower(): scheme for scheme in (BEARER_SCHEME, DPOP_SCHEME)}

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # §2.1: b64token


@dataclass(frozen=True, slots=True)
class PresentedToken:
    """`scheme` is how it came; a form is as good as the scheme Bearer (RFC 6750 §2.2)."""

    text: Secret
    scheme: str = BEARER_SCHEME


def read_token(authorization: str | None, form: Parameters | None) -> PresentedToken:
    """The access token of the header or of a form body, never of both and never of a query (§2).

    Raises OAuthError("invalid_request") and "invalid_token".
    """
    in_form = form.get("access_token") if form is not None else None
    scheme, in_header = _of_header(authorization) if authorization else (BEARER_SCHEME, None)
    if in_form and in_header:
        raise bearer_error("invalid_request", "the access token came by two ways")
    text = in_header or in_form
    if not text:
        raise not_presented()
    if len(text) > MOST_TOKEN or not _TOKEN.fullmatch(text):
        raise bearer_error("invalid_token", "the access token is malformed")
    return PresentedToken(Secret(text), scheme)


def read_bearer(authorization: str | None, form: Parameters | None) -> Secret:
    """A token that needs no key. Raises as `read_token`."""
    token = read_token(authorization, form)
    if token.scheme != BEARER_SCHEME:
        raise not_presented()
    return token.text


def _of_header(authorization: str) -> tuple[str, str | None]:
    name, _, text = authorization.partition(" ")
    scheme = SCHEMES.get(name.lower())  # RFC 9110 §11.1: in any case
    return (scheme, text.strip(" ")) if scheme is not None else (BEARER_SCHEME, None)


def key_refused(description: str, *, scheme: str) -> OAuthError:
    """Whoever presents the token does not hold the key that it is bound to (RFC 9449 §7.1, RFC 8705 §3)."""
    error = OAuthError("invalid_token", status=401, description=description)
    return _challenged(error, scheme)


def proof_challenge(error: OAuthError) -> OAuthError:
    """What is wrong with a proof, as a resource says it (RFC 9449 §7.1 and §9)."""
    return _challenged(error, DPOP_SCHEME)


def step_up_needed(acr_values: Sequence[str], scheme: str) -> OAuthError:
    """RFC 9470 §3: the client sends the person to sign in again, with these `acr_values`."""
    error = OAuthError(
        "insufficient_user_authentication",
        description="the sign-in of this token has not the level that is needed",
    )
    return _challenged(error, scheme, acr_values=" ".join(acr_values))


def _challenged(error: OAuthError, scheme: str, **more: str) -> OAuthError:
    challenge = f'{scheme} error="{error.code}", error_description="{error.description}"'
    challenge += "".join(f', {name}="{value}"' for name, value in more.items())
    if scheme == DPOP_SCHEME:
        challenge += f', algs="{" ".join(DPOP_ALGS)}"'
    return OAuthError(
        error.code,
        detail=error.detail,
        status=401,
        headers={**error.headers, "WWW-Authenticate": challenge},
        description=error.description,
    )


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
