"""A site's signing secrets: what its back end signs redirects with. At most two, the second while one is being rolled."""

import secrets
from typing import Any

PREFIX = "smss_"
NAME = "site_secrets"


class CannotRoll(Exception):
    """The secret is being rolled already, or is not; the message says what to do."""


def of_site(value: dict[str, Any], site: str) -> list[str]:
    """The signing secrets of a site, the newest first."""
    found = value.get(NAME)
    return list(found.get(site, [])) if isinstance(found, dict) else []


def ensured(value: dict[str, Any], site: str) -> dict[str, Any]:
    """The deployment's secret with one for the site, if it had none."""
    return value if of_site(value, site) else _with(value, site, [_new()])


def rolled(value: dict[str, Any], site: str) -> dict[str, Any]:
    """With a new one before the one that stands there: both are accepted. Raises CannotRoll where two stand there."""
    there = of_site(value, site)
    if len(there) > 1:
        raise CannotRoll(
            f"{site} has two already: when your back end signs with the new one, --drop-old; then roll again."
        )
    return _with(value, site, [_new(), *there])


def settled(value: dict[str, Any], site: str) -> dict[str, Any]:
    """With the newest alone. Raises CannotRoll where there is no older one."""
    there = of_site(value, site)
    if len(there) < 2:
        raise CannotRoll(f"{site} has no old one to drop: --roll makes a new one first.")
    return _with(value, site, there[:1])


def _new() -> str:
    """256 random bits as 43 characters."""
    return PREFIX + secrets.token_urlsafe(32)


def _with(value: dict[str, Any], site: str, found: list[str]) -> dict[str, Any]:
    others = value.get(NAME)
    return {**value, NAME: {**(others if isinstance(others, dict) else {}), site: found}}
