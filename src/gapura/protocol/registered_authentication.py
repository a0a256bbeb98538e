"""What a client has to register so that it can prove itself, and so that its tokens can be bound to a key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gapura.protocol.algorithms import SECRET_ALGS
from gapura.protocol.auth_methods import CLIENT_SECRET_JWT, HAVE_KEYS, TLS_CLIENT_AUTH
from gapura.protocol.client_certificate import SUBJECT_DN, SUBJECTS, distinguished_name
from gapura.protocol.refusals import invalid_client_metadata
from gapura.protocol.registration_fields import has_keys

TLS_BOUND = "tls_client_certificate_bound_access_tokens"


def check_authentication(read: Mapping[str, Any], discovery: Mapping[str, Any]) -> None:
    """Raises OAuthError("invalid_client_metadata")."""
    for rule in RULES:
        rule(read)
    if read.get(TLS_BOUND) and not discovery.get(TLS_BOUND):
        raise invalid_client_metadata(f"{TLS_BOUND}: certificates of clients do not reach this server")


def _keys_by_one_way(read: Mapping[str, Any]) -> None:
    method = read["token_endpoint_auth_method"]
    if "jwks" in read and "jwks_uri" in read:
        raise invalid_client_metadata("jwks and jwks_uri exclude one another")
    if method in HAVE_KEYS and not has_keys(read):
        raise invalid_client_metadata(f"{method} needs jwks or jwks_uri")


def _one_subject(read: Mapping[str, Any]) -> None:
    """RFC 8705 §2.1.2."""
    named = [name for name in SUBJECTS if name in read]
    if read["token_endpoint_auth_method"] == TLS_CLIENT_AUTH and len(named) != 1:
        raise invalid_client_metadata(f"{TLS_CLIENT_AUTH} needs exactly one of {', '.join(SUBJECTS)}")
    if SUBJECT_DN in read:
        try:
            distinguished_name(read[SUBJECT_DN])
        except ValueError as wrong:
            raise invalid_client_metadata(f"{SUBJECT_DN} {wrong}") from None


def _algorithm_of_the_method(read: Mapping[str, Any]) -> None:
    """A secret makes MACs and a key signatures: neither checks what the other has made."""
    alg, method = read.get("token_endpoint_auth_signing_alg"), read["token_endpoint_auth_method"]
    if alg is not None and (alg in SECRET_ALGS) != (method == CLIENT_SECRET_JWT):
        raise invalid_client_metadata(f"token_endpoint_auth_signing_alg {alg} does not go with {method}")


RULES = (_keys_by_one_way, _one_subject, _algorithm_of_the_method)
