"""X.509 certificates of clients: what one says, and whether an authority that we trust has issued it (RFC 5280)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from gapura.errors import GapuraError
from gapura.values import Instant

MAX_DER_BYTES = 8_192

T = TypeVar("T", bound=x509.ExtensionType)


@dataclass(eq=False)
class CertificateRefused(GapuraError):
    """What was presented can't be read as a certificate."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What `protocol.presented.Certificate` is made of."""

    thumbprint: str
    key_thumbprint: str
    subject_dn: str
    names: Mapping[str, tuple[str, ...]]


@lru_cache(1024)  # a client presents the same one with each connection, a proxy with each request
def read_certificate(der: bytes) -> Reading:
    """Raises CertificateRefused."""
    certificate = _parsed(der)
    try:
        return Reading(
            urlsafe_b64encode(sha256(der).digest()).rstrip(b"=").decode(),
            _key_thumbprint(certificate),
            certificate.subject.rfc4514_string(),
            _names(certificate),
        )
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateRefused("certificate_refused", type(error).__name__) from None


class Authorities:
    """Who may say whose certificate it is: each of them issues those of clients directly."""

    def __init__(self, certificates: Iterable[x509.Certificate] = ()) -> None:
        self._by_name: dict[x509.Name, list[x509.Certificate]] = {}
        for certificate in certificates:
            self._by_name.setdefault(certificate.subject, []).append(certificate)

    @classmethod
    def of_file(cls, path: Path) -> Authorities:
        """Raises OSError, and ValueError for what is no PEM of certificates."""
        return cls(x509.load_pem_x509_certificates(path.read_bytes()))

    def __bool__(self) -> bool:
        return bool(self._by_name)

    def vouch_for(self, der: bytes, now: Instant) -> bool:
        """Whether one of them has issued this certificate for a client, and both are valid now."""
        certificate = _parsed(der)
        issuers = self._by_name.get(certificate.issuer, ())
        return (
            _is_valid(certificate, now)
            and _is_for_clients(certificate)
            and any(
                _is_valid(issuer, now) and _may_issue(issuer) and _has_issued(issuer, certificate)
                for issuer in issuers
            )
        )

    def bears_name_of(self, der: bytes) -> bool:
        return _parsed(der).subject in self._by_name


def is_self_issued(der: bytes) -> bool:
    certificate = _parsed(der)
    return certificate.subject == certificate.issuer


def _parsed(der: bytes) -> x509.Certificate:
    if len(der) > MAX_DER_BYTES:
        raise CertificateRefused("certificate_refused", "too long")
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError:
        raise CertificateRefused("certificate_refused", "no certificate") from None


def _is_valid(certificate: x509.Certificate, now: Instant) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _is_for_clients(certificate: x509.Certificate) -> bool:
    """RFC 5280 §4.2.1.12: whoever limits what a certificate is for has to allow this."""
    usages = _extension(certificate, x509.ExtendedKeyUsage)
    return (
        usages is None
        or ExtendedKeyUsageOID.CLIENT_AUTH in usages
        or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in usages
    )


def _may_issue(issuer: x509.Certificate) -> bool:
    """RFC 5280 §4.2.1.9 and §4.2.1.3."""
    constraints, usage = (
        _extension(issuer, x509.BasicConstraints),
        _extension(issuer, x509.KeyUsage),
    )
    return constraints is not None and constraints.ca and (usage is None or usage.key_cert_sign)


def _has_issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _extension(certificate: x509.Certificate, kind: type[T]) -> T | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _names(certificate: x509.Certificate) -> Mapping[str, tuple[str, ...]]:
    found = _extension(certificate, x509.SubjectAlternativeName)
    if found is None:
        return {}
    return {
        "dns": tuple(found.get_values_for_type(x509.DNSName)),
        "uri": tuple(found.get_values_for_type(x509.UniformResourceIdentifier)),
        "ip": tuple(map(str, found.get_values_for_type(x509.IPAddress))),
        "email": tuple(found.get_values_for_type(x509.RFC822Name)),
    }


def _key_thumbprint(certificate: x509.Certificate) -> str:
    pem = certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for kind in (RSAKey, ECKey, OKPKey):
        try:
            return kind.import_key(pem).thumbprint()
        except (JoseError, ValueError, TypeError):
            continue
    return ""
