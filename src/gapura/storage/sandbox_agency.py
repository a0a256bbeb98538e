"""The agency of clients that register themselves in the sandbox, with its one purpose (decision 22)."""

from __future__ import annotations

from uuid import UUID

from gapura.disclosure.attributes import ATTRIBUTES
from gapura.disclosure.purposes import CONSENT, Purpose
from gapura.flow.directory import Agency
from gapura.flow.new_client import SANDBOX_AGENCY
from gapura.storage.agencies import add_agency, add_purpose
from gapura.storage.database import Database
from gapura.values import Instant, PurposeId

ESSENTIAL = ("name",)
AGENCY = Agency(SANDBOX_AGENCY, {"id": "Sandbox", "en": "Sandbox"})
PURPOSE = Purpose(
    id=PurposeId(UUID("5a9d0b0e-6c1e-4f0a-9a54-2f1f6a1f0b01")),
    agency_id=SANDBOX_AGENCY,
    code="sandbox",
    version=1,
    titles={"id": "Masuk ke layanan ini", "en": "Sign in to this service"},
    texts={
        "id": "Layanan ini memakai data Anda untuk mengenali Anda saat masuk dan mengisi profil Anda. "
        "Ini lingkungan uji coba: semua orang di dalamnya rekaan.",
        "en": "This service uses your data to recognise you when you sign in and to fill in your profile. "
        "This is a sandbox: everybody in it is invented.",
    },
    legal_basis=CONSENT,
    law="UU 27/2022 pasal 20 ayat (2) huruf a",
    retention_days=365,
    essential=ESSENTIAL,
    voluntary=tuple(name for name in ATTRIBUTES if name not in ESSENTIAL),
)


async def ensure_sandbox_agency(database: Database, now: Instant) -> None:
    """Safe to call by many workers at once, at every start."""
    async with database.transaction() as tx:
        await add_agency(tx, AGENCY, now)
        await add_purpose(tx, PURPOSE, now)
