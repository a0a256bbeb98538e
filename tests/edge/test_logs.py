"""Nothing personal in a log line, whatever way it takes there."""

from __future__ import annotations

import asyncio
import json
import logging
import warnings
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import structlog

from gapura import logs
from gapura.errors import Unavailable
from gapura.values import Secret

PLANTED = {
    "NIK": "3171011785900001",
    "NIK-in-groups": "3171 0117 8590 0001",
    "NIK-with-dots": "317101.178590.0001",
    "NIK-in-full-width-digits": "".join(chr(ord(digit) + 0xFEE0) for digit in "3171011785900001"),
    "e-mail": "budi.santoso+pajak@surel.example.id",
    "e-mail-in-a-query": "budi%40surel.example.id",
    "mobile": "081234567890",
    "mobile-with-country": "+62 812-3456-7890",
    "JWT": "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "cut-JWT": "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0",
    "opaque-token": "Zm9v-YmFy_YmF6-cXV4NDI_Zm9vYmFyYmF6cXV4MTI",
    "query": "?login_hint=budi&state=abc",
    "password-of-a-store": "gapura:hunter2",
}
CARRIERS = {
    "NIK-in-a-number": 3171011785900001,
    "in-a-list": ["3171011785900001"],
    "in-a-mapping": {"a": {"b": "3171011785900001"}},
    "as-a-key": {"nik": "31-71"},
    "deep": {"a": {"b": {"c": {"d": {"e": "3171011785900001"}}}}},
    "a-secret": Secret("3171011785900001"),
    "bytes": b"3171011785900001",
    "an-exception": ValueError("3171011785900001"),
}
TOLD: dict[str, Any] = {
    "uuid": UUID("0192f0c4-5a6b-7c8d-9e0f-112233445566"),
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "path": Path("/srv/gapura"),
    "address": ip_address("10.0.0.1"),
    "count": 12345678,
    "at": "2026-11-24T15:26:12.123456+00:00",
    "url": "https://gapura.test/authorize",
    "nothing": None,
    "kid": "es256-2026-11",
}


def _raise(text: str) -> None:
    raise ValueError(text)


@dataclass
class Row:
    name: str


@pytest.mark.parametrize("value", PLANTED.values(), ids=PLANTED.keys())
@pytest.mark.parametrize("way", ["value", "event", "stdlib-text", "stdlib-argument", "exception", "warning"])
def test_a_planted_value_is_in_no_line(written: list[str], value: str, way: str) -> None:
    text = (
        f"before postgresql://{value}@host after"
        if value == PLANTED["password-of-a-store"]
        else f"a {value} b"
    )
    log, library = structlog.get_logger("gapura.test"), logging.getLogger("uvicorn.error")
    match way:
        case "value":
            log.info("event", said=text)
        case "event":
            log.info(text)
        case "stdlib-text":
            library.info(text)
        case "stdlib-argument":
            library.info("got %s", text)
        case "exception":
            try:
                _raise(text)
            except ValueError:
                log.exception("failed")
                library.exception("failed")
        case "warning":
            with warnings.catch_warnings():  # pytest keeps them for itself otherwise
                logging.captureWarnings(capture=False)
                logging.captureWarnings(capture=True)
                warnings.simplefilter("always")
                warnings.warn(text, RuntimeWarning, stacklevel=1)
            assert "RuntimeWarning" in written[0]
    assert written
    assert not any(value in line or json.dumps(value)[1:-1] in line for line in written)


@pytest.mark.parametrize("value", CARRIERS.values(), ids=CARRIERS.keys())
def test_no_carrier_brings_one_along(written: list[str], value: object) -> None:
    structlog.get_logger().info("event", said=value)
    assert "3171011785900001" not in written[0]
    assert "31-71" not in written[0]


@pytest.mark.parametrize(
    "key", ["password", "access_token", "client-secret", "login_otp", "nik", "Authorization"]
)
def test_some_keys_say_enough(written: list[str], key: str) -> None:
    structlog.get_logger().info("event", **{key: "short"})
    assert "short" not in written[0]


@pytest.mark.parametrize(("key", "value"), TOLD.items(), ids=TOLD.keys())
def test_ids_and_numbers_are_told(written: list[str], key: str, value: object) -> None:
    structlog.get_logger().info("event", **{key: value, "token_id": "t1"})
    line = json.loads(written[0])
    assert str(line[key]) == str(value)
    assert line["token_id"] == "t1"


def test_a_dataclass_shows_its_name_alone(written: list[str]) -> None:
    structlog.get_logger().info("event", row=Row("Budi Santoso"))
    assert json.loads(written[0])["row"] == "<Row>"


def test_a_line_says_when_who_and_for_which_request(written: list[str]) -> None:
    token = logs.REQUEST_ID.set("7k2m-x9qd-04rt")
    structlog.get_logger("gapura.test").warning("worker_ended", exit_code=9)
    logs.REQUEST_ID.reset(token)
    line = json.loads(written[0])
    assert line.pop("ts").endswith("+00:00")
    assert line == {
        "level": "warning",
        "logger": "gapura.test",
        "request_id": "7k2m-x9qd-04rt",
        "event": "worker_ended",
        "exit_code": 9,
    }


def test_an_exception_is_told_by_type_place_and_our_own_detail(written: list[str]) -> None:
    def inner() -> None:
        raise Unavailable("database", detail="OperationalError 57P01")

    try:
        try:
            inner()
        except Unavailable as error:
            raise RuntimeError("Budi Santoso") from error
    except RuntimeError:
        structlog.get_logger().exception("failed")
    try:
        inner()
    except Unavailable:
        structlog.get_logger().exception("failed")
    first, second = map(json.loads, written)
    assert first["error"] == "RuntimeError"
    assert first["cause"] == "gapura.errors.Unavailable"
    assert "tests/edge/test_logs.py" in first["place"][-1]
    assert first["cause_place"][-1].endswith(" inner")
    assert "Budi" not in written[0]
    assert (second["code"], second["detail"]) == ("database", "OperationalError 57P01")


async def _fails() -> None:
    raise ValueError("Budi Santoso")


def test_a_task_that_nobody_awaited_is_told_without_its_text(written: list[str]) -> None:
    async def main() -> None:
        task = asyncio.create_task(_fails())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task

    asyncio.run(main())
    assert "Task exception was never retrieved" in written[0]
    assert "Budi" not in written[0]


def test_numbers_are_filled_into_the_texts_of_libraries(written: list[str]) -> None:
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 42)
    assert json.loads(written[0])["event"] == "Started server process [42]"


def test_libraries_are_quiet_below_a_warning(written: list[str]) -> None:
    logging.getLogger("httpx2").info("HTTP Request: GET https://x.test/?a=b")
    structlog.get_logger().debug("event")
    assert written == []


def test_a_line_of_a_request_goes_out_as_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    logs.write({"event": "request", "route": "/token"})
    line = json.loads(capfd.readouterr().out)
    assert (line["event"], line["route"], "ts" in line) == ("request", "/token", True)
