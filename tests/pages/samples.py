"""A context for every template, and for each face that a page can show; names of people and places are invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from markupsafe import Markup

NOW = datetime(2026, 11, 24, 8, 5, tzinfo=UTC)
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
BUDI = {"name": "BUDI SANTOSO", "nik": "••••••••••••0001"}
LONG_NAME = {
    "name": "RADEN RORO KANJENG AYU SRI KUSUMANINGRUM WIDYADARIPUTRI HADI",
    "nik": "••••••••••••0007",
}
STEP: dict[str, Any] = {"action": "/interaction/5f2c", "csrf": "T0ken", "step": "1"}
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
    **STEP,
}
SIGN_IN: dict[str, Any] = {"client": TAX, "identifier": "", "errors": {}, "again": False, **STEP}
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
    "legal_basis": "CONSENT",
    "since": NOW,
    "until": NOW + timedelta(days=365),
    "last_use": NOW,
    "withdrawable": True,
    "withdraw": "/account/agencies/tax/withdraw",
}
SESSION = {
    "id": "5b0e",
    "device": "Chrome di Android",
    "auth_time": NOW,
    "acr": "urn:gapura:loa:substantial",
    "portals": ["Pajak Online"],
    "current": True,
}
OPERATOR: dict[str, Any] = {
    "csrf": "T0ken",
    "operator": {"name": "Ratna Dewi"},
    "sections": ("home", "clients", "citizens", "imports", "keys", "audit"),
}
CLIENT = {
    "id": "5c7a1f0e-tax",
    "name": "Pajak Online",
    "agency": "Direktorat Jenderal Pajak",
    "status": "active",
    "profile": "oidc",
    "redirect_uris": ["https://pajak.example/masuk/kembali"],
    "post_logout_redirect_uris": [],
    "backchannel_logout_uri": "https://pajak.example/keluar",
    "auth_method": "client_secret_basic",
    "algorithm": "RS256",
    "scope": ["openid", "profile", "nik"],
    "sector": "djp",
    "created_at": NOW,
    "changed_at": NOW,
}
ACTS = [
    {"name": "client_edit", "href": "/admin/clients/tax/edit"},
    {"name": "client_disable", "href": "/admin/clients/tax/disable"},
]
CLIENT_VALUES = {
    "client_name": "",
    "agency": "djp",
    "redirect_uris": "",
    "post_logout_redirect_uris": "",
    "backchannel_logout_uri": "",
    "token_endpoint_auth_method": "client_secret_basic",
    "jwks_uri": "",
    "id_token_signed_response_alg": "RS256",
    "scope": ["openid", "profile"],
    "client_uri": "",
    "policy_uri": "",
    "tos_uri": "",
    "reason": "",
}
CLIENT_FORM: dict[str, Any] = {
    **OPERATOR,
    "action": "/admin/clients",
    "is_new": True,
    "agencies": [{"id": "djp", "name": "Direktorat Jenderal Pajak"}],
    "auth_methods": ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
    "algorithms": ["RS256", "ES256", "PS256", "EdDSA"],
    "scopes": ["openid", "profile", "email", "phone", "address", "nik", "offline_access"],
    "values": CLIENT_VALUES,
    "errors": {},
    "problem": "",
}
CITIZEN = {
    "name": "B•••• S••••••",
    "nik": "••••••••••••0001",
    "status": "ACTIVE",
    "birth_year": "1990",
    "sex": "M",
    "region": "Gambir, Kota Jakarta Pusat",
    "href": "/admin/citizens/8d1f",
}
LOAD = {
    "id": 12,
    "mode": "delta",
    "state": "visible",
    "accepted": 98214,
    "rejected": 31,
    "unchanged": 1204,
    "started_at": NOW,
    "visible_at": NOW,
    "actor": "Ratna Dewi",
    "percent": None,
    "href": "/admin/imports/12",
}
ENTRY = {
    "number": 10241,
    "at": NOW,
    "actor_kind": "operator",
    "actor": "0b5f2c1e",
    "action": "client.disable",
    "object": "client:tax",
    "detail": ["status"],
    "reason": "Diminta instansi pemilik",
}
AUDIT: dict[str, Any] = {
    **OPERATOR,
    "values": {"actor": "", "action": "", "object": "", "since": "", "until": ""},
    "actions": ["client.disable", "account.suspend"],
    "errors": {},
    "entries": [ENTRY, ENTRY | {"number": None}],
    "older": "/admin/audit?before=x",
    "newest": None,
    "verified": {"at": NOW, "upto": 10241, "ok": True},
}
QR = Markup(  # a square instead of a real code
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 29 29" width="232" height="232" aria-hidden="true">'
    '<path fill="#fff" d="M0 0h29v29H0z"/><path d="M4 4h7v7H4zM18 4h7v7h-7zM4 18h7v7H4zM14 14h5v5h-5z"/></svg>'
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One face of a page; `name` is the picture's file name."""

    name: str
    template: str
    context: dict[str, Any] = field(repr=False)
    status: int = 200


