"""A FAPI 2.0 client that comes with a certificate (RFC 8705): to prove itself, to bind its tokens, or both."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any, Self

import httpx2
from joserfc.jwk import ECKey

from tests.conformance.pushing_party import PushingParty
from tests.site import Identity, Site, trusting
from tests.site.http import new_client

SELF_SIGNED, BY_AUTHORITY = "self_signed_tls_client_auth", "tls_client_auth"
BOUND: dict[str, Any] = {
    "tls_client_certificate_bound_access_tokens": True,
    "dpop_bound_access_tokens": False,
}


def jwk_of(identity: Identity) -> dict[str, Any]:
    """Its key with the certificate (RFC 8705 §2.2.2)."""
    key: dict[str, Any] = ECKey.import_key(identity.key.read_text()).as_dict(private=False)
    return {**key, "x5c": [base64.b64encode(identity.der).decode()]}


@dataclass(slots=True)
class MtlsParty(PushingParty):
    """`aliases` are the addresses to call with the certificate; `plain` a connection without one."""

    aliases: dict[str, str] = field(default_factory=dict)
    plain: httpx2.Client = field(default_factory=new_client)

    @classmethod
    def of(cls, site: Site, identity: Identity, method: str = BY_AUTHORITY, **metadata: Any) -> Self:
        """Registered for `method` and for FAPI 2.0, with tokens that its certificate binds."""
        by_method: dict[str, Any] = {"token_endpoint_auth_signing_alg": None, "jwks": None}
        if method == SELF_SIGNED:
            by_method["jwks"] = {"keys": [jwk_of(identity)]}
        if method == BY_AUTHORITY:
            by_method["tls_client_auth_subject_dn"] = identity.parsed.subject.rfc4514_string()
        wanted = {"token_endpoint_auth_method": method, "security_profile": "fapi2", **BOUND, **by_method}
        party = cls.by_key(site.url, **wanted | metadata)
        party.come_with(site, identity)
        return party

    @classmethod
    def by_assertion(cls, site: Site, identity: Identity, alg: str = "ES256", **metadata: Any) -> Self:
        """By `private_key_jwt`; the certificate only binds its tokens."""
        party = cls.by_key(site.url, alg, security_profile="fapi2", **BOUND, **metadata)
        party.come_with(site, identity)
        return party

    def come_with(self, site: Site, identity: Identity | None) -> None:
        """From now on with this certificate, or with none."""
        assert site.tls is not None
        found = self.plain.get(f"{site.url}/.well-known/openid-configuration").json()
        self.aliases = found["mtls_endpoint_aliases"]
        self.http = new_client(verify=trusting(site.tls, identity))

    def proof_of_client(self, **claims: Any) -> dict[str, str]:
        if self.registration["token_endpoint_auth_method"] == "private_key_jwt":
            return super(MtlsParty, self).proof_of_client(**claims)
        return {"client_id": self.client_id}

    def post(self, endpoint: str, form: dict[str, str], **headers: str) -> httpx2.Response:
        url = {"/par": "pushed_authorization_request_endpoint", "/token": "token_endpoint"}.get(endpoint)
        url = self.aliases[url or "introspection_endpoint"]
        return self.http.post(url, data={**self.proof_of_client(), **form}, headers=headers)

    def token(self, **form: str) -> httpx2.Response:
        return self.post("/token", form)

    def userinfo(self, access_token: str, scheme: str = "Bearer", **_: object) -> httpx2.Response:
        return self.http.get(
            self.aliases["userinfo_endpoint"], headers={"Authorization": f"{scheme} {access_token}"}
        )
