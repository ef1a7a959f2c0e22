"""What became of failed payments, and what brought the money in. Pure: cases in, sums out.

A case counts in the period in which it was opened, whenever it is paid. Sums are integers in minor units of one currency,
rates are fractions of sums, never averages of rates. The first payment after a trial is kept apart, as Stripe does.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Literal

from chalicelib.core.days import day_of
from chalicelib.core.dunning import ENDED_SUBSCRIPTION
from chalicelib.core.frozen import frozen
from chalicelib.core.model import Invoice, Subscription
from chalicelib.core.timing import days_after

TOUCH = 7 * 86_400
"""Seconds before a payment in which a mail, or a click on its link, counts as what brought it."""

STRIPES_AVERAGE = Fraction(38, 100)
AVERAGE_SOURCE = "Stripe: the share of failed payments that its users recovered on average in 2021"

GIVEN_UP = frozenset({"campaign_ended", "customer_deleted", "invoice_deleted"})
"""Why a case is closed where nobody waits for the money any more, though Stripe calls the invoice open."""

Outcome = Literal["open", "recovered", "lost", "voided"]
Way = Literal["silent_retry", "after_mail", "after_click", "manual", "other"]


@frozen
class Failure:
    """A failed payment, as its case kept it, and its subscription as it is now.

    `amount` is what was owed at `opened_at`, and `paid_before` what was paid of the invoice already. `attempts` counts
    Stripe's tries up to the last that failed. `sent` are mails: (step, UTC seconds). `clicked_at` is the last click on a
    link of theirs. `closed` says why no more mails leave, `end_day` when the campaign is over. `decline` is the code that
    Stripe told at our first look, null where there was none before payment.
    """

    invoice: Invoice
    opened_at: int
    amount: int
    paid_before: int = 0
    attempts: int | None = None
    sent: tuple[tuple[str, int], ...] = ()
    clicked_at: int | None = None
    closed: str | None = None
    end_day: int | None = None
    campaign: str | None = None
    variant: str | None = None
    decline: str | None = None
    subscription: Subscription | None = None

    @property
    def recovered(self) -> int:
        """What came in of `amount`, by any means; nothing before Stripe calls the invoice paid."""
        if self.invoice.status != "paid":
            return 0
        paid = self.invoice.amount_paid + (self.invoice.off_stripe or 0) - self.paid_before
        return max(0, min(self.amount, paid))

    @property
    def outcome(self) -> Outcome:
        """`voided`: nobody owes it any more, though nothing was paid (a credit note does that too)."""
        if self.invoice.status == "paid":
            return "recovered" if self.recovered else "voided"
        if self.invoice.status == "void":
            return "voided"
        given_up = self.invoice.status == "uncollectible" or self.closed in GIVEN_UP
        return "lost" if given_up or self._ended else "open"

    @property
    def _ended(self) -> bool:
        return self.subscription is not None and self.subscription.status in ENDED_SUBSCRIPTION

    @property
    def paid_at(self) -> int | None:
        """When the money came in (UTC seconds); None where it did not, or where Stripe does not say when."""
        return self.invoice.paid_at if self.outcome == "recovered" else None

    @property
    def way(self) -> Way | None:
        """What brought the money in, None where it is not in. What we did in the last 7 days goes before Stripe's retries.

        `manual`: noted by hand as paid outside Stripe. `other`: by nothing that we know of, such as the customer alone.
        """
        if self.outcome != "recovered":
            return None
        if self.invoice.off_stripe:
            return "manual"
        if self._touched(self.clicked_at):
            return "after_click"
        if any(self._touched(at) for _, at in self.sent):
            return "after_mail"
        retried = self.attempts is not None and self.invoice.attempt_count > self.attempts
        return "silent_retry" if retried else "other"

    @property
    def step(self) -> str | None:
        """The step whose mail was the last: before payment, within 7 days of it, where the case is recovered."""
        steps = [step for step, at in self.sent if self.outcome != "recovered" or self._touched(at)]
        return steps[-1] if steps else None

    def _touched(self, at: int | None) -> bool:
        return at is not None and self.paid_at is not None and 0 <= self.paid_at - at <= TOUCH

    @property
    def after_trial(self) -> bool:
        """Whether it is the first payment after a trial: the period billed begins where the trial ended."""
        trial_end = self.subscription.trial_end if self.subscription else None
        renewal = self.invoice.billing_reason == "subscription_cycle"
        return renewal and trial_end is not None and trial_end == self.invoice.period_start

    def lost_at(self, zone: str) -> int | None:
        """When the case was lost (UTC seconds), or None where it is not, or where nothing tells."""
        if self.outcome != "lost":
            return None
        ended = (self.subscription.ended_at or self.subscription.canceled_at) if self.subscription else None
        over = days_after(self.opened_at, self.end_day, zone) if self.end_day and self.closed in GIVEN_UP else None
        known = [at for at in (self.invoice.given_up_at, ended if self._ended else None, over) if at is not None]
        return min(known, default=None)


@frozen
class Sum:
    """So many cases, and their money in minor units of one currency."""

    count: int
    amount: int


@frozen
class Sums:
    """Cases by what became of them. `recovered` is the money that came in; the others are what was owed when they opened."""

    failed: Sum
    recovered: Sum
    lost: Sum
    open: Sum
    voided: Sum

    @property
    def by_volume(self) -> Fraction | None:
        """Recovered money as a share of the failed, open cases included: Stripe's own rate. None where nothing failed."""
        return ratio(self.recovered.amount, self.failed.amount)

    @property
    def by_closed_cases(self) -> Fraction | None:
        """Recovered as a share of the cases whose end is known. None where there is none."""
        return ratio(self.recovered.count, self.recovered.count + self.lost.count)


