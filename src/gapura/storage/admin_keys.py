"""Signing keys with all that is public of them, those that are gone among them."""

from __future__ import annotations

from datetime import timedelta

from gapura.crypto.signing_keys import KEEP_RETIRED, ROTATE_EVERY
from gapura.flow.admin_keys import KeyLine
from gapura.flow.order import Order
from gapura.storage.database import Database
from gapura.storage.keys import Keys

_ALL = """
select kid, alg, state, created_at, case state
    when 'next' then created_at + %(publish)s
    when 'active' then coalesce(active_at, created_at) + %(every)s
    when 'retiring' then retiring_at + %(keep)s
end
from signing_key
order by array_position(array['active', 'next', 'retiring', 'gone'], state), alg, created_at desc
limit 200"""


class AdminKeys:
    """Implements `flow.admin_keys.AdministersKeys`; `publish_for` is how long a key is known before it signs."""

    def __init__(self, database: Database, keys: Keys, publish_for: timedelta) -> None:
        self._database, self._keys, self._publish_for = database, keys, publish_for

    async def all(self) -> tuple[KeyLine, ...]:
        spans = {"publish": self._publish_for, "every": ROTATE_EVERY, "keep": KEEP_RETIRED}
        return tuple(KeyLine(*row) for row in await self._database.fetch(_ALL, spans))

    async def rotate(self, order: Order) -> bool:
        return bool(await self._keys.rotate(order, self._publish_for, timedelta(0)))
