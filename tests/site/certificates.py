"""Certificates for tests: of a site that serves https, of clients that prove themselves by one."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

LOCALHOST = (x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1")))


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its key; `certificate` and `key` are the PEM files."""

    certificate: Path
    key: Path
    parsed: x509.Certificate
    private: EllipticCurvePrivateKey

    @classmethod
    def new(
        cls,
        folder: Path,
        name: str,
        *,
        issuer: Identity | None = None,
        is_ca: bool = False,
        names: tuple[x509.GeneralName, ...] = (),
        begins: timedelta = timedelta(hours=-1),
        ends: timedelta = timedelta(days=1),
    ) -> Self:
        """Signed by `issuer`, or by itself."""
        private, now = generate_private_key(SECP256R1()), datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.parsed.subject if issuer is not None else subject)
            .public_key(private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins)
            .not_valid_after(now + ends)
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        made = builder.sign(issuer.private if issuer is not None else private, hashes.SHA256())
        certificate, key = folder / f"{made.serial_number}.pem", folder / f"{made.serial_number}.key"
        certificate.write_bytes(made.public_bytes(Encoding.PEM))
        key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return cls(certificate, key, made, private)

    @property
    def der(self) -> bytes:
        return self.parsed.public_bytes(Encoding.DER)


def trusting(site: Identity, client: Identity | None = None) -> ssl.SSLContext:
    """What a client knows: the site's certificate, and its own where it has one."""
    context = ssl.create_default_context(cafile=site.certificate)
    if client is not None:
        context.load_cert_chain(client.certificate, client.key)
    return context
