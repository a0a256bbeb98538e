"""Marked values, in every form in which they could lie about, and all places where they could."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

import httpx2
import psycopg
import redis
from psycopg import sql

from tests.drills.people import Made
from tests.site import Site

METRICS_PORTS = 4


def personal(person: Made) -> dict[str, str]:
    """What is known of a person, by name."""
    return {
        "nik": person.nik,
        "nik in groups": " ".join(re.findall("....", person.nik)),
        "name": person.full_name,
        "part of the name": person.full_name.split()[-1],
        "address": person.address_line,
        "email": person.email,
        "phone": person.phone,
        "phone as typed": "0" + person.phone.removeprefix("+62"),
        "password": person.password,
        "totp": person.totp or "-" * 40,
    }


def forms(values: Iterable[tuple[str, str]]) -> dict[bytes, str]:
    """Byte strings to look for, in lower case, with what each would betray."""
    found: dict[bytes, str] = {}
    for name, value in values:
        plain = value.encode()
        for form, text in (
            ("", plain),
            (" in hex", plain.hex().encode()),
            (" in an address", quote(value, safe="").encode()),
            (" in a form", quote(value, safe="").replace("%20", "+").encode()),
            *((f" by {algorithm}", digest) for algorithm, digest in _digests(plain)),
            *((" in base64", text) for text in _base64(plain)),
        ):
            found.setdefault(text.lower(), name + form)
    return found


def _digests(plain: bytes) -> Iterator[tuple[str, bytes]]:
    """A digest without a key is as good as the value, where there are only so many."""
    for algorithm in ("md5", "sha1", "sha256"):
        digest = hashlib.new(algorithm, plain, usedforsecurity=False)
        yield algorithm, digest.hexdigest().encode()
        yield algorithm, base64.b64encode(digest.digest())


def _base64(plain: bytes) -> Iterator[bytes]:
    """The middle of it, wherever the value begins in what was encoded."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            yield encode(bytes(before) + plain)[4 : -4 if len(plain) > 6 else None]


def betrayed(where: str, text: bytes, sought: dict[bytes, str]) -> list[str]:
    """Which of the forms lie in `text`."""
    text = text.lower()
    return [f"{where}: {name}" for form, name in sought.items() if form in text]


def places(site: Site, stores: Path) -> Iterator[tuple[str, bytes]]:
    """Logs, metrics, every key of Valkey and its file, every table and the files they lie in."""
    for log in (site.log, *stores.glob("*.log")):
        yield f"log {log.name}", log.read_bytes()
    first = int(site.environment["GAPURA_METRICS_PORT"])
    for port in range(first, first + METRICS_PORTS):
        try:
            yield "metrics", httpx2.get(f"http://127.0.0.1:{port}/metrics").content
        except httpx2.ConnectError:
            continue
    yield from _valkey(site)
    yield from _dump(site)
    for folder in ("valkey", "postgres"):
        for path in (stores / folder).rglob("*"):
            if path.is_file():
                yield f"file {path.relative_to(stores)}", path.read_bytes()


def _valkey(site: Site) -> Iterator[tuple[str, bytes]]:
    with redis.Redis.from_url(site.redis_url) as valkey:
        for key in valkey.scan_iter():
            yield "key of Valkey", key
            yield f"value of Valkey at {key!r}", (valkey.dump(key) or b"") + (valkey.get(key) or b"")


def _dump(site: Site) -> Iterator[tuple[str, bytes]]:
    tables = site.rows(
        "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
    )
    with psycopg.connect(site.database_url) as connection:
        for (table,) in tables:
            statement = sql.SQL("copy {} to stdout").format(sql.Identifier(str(table)))
            with connection.cursor().copy(statement) as rows:
                yield f"table {table}", b"".join(bytes(part) for part in rows)
