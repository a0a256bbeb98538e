"""What is kept of a client's secret: its digest, and the secret itself where its method needs it (decision 6)."""

from __future__ import annotations

from dataclasses import dataclass

from gapura.crypto.keyring import Vault
from gapura.protocol.client import Client
from gapura.values import ClientId, Secret, opaque_digest

PURPOSE = "client-secret"


@dataclass(frozen=True, slots=True, repr=False)
class KeptSecret:
    """`sealed` is None where nobody ever has to read the secret again."""

    digest: bytes
    sealed: bytes | None = None


@dataclass(frozen=True, slots=True)
class ClientSecrets:
    vault: Vault

    def keep(self, client_id: ClientId, secret: Secret, *, readable: bool) -> KeptSecret:
        """`readable`: it checks MACs, for which a digest will not do."""
        text = secret.reveal()
        sealed = self.vault.seal(PURPOSE, text.encode(), client_id.encode()) if readable else None
        return KeptSecret(opaque_digest(text), sealed)

    def read(self, client: Client) -> Secret | None:
        """None where only a digest is kept. Raises SealBroken and RootKeyMissing."""
        if client.secret_sealed is None:
            return None
        return Secret(self.vault.open(PURPOSE, client.secret_sealed, client.id.encode()).decode())
