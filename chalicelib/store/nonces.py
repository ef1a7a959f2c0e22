"""Nonces of signed redirects: each spent once, and forgotten when its redirect's time is long over."""

from chalicelib.store import keys
from chalicelib.store.table import Refused, update
from chalicelib.store.tables import NonceRow

KEPT = 3600
"""Seconds after a redirect's end: by then its time alone refuses it, whatever clock one goes by."""


def claim(site: str, nonce: str, now: int, until: int) -> bool:
    """Spend a nonce of a site; False where that was done before. One write. `until`: when its redirect ends."""
    actions = [NonceRow.used_at.set(now), NonceRow.expires_at.set(until + KEPT)]
    try:
        update(NonceRow, keys.nonce(site, nonce), actions, NonceRow.used_at.does_not_exist())
    except Refused:
        return False
    return True


def release(site: str, nonce: str) -> None:
    """Undo a claim: no session came of it."""
    update(NonceRow, keys.nonce(site, nonce), [NonceRow.used_at.remove()])
