"""Everything that can be set from outside, and the only file that reads the environment.

Each setting is the variable `GAPURA_<NAME>`, but for DATABASE_URL and REDIS_URL, whose names every platform knows.
`.env.example` lists them all; a test holds it against this file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator, ValidationError
from pydantic.functional_validators import AfterValidator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gapura.errors import StartRefused
from gapura.values import Secret

PREFIX = "GAPURA_"
TEST_PREFIX = "GAPURA_TEST_"


class SettingRefused(StartRefused):
    """A setting that the program must not start with; `setting` is its variable's name."""

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(f"{setting} {reason}")
        self.setting = setting


def _listed(value: object) -> object:
    """Commas between the items, blanks around them allowed."""
    return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


def _secret(value: object) -> Secret:
    return value if isinstance(value, Secret) else Secret(str(value))


def _origin(value: str) -> str:
    """An issuer is an origin: `__Host-` cookies and well-known addresses know no folder below one."""
    parts = urlsplit(value)
    if (
        parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0
    ):  # `port` raises when it is none
        raise ValueError("must be http:// or https:// and a host")
    if value != f"{parts.scheme}://{parts.netloc}" or "@" in parts.netloc or value != value.lower():
        raise ValueError("must be an origin in lower case, without path, query or a slash at its end")
    return value


def _header_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]+", value):
        raise ValueError("must be the name of a header")
    return value.lower()


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
Seconds = Annotated[int, Field(ge=1)]
Days = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=1)]
Port = Annotated[int, Field(ge=0, le=65535)]

DAY = 86400


class Settings(BaseSettings):
    """All of Gapura's settings; frozen, and passed in from `app.py` and `cli/`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    # Who we are
    issuer: Annotated[str, AfterValidator(_origin)] = "http://localhost:8000"
    mode: Literal["sandbox", "production"] = "production"

    # Where state lives
    database_url: str = Field(default="", validation_alias="DATABASE_URL", repr=False)
    redis_url: str = Field(default="", validation_alias="REDIS_URL", repr=False)
    root_keys: Annotated[Secret, NoDecode, PlainValidator(_secret), PlainSerializer(repr)] = Secret("")
    home: Path = Path(".gapura")
    database_pool: Count = 8

    # Serving
    host: str = "127.0.0.1"
    port: Port = 8000
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    mtls_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    mtls_origin: Annotated[str, AfterValidator(_origin)] | None = None
    client_authorities: Path | None = None
    client_certificate_header: Annotated[str, AfterValidator(_header_name)] | None = None
    workers: Count = 1
    metrics_host: str = "127.0.0.1"
    metrics_port: Port = 9464
    allowed_hosts: Listed = ()
    trusted_proxies: Listed = ()
    outbound_allow: Listed = ()
    outbound_ca: Path | None = None
    stop_seconds: Seconds = 20
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    theme_dir: Path | None = None

    # Protocol
    pkce_required: Literal["all", "public"] = "all"
    dpop_nonce: Literal["always", "on_demand"] = "on_demand"
    code_lifetime: Seconds = 60
    id_token_lifetime: Seconds = 300
    access_token_lifetime: Seconds = 300
    interaction_lifetime: Seconds = 1800
    refresh_idle: Seconds = 30 * DAY
    refresh_total: Seconds = 180 * DAY
    jwks_max_age: Seconds = 300

    # People
    session_idle: Seconds = 900
    session_total: Seconds = 43200
    per_ip_per_minute: Count = 300
    argon2_memory_kib: Annotated[int, Field(ge=8)] = 19456
    argon2_time_cost: Count = 2
    argon2_parallelism: Count = 1
    password_threads: Count = 2
    password_queue: Count = 64

    approval_requests_per_hour: Count = 10

    # Mail
    smtp_host: str = ""
    smtp_port: Port = 587
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: Annotated[Secret, NoDecode, PlainValidator(_secret), PlainSerializer(repr)] = Secret("")
    smtp_from: str = "Gapura <gapura@localhost>"

    # Records
    data_use_days: Days = 5 * 365
    activity_days: Days = 365

    @property
    def sandbox(self) -> bool:
        return self.mode == "sandbox"

    @property
    def publish_keys_for(self) -> timedelta:
        """How long a key is in the JWKS before it signs: whoever keeps the set for its max-age knows it by then."""
        return 2 * timedelta(seconds=self.jwks_max_age)

    @property
    def hosts(self) -> tuple[str, ...]:
        """What `Host` may say: the setting, else the hosts and ports of our origins."""
        return self.allowed_hosts or tuple(urlsplit(origin).netloc for origin in self.origins)

    @property
    def takes_certificates(self) -> bool:
        """Whether certificates of clients reach us, by a port of ours or by a proxy's header."""
        return self.mtls_port is not None or self.client_certificate_header is not None

    @property
    def mtls_alias(self) -> str | None:
        """The origin to call with a certificate, where it is not the issuer (RFC 8705 §5)."""
        if self.mtls_origin is None and self.mtls_port is not None:
            return f"https://{urlsplit(self.issuer).hostname}:{self.mtls_port}"
        return self.mtls_origin

    @property
    def origins(self) -> tuple[str, ...]:
        """All that we answer at, the issuer first."""
        return (self.issuer, self.mtls_alias) if self.mtls_alias is not None else (self.issuer,)


