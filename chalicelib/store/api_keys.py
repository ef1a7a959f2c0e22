"""API keys of merchants' back ends: shown once, stored by their hash."""

import secrets
from contextlib import suppress

from chalicelib.core.frozen import frozen
from chalicelib.errors import StoreUnavailable
from chalicelib.store import keys
from chalicelib.store.table import Refused, get, store_errors, update
from chalicelib.store.tables import KeyRow, bind

PREFIX = {False: "smk_test_", True: "smk_live_"}
"""Our own, so that secret scanners do not take a key for Stripe's."""
SCOPES = ("portal", "read", "metrics", "admin")
"""What a key may be made for: portal sessions and links, the state of customers, metrics and reports; admin is all of it."""
HOUR = 3600
"""Seconds within which a key's use is written down once."""


@frozen
class ApiKey:
    """Whose key it is and what it may do. `id` names it in lists and tells nothing about it; times are UTC seconds."""

    site: str
    scopes: tuple[str, ...]
    id: str
    name: str | None
    created: int
    last_used_at: int | None = None
    revoked_at: int | None = None


def create(site: str, scopes: tuple[str, ...], now: int, livemode: bool = False, name: str | None = None) -> str:
    """Make and store a key of a site; the key itself, which is never seen again."""
    secret = PREFIX[livemode] + secrets.token_urlsafe(32)
    key = keys.api_key(secret)
    bind()
    with store_errors():
        KeyRow(
            *key,
            id=f"key_{secrets.token_hex(8)}",
            name=name,
            site=site,
            scopes=list(scopes),
            created=now,
            ref=keys.ref_api_keys(site),
            ref_at=now,
        ).save()
    return secret


def find(secret: str) -> ApiKey | None:
    """The key with this secret, or None where there is none or it was revoked: one read."""
    row = get(KeyRow, keys.api_key(secret))
    if row is None or row.revoked_at is not None:
        return None
    return _key(row)


def is_news(key: ApiKey, now: int) -> bool:
    """Whether that a key is used is worth writing down."""
    return key.last_used_at is None or now - key.last_used_at >= HOUR


def record_use(secret: str, now: int) -> None:
    """Write down that a key is used: one conditional write. Where it fails the caller need not know."""
    stale = KeyRow.last_used_at.does_not_exist() | (KeyRow.last_used_at <= now - HOUR)
    with suppress(Refused, StoreUnavailable):
        update(KeyRow, keys.api_key(secret), [KeyRow.last_used_at.set(now)], KeyRow.created.exists() & stale)


def of_site(site: str) -> list[ApiKey]:
    """Every key of a site, revoked ones too, oldest first. Raises StoreUnavailable."""
    return [_key(row) for row in _rows(site)]


def revoke(site: str, ident: str, now: int) -> ApiKey | None:
    """End a key of a site at once; the key, or None where the site has none of that id. Raises StoreUnavailable."""
    row = next((each for each in _rows(site) if each.id == ident), None)
    if row is None:
        return None
    with suppress(Refused):
        update(KeyRow, keys.Key(row.pk, row.sk), [KeyRow.revoked_at.set(now)], KeyRow.revoked_at.does_not_exist())
    return _key(row)


def _rows(site: str) -> list[KeyRow]:
    bind()
    with store_errors():
        return list(KeyRow.by_ref.query(keys.ref_api_keys(site)))  # type: ignore[arg-type]


def _key(row: KeyRow) -> ApiKey:
    times = (_whole(row.created) or 0, _whole(row.last_used_at), _whole(row.revoked_at))
    return ApiKey(row.site, tuple(row.scopes), row.id or "", row.name, *times)


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
