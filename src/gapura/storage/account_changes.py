"""What can be done to an account, each in the caller's transaction with its audit row.

The account's row comes first: whoever starts a session holds it meanwhile (`storage/sessions.py`), so none slips in.
"""

from __future__ import annotations

from dataclasses import dataclass

from gapura.flow.order import Order
from gapura.storage import grant_ends
from gapura.storage.database import Transaction
from gapura.storage.records import Records
from gapura.storage.session_ends import end_sessions_of
from gapura.values import AccountId, ClientId

CHANGE = "update account set status = %s, changed_at = %s where id = %s and status = any(%s)"
HOLD = "select from account where id = %s for update"


@dataclass(frozen=True, slots=True)
class AccountChange:
    """`action` as the audit names it, the status it gives, and those that it can be given after."""

    action: str
    status: str
    after: tuple[str, ...]


SUSPEND = AccountChange("account.suspend", "suspended", ("active",))
# The registry's record and subjects stay.
CLOSE = AccountChange("account.close", "closed", ("active", "suspended"))
REINSTATE = AccountChange("account.reinstate", "active", ("suspended",))


async def change_account(
    tx: Transaction, records: Records, change: AccountChange, account_id: AccountId, order: Order
) -> bool:
    """Change its status; False when its present one does not allow it.

    Its sessions and grants end with this commit. A reinstatement ends them too: a code that left in the moment of the
    suspension may still be on its way, and nothing that had ended lives again.
    """
    changed = await tx.execute(CHANGE, [change.status, order.at, account_id, list(change.after)])
    if changed.rowcount == 0:
        return False
    await _end(tx, records, account_id, change.status, order)
    await records.write_audit(tx, order.entry(change.action, f"account:{account_id}"))
    return True


async def end_all_sessions(
    tx: Transaction, records: Records, account_id: AccountId, order: Order
) -> tuple[ClientId, ...]:
    """End all sessions of an account and what was issued to it; the clients that are told."""
    await tx.execute(HOLD, [account_id])
    told = await _end(tx, records, account_id, "ended", order)
    await records.write_audit(tx, order.entry("account.end_sessions", f"account:{account_id}"))
    return told


async def _end(
    tx: Transaction, records: Records, account_id: AccountId, reason: str, order: Order
) -> tuple[ClientId, ...]:
    told = await end_sessions_of(tx, records, (account_id,), reason, order)
    await tx.execute(*grant_ends.of_account(account_id, order.at, reason))
    return told
