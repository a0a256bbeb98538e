"""The names of the ways in which a client can prove itself (RFC 7591 §2, RFC 8705 §2), and what each rests on."""

from __future__ import annotations

BASIC, POST, CLIENT_SECRET_JWT = "client_secret_basic", "client_secret_post", "client_secret_jwt"
PRIVATE_KEY_JWT = "private_key_jwt"
TLS_CLIENT_AUTH, SELF_SIGNED_TLS_CLIENT_AUTH = "tls_client_auth", "self_signed_tls_client_auth"
NONE = "none"  # of public clients

HAVE_SECRETS = (BASIC, POST, CLIENT_SECRET_JWT)
READ_SECRETS = (CLIENT_SECRET_JWT,)  # decision 6: a MAC is checked with the secret itself
HAVE_KEYS = (PRIVATE_KEY_JWT, SELF_SIGNED_TLS_CLIENT_AUTH)
BY_CERTIFICATE = (TLS_CLIENT_AUTH, SELF_SIGNED_TLS_CLIENT_AUTH)
