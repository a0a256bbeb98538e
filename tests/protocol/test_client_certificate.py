"""Whose certificate it is, by what its client has registered (RFC 8705 §2.1.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gapura.protocol.client_certificate import distinguished_name, is_registered_subject
from gapura.protocol.presented import Certificate
from tests.protocol.samples import client_of

SAME = [
    pytest.param("CN=pajak.example, O=DJP,  C=ID", id="RFC 4514 §2: blanks after the commas"),
    pytest.param("cn=Pajak.Example,o=djp,c=id", id="RFC 4518 §2.2: case"),
    pytest.param("2.5.4.3=pajak.example,OID.2.5.4.10=DJP,C=ID", id="RFC 4514 §2.3: types by number"),
    pytest.param("CN=pajak\\2eexample,O=DJP,C=ID", id="RFC 4514 §2.4: escaped by hexadecimal"),
    pytest.param('CN="pajak.example";O=DJP;C=ID', id="RFC 4514 §3: as LDAP version 2 wrote it"),
]
OTHER = [
    pytest.param("C=ID,O=DJP,CN=pajak.example", id="the other way round"),
    pytest.param("CN=pajak.example,O=DJP", id="less of it"),
    pytest.param("CN=pajak.example+O=DJP,C=ID", id="in one part"),
    pytest.param("CN=pajak.example,O=DJP,C=ID,L=Jakarta", id="more of it"),
    pytest.param("CN=pajak.example\\,O=DJP,C=ID", id="a comma that is part of the name"),
]
NONE_AT_ALL = ["", "pajak.example", "CN", "=x", "CN=a,", "CN=a+", ",CN=a", "CN=a,,O=b", "1.=a", "CN=a\\"]


@pytest.mark.parametrize("text", SAME)
def test_two_spellings_of_one_name_are_equal(text: str) -> None:
    assert distinguished_name(text) == distinguished_name("CN=pajak.example,O=DJP,C=ID")


@pytest.mark.parametrize("text", OTHER)
def test_two_names_are_not(text: str) -> None:
    assert distinguished_name(text) != distinguished_name("CN=pajak.example,O=DJP,C=ID")


@pytest.mark.parametrize("text", NONE_AT_ALL)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no distinguished name"):
        distinguished_name(text)


def test_the_parts_of_a_part_have_no_order() -> None:
    assert distinguished_name("CN=a+OU=b,C=ID") == distinguished_name("OU=b+CN=a,C=ID")


CERTIFICATE = Certificate(
    "t",
    "k",
    "CN=pajak.example,O=DJP,C=ID",
    {
        "dns": ("pajak.example", "api.pajak.example"),
        "uri": ("https://pajak.example/app",),
        "ip": ("2001:db8::7", "203.0.113.7"),
        "email": ("Dev@pajak.example",),
    },
)
SUBJECTS = [
    ({"tls_client_auth_subject_dn": "CN=pajak.example,O=DJP,C=ID"}, True),
    ({"tls_client_auth_subject_dn": "CN=bpjs.example,O=DJP,C=ID"}, False),
    ({"tls_client_auth_san_dns": "API.pajak.example"}, True),
    ({"tls_client_auth_san_dns": "example"}, False),
    ({"tls_client_auth_san_uri": "https://pajak.example/app"}, True),
    ({"tls_client_auth_san_uri": "https://pajak.example/APP"}, False),
    ({"tls_client_auth_san_ip": "2001:0db8:0:0::7"}, True),
    ({"tls_client_auth_san_ip": "203.0.113.8"}, False),
    ({"tls_client_auth_san_ip": "no address"}, False),
    ({"tls_client_auth_san_email": "Dev@PAJAK.example"}, True),
    ({"tls_client_auth_san_email": "dev@pajak.example"}, False),
    ({}, False),
    ({"tls_client_auth_san_dns": "pajak.example", "tls_client_auth_san_ip": "203.0.113.7"}, False),
]


@pytest.mark.parametrize(("registered", "is_the_one"), SUBJECTS)
def test_the_one_registered_subject_decides(registered: dict[str, Any], *, is_the_one: bool) -> None:
    assert is_registered_subject(client_of(**registered), CERTIFICATE) is is_the_one


def test_a_certificate_without_names_matches_none() -> None:
    bare = replace(CERTIFICATE, subject_dn="", names={})
    for registered, _ in SUBJECTS:
        assert not is_registered_subject(client_of(**registered), bare)
