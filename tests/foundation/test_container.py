"""The container and the compose file: nobody's root, no secret with a default, images by their short names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = (ROOT / "docker-compose.yml").read_text()


def test_the_image_holds_what_production_needs_and_runs_as_nobodys_root() -> None:
    assert re.findall(r"requirements\S*\.lock", DOCKERFILE.split("\n", 1)[1])[0] == "requirements.lock"
    assert "requirements-" not in DOCKERFILE
    assert "--require-hashes" in DOCKERFILE
    last_stage = DOCKERFILE.rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER [1-9]\d+$", last_stage, re.MULTILINE)


def test_images_are_named_without_a_host() -> None:
    images = re.findall(r"^FROM (\S+)|^\s+image: (\S+)", f"{DOCKERFILE}\n{COMPOSE}", re.MULTILINE)
    names = [first or second for first, second in images]
    assert len(names) >= 5
    for name in names:
        assert not re.search(r"[.:@]", name.split("/")[0]) or "/" not in name


@pytest.mark.parametrize(
    "secret", ["GAPURA_ROOT_KEYS", "POSTGRES_PASSWORD", "VALKEY_PASSWORD", "GAPURA_ISSUER"]
)
def test_compose_refuses_a_secret_that_is_not_set(secret: str) -> None:
    uses = re.findall(rf"\$\{{{secret}(.*?)\}}", COMPOSE)
    assert uses
    assert set(uses) == {f":?set {secret}"}