def variable(name: str) -> str:
    """The environment variable of a setting."""
    alias = Settings.model_fields[name].validation_alias
    return alias if isinstance(alias, str) else PREFIX + name.upper()


def environment_for(settings: Settings) -> dict[str, str]:
    """The environment of a program of ours that is to run with these settings, whatever ours says."""
    said = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if value != field.default:
            text = ",".join(value) if isinstance(value, tuple) else value
            said[variable(name)] = text.reveal() if isinstance(text, Secret) else str(text)
    return said


# What production must not start with, and why.
PRODUCTION: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "issuer": (lambda issuer: not issuer.startswith("https://"), "must begin with https:// in production"),
    "outbound_allow": (
        bool,
        "opens calls into private networks, which is for the sandbox alone; leave it empty",
    ),
}
# What makes sense only together, in every mode.
TOGETHER: Mapping[str, tuple[Callable[[Settings], bool], str]] = {
    "tls_certificate": (
        lambda given: given.tls_certificate is not None and not given.issuer.startswith("https://"),
        "is for an issuer that begins with https://",
    ),
    "tls_key": (
        lambda given: (given.tls_key is None) != (given.tls_certificate is None),
        "and GAPURA_TLS_CERTIFICATE belong together",
    ),
    "mtls_port": (
        lambda given: given.mtls_port is not None and given.tls_certificate is None,
        "needs GAPURA_TLS_CERTIFICATE",
    ),
    "mtls_origin": (
        lambda given: (
            given.mtls_origin is not None
            and not (given.takes_certificates and given.mtls_origin.startswith("https://"))
        ),
        "begins with https:// and needs GAPURA_MTLS_PORT or GAPURA_CLIENT_CERTIFICATE_HEADER",
    ),
    "client_authorities": (
        lambda given: given.client_authorities is not None and not given.takes_certificates,
        "needs GAPURA_MTLS_PORT or GAPURA_CLIENT_CERTIFICATE_HEADER",
    ),
    "client_certificate_header": (
        lambda given: given.client_certificate_header is not None and not given.trusted_proxies,
        "needs GAPURA_TRUSTED_PROXIES, for nobody else may set it",
    ),
    "smtp_tls": (
        lambda given: bool(given.smtp_user) and given.smtp_tls == "none",
        "must be starttls or tls where GAPURA_SMTP_USER has a password to send",
    ),
}
# What no mode starts without.
NEEDED = {
    "root_keys": "is missing: personal data cannot be sealed without a root key (`1:<32 bytes in base64>`)",
    "database_url": "is missing: the address of PostgreSQL",
    "redis_url": "is missing: the address of Valkey or Redis",
}


def require(settings: Settings, *names: str) -> None:
    """Raises SettingRefused for the first of these that is empty."""
    for name in names:
        if not getattr(settings, name):
            raise SettingRefused(variable(name), NEEDED[name])


def check_production(settings: Settings) -> None:
    """Refuse to serve with what is missing, and in production with what only a sandbox may have.

    Raises SettingRefused, which names the first such setting.
    """
    require(settings, *NEEDED)
    for name, (contradicts, reason) in TOGETHER.items():
        if contradicts(settings):
            raise SettingRefused(variable(name), reason)
    if settings.sandbox:
        return
    for name, (refused, reason) in PRODUCTION.items():
        if refused(getattr(settings, name)):
            raise SettingRefused(variable(name), reason)


def load_settings(**overrides: object) -> Settings:
    """Read the environment, and `.env` in this folder where there is one.

    Raises SettingRefused for a wrong value, and for an unknown GAPURA_ variable: a misspelt setting would
    silently leave its default in force.
    """
    known = {variable(name) for name in Settings.model_fields}
    for name in os.environ:
        if name.startswith(PREFIX) and not name.startswith(TEST_PREFIX) and name not in known:
            raise SettingRefused(name, "is no setting of Gapura")
    try:
        return Settings(_env_file=".env", **overrides)  # type: ignore[call-arg, arg-type]  # checked by the model
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0])
        raise SettingRefused(
            variable(name) if name in Settings.model_fields else name, f"is wrong: {first['msg']}"
        ) from None
