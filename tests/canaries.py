"""Secrets that a test run makes, and where none may ever turn up: output, logs, stored items. The whole run is watched."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest
from moto.dynamodb.models import dynamodb_backends

from chalicelib.store import api_keys, links

known: set[str] = set()
"""API keys, link tokens, portal sessions and signing secrets that were made so far."""


def watch() -> None:
    """Remember every API key and link token from now on; the twin's edge remembers sessions."""
    for module, name in ((api_keys, "create"), (links, "new_token")):
        setattr(module, name, _watched(getattr(module, name)))


def _watched(function: Callable[..., str]) -> Callable[..., str]:
    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> str:
        made = function(*args, **kwargs)
        known.add(made)
        return made

    return wrapper


def leaked(text: str) -> list[str]:
    """The beginnings of the secrets in a text, which tell enough."""
    return sorted({secret[:9] for secret in known if secret in text})


def stored() -> str:
    """Every item of every table in moto."""
    tables = [
        table for regions in dynamodb_backends.values() for each in regions.values() for table in each.tables.values()
    ]
    return "\n".join(str(item.to_json()) for table in tables for item in table.all_items())


def judge(report: pytest.TestReport) -> None:
    """Fail a test whose output or log holds a secret."""
    found = leaked("".join(text for name, text in report.sections if name.startswith("Captured")))
    if found and report.passed:
        report.outcome = "failed"
        report.longrepr = f"secrets in the output or the log: {', '.join(found)}..."
