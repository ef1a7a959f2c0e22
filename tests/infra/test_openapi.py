"""The API's document, held against the app, the errors and the manual, so that none of them can drift."""

import json
import re

from app import app
from chalicelib import errors
from infra.openapi import CODES, METHODS, TARGET, document, text
from infra.package import ROOT

MANUAL = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
ROUTES = {(path, method) for path, methods in app.routes.items() for method in methods}


def operations() -> set[tuple[str, str]]:
    """(route, method) of every operation."""
    return {(path, name.upper()) for path, item in document()["paths"].items() for name in item if name in METHODS}


def test_the_served_document_is_the_one_that_its_source_makes() -> None:
    assert TARGET.read_text(encoding="utf-8") == text(), "run python -m infra.openapi"


def test_every_route_of_the_app_is_an_operation_and_no_other() -> None:
    assert operations() == ROUTES


def test_every_operation_has_a_name_of_its_own_and_a_summary() -> None:
    every = [item[name] for item in document()["paths"].values() for name in item if name in METHODS]

    assert len({each["operationId"] for each in every}) == len(every)
    assert all(each["summary"] and each["tags"] for each in every)


def test_every_route_and_every_code_stands_in_the_manual() -> None:
    named = set(re.findall(r"`(?:GET|POST|DELETE|HEAD) (/[^`?]*)", MANUAL))
    rows = re.findall(r"^\| `([a-z_]+)` \| ([0-9, ]+) \|", MANUAL, re.MULTILINE)

    shape = {re.sub(r"\{\w+\}", "{}", path) for path, _ in ROUTES}
    assert {re.sub(r"\{\w+\}", "{}", path) for path in named} == shape
    told = {(code, int(status)) for code, statuses in rows for status in statuses.split(",")}
    assert told >= {(code, status) for status, codes in CODES.items() for code in codes}
    assert {code for code, _ in told} - {"expired", "used"} == {code for codes in CODES.values() for code in codes}


def test_every_error_of_ours_has_a_code_that_is_documented() -> None:
    every = {
        (each.code, each.status)
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.StamkundError)
    }

    assert every <= {(code, status) for status, codes in CODES.items() for code in codes}


def test_no_reference_leads_nowhere() -> None:
    made = document()

    for path in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(made)):
        found = made
        for name in path.split("/"):
            found = found[name]


def test_no_route_may_be_called_by_a_browsers_script() -> None:
    assert not any(method == "OPTIONS" for _, method in ROUTES)
    assert not any(bool(entry.cors) for methods in app.routes.values() for entry in methods.values())
