"""The pages of a citizen's own account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.pages.sample import BUDI, DETAILS, LONG_NAME, NOW, SESSION, Sample, faces

ACCOUNT: dict[str, Any] = {"csrf": "T0ken"}
USE = {
    "at": NOW,
    "first_at": NOW,
    "count": 1,
    "agency": "Direktorat Jenderal Pajak",
    "system": "Pajak Online",
    "purposes": ["Melaporkan pajak tahunan"],
    "legal_basis": "CONSENT",
    "law": "UU 28/2007 pasal 2",
    "action": "userinfo",
    "attributes": ["name", "nik", "birthdate"],
    "reason": "",
}
CONNECTION = {
    "client_id": "tax",
    "name": "Pajak Online",
    "agency": "Direktorat Jenderal Pajak",
    "purposes": ["Melaporkan pajak tahunan"],
    "attributes": ["name", "nik", "email"],
    "details": [],
    "legal_basis": "CONSENT",
    "since": NOW,
    "until": NOW + timedelta(days=365),
    "last_use": NOW,
    "open": "https://pajak.example/mulai?iss=https%3A%2F%2Fgapura.example",
    "withdrawable": True,
    "withdraw": "/account/agencies/tax/withdraw",
}
REQUEST = {
    "name": "Pajak Online",
    "agency": "Direktorat Jenderal Pajak",
    "at": NOW,
    "until": NOW + timedelta(minutes=10),
    "binding_message": None,
    "href": "/account/requests/5f2c",
}

ACCOUNT_PAGES: tuple[Sample, ...] = (
    *faces(
        "account/home.html",
        plain={
            **ACCOUNT,
            "person": BUDI | {"email": "b•••@surat.example", "phone": None},
            "session": {
                "acr": "urn:gapura:loa:substantial",
                "amr": ["pwd", "otp"],
                "auth_time": NOW,
                "idle_minutes": 15,
            },
            "second_factor": True,
            "waiting": 2,
            "recent": [{"agency": "Direktorat Jenderal Pajak", "at": NOW}],
        },
        fresh={
            **ACCOUNT,
            "person": LONG_NAME | {"email": None, "phone": None},
            "session": {"acr": "urn:gapura:loa:low", "amr": ["pwd"], "auth_time": NOW, "idle_minutes": 1},
            "second_factor": False,
            "waiting": 0,
            "recent": [],
        },
    ),
    *faces(
        "account/data_use.html",
        plain={
            **ACCOUNT,
            "uses": [
                USE,
                USE | {"count": 4, "first_at": NOW - timedelta(minutes=40), "reason": "Pemeriksaan berkas"},
            ],
            "agencies": [{"id": "djp", "name": "Direktorat Jenderal Pajak"}],
            "chosen": {"agency": "djp", "since": "2026-01-01", "until": ""},
            "errors": {},
            "older": "/account/data-use?before=x",
            "newest": "/account/data-use",
        },
        empty={
            **ACCOUNT,
            "uses": [],
            "agencies": [],
            "chosen": {"agency": "", "since": "", "until": ""},
            "errors": {"until": "bad_request"},
            "older": None,
            "newest": None,
        },
    ),
    *faces(
        "account/agencies.html",
        plain={
            **ACCOUNT,
            "done": "Jaminan Sosial",
            "connections": [
                CONNECTION | {"details": DETAILS},
                CONNECTION
                | {"legal_basis": "PUBLIC_TASK", "withdrawable": False, "last_use": None, "open": None},
            ],
        },
        empty={**ACCOUNT, "done": None, "connections": []},
    ),
    *faces(
        "account/requests.html",
        plain={**ACCOUNT, "requests": [REQUEST, REQUEST | {"binding_message": "Loket 7 antrean B-042"}]},
        empty={**ACCOUNT, "requests": []},
    ),
    *faces("front.html", plain={"account": "/account", "device": "/device"}),
    *faces(
        "account/withdraw.html",
        plain={
            **ACCOUNT,
            "connection": CONNECTION,
            "action": "/account/agencies/tax/withdraw",
            "back": "/account/agencies",
        },
    ),
    *faces(
        "account/sessions.html",
        plain={
            **ACCOUNT,
            "ended": True,
            "sessions": [SESSION, SESSION | {"current": False, "device": "", "portals": []}],
        },
        one={**ACCOUNT, "ended": False, "sessions": [SESSION]},
    ),
)
