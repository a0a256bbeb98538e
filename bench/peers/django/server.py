"""django-oauth-toolkit doing the benchmark's work; DATABASE_URL and PORT say where, one line of JSON says when.

It knows no ES256, so its ID tokens are signed with RS256; its access tokens are opaque.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import django
import psycopg
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict

DATABASE = "bench_django"
CALLBACK = "https://rp.example/callback"
SECRET = "b" * 43
CLIENTS = ("bench", "replay")
STORE = conninfo_to_dict(os.environ["DATABASE_URL"])
PORT = os.environ["PORT"]

settings.configure(
    SECRET_KEY=SECRET,
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "oauth2_provider",
    ],
    MIDDLEWARE=[
        "django.middleware.common.CommonMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": DATABASE,
            "USER": STORE["user"],
            "HOST": STORE["host"],
            "CONN_MAX_AGE": None,
        }
    },
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": rsa.generate_private_key(65537, 2048)
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode(),
        "PKCE_REQUIRED": True,
        "ROTATE_REFRESH_TOKEN": True,
        "SCOPES": {"openid": "", "profile": "", "offline_access": "", "read": ""},
        "DEFAULT_SCOPES": ["read"],
        "OAUTH2_VALIDATOR_CLASS": f"{__name__}.Validator",
    },
)
django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402 -- after settings
from django.contrib.auth.models import User  # noqa: E402 -- after django.setup()
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402 -- after django.setup()
from django.core.management import call_command  # noqa: E402 -- after django.setup()
from django.core.wsgi import get_wsgi_application  # noqa: E402 -- after django.setup()
from django.db import connections  # noqa: E402 -- after django.setup()
from django.urls import include, path  # noqa: E402 -- after django.setup()
from gunicorn.app.base import BaseApplication  # noqa: E402 -- after django.setup()
from oauth2_provider.models import Application  # noqa: E402 -- after django.setup()
from oauth2_provider.oauth2_validators import OAuth2Validator  # noqa: E402 -- after django.setup()

urlpatterns = [path("o/", include("oauth2_provider.urls", namespace="oauth2_provider"))]

CODE, SERVICE = Application.GRANT_AUTHORIZATION_CODE, Application.GRANT_CLIENT_CREDENTIALS


class Validator(OAuth2Validator):
    def get_additional_claims(self, request: Any) -> dict[str, object]:  # noqa: ANN401 -- oauthlib's
        return {"name": request.user.get_full_name()}


def seed() -> str:
    """Tables, a person with a session, and the clients; the session's cookie."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f"drop database if exists {DATABASE} with (force)")
        connection.execute(f"create database {DATABASE}")
    call_command("migrate", verbosity=0)
    person = User.objects.create_user("budi", first_name="Budi", last_name="Santoso")
    for name, kind in [*((name, CODE) for name in CLIENTS), ("service", SERVICE)]:
        Application.objects.create(
            client_id=name,
            client_secret=SECRET,
            hash_client_secret=False,  # a fast comparison, as the others make
            client_type=Application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=kind,
            redirect_uris=CALLBACK,
            skip_authorization=True,
            algorithm=Application.RS256_ALGORITHM,
            user=person,
        )
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    connections.close_all()  # the worker is forked and makes its own
    return f"sessionid={session.session_key}"


class Server(BaseApplication):
    def __init__(self, cookie: str) -> None:
        self.cookie = cookie
        super().__init__()

    def load_config(self) -> None:
        chosen = {
            "bind": f"127.0.0.1:{PORT}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": 4,
            "keepalive": 60,
            "loglevel": "warning",
            "when_ready": self.ready,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> object:
        return get_wsgi_application()

    def ready(self, _: object) -> None:
        told = {
            "url": f"http://localhost:{PORT}",
            "clients": [{"id": name, "secret": SECRET} for name in CLIENTS],
            "service": {"id": "service", "secret": SECRET},
            "cookie": self.cookie,
            "redirect_uri": CALLBACK,
            "paths": {
                "discovery": "/o/.well-known/openid-configuration",
                "jwks": "/o/.well-known/jwks.json",
                "authorize": "/o/authorize/",
                "token": "/o/token/",
                "userinfo": "/o/userinfo/",
                "introspect": "/o/introspect/",
            },
        }
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    Server(seed()).run()
