"""A client of the profile fapi-ciba as its modules drive it: signed requests, certificates, polls and pings."""

from __future__ import annotations

import secrets
import time
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any, Self

import httpx2
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey

from gapura.protocol.profiles import CIBA
from tests.conformance.key_party import ASSERTION_TYPE, KeyParty, new_key, signed
from tests.site import Identity, RelyingParty, Site
from tests.site.browser import BUDI
from tests.site.certificates import trusting
from tests.site.http import new_client
from tests.site.ping_receiver import PingReceiver

PKJWT, MTLS = "private_key_jwt", "self_signed_tls_client_auth"
OBJECT_TYP = "oauth-authz-req+jwt"
SKIP_INTERVAL = "update decoupled_request set last_poll_at = last_poll_at - interval '1 hour'"


@dataclass(slots=True)
class CibaParty(KeyParty):
    """`mode` is poll or ping, `auth` how it proves itself; every call but the first endpoint's brings its certificate."""

    identity: Identity | None = None
    site: Site | None = None
    pings: PingReceiver | None = None
    mode: str = "poll"
    method: str = PKJWT
    with_certificate: httpx2.Client = field(default_factory=new_client)
    endpoints: dict[str, Any] = field(default_factory=dict)
    notification_token: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @classmethod
    def new(
        cls, site: Site, identity: Identity, pings: PingReceiver, mode: str, auth: str, alg: str = "ES256"
    ) -> Self:
        key = new_key(alg)
        metadata: dict[str, Any] = {
            "security_profile": "fapi-ciba",
            "client_name": "Loket FAPI",
            "redirect_uris": [],
            "response_types": [],
            "grant_types": [CIBA, "refresh_token"],
            "token_endpoint_auth_method": auth,
            "jwks": {"keys": [key.as_dict(private=False), _jwk_of(identity)]},
            "id_token_signed_response_alg": alg,
            "backchannel_authentication_request_signing_alg": alg,
            "backchannel_token_delivery_mode": mode,
            "tls_client_certificate_bound_access_tokens": True,
        }
        if mode == "ping":
            metadata["backchannel_client_notification_endpoint"] = pings.uri
        registered = RelyingParty.register(site.url, **metadata)
        assert site.tls is not None
        discovery = registered.http.get(f"{site.url}/.well-known/openid-configuration").json()
        return cls(
            issuer=site.url,
            registration=registered.registration,
            key=key,
            identity=identity,
            site=site,
            pings=pings,
            mode=mode,
            method=auth,
            with_certificate=new_client(verify=trusting(site.tls, identity)),
            endpoints=discovery | discovery["mtls_endpoint_aliases"] | {"plain": discovery},
        )

    @property
    def backchannel_endpoint(self) -> str:
        """The suite takes the alias only where the certificate is the client's proof."""
        found: dict[str, str] = self.endpoints if self.method == MTLS else self.endpoints["plain"]
        return found["backchannel_authentication_endpoint"]

    def proof(self, aud: str, **claims: Any) -> dict[str, str]:
        if self.method == MTLS:
            return {"client_id": self.client_id}
        assertion = self.assertion(aud=aud, **claims)
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}

    def claims(self, **changes: object) -> dict[str, Any]:
        """What a request object says; None leaves a claim out."""
        now = int(time.time())
        whole: dict[str, object] = {
            "scope": "openid profile offline_access",
            "login_hint": BUDI,
            "binding_message": "1234",
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            "jti": secrets.token_urlsafe(16),
            "aud": self.issuer,
            "iss": self.client_id,
        }
        if self.mode == "ping":
            whole["client_notification_token"] = self.notification_token
        return {name: value for name, value in (whole | changes).items() if value is not None}

    def ask(
        self,
        text: str | None = None,
        *,
        proof: dict[str, str] | None = None,
        typ: str | None = None,
        **changes: object,
    ) -> httpx2.Response:
        """`text` is a request object that takes the place of the usual one."""
        url = self.backchannel_endpoint
        text = text if text is not None else signed(self.key, self.claims(**changes), typ=typ)
        form = {"request": text, **(proof if proof is not None else self.proof(url))}
        http = self.with_certificate if self.method == MTLS else self.http
        return http.post(url, data=form)

    def begin(self, **changes: Any) -> dict[str, Any]:
        answer = self.ask(**changes)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        found: dict[str, Any] = answer.json()
        return found

    def poll(
        self, begun: dict[str, Any], proof: dict[str, str] | None = None, http: httpx2.Client | None = None
    ) -> httpx2.Response:
        url = str(self.endpoints["token_endpoint"])
        form = {"grant_type": CIBA, "auth_req_id": begun["auth_req_id"]}
        return (http or self.with_certificate).post(
            url, data=form | (proof if proof is not None else self.proof(url))
        )

    def pending(self, begun: dict[str, Any]) -> None:
        """As the suite polls while nobody has answered; its waits are skipped."""
        answer = self.poll(begun)
        assert (answer.status_code, answer.json()["error"]) == (400, "authorization_pending")
        self.waited()

    def waited(self) -> None:
        assert self.site is not None
        self.site.rows(SKIP_INTERVAL)

    def answer_by_itself(self, begun: dict[str, Any], action: str = "allow") -> None:
        """`automated_ciba_approval_url`."""
        query = f"auth_req_id={begun['auth_req_id']}&action={action}"
        answer = self.http.post(f"{self.issuer}/sandbox/approve?{query}")
        assert answer.status_code == 204, answer.text

    def told(self, begun: dict[str, Any]) -> None:
        """Where it is pinged, the ping came as it must."""
        if self.mode != "ping" or self.pings is None:
            return
        ping = self.pings.ping_of(begun["auth_req_id"])
        assert ping.content_type == "application/json"
        assert ping.authorization == f"Bearer {self.notification_token}"
        assert ping.content == {"auth_req_id": begun["auth_req_id"]}

    def flow(self, **changes: Any) -> dict[str, Any]:
        """From the request to the tokens."""
        begun = self.begin(**changes)
        self.pending(begun)
        self.answer_by_itself(begun)
        self.told(begun)
        return self.tokens(begun)

    def tokens(self, begun: dict[str, Any]) -> dict[str, Any]:
        answer = self.poll(begun)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["pragma"] == "no-cache"
        found: dict[str, Any] = answer.json()
        assert found["expires_in"] > 0
        assert found["id_token"]
        return found

    def resource(self, access_token: str, **headers: str) -> httpx2.Response:
        return self.with_certificate.get(
            self.endpoints["userinfo_endpoint"],
            headers={"Authorization": f"Bearer {access_token}", **headers},
        )


def _jwk_of(identity: Identity) -> dict[str, Any]:
    """The key of a certificate, with the certificate in `x5c` (RFC 8705 §2.2.2)."""
    public = identity.parsed.public_key()
    assert isinstance(public, EllipticCurvePublicKey)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key = ECKey.import_key(pem, {"kid": f"cert-{identity.parsed.serial_number}"})
    return key.as_dict(private=False) | {"x5c": [b64encode(identity.der).decode()]}
