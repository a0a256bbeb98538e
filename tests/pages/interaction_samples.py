"""The pages between a client's request and its answer, signing out, and errors."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.pages.sample import BUDI, DETAILS, LONG_NAME, Sample, faces

TAX = {
    "name": "Pajak Online",
    "agency": "Direktorat Jenderal Pajak",
    "logo": None,
    "policy_uri": "https://pajak.example/privasi",
    "tos_uri": "https://pajak.example/ketentuan",
}
LONG = {
    "name": "Sistem Informasi Pelayanan Administrasi Jaminan Sosial Ketenagakerjaan Terpadu",
    "agency": "Badan Penyelenggara Jaminan Sosial Ketenagakerjaan Republik Indonesia",
    "logo": None,
    "policy_uri": None,
    "tos_uri": None,
}
STEP: dict[str, Any] = {"action": "/interaction/5f2c", "csrf": "T0ken", "step": "1", "returns": True}
PURPOSE = {
    "title": "Melaporkan pajak tahunan",
    "text": "Kami memakai data ini untuk mengisi formulir pajak Anda, supaya Anda tidak perlu mengetiknya.",
    "legal_basis": "CONSENT",
    "law": "UU 28/2007 tentang Ketentuan Umum Perpajakan, pasal 2",
    "retention_days": 3650,
}
ESSENTIAL = [
    {"name": "nik", "value": "3171011785900001", "source": "registry"},
    {"name": "name", "value": "BUDI SANTOSO", "source": "registry"},
    {"name": "birthdate", "value": date(1990, 5, 17), "source": "registry"},
    {"name": "gender", "value": "M", "source": "registry"},
    {
        "name": "address",
        "value": "JL. MELATI NO. 7, RT 003/RW 004, GAMBIR, KOTA JAKARTA PUSAT 10110",
        "source": "registry",
    },
]
VOLUNTARY = [
    {"name": "email", "value": "budi.santoso@surat.example", "source": "account", "checked": True},
    {"name": "phone", "value": "+6281234567890", "source": "account", "checked": False},
]
ASK: dict[str, Any] = {
    "client": TAX,
    "person": BUDI,
    "purposes": [PURPOSE],
    "essential": ESSENTIAL,
    "voluntary": VOLUNTARY,
    "details": [],
    "binding_message": None,
    "seen": "5f2c",
    **STEP,
}
SIGN_IN: dict[str, Any] = {"client": TAX, "identifier": "", "errors": {}, "again": False, **STEP}

FRAME = "https://pajak.example/keluar?iss=https%3A%2F%2Fgapura.example&sid=5b0e"
TAX_FRAME: dict[str, Any] = {"frames": [FRAME], "frame_source": [FRAME]}

INTERACTION: tuple[Sample, ...] = (
    *faces(
        "sign_in.html",
        plain=SIGN_IN,
        wrong=SIGN_IN | {"identifier": "3171011785900001", "errors": {"identifier": "sign_in_failed"}},
        again=SIGN_IN | {"again": True, "identifier": "3171011785900001"},
        own=SIGN_IN | {"client": None, "errors": {"": "locked"}},
        long=SIGN_IN | {"client": LONG},
    ),
    *faces(
        "second_factor.html",
        plain={"client": TAX, "errors": {}, **STEP},
        wrong={"client": None, "errors": {"otp": "otp_wrong"}, **STEP},
    ),
    *faces(
        "consent.html",
        plain={**ASK, "offline": False},
        offline={**ASK, "offline": True, "person": LONG_NAME, "client": LONG},
        bound={**ASK, "offline": False, "binding_message": "Loket 7 antrean B-042"},
        fixed={**ASK, "offline": False, "voluntary": []},
        details={**ASK, "offline": False, "details": DETAILS},
        details_alone={**ASK, "offline": False, "essential": [], "voluntary": [], "details": DETAILS[1:]},
    ),
    *faces(
        "notice.html",
        plain={**ASK, "purposes": [PURPOSE | {"legal_basis": "PUBLIC_TASK"}]},
        bound={
            **ASK,
            "purposes": [PURPOSE | {"legal_basis": "PUBLIC_TASK"}],
            "binding_message": "W4SCT",
        },
        details={**ASK, "purposes": [PURPOSE | {"legal_basis": "PUBLIC_TASK"}], "details": DETAILS},
    ),
    *faces(
        "form_post.html",
        plain={"action": "https://pajak.example/kembali", "fields": {"code": "c", "state": "s"}},
    ),
    *faces(
        "logout_confirm.html",
        plain={
            "client": TAX,
            "portals": ["Pajak Online", "Jaminan Sosial"],
            "action": "/logout",
            "csrf": "t",
            "fields": {},
            "no_return": False,
        },
        own={
            "client": None,
            "portals": [],
            "action": "/logout",
            "csrf": "t",
            "fields": {"state": "s"},
            "no_return": True,
        },
    ),
    *faces(
        "device.html",
        plain={"user_code": "", "errors": {}, "action": "/device", "csrf": "t"},
        filled={"user_code": "WDJB-MJHT", "errors": {}, "action": "/device", "csrf": "t"},
        wrong={
            "user_code": "BCDF-GHJK",
            "errors": {"user_code": "user_code_wrong"},
            "action": "/device",
            "csrf": "t",
        },
        locked={"user_code": "", "errors": {"": "locked"}, "action": "/device", "csrf": "t"},
    ),
    *faces(
        "device_confirm.html",
        plain={"client": TAX, "user_code": "WDJB-MJHT", "action": "/device", "csrf": "t"},
        long={"client": LONG, "user_code": "WDJB-MJHT", "action": "/device", "csrf": "t"},
    ),
    *faces("answered.html", yes={"approved": True}, no={"approved": False}),
    *faces(
        "logged_out.html",
        plain={
            "portals": ["Pajak Online"],
            "back": {"name": "Pajak Online", "href": "https://pajak.example/"},
            **TAX_FRAME,
        },
        alone={"portals": [], "back": None, "frames": []},
    ),
    *faces(
        "signing_out.html",
        plain={
            "portals": ["Pajak Online", "Jaminan Sosial"],
            "onward": {"name": "Pajak Online", "href": "https://pajak.example/sampai-jumpa", "seconds": 4},
            **TAX_FRAME,
        },
    ),
    *faces(
        "error.html",
        unknown={"code": "unknown_client", "request_id": "01HF8Z6YQ4"},
        away={"code": "unavailable", "request_id": "01HF8Z6YQ4"},
        many={"code": "too_many", "request_id": ""},
        unlisted={"code": "no_such_code", "request_id": "01HF8Z6YQ4"},
    ),
)
