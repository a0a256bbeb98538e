"""What a client's certificate says, and who is believed about it (RFC 5280)."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from joserfc.jwk import ECKey

from gapura.crypto.certificates import Authorities, CertificateRefused, is_self_issued, read_certificate
from tests.site import Identity

NOW = datetime.now(UTC)
NAMES = (
    x509.DNSName("pajak.example"),
    x509.UniformResourceIdentifier("https://pajak.example/app"),
    x509.IPAddress(ip_address("2001:db8::7")),
    x509.RFC822Name("dev@pajak.example"),
)


def test_a_certificate_is_read(tmp_path: Path) -> None:
    client = Identity.new(tmp_path, "pajak, pusat", names=NAMES)
    read = read_certificate(client.der)
    digest = hashlib.sha256(client.der).digest()
    assert read.thumbprint == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert read.key_thumbprint == ECKey.import_key(client.key.read_bytes()).thumbprint()
    assert read.subject_dn == "CN=pajak\\, pusat"
    assert read.names == {
        "dns": ("pajak.example",),
        "uri": ("https://pajak.example/app",),
        "ip": ("2001:db8::7",),
        "email": ("dev@pajak.example",),
    }


@pytest.mark.parametrize("der", [b"", b"no certificate", b"\x30\x82" + b"a" * 9000])
def test_what_is_no_certificate_is_refused(der: bytes) -> None:
    with pytest.raises(CertificateRefused):
        read_certificate(der)


@pytest.fixture
def authority(tmp_path: Path) -> Identity:
    return Identity.new(tmp_path, "Otoritas", is_ca=True)


def vouched(authority: Identity, client: Identity, now: datetime = NOW) -> bool:
    return Authorities.of_file(authority.certificate).vouch_for(client.der, now)


def test_an_authority_vouches_for_what_it_has_issued(tmp_path: Path, authority: Identity) -> None:
    client = Identity.new(tmp_path, "pajak", issuer=authority)
    assert vouched(authority, client)
    assert not is_self_issued(client.der)
    assert not Authorities().vouch_for(client.der, NOW)


def test_nobody_vouches_for_what_only_bears_the_authoritys_name(tmp_path: Path, authority: Identity) -> None:
    namesake = Identity.new(tmp_path, "Otoritas", is_ca=True)
    assert not vouched(authority, Identity.new(tmp_path, "pajak", issuer=namesake))
    assert not vouched(authority, Identity.new(tmp_path, "pajak"))
    assert Authorities.of_file(authority.certificate).bears_name_of(namesake.der)


def test_a_client_of_the_authority_issues_for_nobody(tmp_path: Path, authority: Identity) -> None:
    client = Identity.new(tmp_path, "pajak", issuer=authority)
    assert not vouched(authority, Identity.new(tmp_path, "bpjs", issuer=client))
    assert not vouched(client, Identity.new(tmp_path, "bpjs", issuer=client)), "an authority has to be one"


def test_what_is_over_or_has_not_begun_is_not_vouched_for(tmp_path: Path, authority: Identity) -> None:
    client = Identity.new(tmp_path, "pajak", issuer=authority, ends=timedelta(hours=2))
    assert vouched(authority, client, NOW + timedelta(hours=1))
    assert not vouched(authority, client, NOW + timedelta(hours=3))
    assert not vouched(authority, client, NOW - timedelta(hours=2))
    lasting = Identity.new(tmp_path, "pajak", issuer=authority, ends=timedelta(days=9))
    assert not vouched(authority, lasting, NOW + timedelta(days=3)), "the authority's own time is over"
