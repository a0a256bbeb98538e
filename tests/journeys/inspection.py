"""What every page owes to everybody: axe, a phone of 360 pixels, one heading, a title, the language it says it has."""

from __future__ import annotations

from dataclasses import dataclass, field

from axe_core_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no stubs
from playwright.sync_api import Page

from tests.journeys.citizen import PHONE, Citizen

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# What a page is called, its language and its outline.
OUTLINE = """() => ({
    lang: document.documentElement.lang,
    title: document.title.trim(),
    first: document.querySelectorAll('h1').length,
    levels: [...document.querySelectorAll('h1, h2, h3, h4')].map((one) => Number(one.tagName[1])),
})"""


@dataclass(slots=True)
class Inspection:
    """What was found wrong, by the page's name."""

    language: str
    found: dict[str, list[object]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    axe: Axe = field(default_factory=Axe)

    def inspect(self, name: str, page: Page) -> None:
        faults: list[object] = [
            (rule["id"], [node["html"][:200] for node in rule["nodes"]])
            for rule in self.axe.run(page, options=RULES)["violations"]
        ]
        if page.evaluate("document.documentElement.scrollWidth") > PHONE:
            faults.append("scrolls sideways")
        outline = page.evaluate(OUTLINE)
        if outline["lang"] != self.language or outline["first"] != 1 or not outline["title"]:
            faults.append(outline)
        if any(
            below > above + 1 for above, below in zip(outline["levels"], outline["levels"][1:], strict=False)
        ):
            faults.append(("a level of headings is left out", outline["levels"]))
        if faults:
            self.found[name] = faults
        self.titles[name] = outline["title"]


@dataclass(frozen=True, slots=True)
class Tour:
    """A citizen who goes from page to page, each of which is inspected and photographed."""

    citizen: Citizen
    inspection: Inspection

    def see(self, name: str) -> None:
        self.inspection.inspect(name, self.citizen.page)
        self.citizen.photograph(name)

    def open(self, name: str, address: str) -> None:
        self.citizen.open(address)
        self.see(name)
