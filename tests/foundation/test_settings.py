"""What can be set, what it is by default, and what the program refuses to start with."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path

import pytest

from gapura.settings import SettingRefused, Settings, check_production, load_settings, variable
from gapura.values import Secret
from gapura.wiring.stores import stores_of

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / ".env.example").read_text()


def good(**changed: object) -> Settings:
    """What production starts with, but for what is changed."""
    complete = {
        "issuer": "https://masuk.go.id",
        "database_url": "postgresql://db/gapura",
        "redis_url": "redis://cache",
        "root_keys": Secret("1:a2V5"),
    }
    return Settings.model_validate({**complete, **changed})


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [
        name for name in os.environ if name.startswith("GAPURA_") or name in {"DATABASE_URL", "REDIS_URL"}
    ]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def as_text(value: object) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    return ",".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


def example() -> dict[str, str]:
    return dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", EXAMPLE, re.MULTILINE))


def test_the_example_lists_every_setting_with_its_default() -> None:
    expected = {variable(name): as_text(field.default) for name, field in Settings.model_fields.items()}
    compose_only = (
        set(re.findall(r"\$\{([A-Z0-9_]+)", (ROOT / "docker-compose.yml").read_text())) - expected.keys()
    )
    assert {name: value for name, value in example().items() if name not in compose_only} == expected
    assert compose_only <= example().keys()


def test_the_example_says_of_every_setting_what_it_is() -> None:
    lines = EXAMPLE.splitlines()
    for before, line in pairwise(lines):
        if re.match(r"[A-Z0-9_]+=", line):
            assert re.match(r"# .{10,}\.?$", before), line


def test_the_example_can_be_used_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text(EXAMPLE)
    assert dict(load_settings()) == dict(Settings())
    for name, value in example().items():
        monkeypatch.setenv(name, value)
    assert dict(load_settings()) == dict(Settings())


def test_the_environment_stands_above_the_file_and_lists_take_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("GAPURA_PORT=1\nGAPURA_WORKERS=3\nPOSTGRES_PASSWORD=x\n")
    monkeypatch.setenv("GAPURA_PORT", "2")
    monkeypatch.setenv("GAPURA_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1,")
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/gapura")
    settings = load_settings()
    assert (settings.port, settings.workers) == (2, 3)
    assert settings.trusted_proxies == ("10.0.0.0/8", "192.0.2.1")
    assert settings.database_url == "postgresql://db/gapura"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GAPURA_PORT", "many"),
        ("GAPURA_PORT", "65536"),
        ("GAPURA_WORKERS", "0"),
        ("GAPURA_MODE", "test"),
        ("GAPURA_PKCE_REQUIRED", "none"),
        ("GAPURA_CODE_LIFETIME", "-1"),
        ("GAPURA_ISUER", "https://masuk.go.id"),
        ("GAPURA_ISSUER", "masuk.go.id"),
        ("GAPURA_ISSUER", "https://masuk.go.id/"),
        ("GAPURA_ISSUER", "https://masuk.go.id/sso"),
        ("GAPURA_ISSUER", "https://masuk.go.id?x=y"),
        ("GAPURA_ISSUER", "https://a@masuk.go.id"),
        ("GAPURA_ISSUER", "https://Masuk.go.id"),
        ("GAPURA_ISSUER", "https://masuk.go.id:port"),
    ],
)
def test_a_wrong_or_misspelt_setting_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingRefused) as refused:
        load_settings()
    assert refused.value.setting == name
    assert str(refused.value).startswith(name)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("root_keys", Secret("")),
        ("database_url", ""),
        ("redis_url", ""),
        ("issuer", "http://localhost:8000"),
        ("outbound_allow", ("127.0.0.1:8001",)),
    ],
)
def test_production_does_not_start_and_names_the_setting(name: str, value: object) -> None:
    check_production(good())
    with pytest.raises(SettingRefused) as refused:
        check_production(good(**{name: value}))
    assert refused.value.setting == variable(name)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("tls_certificate", {"issuer": "http://localhost", "tls_certificate": "c.pem", "tls_key": "c.key"}),
        ("tls_key", {"tls_certificate": "c.pem"}),
        ("tls_key", {"tls_key": "c.key"}),
        ("mtls_port", {"mtls_port": 8443}),
        ("mtls_origin", {"mtls_origin": "https://mtls.masuk.go.id"}),
        ("client_authorities", {"client_authorities": "ca.pem"}),
        ("client_certificate_header", {"client_certificate_header": "X-Client-Cert"}),
    ],
)
def test_what_makes_sense_only_together_is_refused_alone(name: str, given: dict[str, object]) -> None:
    with pytest.raises(SettingRefused) as refused:
        check_production(good(mode="sandbox", **given))
    assert refused.value.setting == variable(name)


def test_the_address_for_certificates_is_the_issuers_host_unless_it_is_said() -> None:
    tls = {"issuer": "https://masuk.go.id", "tls_certificate": "c.pem", "tls_key": "c.key"}
    by_port = Settings.model_validate({**tls, "mtls_port": 8443})
    assert by_port.origins == ("https://masuk.go.id", "https://masuk.go.id:8443")
    assert by_port.hosts == ("masuk.go.id", "masuk.go.id:8443")
    named = Settings.model_validate({**tls, "mtls_port": 8443, "mtls_origin": "https://mtls.masuk.go.id"})
    assert named.origins == ("https://masuk.go.id", "https://mtls.masuk.go.id")
    behind = Settings.model_validate(
        {"client_certificate_header": "X-Client-Cert", "trusted_proxies": ("10.0.0.1",)}
    )
    assert behind.takes_certificates
    assert behind.client_certificate_header == "x-client-cert"
    assert len(behind.origins) == 1


def test_a_sandbox_may_be_on_loopback_and_call_its_portals() -> None:
    check_production(good(mode="sandbox", issuer="http://localhost:8000", outbound_allow=("127.0.0.1:8001",)))


def test_no_password_goes_to_a_mail_relay_in_the_clear() -> None:
    check_production(good(smtp_user="gapura", smtp_tls="tls"))
    with pytest.raises(SettingRefused) as refused:
        check_production(good(smtp_user="gapura", smtp_tls="none"))
    assert refused.value.setting == "GAPURA_SMTP_TLS"


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_authorities_that_cannot_be_read_stop_the_start(
    tmp_path: Path, root_keys: Secret, content: bytes | None
) -> None:
    authorities = tmp_path / "ca.pem"
    if content is not None:
        authorities.write_bytes(content)
    with pytest.raises(SettingRefused) as refused:
        stores_of(
            good(
                root_keys=root_keys,
                database_url="postgresql:///none",
                redis_url="unix:///none",
                outbound_ca=authorities,
            )
        )
    assert refused.value.setting == "GAPURA_OUTBOUND_CA"


def test_settings_do_not_print_secrets() -> None:
    settings = good(database_url="postgresql://u:pass@db")
    assert "a2V5" not in f"{settings!r}{settings.model_dump()}"
    assert "pass@" not in repr(settings)


def test_settings_cannot_be_changed_once_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 1


def test_the_issuers_own_host_is_allowed_where_none_is_named() -> None:
    assert Settings(issuer="https://masuk.go.id:8443").hosts == ("masuk.go.id:8443",)
    assert Settings(allowed_hosts=("a", "b")).hosts == ("a", "b")


def test_only_the_settings_read_the_environment() -> None:
    """The embedded stores read what the system tells every program: PATH and the folder for sockets."""
    for path in (ROOT / "src").rglob("*.py"):
        if path.name != "settings.py" and path.parent.name != "embedded":
            assert not re.search(r"\bos\.(environ|getenv)\b", path.read_text()), path
