"""Logs: one JSON object per line on stdout, ours and the libraries', without secrets and personal data.

Redaction stands here alone. What is written about a request (`write`) is made of bounded parts and skips it; all else
passes `redacted`, which is the net under the rule that details hold ids and hashes only. Texts of exceptions and of
others' log arguments are left out: what was sent may stand in them.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson
import structlog

from gapura.errors import GapuraError

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")

HIDDEN = "•••"
MAX_TEXT = 1000
MAX_DEPTH = 4
MAX_FRAMES = 8
# A key is judged by its words: `access_token` is hidden, `token_id` and `tokenizer` are not.
_HIDDEN_WORDS = """
assertion authorization birth birthdate cookie credential credentials email jwt kk msisdn nik otp passphrase password
phone query recovery secret seed token verifier
"""
HIDDEN_WORDS = frozenset(_HIDDEN_WORDS.split())
TELLING_ENDS = frozenset({"count", "hash", "id", "ids", "kind", "version"})
# Others' chatter; httpx2 would log every address that we call.
LIBRARY_LEVEL = logging.WARNING
LIBRARIES_AT_INFO = ("uvicorn", "alembic")

_PERSONAL = re.compile(
    r"""
      eyJ[\w-]{4,}(?:\.[\w-]*)+                                   # a JWT
    | (?<!\d)(?:\d[ .\-]?){15}\d(?!\d)                            # a NIK or KK, also when typed in groups
    | (?<!\d)(?:\+?62|0)[ \-]?8(?:[ \-]?\d){7,11}(?!\d)           # a mobile number
    | [\w.+\-]+(?:@|%40)[\w\-]+(?:\.[\w\-]+)+                     # an e-mail address
    | (?<=://)[^\s/@]+(?=@)                                       # user and password of an address
    | \?[^\s"'<>]*=[^\s"'<>]*                                     # a query
    | (?<![\w\-])(?=[\w\-]*[A-Z])(?=[\w\-]*[a-z])(?=[\w\-]*\d)[\w\-]{40,}  # an opaque token of ours
    """,
    re.VERBOSE,
)
_SIXTEEN_DIGITS = range(10**15, 10**16)
_OPTIONS = (
    orjson.OPT_APPEND_NEWLINE
    | orjson.OPT_NON_STR_KEYS
    | orjson.OPT_PASSTHROUGH_DATACLASS  # their fields are nobody's business here
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)


def configure(level: str) -> None:
    """Send structlog's and the standard library's records to stdout; `level` as the setting says it."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[_head, _explain_exception, _redact, _render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_Sink,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Routed()]
    root.setLevel(max(number, LIBRARY_LEVEL))
    for name in LIBRARIES_AT_INFO:
        library = logging.getLogger(name)
        library.handlers = []
        library.propagate = True
        library.setLevel(max(number, logging.INFO))
    logging.captureWarnings(capture=True)


def write(event: Mapping[str, object]) -> None:
    """One line as it is, unredacted: only for events whose every part we made ourselves."""
    _emit(orjson.dumps({"ts": _now(), **event}, _by_type, _OPTIONS))


def redacted(value: object, depth: int = 0) -> object:
    """The value with all that looks like a person's, a secret or a query replaced by dots."""
    match value:
        case str():
            return _PERSONAL.sub(HIDDEN, value[:MAX_TEXT])
        case None | bool() | float() | datetime():
            return value
        case int():
            return HIDDEN if value in _SIXTEEN_DIGITS else value
        case Mapping() if depth < MAX_DEPTH:
            return {str(k): HIDDEN if _is_hidden(k) else redacted(v, depth + 1) for k, v in value.items()}
        case list() | tuple() | set() | frozenset() if depth < MAX_DEPTH:
            return [redacted(item, depth + 1) for item in value]
    return redacted(_by_type(value), depth)


def explained(error: BaseException) -> dict[str, object]:
    """Type and place of an exception and of what caused it; our own `code` and `detail`, nobody else's text."""
    told: dict[str, object] = {"error": _type(error), "place": _places(error.__traceback__)}
    if isinstance(error, GapuraError):
        told |= {"code": error.code, "detail": error.detail}
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        told["cause"] = _type(cause)
        told["cause_place"] = _places(cause.__traceback__)
    return told


class _Sink:
    """structlog's end: it gets finished lines."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def msg(self, line: bytes) -> None:
        _emit(line)

    debug = info = warning = error = critical = exception = fatal = msg


class _Routed(logging.Handler):
    """The standard library's records in the same lines."""

    def emit(self, record: logging.LogRecord) -> None:
        event: dict[str, Any] = {"event": _said(record), "exc_info": record.exc_info}
        method = record.levelname.lower()
        for step in (_head, _explain_exception, _redact):
            event = dict(step(_Sink(record.name), method, event))
        _emit(_render(None, method, event))


def _said(record: logging.LogRecord) -> str:
    """Numbers are filled in, other arguments are not, and of a longer text the first line is enough."""
    args = record.args if isinstance(record.args, tuple) else ()
    if record.name == "py.warnings" and args:
        return ": ".join(str(args[0]).split(": ")[:2])  # its place and category
    plain = args and all(isinstance(arg, int | float) for arg in args)
    text = record.getMessage() if plain else str(record.msg)
    return text.partition("\n")[0]


def _head(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401 -- structlog's
    head: dict[str, Any] = {"ts": _now(), "level": method}
    if logger.name:
        head["logger"] = logger.name
    request_id = REQUEST_ID.get()
    if request_id:
        head["request_id"] = request_id
    return {**head, **event}


def _explain_exception(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401 -- structlog's
    info = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    return {**event, **explained(error)} if isinstance(error, BaseException) else event


def _redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401 -- structlog's
    return {
        key: value if key in _OURS else HIDDEN if _is_hidden(key) else redacted(value)
        for key, value in event.items()
    }


def _render(_: Any, __: str, event: MutableMapping[str, Any]) -> bytes:  # noqa: ANN401 -- structlog's
    return orjson.dumps(event, _by_type, _OPTIONS)


def _now() -> datetime:
    return datetime.now(UTC)


def _emit(line: bytes) -> None:
    out = sys.stdout.buffer
    out.write(line)
    out.flush()  # whole lines only, and none is lost by kill -9


def _is_hidden(key: object) -> bool:
    words = str(key).lower().replace("-", "_").split("_")
    return words[-1] not in TELLING_ENDS and not HIDDEN_WORDS.isdisjoint(words)


def _by_type(value: object) -> str:
    """Ids and paths say what they are; of all else (Secret, dataclasses, exceptions) the type is told."""
    match value:
        case BaseException():
            return _type(value)
        case bytes() | bytearray() | memoryview():
            return f"{len(value)} bytes"
        case Path():
            return str(value)
        case _ if type(value).__module__ in {"uuid", "ipaddress", "enum", "datetime", "decimal"}:
            return str(value)
        case _:
            return f"<{type(value).__name__}>"


def _type(error: BaseException) -> str:
    module = type(error).__module__
    return type(error).__name__ if module == "builtins" else f"{module}.{type(error).__name__}"


def _places(traceback: TracebackType | None) -> list[str]:
    """The innermost frames, innermost last: file, line and function."""
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        path = "/".join(Path(code.co_filename).parts[-3:])
        places.append(f"{path}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return places[-MAX_FRAMES:]


_OURS = frozenset({"ts", "level", "logger", "request_id", "place", "cause_place", "error", "cause"})
