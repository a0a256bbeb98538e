"""The few root keys of a deployment and where they come from: today's is used, older ones still open and recognise."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from gapura.values import Secret

KEY_BYTES = 32
MAX_VERSION = 255  # the version travels as one byte


@dataclass(frozen=True, slots=True, repr=False)
class RootKeys:
    current: int
    keys: Mapping[int, bytes]

    def __post_init__(self) -> None:
        if self.current not in self.keys:
            raise ValueError(f"root key {self.current} is current but not given")
        for version, key in self.keys.items():
            if not 1 <= version <= MAX_VERSION or len(key) != KEY_BYTES:
                raise ValueError(
                    f"root key {version}: a version of 1-{MAX_VERSION} and {KEY_BYTES} bytes are needed"
                )

    def __repr__(self) -> str:
        return f"RootKeys(current={self.current}, versions={sorted(self.keys)})"

    @classmethod
    def parse(cls, text: str) -> RootKeys:
        """Read `1:<base64 of 32 bytes>,2:…`; the highest version is the current one.

        Raises ValueError, whose text names the version and never the key.
        """
        keys: dict[int, bytes] = {}
        for entry in filter(None, map(str.strip, text.split(","))):
            number, _, encoded = entry.partition(":")
            if not (number.isascii() and number.isdigit()):
                raise ValueError("root keys are written as version:base64, separated by commas")
            version = int(number)
            if version in keys:
                raise ValueError(f"root key {version} is given twice")
            try:
                keys[version] = base64.b64decode(encoded, validate=True)
            except binascii.Error:
                raise ValueError(f"root key {version} is not base64") from None
        if not keys:
            raise ValueError("at least one root key is needed")
        return cls(max(keys), keys)


class RootKeySource(Protocol):
    """A KMS, an HSM or the environment: asked at start, and again when an unknown version turns up.

    Raises errors.Unavailable when the keys can't be had now.
    """

    async def root_keys(self) -> RootKeys: ...


@dataclass(frozen=True, slots=True)
class GivenRootKeys:
    """The keys as the operator set them (`GAPURA_ROOT_KEYS`)."""

    text: Secret

    async def root_keys(self) -> RootKeys:
        return RootKeys.parse(self.text.reveal())
