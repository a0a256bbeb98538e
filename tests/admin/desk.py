"""An operator at a browser without JavaScript."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx2
import redis

from gapura.crypto.keyring import Vault
from gapura.crypto.passwords import Passwords
from gapura.crypto.root_keys import RootKeys
from gapura.flow.accounts import NewCredentials
from gapura.flow.order import Order
from gapura.identity.factors.totp import code_of, step_at
from gapura.identity.roles import ROLES
from gapura.storage.database import Database
from gapura.storage.new_accounts import NewAccount, add_account
from gapura.storage.records import Records
from gapura.values import Secret
from tests.site import Browser, Site

PASSWORD = "Kunci-Meja-Petugas-27"
TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
REASON = "Permintaan tertulis nomor 31"


class OperatorBrowser(Browser):
    def __init__(self, site: Site, name: str) -> None:
        super().__init__(site.url)
        self.site, self.name = site, name

    def sign_in(self, path: str) -> httpx2.Response:  # type: ignore[override]
        """Open a page of the administration, and prove who is there when it asks."""
        self.open(path)
        if self.step == "sign_in":
            self.submit(identifier=self.name, password=PASSWORD)
        if self.step == "second_factor":
            self.site.rows("update credential set last_step = null")  # an hour has passed
            self.submit(otp=code_of(Secret(TOTP), step_at(datetime.now(UTC))))
        return self.page

    def sign_in_again(self) -> None:
        """As if this operator had come in a moment ago."""
        self._signed_in_at(datetime.now(UTC))

    def wait(self, minutes: int) -> None:
        """As if the sign-in was so long ago."""
        self._signed_in_at(datetime.now(UTC) - timedelta(minutes=minutes))

    def forget_idle_clock(self) -> None:
        """As if nobody had been at this desk for ten minutes."""
        with redis.Redis.from_url(self.site.redis_url) as valkey:
            for key in valkey.scan_iter("{operator-idle:*"):
                valkey.delete(key)

    def _signed_in_at(self, moment: datetime) -> None:
        self.site.rows(
            "update session set auth_time = %s where ended_at is null and account_id = "
            "(select id from account where display_name = %s)",
            moment,
            self.name,
        )

    @property
    def account_id(self) -> str:
        [(account_id,)] = self.site.rows("select id from account where display_name = %s", self.name)
        return str(account_id)

    def audited(self, action: str) -> list[tuple[object, ...]]:
        """Object and whether a reason lies sealed with it, of what this operator did, the newest first."""
        return self.site.rows(
            "select object, sealed is not null from audit where actor = %s and action = %s order by at desc",
            self.account_id,
            action,
        )


async def add_operators(site: Site) -> None:
    """One of each role, whose sign-in name is the role's; a second administrator; and one who may nothing."""
    vault, now = Vault(RootKeys.parse(site.settings.root_keys.reveal())), datetime.now(UTC)
    passwords = Passwords(site.settings.argon2_memory_kib, 1, 1, threads=2, queue=64)
    hashed = await passwords.hash(Secret(PASSWORD))
    async with Database(site.settings.database_url, size=2) as database:
        records, order = Records(database, vault), Order.of_system("test", now)
        for role in (*ROLES, "colleague", "nobody"):
            roles = frozenset({"administrator"} if role == "colleague" else {role} & set(ROLES))
            account = NewAccount(
                None,
                {"operator": role},
                display_name=role,
                credentials=NewCredentials(hashed, Secret(TOTP)),
                roles=roles,
            )
            async with database.transaction() as tx:
                await add_account(tx, vault, records, account, order)
    passwords.close()
