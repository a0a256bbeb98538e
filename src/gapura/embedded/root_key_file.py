"""A root key for a site that has no key service: made once, kept in a file that only its owner can read."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from gapura.values import Secret

NAME = "root-keys"
KEY_BYTES = 32


def kept_root_keys(home: Path) -> Secret:
    """The keys in `home`, as GAPURA_ROOT_KEYS takes them. Whoever loses the file loses what is sealed."""
    path = home / NAME
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return Secret(path.read_text().strip())
    text = f"1:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}"
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return Secret(text)
