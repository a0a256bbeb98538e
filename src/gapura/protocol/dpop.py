"""DPoP proofs (RFC 9449 §4): what one says, held against the request that carries it."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit

from gapura.errors import OAuthError
from gapura.protocol.profiles import STRONG_ALGS
from gapura.values import Instant, Secret

DPOP_ALGS = STRONG_ALGS
TYP = "dpop+jwt"
MOST_PROOF = 8192
# FAPI 2.0 §5.3.2.1: 10 s to either side must pass
BEHIND, AHEAD = timedelta(seconds=60), timedelta(seconds=30)

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MOST_JTI = 256
_MOST_NONCE = 256


@dataclass(frozen=True, slots=True)
class Carrier:
    """The request that carries a proof: `urls` are all by which this endpoint is known, `token` what is presented with it."""

    method: str
    urls: tuple[str, ...]
    token: Secret | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """`jkt` is the thumbprint of the key that signed it (RFC 7638)."""

    jkt: str
    jti: str
    issued_at: Instant
    nonce: str | None

    @property
    def digest(self) -> bytes:
        """Of what may be used once."""
        return sha256(f"{self.jkt}.{self.jti}".encode("utf-8", "surrogatepass")).digest()


def read_proof(claims: Mapping[str, Any], jkt: str, carrier: Carrier) -> Proof:
    """What remains to be judged of a proof with a good signature: whether it is fresh (§4.3).

    Raises OAuthError("invalid_dpop_proof").
    """
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _MOST_JTI:
        raise proof_refused("jti is missing or too long")
    if claims.get("htm") != carrier.method:
        raise proof_refused(f"htm must be {carrier.method}")
    if _plain(claims.get("htu")) not in map(_plain, carrier.urls):
        raise proof_refused(f"htu must be {carrier.urls[0]}")
    if carrier.token is not None:
        _check_token_hash(claims.get("ath"), carrier.token)
    nonce = claims.get("nonce")
    if nonce is not None and (not isinstance(nonce, str) or len(nonce) > _MOST_NONCE):
        raise proof_refused("nonce is no short text")
    return Proof(jkt, jti, _issued_at(claims.get("iat")), nonce)


def clock_fault(issued_at: Instant, now: Instant) -> str | None:
    """What is wrong with the time of a proof; None when it is near enough to count as fresh."""
    if now - issued_at > BEHIND:
        return f"iat lies {round((now - issued_at).total_seconds())} s behind, is the client's clock slow?"
    if issued_at - now > AHEAD:
        return f"iat lies {round((issued_at - now).total_seconds())} s ahead, is the client's clock fast?"
    return None


def bound_key(dpop_jkt: str | None, proven: str | None) -> str | None:
    """The key that a code is bound to, by parameter or by the proof that a pushed request carries (§10.1).

    Raises OAuthError("invalid_dpop_proof") when they name two.
    """
    if dpop_jkt is not None and proven is not None and dpop_jkt != proven:
        raise proof_refused("dpop_jkt is not the thumbprint of the key of the proof")
    return dpop_jkt or proven


def proof_refused(description: str, *, detail: str = "") -> OAuthError:
    return OAuthError("invalid_dpop_proof", detail=detail, description=f"DPoP proof: {description}")


def nonce_wanted(nonce: str, description: str) -> OAuthError:
    """§8: the proof is to be made again with this nonce."""
    return OAuthError(
        "use_dpop_nonce", headers={"DPoP-Nonce": nonce}, description=f"DPoP proof: {description}"
    )


def _check_token_hash(ath: object, token: Secret) -> None:
    """§4.3 no. 12: a proof for one token must not serve another."""
    expected = urlsafe_b64encode(sha256(token.reveal().encode()).digest()).rstrip(b"=").decode()
    if not isinstance(ath, str) or not compare_digest(
        ath.encode("utf-8", "surrogatepass"), expected.encode()
    ):
        raise proof_refused("ath must be the hash of the access token")


def _issued_at(value: object) -> Instant:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise proof_refused("iat is missing or no number")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        raise proof_refused("iat is no time") from None


def _plain(url: object) -> tuple[str, str, int | None, str] | None:
    """§4.3 no. 9: without query and fragment, case of scheme and host and the scheme's own port aside; None for no URL."""
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    return parts.scheme, parts.hostname or "", port or _DEFAULT_PORTS.get(parts.scheme), parts.path or "/"
