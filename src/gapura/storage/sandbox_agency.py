"""The agency of clients that register themselves in the sandbox, with its one purpose (decision 22)."""

from __future__ import annotations

from uuid import UUID

from gapura.disclosure.attributes import ATTRIBUTES
from gapura.disclosure.purposes import CONSENT
from gapura.flow.register import SANDBOX_AGENCY
from gapura.storage.database import Database
from gapura.values import Instant

PURPOSE_ID = UUID("5a9d0b0e-6c1e-4f0a-9a54-2f1f6a1f0b01")

_AGENCY = "insert into agency (id, name_id, name_en, created_at) values (%s, %s, %s, %s) on conflict do nothing"
_PURPOSE = """
insert into purpose (id, agency_id, code, version, title_id, title_en, text_id, text_en, legal_basis, law,
                     retention_days, essential, voluntary, created_at)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing
"""

_ESSENTIAL = ["name"]


async def ensure_sandbox_agency(database: Database, now: Instant) -> None:
    """Safe to call by many workers at once, at every start."""
    voluntary = [name for name in ATTRIBUTES if name not in _ESSENTIAL]
    purpose = (
        PURPOSE_ID, SANDBOX_AGENCY, "sandbox", 1,
        "Masuk ke layanan ini",
        "Sign in to this service",
        "Layanan ini memakai data Anda untuk mengenali Anda saat masuk dan mengisi profil Anda. "
        "Ini lingkungan uji coba: semua orang di dalamnya rekaan.",
        "This service uses your data to recognise you when you sign in and to fill in your profile. "
        "This is a sandbox: everybody in it is invented.",
        CONSENT, "UU 27/2022 pasal 20 ayat (2) huruf a", 365, _ESSENTIAL, voluntary, now,
    )  # fmt: skip
    async with database.transaction() as tx:
        await tx.execute(_AGENCY, (SANDBOX_AGENCY, "Sandbox", "Sandbox", now))
        await tx.execute(_PURPOSE, purpose)