def _faces(template: str, **contexts: dict[str, Any]) -> list[Sample]:
    stem = template.removesuffix(".html").replace("/", "_")
    return [Sample(f"{stem}_{face}", template, context) for face, context in contexts.items()]


SAMPLES: tuple[Sample, ...] = (
    *_faces(
        "sign_in.html",
        plain=SIGN_IN,
        wrong=SIGN_IN | {"identifier": "3171011785900001", "errors": {"identifier": "sign_in_failed"}},
        again=SIGN_IN | {"again": True, "identifier": "3171011785900001"},
        own=SIGN_IN | {"client": None, "errors": {"": "locked"}},
        long=SIGN_IN | {"client": LONG},
    ),
    *_faces(
        "second_factor.html",
        plain={"client": TAX, "errors": {}, **STEP},
        wrong={"client": None, "errors": {"otp": "otp_wrong"}, **STEP},
    ),
    *_faces(
        "continue_as.html",
        plain={"client": TAX, "person": BUDI, **STEP},
        long={"client": LONG, "person": LONG_NAME, **STEP},
    ),
    *_faces(
        "consent.html",
        plain={**ASK, "offline": False},
        offline={**ASK, "offline": True, "person": LONG_NAME, "client": LONG},
        fixed={**ASK, "offline": False, "voluntary": []},
    ),
    *_faces("notice.html", plain={**ASK, "purposes": [PURPOSE | {"legal_basis": "PUBLIC_TASK"}]}),
    *_faces(
        "form_post.html",
        plain={"action": "https://pajak.example/kembali", "fields": {"code": "c", "state": "s"}},
    ),
    *_faces(
        "logout_confirm.html",
        plain={
            "client": TAX,
            "portals": ["Pajak Online", "Jaminan Sosial"],
            "action": "/logout",
            "csrf": "t",
            "fields": {},
        },
        own={"client": None, "portals": [], "action": "/logout", "csrf": "t", "fields": {"state": "s"}},
    ),
    *_faces(
        "logged_out.html",
        plain={
            "portals": ["Pajak Online"],
            "back": {"name": "Pajak Online", "href": "https://pajak.example/"},
        },
        alone={"portals": [], "back": None},
    ),
    *_faces(
        "error.html",
        unknown={"code": "unknown_client", "request_id": "01HF8Z6YQ4"},
        away={"code": "unavailable", "request_id": "01HF8Z6YQ4"},
        many={"code": "too_many", "request_id": ""},
        unlisted={"code": "no_such_code", "request_id": "01HF8Z6YQ4"},
    ),
    *_faces(
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
            "recent": [{"agency": "Direktorat Jenderal Pajak", "at": NOW}],
        },
        fresh={
            **ACCOUNT,
            "person": LONG_NAME | {"email": None, "phone": None},
            "session": {"acr": "urn:gapura:loa:low", "amr": ["pwd"], "auth_time": NOW, "idle_minutes": 1},
            "second_factor": False,
            "recent": [],
        },
    ),
    *_faces(
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
    *_faces(
        "account/agencies.html",
        plain={
            **ACCOUNT,
            "done": "Jaminan Sosial",
            "connections": [
                CONNECTION,
                CONNECTION | {"legal_basis": "PUBLIC_TASK", "withdrawable": False, "last_use": None},
            ],
        },
        empty={**ACCOUNT, "done": None, "connections": []},
    ),
    *_faces(
        "account/withdraw.html",
        plain={
            **ACCOUNT,
            "connection": CONNECTION,
            "action": "/account/agencies/tax/withdraw",
            "back": "/account/agencies",
        },
    ),
    *_faces(
        "account/sessions.html",
        plain={
            **ACCOUNT,
            "ended": True,
            "sessions": [SESSION, SESSION | {"current": False, "device": "", "portals": []}],
        },
        one={**ACCOUNT, "ended": False, "sessions": [SESSION]},
    ),
    *_faces(
        "admin/home.html",
        plain={
            **OPERATOR,
            "figures": {"citizens": 278_696_200, "accounts": 1234, "clients": 12, "sessions": None},
            "last_load": LOAD,
            "unchained": 0,
        },
        late={
            **OPERATOR,
            "figures": {"citizens": 0, "accounts": 0, "clients": 0, "sessions": 0},
            "last_load": None,
            "unchained": 12,
        },
    ),
    *_faces(
        "admin/clients.html",
        plain={**OPERATOR, "can_add": True, "clients": [CLIENT | {"href": "/admin/clients/tax"}]},
        empty={**OPERATOR, "sections": ("home", "clients"), "can_add": False, "clients": []},
    ),
    *_faces(
        "admin/client_form.html",
        new=CLIENT_FORM,
        wrong=CLIENT_FORM
        | {
            "is_new": False,
            "errors": {"redirect_uris": "redirect_uri", "reason": "reason_missing"},
            "problem": "redirect_uris: a fragment is not allowed",
        },
    ),
    *_faces(
        "admin/client.html",
        secret={
            **OPERATOR,
            "client": CLIENT,
            "secret": "gs_8sK2f0q4Vx1mN7",
            "done": "client_added",
            "acts": ACTS,
        },
        plain={
            **OPERATOR,
            "client": CLIENT | {"status": "disabled"},
            "secret": None,
            "done": None,
            "acts": [],
        },
    ),
    *_faces(
        "admin/client_purposes.html",
        plain={
            **OPERATOR,
            "name": "Pajak Online",
            "action": "/admin/clients/tax/purposes",
            "back": "/admin/clients/tax",
            "rows": [
                {
                    "scope": "profile",
                    "options": [{"id": "1", "name": "Melaporkan pajak tahunan"}],
                    "chosen": "1",
                },
                {"scope": "nik", "options": [{"id": "1", "name": "Melaporkan pajak tahunan"}], "chosen": ""},
            ],
            "reason": "",
            "errors": {},
        },
    ),
    *_faces(
        "admin/confirm.html",
        disable={
            **OPERATOR,
            "section": "clients",
            "act": "client_disable",
            "name": "Pajak Online",
            "action": "/admin/clients/tax/disable",
            "back": "/admin/clients/tax",
            "reason": "",
            "errors": {"reason": "reason_missing"},
        },
        rotate={
            **OPERATOR,
            "section": "keys",
            "act": "keys_rotate",
            "name": "",
            "action": "/admin/keys/rotate",
            "back": "/admin/keys",
            "reason": "Jadwal tahunan",
            "errors": {},
        },
    ),
    *_faces(
        "admin/citizens.html",
        plain={
            **OPERATOR,
            "action": "/admin/citizens",
            "values": {"nik": "", "name": "", "birth_date": "", "reason": ""},
            "errors": {},
            "found": None,
        },
        found={
            **OPERATOR,
            "action": "/admin/citizens",
            "values": {
                "nik": "",
                "name": "Budi Santoso",
                "birth_date": "1990-05-17",
                "reason": "Aduan nomor 31",
            },
            "errors": {},
            "found": [CITIZEN],
        },
        none={
            **OPERATOR,
            "action": "/admin/citizens",
            "values": {"nik": "31", "name": "", "birth_date": "", "reason": ""},
            "errors": {"nik": "nik_length", "reason": "reason_missing"},
            "found": [],
        },
    ),
    *_faces(
        "admin/citizen.html",
        plain={
            **OPERATOR,
            "done": "suspend",
            "citizen": CITIZEN,
            "account": {"status": "suspended", "created_at": NOW, "second_factor": True, "sessions": 1},
            "sessions": [SESSION],
            "acts": [{"name": "reinstate", "href": "/admin/citizens/8d1f/reinstate"}],
        },
        bare={
            **OPERATOR,
            "done": None,
            "citizen": CITIZEN | {"status": "DECEASED"},
            "account": None,
            "sessions": [],
            "acts": [],
        },
    ),
    *_faces(
        "admin/imports.html",
        plain={
            **OPERATOR,
            "can_upload": True,
            "loads": [LOAD, LOAD | {"state": "discarded", "mode": "full"}],
        },
        empty={**OPERATOR, "can_upload": False, "loads": []},
    ),
    *_faces(
        "admin/import_new.html",
        plain={
            **OPERATOR,
            "action": "/admin/imports",
            "values": {"mode": "delta", "reason": ""},
            "errors": {"file": "file_missing"},
        },
    ),
    *_faces(
        "admin/import.html",
        running={
            **OPERATOR,
            "load": LOAD | {"state": "loading", "percent": 42, "visible_at": None},
            "rejects": [],
            "rejects_href": None,
        },
        rejects={
            **OPERATOR,
            "load": LOAD,
            "rejects": [{"line": 4012, "column": "nik", "reason": "nik_date"}],
            "rejects_href": "/admin/imports/12/rejects.csv",
        },
    ),
    *_faces(
        "admin/keys.html",
        plain={
            **OPERATOR,
            "done": None,
            "rotate": "/admin/keys/rotate",
            "keys": [
                {"kid": "cE1x0aQ", "alg": "RS256", "state": "active", "created_at": NOW, "changes_at": None},
                {"kid": "9mTq2Lk", "alg": "RS256", "state": "next", "created_at": NOW, "changes_at": NOW},
                {"kid": "x0Lw81z", "alg": "ES256", "state": "retiring", "created_at": NOW, "changes_at": NOW},
            ],
        },
    ),
    *_faces(
        "admin/audit.html",
        plain=AUDIT,
        broken={**AUDIT, "entries": [], "verified": {"at": NOW, "upto": 17, "ok": False}},
    ),
    *_faces(
        "admin/enrolment.html",
        plain={
            "name": "Ratna Dewi",
            "sign_in_name": "ratna.dewi",
            "qr_svg": QR,
            "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
            "action": "/enrol",
            "csrf": "t",
            "errors": {"password": "password_short", "otp": "otp_wrong"},
        },
    ),
)
