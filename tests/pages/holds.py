"""What holds for every page, whatever it shows; each rule says what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

FORM = re.compile(r"<form[^>]*>.*?</form>", re.DOTALL)
POSTED = re.compile(r'<form[^>]*method="post"[^>]*>.*?</form>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as it is sent; `path` is where its language switch returns to, None where it can't be opened again."""

    text: str
    headers: Mapping[str, str]
    code: str
    path: str | None
    scripted: bool = False


Rule: TypeAlias = Callable[[Shown], Iterator[str]]


def says_its_language_its_title_and_one_heading(page: Shown) -> Iterator[str]:
    if f'<html lang="{page.code}"' not in page.text:
        yield "it says another language"
    title = re.search(r"<title>\s*(\S.*?)\s*</title>", page.text, re.DOTALL)
    if title is None or not title[1].endswith("\u2013 Gapura"):
        yield "it has no title"
    if page.text.count("<h1") != 1:
        yield f"it has {page.text.count('<h1')} first headings"


def works_without_scripts_and_keeps_the_policy(page: Shown) -> Iterator[str]:
    policy = page.headers["content-security-policy"]
    if re.search(r"<[^>]+\s(style|on[a-z]+)=", page.text):
        yield "the policy refuses a style or a handler in a tag"
    if ("<script" in page.text) != page.scripted or ("script-src" in policy) != page.scripted:
        yield "it has a script"
    yield from (
        f"{part} is missing"
        for part in ("default-src 'none'", "frame-ancestors 'none'")
        if part not in policy
    )
    if not all("<button" in form for form in FORM.findall(page.text)):
        yield "a form has no button"


def forms_that_change_something_carry_their_token(page: Shown) -> Iterator[str]:
    for form in POSTED.findall(page.text):
        if 'action="/language"' not in form and not page.scripted and 'name="csrf"' not in form:
            yield f"a form has no csrf: {form[:120]}"


def can_be_read_in_the_other_language(page: Shown) -> Iterator[str]:
    other, called = {"id": ("en", "English"), "en": ("id", "Bahasa Indonesia")}[page.code]
    if f'value="{other}" lang="{other}">{called}</button>' not in " ".join(page.text.split()):
        yield f"it does not offer {called}"
    if page.path is not None and f'name="next" value="{page.path}"' not in page.text:
        yield "its language switch leads elsewhere"


RULES: tuple[Rule, ...] = (
    says_its_language_its_title_and_one_heading,
    works_without_scripts_and_keeps_the_policy,
    forms_that_change_something_carry_their_token,
    can_be_read_in_the_other_language,
)
