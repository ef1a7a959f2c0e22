"""Refuse who asks too much. What each Lambda remembers is enough for ordinary traffic; the table counts what goes beyond."""

from chalicelib.core.bucket import Bucket
from chalicelib.core.throttle import RULES, refused_until
from chalicelib.errors import StoreUnavailable, TooMany
from chalicelib.log import report
from chalicelib.store import throttles

REMEMBERED = 10_000
"""Whom one Lambda remembers at most; then it begins anew."""

_buckets: dict[str, Bucket] = {}
_refused: dict[str, int] = {}


def take(kind: str, subject: str, now: int) -> None:
    """Let one more request of this key, site or neighbourhood pass, or raise TooMany: no write within a burst, else one."""
    who, rule = f"{kind}:{subject}", RULES[kind]
    _refuse(_refused.get(who), now)
    if len(_buckets) >= REMEMBERED:
        forget()
    if _buckets.setdefault(who, Bucket(rule.per_second, rule.burst)).take(now) == 0:
        return
    try:
        until = refused_until(rule, throttles.count(who, now), now)
    except StoreUnavailable as error:
        report(error, function="throttle")  # better too much traffic than none
        return
    if until is not None:
        _refused[who] = until
    _refuse(until, now)


def forget() -> None:
    """Begin anew."""
    _buckets.clear()
    _refused.clear()


def _refuse(until: int | None, now: int) -> None:
    if until is not None and now < until:
        raise TooMany("Too many requests: come again later.", until - now)
