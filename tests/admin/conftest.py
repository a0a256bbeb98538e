from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from gapura.crypto.keyring import Vault
from gapura.crypto.passwords import Passwords
from gapura.crypto.root_keys import RootKeys
from gapura.flow.accounts import Credentials
from gapura.flow.order import Order
from gapura.identity.roles import ROLES
from gapura.storage.database import Database
from gapura.storage.new_accounts import NewAccount, add_account
from gapura.storage.records import Records
from gapura.values import Secret
from tests.admin.desk import PASSWORD, TOTP, OperatorBrowser
from tests.site import Site, run_site


@pytest.fixture(scope="module")
def site(
    module_database_url: str,
    module_redis_url: str,
    root_keys: Secret,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """A sandbox with an operator of each role, whose sign-in name is the role's."""
    home = tmp_path_factory.mktemp("site")
    with run_site(module_database_url, module_redis_url, root_keys, home) as running:
        asyncio.run(_add_operators(running))
        yield running


@pytest.fixture(scope="module")
def at_desk(site: Site) -> Callable[[str], OperatorBrowser]:
    """The browser of the operator of a role, signed in; one for all tests of a file."""
    browsers: dict[str, OperatorBrowser] = {}

    def signed_in(role: str) -> OperatorBrowser:
        if role not in browsers:
            browsers[role] = OperatorBrowser(site, role)
            browsers[role].sign_in("/admin")
        return browsers[role]

    return signed_in


@pytest.fixture
def administrator(at_desk: Callable[[str], OperatorBrowser]) -> OperatorBrowser:
    browser = at_desk("administrator")
    browser.sign_in_again()
    return browser


async def _add_operators(site: Site) -> None:
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
                credentials=Credentials(hashed, Secret(TOTP)),
                roles=roles,
            )
            async with database.transaction() as tx:
                await add_account(tx, vault, records, account, order)
    passwords.close()
