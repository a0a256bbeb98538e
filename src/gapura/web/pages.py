"""Pages for people: templates, their language and their Content-Security-Policy.

Each template names its context at its top; the environments are strict, so a missing value is an error and never
an empty place. `page` adds what the layout needs.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from jinja2 import (
    ChainableUndefined,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
)
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Match

from gapura.web.cookies import LANGUAGE, Cookies
from gapura.web.formats import Formats
from gapura.web.labels import LABELS
from gapura.web.locale import Language, Languages
from gapura.web.phrases import ACTS, DONE, MESSAGES, PHRASES, Act, Phrase
from gapura.web.static_files import StaticFiles

FOLDER = Path(__file__).parent / "templates"
COMPONENTS = {
    "govukButton": "button",
    "govukCheckboxes": "checkboxes",
    "govukDateInput": "date-input",
    "govukDetails": "details",
    "govukErrorSummary": "error-summary",
    "govukFileUpload": "file-upload",
    "govukInput": "input",
    "govukInsetText": "inset-text",
    "govukNotificationBanner": "notification-banner",
    "govukPagination": "pagination",
    "govukRadios": "radios",
    "govukSelect": "select",
    "govukServiceNavigation": "service-navigation",
    "govukSkipLink": "skip-link",
    "govukSummaryList": "summary-list",
    "govukTable": "table",
    "govukTag": "tag",
    "govukTextarea": "textarea",
}
HEADERS = {"Vary": "Accept-Language, Cookie"}  # the edge adds what every answer carries
Row = TypeVar("Row", Phrase, Act)
NO_STRINGS: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pages:
    """`sandbox` shows the banner that says so; `home` is where the name in the header leads."""

    languages: Languages
    static: StaticFiles
    cookies: Cookies
    sandbox: bool = False
    home: str = "/"
    _environments: Mapping[str, Environment] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        components = _components()
        object.__setattr__(
            self, "_environments", {one.code: self._environment(one, components) for one in self.languages}
        )

    def page(
        self,
        request: Request,
        template: str,
        status: int = 200,
        *,
        ui_locales: str = "",
        form_action: Sequence[str] = NO_STRINGS,
        image_source: Sequence[str] = NO_STRINGS,
        frame_source: Sequence[str] = NO_STRINGS,
        headers: Mapping[str, str] | None = None,
        **context: Any,  # noqa: ANN401 -- the shape stands in each template
    ) -> HTMLResponse:
        """Render `template` in the language of the request.

        `form_action` extends the policy of a page whose form ends at a client: Chromium follows the whole chain of
        redirects. `image_source` does so for a client's logo, `frame_source` for clients' frames. Raises
        jinja2.UndefinedError when the context lacks what the template names.
        """
        language = self.language(request, ui_locales)
        nonce = secrets.token_urlsafe(16)
        text = self.render(template, language, nonce=nonce, path=_path(request, status), **context)
        sent = {
            **HEADERS,
            "Content-Language": language.code,
            "Content-Security-Policy": policy(
                nonce if f'nonce="{nonce}"' in text else "", form_action, image_source, frame_source
            ),
            **(headers or {}),
        }
        return HTMLResponse(text, status, sent)

    def render(self, template: str, language: Language, **context: Any) -> str:  # noqa: ANN401 -- whatever the template shows
        return self._environments[language.code].get_template(template).render(context)

    def language(self, request: Request, ui_locales: str = "") -> Language:
        return self.languages.choose(
            ui_locales=ui_locales,
            cookie=request.cookies.get(self.cookies.name(LANGUAGE), ""),
            accept=request.headers.get("accept-language", ""),
        )

    def _environment(self, language: Language, components: Mapping[str, Any]) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.policies["ext.i18n.trimmed"] = True
        environment.install_gettext_translations(  # type: ignore[attr-defined]  # the i18n extension adds it
            language.translations, newstyle=True
        )
        environment.filters.update(Formats(language).filters)
        environment.globals.update(components)
        environment.globals.update(
            language=language,
            languages=tuple(self.languages),
            sandbox=self.sandbox,
            home=self.home,
            static=self.static.url,
            phrase=lambda code: _said(PHRASES.get(code, PHRASES["server_error"]), language),
            act_phrase=lambda code: _said(ACTS[code], language),
            done_phrase=lambda code: language.say(DONE[code]),
            is_warning=lambda code: code in ACTS and ACTS[code].warning,
            message=lambda code: language.say(MESSAGES.get(code, MESSAGES["bad_request"])),
            label=lambda kind, name: language.say(LABELS[kind].get(name, name)),
        )
        return environment


def policy(
    nonce: str,
    form_action: Sequence[str],
    image_source: Sequence[str] = NO_STRINGS,
    frame_source: Sequence[str] = NO_STRINGS,
) -> str:
    """The Content-Security-Policy of a page; a script runs only where the page carries one with `nonce`."""
    parts = [
        "default-src 'none'",
        "style-src 'self'",
        " ".join(("img-src 'self'", *map(_source, image_source))),
        " ".join(("form-action 'self'", *map(_source, form_action))),
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
    if frame_source:
        parts.append(" ".join(("frame-src", *dict.fromkeys(map(_source, frame_source)))))
    return "; ".join([*parts, f"script-src 'nonce-{nonce}'"] if nonce else parts)


def _source(address: str) -> str:
    """A source of CSP Level 3 §2.3.1: a scheme alone or an origin, for paths with `;` or `?` would end the directive."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"


def _said(row: Row, language: Language) -> Row:
    """A row of `web/phrases.py` with every text of it translated."""
    texts = {name: language.say(text) for name, text in asdict(row).items() if isinstance(text, str)}
    return replace(row, **texts)  # type: ignore[arg-type]  # texts alone stand in it


def _path(request: Request, status: int) -> str:
    """Where the language switch returns to. What was refused isn't repeated: the query of such a request stays away."""
    if request.method == "POST" and not _opens(request):
        return "/"
    is_shown_again = request.url.query and status < HTTPStatus.BAD_REQUEST
    return f"{request.url.path}?{request.url.query}" if is_shown_again else request.url.path


def _opens(request: Request) -> bool:
    """Whether the address of a post can be opened too, as those of all steps can."""
    router = request.scope.get("router")
    opening = {**request.scope, "method": "GET"}
    return router is not None and any(route.matches(opening)[0] is Match.FULL for route in router.routes)


def _components() -> Mapping[str, Any]:
    """GOV.UK's macros, in an environment of their own: they leave parameters out by the dozen, our pages none."""
    lenient = Environment(
        loader=PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    return {
        macro: getattr(
            lenient.get_template(f"govuk_frontend_jinja/components/{name}/macro.html").module, macro
        )
        for macro, name in COMPONENTS.items()
    }
