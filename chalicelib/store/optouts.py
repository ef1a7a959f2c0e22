"""Who wants no more marketing: kept by the hash of the address, per account; and the links that say so."""

from chalicelib.store import keys
from chalicelib.store.table import get, update
from chalicelib.store.tables import OptOutRow

KEPT = 400 * 86_400
"""Seconds that an unsubscribe link works: longer than any law asks for. What it did stays for good."""


def row(token: str, scope: str, site: str, email: str, language: str, at: int) -> OptOutRow:
    """An unsubscribe link as it is stored: under its token's hash, with no address but its hash."""
    key = keys.opt_out(token)
    made = OptOutRow(key.pk, key.sk, at=at, expires_at=at + KEPT, scope=scope, site=site, language=language)
    made.address = keys.address_hash(email)
    return made


def find(token: str) -> OptOutRow | None:
    """What the link of a token stands for, or None: one read."""
    return get(OptOutRow, keys.opt_out(token))


def refuse(link: OptOutRow, at: int) -> None:
    """No more marketing to the address of a link; again changes nothing. One write."""
    update(OptOutRow, keys.no_marketing(link.scope, link.address), [OptOutRow.at.set(OptOutRow.at | at)])


def refused(scope: str, email: str) -> bool:
    """Whether an address wants no more marketing: one read."""
    return get(OptOutRow, keys.no_marketing(scope, keys.address_hash(email)), consistent=True) is not None
