"""Secrets that a test run makes, and where none may ever turn up: output, logs, stored items. The whole run is watched."""

from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest
from moto.dynamodb.models import dynamodb_backends

from chalicelib.store import api_keys, links

START = 9
"""Characters that tell a secret apart, and that may be shown of it."""

_known: defaultdict[str, set[str]] = defaultdict(set)
"""API keys, link tokens, portal sessions and signing secrets that were made so far, by how they begin.

There are a hundred thousand of them at the end of a run: a text is looked through once, not once for each.
"""


def remember(secret: str) -> None:
    """One more that may turn up nowhere."""
    _known[secret[:START]].add(secret)


def watch() -> None:
    """Remember every API key and link token from now on; the twin's edge remembers sessions."""
    for module, name in ((api_keys, "create"), (links, "new_token")):
        setattr(module, name, _watched(getattr(module, name)))


def _watched(function: Callable[..., str]) -> Callable[..., str]:
    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> str:
        made = function(*args, **kwargs)
        remember(made)
        return made

    return wrapper


def leaked(text: str) -> list[str]:
    """The beginnings of the secrets in a text, which tell enough."""
    starts = (text[at : at + START] for at in range(len(text) - START + 1))
    there = {start for start in starts if start in _known}
    return sorted(start for start in there if any(secret in text for secret in _known[start]))


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
