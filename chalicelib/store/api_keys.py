"""API keys of merchants' back ends: shown once, stored by their hash."""

import secrets
from dataclasses import dataclass

from chalicelib.store import keys
from chalicelib.store.table import get, store_errors
from chalicelib.store.tables import KeyRow, bind

PREFIX = {False: "smk_test_", True: "smk_live_"}
"""Our own, so that secret scanners do not take a key for Stripe's."""


@dataclass(frozen=True)
class ApiKey:
    """Whose key it is and what it may do (`portal`, `read`, `admin`)."""

    site: str
    scopes: tuple[str, ...]


def create(site: str, scopes: tuple[str, ...], now: int, livemode: bool = False) -> str:
    """Make and store a key of a site; the key itself, which is never seen again."""
    secret = PREFIX[livemode] + secrets.token_urlsafe(32)
    key = keys.api_key(secret)
    bind()
    with store_errors():
        KeyRow(key.pk, key.sk, site=site, scopes=list(scopes), created=now).save()
    return secret


def find(secret: str) -> ApiKey | None:
    """The key with this secret, or None where there is none or it was revoked: one read."""
    row = get(KeyRow, keys.api_key(secret))
    if row is None or row.revoked_at is not None:
        return None
    return ApiKey(row.site, tuple(row.scopes))
