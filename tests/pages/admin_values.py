"""What the pages of the administration show in their samples."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from tests.pages.sample import NOW

OPERATOR: dict[str, Any] = {
    "csrf": "T0ken",
    "operator": {"name": "Ratna Dewi"},
    "sections": ("home", "clients", "agencies", "citizens", "imports", "keys", "audit"),
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
    "frontchannel_logout_uri": "",
    "initiate_login_uri": "https://pajak.example/mulai",
    "auth_method": "client_secret_basic",
    "algorithm": "RS256",
    "scope": ["openid", "profile", "nik"],
    "purposes": ["Melaporkan pajak tahunan"],
    "sector": "djp",
    "created_at": NOW,
    "changed_at": NOW,
}
DELIVERIES = [
    {
        "at": NOW,
        "kind": "backchannel_logout",
        "status": "retrying",
        "attempts": 2,
        "next": NOW,
        "error": "status 500",
    },
    {
        "at": NOW,
        "kind": "backchannel_logout",
        "status": "delivered",
        "attempts": 1,
        "next": None,
        "error": "",
    },
]
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
    "frontchannel_logout_uri": "",
    "initiate_login_uri": "",
    "security_profile": "oidc",
    "token_endpoint_auth_method": "client_secret_basic",
    "jwks_uri": "",
    "tls_client_auth_subject_dn": "",
    "id_token_signed_response_alg": "RS256",
    "scope": ["openid", "profile"],
    "authorization_details_types": ["tax_return"],
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
    "auth_methods": [
        "client_secret_basic",
        "client_secret_post",
        "client_secret_jwt",
        "private_key_jwt",
        "tls_client_auth",
        "self_signed_tls_client_auth",
        "none",
    ],
    "profiles": ["oidc", "fapi2", "fapi-ciba"],
    "algorithms": ["RS256", "ES256", "PS256", "EdDSA"],
    "scopes": ["openid", "profile", "email", "phone", "address", "nik", "offline_access"],
    "detail_types": ["citizen_data", "tax_return", "social_security"],
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
    "verified": {"at": NOW, "upto": 10241, "rows": 1000, "ok": True},
}
QR = Markup(  # a square instead of a real code
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 29 29" width="232" height="232" aria-hidden="true">'
    '<path fill="#fff" d="M0 0h29v29H0z"/><path d="M4 4h7v7H4zM18 4h7v7h-7zM4 18h7v7H4zM14 14h5v5h-5z"/></svg>'
)
AGENCY = {"id": "djp", "name": "Direktorat Jenderal Pajak", "href": "/admin/agencies/djp"}
PURPOSE_FORM: dict[str, Any] = {
    **OPERATOR,
    "agency": AGENCY,
    "action": "/admin/agencies/djp/purposes",
    "legal_bases": ["CONSENT", "PUBLIC_TASK"],
    "attributes": ["nik", "name", "birthdate", "email"],
    "values": {
        "code": "",
        "title_id": "",
        "title_en": "",
        "text_id": "",
        "text_en": "",
        "legal_basis": "CONSENT",
        "law": "",
        "retention_days": "",
        "essential": ["nik"],
        "voluntary": [],
        "reason": "",
    },
    "errors": {},
}
