"""Request objects of clients (RFC 9101): fetched from where they are registered, decrypted, verified, judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from gapura.crypto.jose import KeysRefused, TokenRefused, read_unsecured, read_unverified_header, verify
from gapura.crypto.jwe import PARTS as ENCRYPTED_PARTS
from gapura.crypto.jwe import decrypt
from gapura.errors import GapuraError, OAuthError
from gapura.flow.access_tokens import HasKeys
from gapura.flow.client_keys import ClientKeys
from gapura.protocol.client import Client
from gapura.protocol.request_object import (
    MOST_REQUEST_OBJECT,
    NONE,
    TYP,
    ObjectRules,
    check_object,
    refused,
)
from gapura.values import Instant

MEDIA_TYPES = f"application/{TYP}, application/jwt"


class FetchesDocuments(Protocol):
    async def get(self, url: str, accept: str) -> bytes:
        """Raises a GapuraError when the address is refused or doesn't answer."""
        ...


@dataclass(frozen=True, slots=True)
class RequestObjects:
    issuer: str
    own: HasKeys
    keys: ClientKeys
    outbound: FetchesDocuments

    async def claims(self, text: str, client: Client, rules: ObjectRules, now: Instant) -> Mapping[str, Any]:
        """What the object asks for, proven to be the client's as far as `rules` want it.

        Raises OAuthError("invalid_request_object").
        """
        if len(text) > MOST_REQUEST_OBJECT:
            raise refused(f"it is longer than {MOST_REQUEST_OBJECT} characters")
        text = self._decrypted(text, rules)
        try:
            header = read_unverified_header(text)
            claims = await self._proven(text, header, client, rules, now)
        except TokenRefused as error:
            raise refused(WORDS.get(error.code, "it is no JWT"), detail=str(error)) from None
        check_object(claims, header.get("typ"), client, self.issuer, rules, now)
        return claims

    async def fetched(self, request_uri: str) -> str:
        """The object at an address that the client has registered. Raises OAuthError("invalid_request_uri")."""
        try:
            document = await self.outbound.get(request_uri, MEDIA_TYPES)
            return document.decode("ascii").strip()
        except (GapuraError, UnicodeDecodeError) as error:
            raise OAuthError(
                "invalid_request_uri", detail=str(error), description="nothing could be read at request_uri"
            ) from None

    def _decrypted(self, text: str, rules: ObjectRules) -> str:
        """What is within where it is encrypted to us: signed first, as RFC 9101 §6.1 has it."""
        if text.count(".") != ENCRYPTED_PARTS - 1:
            return text
        if not rules.key_algs:
            raise refused("it must not be encrypted")
        try:
            content = decrypt(text, self.own.value, algs=rules.key_algs, encs=rules.encs)
        except TokenRefused as error:
            raise refused(CLOSED.get(error.code, "it cannot be decrypted"), detail=str(error)) from None
        return content.decode("ascii", "replace")  # what is not ASCII is no JWT

    async def _proven(
        self, text: str, header: Mapping[str, Any], client: Client, rules: ObjectRules, now: Instant
    ) -> Mapping[str, Any]:
        alg, kid = header.get("alg"), header.get("kid")
        if alg not in rules.algs:
            raise refused(f"alg must be {' or '.join(rules.algs)}")
        if alg == NONE:
            return read_unsecured(text)
        try:
            keys = await self.keys.keys_of(client, kid if isinstance(kid, str) else None, now)
        except (OAuthError, KeysRefused) as error:
            raise refused("the client's keys cannot be read", detail=str(error)) from None
        # Past and future are judged with the other claims, where the fault can be named.
        return verify(text, keys, algs=rules.algs, now=now, leeway=float("inf"), require=())


CLOSED: Mapping[str, str] = {
    "unknown_key": "it is encrypted to no key of ours",
    "algorithm": "alg or enc is not one that it may be encrypted by",
}
WORDS: Mapping[str, str] = {
    "unknown_key": "it is signed by no key of the client",
    "signature": "its signature is wrong",
    "bad_claim": "a time in it is no number",
}
