"""Every code that can reach a person has words, and every value has a label."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import gapura
from gapura.disclosure.attributes import ATTRIBUTES
from gapura.disclosure.purposes import LEGAL_BASES
from gapura.disclosure.scopes import SCOPES
from gapura.flow.outbox import Kind
from gapura.flow.outbox import Status as DeliveryStatus
from gapura.identity.citizen import Citizenship, Education, MaritalStatus, Relation, Religion, Sex, Status
from gapura.protocol.client_authentication import CLIENT_AUTH_METHODS
from gapura.web.errors import CODE_OF_STATUS
from gapura.web.formats import LABELLED_VALUES
from gapura.web.labels import LABELS
from gapura.web.phrases import PHRASES

RAISED = {"PageError", "TooMany"}


def _codes_raised() -> Iterator[str]:
    for path in Path(gapura.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.func, ast.Name):
                continue
            code = node.args[0]
            if node.func.id in RAISED and isinstance(code, ast.Constant):
                yield str(code.value)


@pytest.mark.parametrize("code", sorted({*_codes_raised(), *CODE_OF_STATUS.values(), "server_error"}))
def test_every_refusal_of_a_page_has_a_phrase(code: str) -> None:
    assert code in PHRASES


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("attribute", ATTRIBUTES),
        ("scope", SCOPES),
        ("legal_basis", LEGAL_BASES),
        ("source", {row.source for row in ATTRIBUTES.values()}),
        ("citizen_status", Status),
        ("sex", Sex),
        ("religion", Religion),
        ("marital_status", MaritalStatus),
        ("relation", Relation),
        ("education", Education),
        ("citizenship", Citizenship),
        ("delivery_kind", get_args(Kind)),
        ("delivery_status", get_args(DeliveryStatus)),
        ("auth_method", CLIENT_AUTH_METHODS),
    ],
)
def test_every_value_of_a_table_has_a_label(kind: str, names: object) -> None:
    assert {str(name) for name in names} <= set(LABELS[kind])  # type: ignore[attr-defined]  # each is iterable


def test_values_are_labelled_by_tables_that_exist() -> None:
    assert set(LABELLED_VALUES.values()) <= set(LABELS)
