"""Who speaks at which path, in one table: how errors look there, who may call from another origin, how large a body is.

A path that no row names is a page for people: it takes small forms and nothing from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType

from gapura.protocol.endpoints import PATHS, WELL_KNOWN

KIB = 1024


class Cors(Enum):
    """Which pages of other origins may read the answers; none of them ever with cookies."""

    NOBODY = "nobody"
    EVERYBODY = "everybody"  # what is published anyway
    REGISTERED = "registered"  # origins of registered redirect URIs


@dataclass(frozen=True, slots=True)
class Area:
    """`body` in bytes, `seconds` until the last of them must be here; `watched`: its requests are not logged.

    `framed`: pages of other sites may show it in a frame. `share` is of all the requests that a process takes at once: beyond it, this area's are sent away (503).
    """

    share: float = 0.75
    speaks_json: bool = False
    cors: Cors = Cors.NOBODY
    methods: str = ""
    body: int = 64 * KIB
    seconds: float = 10
    watched: bool = False
    framed: bool = False


# Under overload registration gives way first, then history, then new sign-ins, and tokens last.
PEOPLE = Area()
HISTORY = Area(share=0.55)
API = Area(share=0.4, speaks_json=True)
PUBLISHED = Area(share=1, speaks_json=True, cors=Cors.EVERYBODY, methods="GET, HEAD")
CLIENTS = Area(share=1, speaks_json=True, cors=Cors.REGISTERED, methods="POST")
PROBE = Area(share=float("inf"), speaks_json=True, watched=True)

EXACT: Mapping[str, Area] = MappingProxyType(
    {
        **dict.fromkeys(WELL_KNOWN, PUBLISHED),
        PATHS["jwks_uri"]: PUBLISHED,
        PATHS["token_endpoint"]: CLIENTS,
        PATHS["revocation_endpoint"]: CLIENTS,
        PATHS["pushed_authorization_request_endpoint"]: replace(CLIENTS, share=PEOPLE.share),
        PATHS["userinfo_endpoint"]: replace(CLIENTS, methods="GET, POST"),
        PATHS["introspection_endpoint"]: replace(CLIENTS, cors=Cors.NOBODY),
        PATHS["backchannel_authentication_endpoint"]: replace(CLIENTS, cors=Cors.NOBODY, share=PEOPLE.share),
        PATHS["device_authorization_endpoint"]: replace(CLIENTS, cors=Cors.NOBODY, share=PEOPLE.share),
        PATHS["registration_endpoint"]: API,
        PATHS["check_session_iframe"]: Area(share=1, framed=True),
        "/healthz": PROBE,
        "/readyz": PROBE,
    }
)
BELOW: Mapping[str, Area] = MappingProxyType(
    {
        PATHS["registration_endpoint"] + "/": API,
        "/.well-known/": API,
        "/api/": API,
        "/sandbox/": API,
        # A registry file: a full load is many gigabytes and comes by the command line; this is for a delta.
        "/admin/imports": replace(HISTORY, body=512 * KIB * KIB, seconds=900),
        "/admin": HISTORY,
        "/account": HISTORY,
    }
)


def area_of(path: str) -> Area:
    found = EXACT.get(path)
    if found is not None:
        return found
    for prefix, area in BELOW.items():
        if path.startswith(prefix):
            return area
    return PEOPLE
