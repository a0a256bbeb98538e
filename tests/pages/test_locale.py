from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gapura.web.locale import FOLDER, Languages

CASES = (
    pytest.param({}, "id", id="nothing is said: Indonesian"),
    pytest.param({"accept": "en-GB,en;q=0.9"}, "en", id="the browser's language"),
    pytest.param({"accept": "fr,de;q=0.9,en;q=0.1"}, "en", id="the first that we speak"),
    pytest.param({"accept": "en;q=0.4,id;q=0.8"}, "id", id="RFC 9110 §12.5.4: by quality, not by order"),
    pytest.param({"accept": "en;q=0"}, "id", id="RFC 9110 §12.4.2: quality 0 is not wanted"),
    pytest.param({"accept": "*"}, "id", id="any language"),
    pytest.param({"accept": "en;q=nonsense"}, "id", id="an unreadable wish is none"),
    pytest.param({"accept": "," * 5000 + "en"}, "id", id="only the first wishes are read"),
    pytest.param(
        {"ui_locales": "fr en id", "accept": "id"}, "en", id="OpenID Connect Core §3.1.2.1: in its order"
    ),
    pytest.param({"ui_locales": "en-US"}, "en", id="a region is left aside"),
    pytest.param({"ui_locales": "EN_us"}, "en", id="case and underscores are forgiven"),
    pytest.param({"ui_locales": "../../etc/passwd"}, "id", id="a path is no language"),
    pytest.param({"cookie": "id", "ui_locales": "en"}, "id", id="the person's choice beats the app's hint"),
    pytest.param({"cookie": "xx", "ui_locales": "en"}, "en", id="an unknown cookie says nothing"),
)


@pytest.mark.parametrize(("wishes", "code"), CASES)
def test_the_first_wish_that_we_speak_is_taken(
    languages: Languages, wishes: dict[str, str], code: str
) -> None:
    assert languages.choose(**wishes).code == code


def test_indonesian_comes_first_and_needs_no_catalogue(languages: Languages) -> None:
    assert [language.code for language in languages] == ["id", "en"]
    assert languages.source.say("Masuk") == "Masuk"
    assert languages.by_code["en"].say("Masuk") == "Sign in"


def test_languages_are_called_what_their_speakers_call_them(languages: Languages) -> None:
    assert [language.name for language in languages] == ["Bahasa Indonesia", "English"]


def test_a_third_language_is_a_folder(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "locale")
    (tmp_path / "locale/jv").mkdir()
    (tmp_path / "locale/jv/messages.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Masuk"\nmsgstr "Mlebu"\n',
        "utf-8",
    )
    languages = Languages.load(tmp_path / "locale")
    assert languages.choose(accept="jv").say("Masuk") == "Mlebu"
    assert [language.code for language in languages] == ["id", "en", "jv"]
