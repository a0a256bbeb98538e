"""Agencies, their purposes, and the tokens that let their developers register clients."""

from __future__ import annotations

from gapura.disclosure.purposes import Purpose
from gapura.flow.directory import Agency
from gapura.storage.database import Transaction
from gapura.values import AgencyId, Instant

_AGENCY = """
insert into agency (id, name_id, name_en, created_at) values (%s, %s, %s, %s) on conflict (id) do nothing
"""
_PURPOSE = """
insert into purpose (id, agency_id, code, version, title_id, title_en, text_id, text_en, legal_basis, law,
                     retention_days, essential, voluntary, created_at)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (agency_id, code, version) do nothing
"""
_INVITE = """
insert into initial_access_token (digest, agency_id, created_by, expires_at) values (%s, %s, %s, %s)
"""


async def add_agency(tx: Transaction, agency: Agency, now: Instant) -> bool:
    """False when it exists."""
    values = (agency.id, agency.names["id"], agency.names["en"], now)
    return (await tx.execute(_AGENCY, values)).rowcount > 0


async def add_purpose(tx: Transaction, purpose: Purpose, now: Instant) -> bool:
    """False when this version of it exists: a new text is a new version."""
    values = (
        purpose.id, purpose.agency_id, purpose.code, purpose.version, purpose.titles["id"], purpose.titles["en"],
        purpose.texts["id"], purpose.texts["en"], purpose.legal_basis, purpose.law, purpose.retention_days,
        list(purpose.essential), list(purpose.voluntary), now,
    )  # fmt: skip
    return (await tx.execute(_PURPOSE, values)).rowcount > 0


async def add_initial_token(
    tx: Transaction, digest: bytes, agency_id: AgencyId, created_by: str, expires_at: Instant
) -> None:
    """`digest` is the token's SHA-256; the first registration with it claims it."""
    await tx.execute(_INVITE, (digest, agency_id, created_by, expires_at))
