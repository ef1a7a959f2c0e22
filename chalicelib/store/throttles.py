"""What went beyond an ordinary burst, counted for all Lambdas together. Ordinary traffic never comes here."""

from chalicelib.core.throttle import WINDOW, window
from chalicelib.store import keys
from chalicelib.store.table import update
from chalicelib.store.tables import ThrottleRow


def count(who: str, now: int) -> int:
    """Count one more in this window; how many it has now. One write. Raises StoreUnavailable."""
    begin = window(now)
    actions = [ThrottleRow.counted.add(1), ThrottleRow.expires_at.set(begin + 10 * WINDOW)]
    row = update(ThrottleRow, keys.throttle(who, begin), actions, returns="ALL_NEW")
    assert row is not None
    return int(row.counted)
