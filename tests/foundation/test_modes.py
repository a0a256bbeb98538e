"""What a deployment offers follows from its mode."""

from __future__ import annotations

from gapura.settings import Settings
from gapura.web.locale import Languages
from gapura.wiring.discovery import discovery_of


def test_tokens_come_by_the_browser_in_a_sandbox_alone(settings: Settings) -> None:
    languages = Languages.load()
    production = discovery_of(settings.model_copy(update={"mode": "production"}), languages)
    assert production["response_types_supported"] == ["code"]
    assert "implicit" not in production["grant_types_supported"]
    sandbox = discovery_of(settings, languages)
    assert "code id_token" in sandbox["response_types_supported"]
    assert "implicit" in sandbox["grant_types_supported"]
