"""The pages of the administration."""

from __future__ import annotations

from tests.pages.admin_values import (
    ACTS,
    AGENCY,
    AUDIT,
    CITIZEN,
    CLIENT,
    CLIENT_FORM,
    DELIVERIES,
    LOAD,
    OPERATOR,
    PURPOSE_FORM,
    QR,
)
from tests.pages.sample import NOW, SESSION, Sample, faces

ADMIN: tuple[Sample, ...] = (
    *faces(
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
    *faces(
        "admin/clients.html",
        plain={**OPERATOR, "can_add": True, "clients": [CLIENT | {"href": "/admin/clients/tax"}]},
        empty={**OPERATOR, "sections": ("home", "clients"), "can_add": False, "clients": []},
    ),
    *faces(
        "admin/client_form.html",
        new=CLIENT_FORM,
        wrong=CLIENT_FORM
        | {
            "is_new": False,
            "errors": {"redirect_uris": "redirect_uri", "reason": "reason_missing"},
            "problem": "redirect_uris: a fragment is not allowed",
        },
    ),
    *faces(
        "admin/client.html",
        secret={
            **OPERATOR,
            "client": CLIENT,
            "secret": "gs_8sK2f0q4Vx1mN7",
            "done": "client_added",
            "acts": ACTS,
            "deliveries": [],
        },
        plain={
            **OPERATOR,
            "client": CLIENT | {"status": "disabled"},
            "secret": None,
            "done": None,
            "acts": [],
            "deliveries": DELIVERIES,
        },
    ),
    *faces(
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
    *faces(
        "admin/agencies.html",
        plain={
            **OPERATOR,
            "can_add": True,
            "agencies": [
                {
                    "id": "djp",
                    "name": "Direktorat Jenderal Pajak",
                    "purposes": 2,
                    "clients": 1,
                    "href": "/admin/agencies/djp",
                }
            ],
        },
        empty={**OPERATOR, "can_add": False, "agencies": []},
    ),
    *faces(
        "admin/agency.html",
        plain={
            **OPERATOR,
            "done": "purpose_added",
            "agency": AGENCY,
            "add": "/admin/agencies/djp/purposes/new",
            "purposes": [
                {
                    "code": "lapor-pajak",
                    "title": "Melaporkan pajak tahunan",
                    "legal_basis": "CONSENT",
                    "law": "UU 28/2007 pasal 2",
                    "essential": ["nik", "name"],
                    "voluntary": ["email"],
                }
            ],
        },
        empty={**OPERATOR, "done": None, "agency": AGENCY, "add": None, "purposes": []},
    ),
    *faces(
        "admin/agency_form.html",
        wrong={
            **OPERATOR,
            "action": "/admin/agencies",
            "values": {"id": "D", "name_id": "", "name_en": "", "reason": ""},
            "errors": {"id": "short_name", "name_id": "missing", "reason": "reason_missing"},
        },
    ),
    *faces(
        "admin/purpose_form.html",
        plain=PURPOSE_FORM,
        wrong=PURPOSE_FORM
        | {"errors": {"code": "short_name", "retention_days": "days", "essential": "attribute_twice"}},
    ),
    *faces(
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
    *faces(
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
            "errors": {"nik": "nik_digits", "reason": "reason_missing"},
            "found": [],
        },
    ),
    *faces(
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
    *faces(
        "admin/citizen_full.html",
        plain={
            **OPERATOR,
            "rows": [{"name": "nik", "value": "3171011785900001"}, {"name": "gender", "value": "M"}],
            "back": "/admin/citizens/8d1f",
        },
    ),
    *faces(
        "admin/imports.html",
        plain={
            **OPERATOR,
            "can_upload": True,
            "loads": [LOAD, LOAD | {"state": "discarded", "mode": "full"}],
        },
        empty={**OPERATOR, "can_upload": False, "loads": []},
    ),
    *faces(
        "admin/import_new.html",
        plain={
            **OPERATOR,
            "action": "/admin/imports",
            "values": {"mode": "delta", "reason": ""},
            "errors": {"file": "file_missing"},
            "problem": "",
        },
    ),
    *faces(
        "admin/import.html",
        running={
            **OPERATOR,
            "load": LOAD | {"state": "loading", "percent": 42, "visible_at": None},
            "rejects": [],
            "rejects_href": None,
            "refused": None,
            "problem": "",
        },
        rejects={
            **OPERATOR,
            "load": LOAD,
            "rejects": [{"line": 4012, "column": "nik", "reason": "nik_date"}],
            "rejects_href": "/admin/imports/12/rejects.csv",
            "refused": "no_such_code",
            "problem": "31 of 40 rows are wrong",
        },
    ),
    *faces(
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
    *faces(
        "admin/audit.html",
        plain=AUDIT,
        broken={**AUDIT, "entries": [], "verified": {"at": NOW, "upto": 17, "rows": 17, "ok": False}},
    ),
    *faces(
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
