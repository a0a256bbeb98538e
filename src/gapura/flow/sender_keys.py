"""The key that a request proves to hold: by a DPoP proof (RFC 9449) or by the certificate of its connection (RFC 8705).

Tokens are bound to it where they are issued, and asked for it where they are used.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from gapura.crypto.jose import KeysRefused, TokenRefused, verify_by_own_key
from gapura.errors import OAuthError, Unavailable
from gapura.protocol.bearer import DPOP_SCHEME, PresentedToken, key_refused, proof_challenge
from gapura.protocol.client import Client
from gapura.protocol.dpop import (
    DPOP_ALGS,
    MOST_PROOF,
    TYP,
    Carrier,
    Proof,
    clock_fault,
    nonce_wanted,
    proof_refused,
    read_proof,
)
from gapura.protocol.dpop_nonce import Home, mint_nonce, read_nonce
from gapura.protocol.endpoints import url_of
from gapura.protocol.grant import JKT, X5T, Cnf
from gapura.protocol.presented import Presented
from gapura.protocol.self_proving import Mac
from gapura.values import Instant

CACHE_REST = timedelta(seconds=10)  # how long after a failure nonces still lead past the cache


class RemembersProofs(Protocol):
    async def claim(self, home: Home, digest: bytes, now: Instant) -> bool:
        """False when it was used before. Raises Unavailable when that home is away."""
        ...


class SenderKeys:
    """`origins` are those that our endpoints answer at, the issuer first; `always_nonce`: no proof counts without one."""

    def __init__(
        self,
        origins: tuple[str, ...],
        proofs: RemembersProofs,
        mac: Mac,
        key_version: int,
        *,
        always_nonce: bool = False,
    ) -> None:
        self._origins = origins
        self._proofs = proofs
        self._mac = mac
        self._key_version = key_version
        self._always_nonce = always_nonce
        self._cache_failed_at: Instant | None = None

    def nonce(self, now: Instant) -> str:
        """For the next proof (RFC 9449 §8.2)."""
        failed_at = self._cache_failed_at
        home = Home.CACHE if failed_at is None or now - failed_at > CACHE_REST else Home.DATABASE
        return mint_nonce(home, now, self._key_version, self._mac)

    async def jkt(self, presented: Presented, endpoint: str, now: Instant) -> str | None:
        """The key of the proof that came along; None where none did.

        Raises OAuthError("invalid_dpop_proof") and ("use_dpop_nonce"), and Unavailable.
        """
        if presented.dpop is None:
            return None
        proof = self._read(presented.dpop, self._carrier(presented, endpoint))
        await self._use(proof, now)
        return proof.jkt

    async def cnf(self, presented: Presented, client: Client, endpoint: str, now: Instant) -> Cnf | None:
        """What a token of this request is bound to, at least by all that the client registered for.

        Raises as `jkt`, and OAuthError("invalid_request") where the client's certificate is missing.
        """
        bound: dict[str, str] = {}
        if client.tls_client_certificate_bound_access_tokens:
            if presented.certificate is None:
                raise OAuthError(
                    "invalid_request",
                    description="tokens of this client need the certificate of the connection",
                )
            bound[X5T] = presented.certificate.thumbprint
        if presented.dpop is not None:
            bound[JKT] = await self.jkt(presented, endpoint, now) or ""
        elif client.dpop_bound_access_tokens:
            raise proof_refused("it is missing, tokens of this client need one")
        return bound or None

    async def check_token(
        self, token: PresentedToken, cnf: Cnf | None, presented: Presented, endpoint: str, now: Instant
    ) -> None:
        """Whether who presents a token holds the keys that it is bound to (RFC 9449 §7, RFC 8705 §3).

        Raises OAuthError("invalid_token"), ("invalid_dpop_proof") and ("use_dpop_nonce") as a resource does.
        """
        bound = cnf or {}
        if (token.scheme == DPOP_SCHEME) != (JKT in bound):
            raise key_refused(
                "the access token is bound to a key and needs the scheme DPoP"
                if JKT in bound
                else "the access token is not bound to a key and needs the scheme Bearer",
                scheme=DPOP_SCHEME if JKT in bound else token.scheme,
            )
        if X5T in bound and (presented.certificate is None or presented.certificate.thumbprint != bound[X5T]):
            raise key_refused("the access token is bound to another certificate", scheme=token.scheme)
        if JKT in bound:
            try:
                await self._check_proof(token, bound[JKT], presented, endpoint, now)
            except OAuthError as error:
                raise proof_challenge(error) from None

    async def _check_proof(
        self, token: PresentedToken, jkt: str, presented: Presented, endpoint: str, now: Instant
    ) -> None:
        if presented.dpop is None:
            raise proof_refused("it is missing")
        carrier = self._carrier(presented, endpoint, token)
        proof = self._read(presented.dpop, carrier)
        if proof.jkt != jkt:
            raise proof_refused("its key is not the one that the access token is bound to")
        await self._use(proof, now)

    def _carrier(self, presented: Presented, endpoint: str, token: PresentedToken | None = None) -> Carrier:
        urls = tuple(url_of(origin, endpoint) for origin in self._origins)
        return Carrier(presented.method, urls, token.text if token is not None else None)

    def _read(self, text: str, carrier: Carrier) -> Proof:
        if len(text) > MOST_PROOF:
            raise proof_refused("it is too long")
        try:
            claims, jkt = verify_by_own_key(text, algs=DPOP_ALGS, typ=TYP)
        except KeysRefused as error:
            raise proof_refused("jwk is no public key that could sign it", detail=str(error)) from None
        except TokenRefused as error:
            raise proof_refused(FAULTS.get(error.reason, "it is no signed JWT"), detail=str(error)) from None
        return read_proof(claims, jkt, carrier)

    async def _use(self, proof: Proof, now: Instant) -> None:
        """Claim it, where its nonce says: once, and while it is fresh."""
        home = self._home(proof, now)
        try:
            claimed = await self._proofs.claim(home, proof.digest, now)
        except Unavailable:
            if home is not Home.CACHE:
                raise
            self._cache_failed_at = now
            raise nonce_wanted(self.nonce(now), "a nonce is needed") from None
        if not claimed:
            raise proof_refused("it was used before, each needs a jti of its own")

    def _home(self, proof: Proof, now: Instant) -> Home:
        """Raises OAuthError("use_dpop_nonce") unless a live nonce or the clock says that the proof is fresh."""
        nonce = read_nonce(proof.nonce, self._mac) if proof.nonce is not None else None
        if nonce is not None and nonce.is_live(now):
            return nonce.home  # RFC 9449 §11.1: then the client's clock does not matter
        if self._always_nonce or (proof.nonce is not None and nonce is None):
            raise nonce_wanted(self.nonce(now), "it needs a nonce of ours that is not older than a minute")
        fault = clock_fault(proof.issued_at, now)
        if fault is not None:
            raise nonce_wanted(self.nonce(now), f"{fault} A nonce makes up for it")
        # While it was live the proof may have been used where it says.
        return nonce.home if nonce is not None else Home.CACHE


FAULTS = {
    "typ": f"typ must be {TYP}",
    "algorithm": f"alg must be one of {', '.join(DPOP_ALGS)}",
    "unknown_key": "jwk does not fit alg",
    "signature": "its signature is not by the key in jwk",
    "bad_claim": "a claim has a wrong type",
}
