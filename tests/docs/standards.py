"""Which standard is kept where, read from the citations in code and tests: a comment that cites is a promise."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).parents[2]
CODE, TESTS = ROOT / "src" / "gapura", ROOT / "tests"

# As comments and tests cite them, with what they are about.
STANDARDS: Mapping[str, str] = {
    "RFC 6749": "OAuth 2.0",
    "RFC 6750": "bearer tokens",
    "RFC 7009": "revocation",
    "RFC 7523": "JWT assertions",
    "RFC 7591": "client registration",
    "RFC 7592": "registration management",
    "RFC 7636": "PKCE",
    "RFC 7662": "introspection",
    "RFC 8252": "native apps",
    "RFC 8414": "server metadata",
    "RFC 8628": "device authorization",
    "RFC 8693": "token exchange",
    "RFC 8705": "mutual TLS",
    "RFC 8707": "resource indicators",
    "RFC 8725": "JWT best practice",
    "RFC 9068": "JWT access tokens",
    "RFC 9101": "request objects (JAR)",
    "RFC 9126": "pushed requests (PAR)",
    "RFC 9207": "issuer identification",
    "RFC 9396": "rich authorization requests",
    "RFC 9449": "DPoP",
    "RFC 9470": "step-up",
    "RFC 9700": "security best practice",
    "RFC 9701": "signed introspection",
    "OpenID Connect Core": "sign-in",
    "OpenID Connect Discovery": "discovery",
    "OpenID Connect Registration": "registration",
    "OpenID Connect RP-Initiated Logout": "logout by the app",
    "OpenID Connect Back-Channel Logout": "logout told to servers",
    "OpenID Connect Front-Channel Logout": "logout told to browsers",
    "OpenID Connect Session Management": "session state",
    "OpenID Connect for Identity Assurance": "verified claims",
    "OAuth 2.0 Multiple Response Types": "response types",
    "OAuth 2.0 Form Post Response Mode": "form_post",
    "JARM": "signed responses",
    "CIBA": "sign-in without a browser of the app's",
    "FAPI 2.0": "security profile",
    "FAPI 2.0 Message Signing": "signed requests and answers",
    "FAPI CIBA": "profile of CIBA",
}
# The longest first, or FAPI 2.0 would be found in FAPI 2.0 Message Signing.
_NAMES = "|".join(re.escape(name) for name in sorted(STANDARDS, key=len, reverse=True))
_CITED = re.compile(rf"\b({_NAMES})((?:,? ?(?:and )?§[0-9]+(?:\.[0-9]+)*)*)")
_SECTION = re.compile(r"§([0-9.]+[0-9]|[0-9])")
WHOLE = ""
Place: TypeAlias = tuple[str, str]
"""A standard and a section of it."""


@dataclass(frozen=True)
class Kept:
    """Where a section is cited; `WHOLE` is the standard without a section."""

    standard: str
    section: str
    code: tuple[str, ...]
    tests: tuple[str, ...]


def kept() -> list[Kept]:
    """One for each section that the code cites, in the order of the standards and then of their sections."""
    code, tests = _cited(CODE, ROOT / "src"), _cited(TESTS, ROOT)
    order = {name: number for number, name in enumerate(STANDARDS)}
    places = sorted(code, key=lambda place: (order[place[0]], _numbers(place[1])))
    return [
        Kept(
            standard,
            section,
            tuple(sorted(code[standard, section])),
            tuple(_tests(tests, (standard, section), code[standard, section])),
        )
        for standard, section in places
    ]


def _tests(tests: Mapping[Place, set[str]], place: Place, code: set[str]) -> list[str]:
    """Those that cite the section or a part of it; else those of the modules where it is kept, else of the standard."""
    standard, section = place
    cite = {
        path
        for (name, cited), paths in tests.items()
        if name == standard and _within(cited, section)
        for path in paths
    }
    if cite:
        return sorted(cite)
    use = {path for module in code for path in _using(module)}
    cite = {path for (name, _), paths in tests.items() if name == standard for path in paths}
    return sorted(use & cite or use or cite)


def _within(cited: str, section: str) -> bool:
    return cited == section or (section != WHOLE and cited.startswith(f"{section}."))


@cache
def _using(module: str) -> tuple[str, ...]:
    """The tests that import a module of ours, given by its path."""
    name = module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    imports = re.compile(
        rf"^from {re.escape(name)} import|^from {re.escape(name.rpartition('.')[0])} import .*\b{name.rpartition('.')[2]}\b",
        re.MULTILINE,
    )
    return tuple(
        path.relative_to(ROOT).as_posix()
        for path in TESTS.rglob("*.py")
        if imports.search(path.read_text(encoding="utf-8"))
    )


def _cited(folder: Path, root: Path) -> dict[Place, set[str]]:
    found: dict[Place, set[str]] = defaultdict(set)
    for path in folder.rglob("*.py"):
        if path == Path(__file__):
            continue
        for place in _citations(path.read_text(encoding="utf-8")):
            found[place].add(path.relative_to(root).as_posix())
    return found


def _citations(text: str) -> Iterator[Place]:
    for match in _CITED.finditer(" ".join(text.split())):
        sections = _SECTION.findall(match[2])
        yield from ((match[1], section) for section in sections or (WHOLE,))


def _numbers(section: str) -> tuple[int, ...]:
    return tuple(int(part) for part in section.split(".") if part)
