"""What a customer may use while money is owed: full, limited or blocked, by the site's grace. Pure.

Nothing is stored: it is told from the state at the moment of asking, and `until` says when it changes next.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from chalicelib.core.frozen import frozen
from chalicelib.core.model import LIVE, Money, Subscription
from chalicelib.core.site import AccessPolicy
from chalicelib.core.timing import days_after

DEFAULT_END = 14

_ORDER = ("full", "limited", "blocked")


@frozen
class Unpaid:
    """An invoice whose payment failed at `failed_at` (UTC seconds). `end_day` is the end that its mails name, if any do."""

    amount: Money
    failed_at: int
    end_day: int | None = None


@frozen
class Access:
    """`state` is full, limited or blocked, since when and until when (UTC seconds; None: always, or for good)."""

    state: str
    reason: str
    since: int | None = None
    until: int | None = None


def access(
    policy: AccessPolicy, subscriptions: Sequence[Subscription], unpaid: Iterable[Unpaid], zone: str, now: int
) -> Access:
    """The access of a customer at `now`, whose days begin at midnight of the IANA zone `zone`."""
    if not any(each.status in LIVE for each in subscriptions):
        return _without(subscriptions)
    return standing(policy, unpaid, zone, now)


def standing(policy: AccessPolicy, unpaid: Iterable[Unpaid], zone: str, now: int) -> Access:
    """The access of a customer whose subscription runs, by what is unpaid."""
    owed = sorted(unpaid, key=lambda each: each.failed_at)
    if not owed:
        return Access("full", "nothing_unpaid")
    changes = sorted(_changes(policy, owed, zone), key=lambda change: (change.since or 0, _ORDER.index(change.state)))
    past = [change for change in changes if (change.since or 0) <= now]
    worst = max((_ORDER.index(change.state) for change in past), default=0)
    if worst == 0:
        now_is = Access("full", "grace", owed[0].failed_at)
    else:
        now_is = next(change for change in past if _ORDER.index(change.state) == worst)
    ahead = (c.since for c in changes if (c.since or 0) > now and _ORDER.index(c.state) > worst)
    return Access(now_is.state, now_is.reason, now_is.since, next(ahead, None))


def _without(subscriptions: Sequence[Subscription]) -> Access:
    """No subscription runs: the newest one's state says why."""
    if not subscriptions:
        return Access("blocked", "no_subscription")
    newest = max(subscriptions, key=lambda each: each.created)
    return Access("blocked", f"subscription_{newest.status}", newest.ended_at)


def _changes(policy: AccessPolicy, owed: Sequence[Unpaid], zone: str) -> list[Access]:
    """Every moment at which access becomes less, as things stand, from the oldest unpaid invoice on."""
    first = owed[0]
    end = policy.end_days if policy.end_days is not None else first.end_day or DEFAULT_END
    found = [
        Access("limited", "days_unpaid", days_after(first.failed_at, policy.full_days, zone)),
        Access("blocked", "days_unpaid", days_after(first.failed_at, end, zone)),
    ]
    for state, most, sums in (
        ("limited", policy.limited_invoices, policy.limited_amounts),
        ("blocked", policy.blocked_invoices, policy.blocked_amounts),
    ):
        found += _when(state, "invoices_unpaid", owed, partial(_too_many, most))
        found += _when(state, "amount_unpaid", owed, partial(_over, sums))
    return found


def _when(state: str, reason: str, owed: Sequence[Unpaid], reached: Callable[[Sequence[Unpaid]], bool]) -> list[Access]:
    """The failure by which a limit was reached, if one was."""
    counts = range(1, len(owed) + 1)
    number = next((number for number in counts if reached(owed[:number])), None)
    return [] if number is None else [Access(state, reason, owed[number - 1].failed_at)]


def _too_many(most: int | None, seen: Sequence[Unpaid]) -> bool:
    return most is not None and len(seen) >= most


def _over(limits: dict[str, int], seen: Sequence[Unpaid]) -> bool:
    sums = dict.fromkeys(limits, 0)
    for each in seen:
        if each.amount.currency in sums:
            sums[each.amount.currency] += each.amount.amount
    return any(sums[currency] >= limit for currency, limit in limits.items())