@frozen
class Part:
    """Cases of one currency: their sums, the same by each dimension, and how long recovery took.

    `median` is in seconds (None: nothing recovered); `days` are local calendar days from failure to payment.
    """

    sums: Sums
    by: dict[str, tuple[tuple[str | None, Sums], ...]]
    median: Fraction | None
    days: tuple[tuple[int, Sum], ...]


@frozen
class OfCurrency:
    """All that is told of one currency; amounts of several are never added."""

    currency: str
    renewals: Part
    after_trial: Part


DIMENSIONS: dict[str, Callable[[Failure], str | None]] = {
    "step": lambda failure: failure.step,
    "decline_code": lambda failure: failure.decline,
    "plan": lambda failure: failure.invoice.price,
    "variant": lambda failure: failure.variant,
    "attribution": lambda failure: failure.way,
}
"""By what a report is broken down. Every case has one value, or None, in each: so the sums of any add up to the whole."""


def report(failures: Iterable[Failure], zone: str) -> tuple[OfCurrency, ...]:
    """Cases by currency, in the order of its code. Days are those of `zone`, an IANA name."""
    found: defaultdict[str, list[Failure]] = defaultdict(list)
    for failure in failures:
        found[failure.invoice.currency].append(failure)
    return tuple(_of_currency(currency, found[currency], zone) for currency in sorted(found))


def _of_currency(currency: str, failures: list[Failure], zone: str) -> OfCurrency:
    trials = [failure for failure in failures if failure.after_trial]
    renewals = [failure for failure in failures if not failure.after_trial]
    return OfCurrency(currency, _part(renewals, zone), _part(trials, zone))


def _part(failures: list[Failure], zone: str) -> Part:
    waits = [paid_at - failure.opened_at for failure in failures if (paid_at := failure.paid_at) is not None]
    by = {name: _broken_down(failures, value) for name, value in DIMENSIONS.items()}
    return Part(sums(failures), by, median(waits), _days(failures, zone))


def _broken_down(
    failures: list[Failure], value: Callable[[Failure], str | None]
) -> tuple[tuple[str | None, Sums], ...]:
    groups: defaultdict[str | None, list[Failure]] = defaultdict(list)
    for failure in failures:
        groups[value(failure)].append(failure)
    ordered = sorted(groups, key=lambda name: (name is None, name or ""))
    return tuple((name, sums(groups[name])) for name in ordered)


def sums(failures: Sequence[Failure]) -> Sums:
    """Cases of one currency by what became of them."""
    of: dict[str, list[Failure]] = defaultdict(list)
    for failure in failures:
        of[failure.outcome].append(failure)
    came_in = Sum(len(of["recovered"]), sum(failure.recovered for failure in of["recovered"]))
    return Sums(_owed(failures), came_in, _owed(of["lost"]), _owed(of["open"]), _owed(of["voided"]))


def _owed(failures: Sequence[Failure]) -> Sum:
    return Sum(len(failures), sum(failure.amount for failure in failures))


def _days(failures: list[Failure], zone: str) -> tuple[tuple[int, Sum], ...]:
    counts, amounts = Counter[int](), Counter[int]()
    for failure in failures:
        days = days_to_recover(failure, zone)
        if days is not None:
            counts[days] += 1
            amounts[days] += failure.recovered
    return tuple((day, Sum(counts[day], amounts[day])) for day in sorted(counts))


def days_to_recover(failure: Failure, zone: str) -> int | None:
    """Local calendar days from the failure to the payment, None where there is none."""
    if failure.paid_at is None:
        return None
    return (day_of(failure.paid_at, zone) - day_of(failure.opened_at, zone)).days


def median(values: Sequence[int]) -> Fraction | None:
    """The middle one, or the mean of the two in the middle; None of nothing."""
    ordered = sorted(values)
    half, odd = divmod(len(ordered), 2)
    if not ordered:
        return None
    return Fraction(ordered[half]) if odd else Fraction(ordered[half - 1] + ordered[half], 2)


def ratio(part: int, whole: int) -> Fraction | None:
    """A share, exact; None where there is nothing to have a share of."""
    return Fraction(part, whole) if whole else None


def decimal(share: Fraction | None) -> str | None:
    """A share with six decimals, rounded half up: `0.380000`."""
    if share is None:
        return None
    millionths = (2 * share.numerator * 10**6 + share.denominator) // (2 * share.denominator)
    return f"{millionths // 10**6}.{millionths % 10**6:06d}"
