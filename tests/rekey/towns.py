"""A town whose people were imported and signed in under root key 1, and what a reader can do there."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from gapura.crypto.jose import sign
from gapura.crypto.keyring import RootKeys, Vault
from gapura.crypto.passwords import Passwords
from gapura.flow.accounts import NewCredentials
from gapura.flow.client_secrets import ClientSecrets
from gapura.flow.new_client import SANDBOX_AGENCY, MakesClients
from gapura.flow.order import Order
from gapura.flow.sign_in import NeedsSecondFactor, Proofs, SignedIn
from gapura.identity.citizen import Citizen, Status
from gapura.identity.factors.totp import code_of, step_at
from gapura.identity.nik import Nik
from gapura.identity.session import Browser
from gapura.protocol.registration import register
from gapura.registry.importing import ImportOrder, LoadTarget, Summary, run_import
from gapura.registry.synth.extract import write_extract
from gapura.registry.synth.people import people
from gapura.storage.accounts import Accounts
from gapura.storage.addresses import Addresses
from gapura.storage.cache import Cache
from gapura.storage.client_writes import ClientWrites
from gapura.storage.database import Database
from gapura.storage.directory import load_directory
from gapura.storage.keys import Keys
from gapura.storage.live_sessions import LiveSessions
from gapura.storage.new_accounts import NewAccount, add_account
from gapura.storage.records import Records
from gapura.storage.registry import Registry
from gapura.storage.root_keys import confirm_root_keys
from gapura.storage.sandbox_agency import ensure_sandbox_agency
from gapura.storage.sessions import Sessions
from gapura.storage.throttle import Throttle
from gapura.values import AccountId, CitizenId, ClientId, Instant, Secret
from tests.protocol.registrations import SANDBOX as POLICY

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ONE, BOTH, TWO = (
    {version: bytes([version]) * 32 for version in versions} for versions in ((1,), (1, 2), (2,))
)
PASSWORD, TOTP = Secret("Gerbang-Terbuka-1945"), Secret("JBSWY3DPEHPK3PXP")
EMAIL, PHONE, OPERATOR = "budi@contoh.id", "+6281234567890", "tini"
COUNT, OLD_FAMILY = 60, "3171011288150007"
CLIENT_SECRET = "c" * 43


def vault_of(keys: dict[int, bytes]) -> Vault:
    return Vault(RootKeys(max(keys), keys))


def text_of(keys: dict[int, bytes]) -> Secret:
    return Secret(",".join(f"{version}:{b64encode(key).decode()}" for version, key in keys.items()))


@dataclass(slots=True)
class Town:
    """`citizens` as the registry has them today; the first of them has an account, and a session by `cookie`."""

    database: Database
    cache: Cache
    redis_url: str
    passwords: Passwords
    folder: Path
    url: str
    citizens: Sequence[Citizen] = ()
    ids: Sequence[CitizenId] = ()
    account_id: AccountId | None = None
    operator_id: AccountId | None = None
    cookie: Secret | None = None

    def bring(self, keys: dict[int, bytes], citizens: Sequence[Citizen], mode: str = "full") -> Summary:
        path = self.folder / "extract.csv"
        write_extract(path, citizens)
        order = ImportOrder(path, mode)  # type: ignore[arg-type]
        target = LoadTarget(self.url, text_of(keys), sandbox=True)
        return run_import(order, target, vault_of(keys), lambda: NOW, lambda _: None)

    async def settle(self, count: int = COUNT) -> None:
        """Everybody and everything under root key 1."""
        vault = vault_of(ONE)
        await confirm_root_keys(self.database, vault, NOW)
        first = list(islice((one for one in people(7, NOW.date()) if one.status is Status.ACTIVE), count))
        self.bring(ONE, [replace(first[0], kk=OLD_FAMILY), *first[1:]])
        self.bring(ONE, first[:3], "delta")  # the first has moved to another family card: two rows
        self.citizens = first
        registry, keys = Registry(self.database, vault), Keys(self.database, vault)
        self.ids = [await _found(registry, one) for one in first]
        await self._open_accounts(vault)
        await self._register_client(vault)
        await keys.rotate(Order.of_system("keys", NOW), timedelta(0))
        person = await Accounts(self.database, vault).person(self.account_id)  # type: ignore[arg-type]
        assert person
        browser = Browser("198.51.100.7", "Firefox", Secret("device"))
        async with self.sessions(vault) as sessions:
            _, self.cookie = await sessions.rise(SignedIn(person, ("pwd",)), browser, NOW)

    async def _open_accounts(self, vault: Vault) -> None:
        credentials = NewCredentials(await self.passwords.hash(PASSWORD), TOTP)
        citizen = NewAccount(self.ids[0], {"email": EMAIL, "phone": PHONE}, credentials=credentials)
        operator = NewAccount(None, {"operator": OPERATOR}, display_name="Tini", credentials=credentials)
        async with self.database.transaction() as tx:
            for account in (citizen, operator):
                order, records = Order.of_system("test", NOW), Records(self.database, vault)
                assert await add_account(tx, vault, records, account, order)
        self.account_id, self.operator_id = citizen.id, operator.id

    async def _register_client(self, vault: Vault) -> None:
        await ensure_sandbox_agency(self.database, NOW)
        makes = MakesClients(POLICY, lambda: CLIENT_SECRET, lambda: "pajak", ClientSecrets(vault))
        document = {"token_endpoint_auth_method": "client_secret_jwt", "grant_types": ["client_credentials"]}
        client, _ = makes.client(register(document, POLICY), SANDBOX_AGENCY, {}, alone=True)
        order, records = Order.of_system("test", NOW), Records(self.database, vault)
        await ClientWrites(self.database, records).add(client, order)

    def proofs(self, vault: Vault) -> Proofs:
        addresses = Addresses(self.cache, 10_000, spare_loopback=False)
        throttle = Throttle(self.database, vault)
        return Proofs(Accounts(self.database, vault), throttle, addresses, self.passwords)

    @asynccontextmanager
    async def sessions(self, vault: Vault) -> AsyncIterator[Sessions]:
        cache = Cache(self.redis_url, vault)
        yield Sessions(self.database, cache, vault, timedelta(minutes=15), timedelta(hours=12))
        await cache.close()

    async def signs_in(self, vault: Vault, typed: str, expected: AccountId | None) -> None:
        outcome = await self.proofs(vault).check_password(typed, PASSWORD, Browser("198.51.100.7"), NOW)
        assert isinstance(outcome, NeedsSecondFactor), typed
        assert outcome.person.account_id == expected

    async def proves_code(self, vault: Vault, now: Instant) -> None:
        assert self.account_id
        code = code_of(TOTP, step_at(now))
        proofs = self.proofs(vault)
        outcome = await proofs.check_totp(self.account_id, ("pwd",), code, Browser("198.51.100.7"), now)
        assert isinstance(outcome, SignedIn)

    async def is_as_it_was(self, keys: dict[int, bytes]) -> None:
        """Whatever a reader with these root keys can ask for is there."""
        vault = vault_of(keys)
        registry = Registry(self.database, vault)
        assert [await _found(registry, one) for one in self.citizens] == list(self.ids)
        assert list((await registry.read_many(self.ids)).values()) == list(self.citizens)
        await self.is_as_it_was_for_one(keys)
        await self.signs_in(vault, OPERATOR, self.operator_id)
        await self._has_its_secrets(vault)

    async def is_as_it_was_for_one(self, keys: dict[int, bytes]) -> None:
        """Found by card, by name and day, and signed in by NIK, e-mail and phone."""
        vault = vault_of(keys)
        registry = Registry(self.database, vault)
        budi, budis_id = self.citizens[0], self.ids[0]
        assert budis_id in await registry.find_by_kk(budi.kk)
        assert budis_id not in await registry.find_by_kk(OLD_FAMILY)
        assert budis_id in await registry.find_by_name_birth(budi.full_name, budi.birth_date)
        for typed in (budi.nik, EMAIL, PHONE):
            await self.signs_in(vault, typed, self.account_id)

    async def _has_its_secrets(self, vault: Vault) -> None:
        assert self.account_id
        accounts = Accounts(self.database, vault)
        contacts = await accounts.contacts(self.account_id)
        assert (contacts.email, contacts.phone) == (EMAIL, PHONE)
        [totp] = await accounts.totp(self.account_id)
        assert totp.secret.reveal() == TOTP.reveal()
        [live] = await LiveSessions(self.database, vault).of(self.account_id, NOW)
        assert live.user_agent == "Firefox"
        client = (await load_directory(self.database)).clients[ClientId("pajak")]
        secret = ClientSecrets(vault).read(client)
        assert secret
        assert secret.reveal() == CLIENT_SECRET
        ring = await Keys(self.database, vault).load()
        assert all(sign(ring.active(alg), {}, "JWT") for alg in ("ES256", "RS256", "PS256", "EdDSA"))


async def _found(registry: Registry, citizen: Citizen) -> CitizenId:
    found = await registry.find_by_nik(Nik.parse(citizen.nik, today=NOW.date(), sandbox=True))
    assert found, "a citizen can't be found"
    return found
