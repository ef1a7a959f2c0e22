"""Addresses that must not be written to, and how the account's mails fare: counted by the hour, paused and resumed."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

from pynamodb.exceptions import DeleteError

from chalicelib import config
from chalicelib.core.frozen import frozen
from chalicelib.core.mail_health import WINDOW, Counts
from chalicelib.store import keys
from chalicelib.store.objects import whole
from chalicelib.store.table import Refused, get, store_errors, update
from chalicelib.store.tables import AddressRow, HealthRow, bind

KEPT = 40 * 86_400
"""Seconds that an hour's counts stay."""

BOUNCE, COMPLAINT = "bounce", "complaint"
"""Why an address is suppressed."""

Count = Literal["sends", "bounces", "complaints"]


@frozen
class Pause:
    """That mails are paused: why, and since when (UTC seconds)."""

    reason: str
    at: int


def look(scope: str, emails: Iterable[str]) -> tuple[dict[str, str], bool]:
    """Those of the addresses that must not be written to, with the reason, and whether all mails are paused: one BatchGet."""
    by_key = {keys.address(scope, email): email for email in emails}
    paused = keys.mail_health(config.account_scope())
    bind()
    with store_errors():
        rows = list(AddressRow.batch_get([tuple(key) for key in (*by_key, paused)], consistent_read=True))
    found = {keys.Key(row.pk, row.sk): row for row in rows}
    on_hold = paused in found and found[paused].reason is not None
    return {email: found[key].reason for key, email in by_key.items() if key in found}, on_hold


def suppress(scope: str, email: str, reason: str, at: int) -> None:
    """Never write to an address again: one write."""
    update(AddressRow, keys.address(scope, email), [AddressRow.reason.set(reason), AddressRow.at.set(at)])


def lift(scope: str, email: str) -> bool:
    """Let an address be written to again: one write. False where it was not suppressed."""
    key = keys.address(scope, email)
    bind()
    with store_errors():
        try:
            AddressRow(key.pk, key.sk).delete(condition=AddressRow.pk.exists())
        except DeleteError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
            return False
    return True


def suppressed(scope: str) -> Counter[str]:
    """How many addresses are suppressed, by reason: one Scan of the table, which costs its size."""
    bind()
    with store_errors():
        theirs = AddressRow.pk.startswith(keys.addresses(scope)) & (AddressRow.sk == keys.ADDRESS)
        return Counter(row.reason for row in AddressRow.scan(theirs))


def count(what: Count, at: int) -> None:
    """Count something that became of a mail: one write, without a condition; a rate may be off by a repetition."""
    update(
        HealthRow,
        keys.mail_health(config.account_scope(), _hour(at)),
        [getattr(HealthRow, what).add(1), HealthRow.expires_at.set(at + KEPT)],
    )


def window(now: int) -> list[Counts]:
    """The counts of the hours that matter at `now`, since mails were last resumed: one read and one Query."""
    standing = get(HealthRow, keys.mail_health(config.account_scope()), consistent=True)
    since = max(now - WINDOW, whole(standing.since) or 0 if standing else 0)
    first = keys.mail_health(config.account_scope(), _hour(since))
    span = HealthRow.sk.between(first.sk, keys.mail_health(config.account_scope(), "9").sk)
    bind()
    with store_errors():
        rows = list(HealthRow.query(first.pk, span, consistent_read=True))
    return [Counts(whole(row.sends) or 0, whole(row.bounces) or 0, whole(row.complaints) or 0) for row in rows]


def pause(reason: str, at: int) -> bool:
    """Let no mail leave any more: one write. True where they were not paused."""
    actions = [HealthRow.reason.set(reason), HealthRow.paused_at.set(at)]
    try:
        update(HealthRow, keys.mail_health(config.account_scope()), actions, HealthRow.reason.does_not_exist())
    except Refused:
        return False
    return True


def paused() -> Pause | None:
    """Whether mails are paused: one read."""
    row = get(HealthRow, keys.mail_health(config.account_scope()), consistent=True)
    return Pause(row.reason, int(row.paused_at)) if row is not None and row.reason is not None else None


def resume(at: int) -> None:
    """Let mails leave again; what was counted up to the end of this hour is forgotten: one write."""
    following = at - at % 3600 + 3600
    actions = [HealthRow.reason.remove(), HealthRow.paused_at.remove(), HealthRow.since.set(following)]
    update(HealthRow, keys.mail_health(config.account_scope()), actions)


def _hour(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H")
