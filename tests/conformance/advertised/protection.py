"""Encryption, to clients and to us, and the forms of access tokens."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from joserfc import jwe
from joserfc.jwk import JWKRegistry

from gapura.protocol.algorithms import ENCRYPTION_ALGS
from tests.conformance.advertised.house import READS, Driver, House, asked, tokens
from tests.conformance.advertised.requests import request_object
from tests.conformance.advertised.signatures import SIGNED, Read
from tests.conformance.oidcc import jwt_header

TO_US = "request_object_encryption"
ENCRYPTED = (*(f"{name}_encryption" for name in SIGNED), TO_US)


def to_a_client(registered: str, read: Read, house: House, both: tuple[str, str]) -> None:
    """Signed first, then encrypted to its key."""
    alg, enc = both
    party = house.party(
        **{
            f"{registered}_signed_response_alg": "ES256",
            f"{registered}_encrypted_response_alg": alg,
            f"{registered}_encrypted_response_enc": enc,
        }
    )
    text = read(party)
    assert (jwt_header(text)["alg"], jwt_header(text)["enc"]) == both
    opened = jwe.decrypt_compact(text, READS[ENCRYPTION_ALGS[alg].kty], algorithms=list(both))
    assert opened.plaintext is not None
    assert house.judged(opened.plaintext.decode(), "ES256")["aud"] == party.client_id


def to_us(house: House, both: tuple[str, str]) -> None:
    alg, enc = both
    kty = ENCRYPTION_ALGS[alg].kty
    ours = JWKRegistry.import_key(next(k for k in house.keys if k.get("use") == "enc" and k["kty"] == kty))
    party = house.party(
        request_object_signing_alg="ES256",
        request_object_encryption_alg=alg,
        request_object_encryption_enc=enc,
    )
    header = {"alg": alg, "enc": enc, "kid": ours.kid, "cty": "JWT"}
    inside = request_object(party, asked(party, nonce="inside"))
    text = jwe.encrypt_compact(header, inside, ours, algorithms=list(both))
    assert house.judged(tokens(party, request=text)["id_token"], "ES256")["nonce"] == "inside"


def access_token_format(house: House, name: str) -> None:
    """RFC 9068 §2.1 says what the header of one form is; the other says nothing to who reads it."""
    party = house.party(access_token_format=name)
    token = tokens(party)["access_token"]
    assert (token.count(".") == 2) == (name == "jwt")
    if name == "jwt":
        assert jwt_header(token)["typ"] == "at+jwt"
    assert party.userinfo(token).status_code == 200
    assert party.introspect(token)["active"] is True


DRIVERS: Mapping[str, Driver] = {
    **{
        f"{name}_encryption_alg_values_supported": partial(to_a_client, registered, read)
        for name, (registered, read) in SIGNED.items()
    },
    f"{TO_US}_alg_values_supported": to_us,
    "access_token_formats_supported": access_token_format,
}
