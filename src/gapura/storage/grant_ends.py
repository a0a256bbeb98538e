"""The end of grants and access tokens: a statement and its parameters for each way that they end.

Whoever has a connection runs one, in the transaction of what it follows from: `tx.execute(*grant_ends.of_client(…))`.
Only what stands ends, so the first end keeps its instant and reason. A token of a grant is worth what the grant is
worth; only those that a client got for itself are ended by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from gapura.storage.grant_rows import STANDS
from gapura.values import AccountId, CitizenId, ClientId, GrantId, Instant, TokenId

Ending: TypeAlias = tuple[str, Mapping[str, object]]

_END = "update grants g set revoked_at = %(at)s, revoke_reason = %(reason)s where "
_END_TOKENS = "update access_token set revoked_at = %(at)s where revoked_at is null and "

OF_GRANT = f"{_END}g.id = %(grant)s and {STANDS}"
OF_CODE = f"{_END}g.code_digest = %(code)s and {STANDS}"
# These have indexes of what stands.
OF_ACCOUNT = f"{_END}g.account_id = %(account)s and g.revoked_at is null"
OF_CONSENT = f"{_END}g.citizen_id = %(citizen)s and g.client_id = %(client)s and g.revoked_at is null"
OF_CLIENT = f"{_END}g.client_id = %(client)s and g.revoked_at is null"
OF_CITIZENS = f"{_END}g.citizen_id in ({{citizens}}) and g.revoked_at is null"

TOKEN = f"{_END_TOKENS}id = %(token)s"
TOKENS_OF_CLIENT = f"{_END_TOKENS}client_id = %(client)s and expires_at > %(at)s"


def of_grant(grant_id: GrantId, at: Instant, reason: str) -> Ending:
    return OF_GRANT, {"grant": grant_id, "at": at, "reason": reason}


def of_code(digest: bytes, at: Instant, reason: str) -> Ending:
    """What was issued from this code."""
    return OF_CODE, {"code": digest, "at": at, "reason": reason}


def of_account(account_id: AccountId, at: Instant, reason: str) -> Ending:
    return OF_ACCOUNT, {"account": account_id, "at": at, "reason": reason}


def of_consent(citizen_id: CitizenId, client_id: ClientId, at: Instant, reason: str) -> Ending:
    """Every grant that stands on what this citizen agreed to at this client."""
    return OF_CONSENT, {"citizen": citizen_id, "client": client_id, "at": at, "reason": reason}


def of_client(client_id: ClientId, at: Instant, reason: str) -> Ending:
    return OF_CLIENT, {"client": client_id, "at": at, "reason": reason}


def of_citizens(citizens: str, bound: Mapping[str, object], at: Instant, reason: str) -> Ending:
    """`citizens` is a statement that selects their ids, `bound` its parameters."""
    return OF_CITIZENS.format(citizens=citizens), {**bound, "at": at, "reason": reason}


def token(token_id: TokenId, at: Instant) -> Ending:
    return TOKEN, {"token": token_id, "at": at}


def tokens_of_client(client_id: ClientId, at: Instant) -> Ending:
    return TOKENS_OF_CLIENT, {"client": client_id, "at": at}
