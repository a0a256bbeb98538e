"""Authlib's authorization server over one client and one code: what another careful reader of the RFCs answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request, grants
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode

from gapura.protocol.client import Client
from gapura.protocol.grant import Grant
from gapura.values import opaque_digest
from tests.protocol.samples import CODE, ISSUER, SCOPES

Answer = tuple[int, str | None]
"""Status and `error`; None for a success."""

REFRESH_TOKEN = "segar"


class Request(OAuth2Request):  # type: ignore[misc]
    def __init__(self, method: str, form: Mapping[str, str], authorization: str | None = None) -> None:
        super().__init__(
            method, f"{ISSUER}/x", headers={"Authorization": authorization} if authorization else {}
        )
        self.payload = BasicOAuth2Payload(dict(form))
        self.args = self.form = dict(form)

    args: Mapping[str, str] = {}
    form: Mapping[str, str] = {}


class KnownClient(ClientMixin):  # type: ignore[misc]
    def __init__(self, client: Client) -> None:
        self.client = client

    def get_client_id(self) -> str:
        return self.client.id

    def get_default_redirect_uri(self) -> str | None:
        uris = self.client.redirect_uris
        return uris[0] if len(uris) == 1 else None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        return " ".join(s for s in (scope or "").split() if s in self.client.scopes) or None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.client.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return opaque_digest(client_secret) == self.client.secret_digest

    def check_endpoint_auth_method(self, method: str, _: str) -> bool:
        return method == self.client.token_endpoint_auth_method

    def check_response_type(self, response_type: str) -> bool:
        return response_type in self.client.response_types

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.client.grant_types


class Held:
    """A code or a refresh token of `grant`."""

    code_challenge_method = "S256"

    def __init__(self, grant: Grant) -> None:
        self.grant = grant
        self.code_challenge = grant.code_challenge
        self.nonce = grant.nonce

    def get_redirect_uri(self) -> str | None:
        return self.grant.redirect_uri if self.grant.redirect_uri_sent else None

    def get_scope(self) -> str:
        return " ".join(self.grant.scope)

    def check_client(self, client: KnownClient) -> bool:
        return client.client.id == self.grant.client_id


class Code(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "none"]  # noqa: RUF012 -- as Authlib has it

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        self.server.saved = (code, request)

    def query_authorization_code(self, code: str, client: KnownClient) -> Held | None:
        held = self.server.held
        return held if held and code == CODE and held.check_client(client) else None

    def delete_authorization_code(self, authorization_code: Held) -> None:
        assert authorization_code
        self.server.held = None

    def authenticate_user(self, authorization_code: Held) -> str:
        return authorization_code.grant.sub


class Refresh(grants.RefreshTokenGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = Code.TOKEN_ENDPOINT_AUTH_METHODS

    def authenticate_refresh_token(self, refresh_token: str) -> Held | None:
        held: Held | None = self.server.held
        return held if refresh_token == REFRESH_TOKEN else None

    def authenticate_user(self, refresh_token: Held) -> str:
        return refresh_token.grant.sub

    def revoke_old_credential(self, refresh_token: Held) -> None:
        assert refresh_token


class Machine(grants.ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = Code.TOKEN_ENDPOINT_AUTH_METHODS


class Prompt(OpenIDCode):  # type: ignore[misc]
    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        assert nonce
        assert request
        return False

    def process_token(self, grant: object, response: tuple[int, dict[str, Any], object]) -> dict[str, Any]:
        assert grant
        return response[1]


class Server(AuthorizationServer):  # type: ignore[misc]
    """`held` is the one code and the one refresh token that there is."""

    def __init__(self, client: Client, grant: Grant | None = None) -> None:
        super().__init__(scopes_supported=SCOPES)
        self.client = KnownClient(client)
        self.held = Held(grant) if grant is not None else None
        self.saved: object = None
        self.register_grant(Code, [Prompt(), CodeChallenge(required=True)])
        self.register_grant(Refresh)
        self.register_grant(Machine)
        self.register_token_generator("default", self._token)

    @staticmethod
    def _token(**given: object) -> dict[str, Any]:
        return {"access_token": "at", "token_type": "Bearer", "expires_in": 300, "scope": given["scope"]}

    def query_client(self, client_id: str) -> KnownClient | None:
        return self.client if client_id == self.client.client.id else None

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        self.saved = (token, request)

    def send_signal(self, name: str, *args: object, **given: object) -> None:
        assert name
        self.saved = (args, given)

    def create_oauth2_request(self, request: Request) -> Request:
        return request

    def handle_response(self, status: int, body: object, headers: object) -> tuple[int, object, object]:
        return status, body, headers

    def token(self, form: Mapping[str, str], authorization: str | None) -> Answer:
        status, body, _ = self.create_token_response(Request("POST", form, authorization))
        return status, dict(body).get("error")

    def authorize(self, params: Mapping[str, str]) -> Answer:
        """303 with the `error` of the redirect, or 400 where nothing is redirected."""
        try:
            grant = self.get_consent_grant(Request("GET", params), "budi")
        except OAuth2Error as error:
            return (303, error.error) if error.redirect_uri else (400, error.error)
        _, _, headers = self.create_authorization_response(Request("GET", params), "budi", grant)
        location = dict(headers)["Location"]
        return 303, dict(parse_qsl(urlsplit(location).query)).get("error")
