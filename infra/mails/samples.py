"""One of each mail, as it might be on 12 December 2026: what the gallery shows and what the tests read."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from chalicelib.core.declines import Track
from chalicelib.core.failed_payment import OpenInvoice, Reminder
from chalicelib.core.model import Money
from chalicelib.core.notices import (
    CanceledForNonpayment,
    CardExpiring,
    DaySums,
    Digest,
    PaymentRecovered,
    Reader,
    RenewalNotice,
    TrialEnding,
    WinBack,
)
from chalicelib.core.rendered import Mail
from chalicelib.core.site import LANGUAGES, Site
from chalicelib.mails import render

__all__ = [
    "DAY",
    "LANGUAGES",
    "LINK",
    "NOW",
    "READER",
    "REMINDER",
    "SEVERAL",
    "SITE",
    "STEPS",
    "UNSUBSCRIBE",
    "every",
    "odd",
]
Facts = TypeVar("Facts")

DAY = 86_400
NOW = int(dt.datetime(2026, 12, 12, 9, 30, tzinfo=dt.UTC).timestamp())
LINK = "https://pay.nordlys.example/l/5b0c1d7e"
UNSUBSCRIBE = "https://pay.nordlys.example/u/5b0c1d7e"

SITE = Site(
    id="nordlys",
    name="Nordlys",
    account="acct_1NordlysDemo",
    livemode=False,
    base_url="https://pay.nordlys.example",
    home_url="https://nordlys.example",
    return_urls=("https://nordlys.example/",),
    sender="billing@nordlys.example",
    support_email="help@nordlys.example",
    time_zone="Europe/Stockholm",
    country="SE",
)
READER = Reader(SITE, "en", "Europe/Stockholm", NOW, "Anna Lind")
REMINDER = Reminder(
    site=SITE,
    language="en",
    time_zone="Europe/Stockholm",
    name="Anna Lind",
    plan="Nordlys Plus",
    amount=Money(14900, "sek"),
    last4="4242",
    failed_at=NOW,
    next_attempt_at=NOW + 3 * DAY,
    ends_at=NOW + 14 * DAY,
    full_until=NOW + 14 * DAY,
    track=Track.FUNDS,
    final=False,
    link=LINK,
)
SEVERAL = (
    OpenInvoice(Money(14900, "sek"), NOW - 31 * DAY, "NRD-0007"),
    OpenInvoice(Money(14900, "sek"), NOW, "NRD-0008"),
)
STEPS = {"first": (True, False), "later": (False, False), "final": (False, True)}
PLAN, SUM = "Nordlys Plus", Money(14900, "sek")


def every(reader: Reader = READER, reminder: Reminder = REMINDER) -> dict[str, Callable[[], Mail]]:
    """Each mail there is, in each of its variants, for this reader: `mail.variant` -> what writes it."""
    reminder = replace(reminder, language=reader.language, site=reader.site)
    return {**_failed(reminder), **_before(reader), **_after(reader), **_digests(reader)}


def _failed(reminder: Reminder) -> dict[str, Callable[[], Mail]]:
    steps = {
        f"failed_payment.{track}.{step}": replace(reminder, track=track, first=first, final=final)
        for track in Track
        for step, (first, final) in STEPS.items()
    }
    steps["failed_payment.several"] = replace(reminder, amount=Money(29800, "sek"), invoices=SEVERAL, plan=None)
    return {name: _writing(render.failed_payment, facts) for name, facts in steps.items()}


def _before(reader: Reader) -> dict[str, Callable[[], Mail]]:
    card = CardExpiring(reader, PLAN, "4242", 12, 2026, NOW + 31 * DAY, LINK)
    trial = TrialEnding(reader, PLAN, SUM, "month", "4242", NOW + 7 * DAY, charged=True, link=LINK)
    year = RenewalNotice(reader, PLAN, Money(149000, "sek"), "year", "4242", NOW + 45 * DAY, LINK)
    return {
        "card_expiring.first": _writing(render.card_expiring, card),
        "card_expiring.again": _writing(render.card_expiring, replace(card, again=True)),
        "trial_ending.charged": _writing(render.trial_ending, trial),
        "trial_ending.unknown_price": _writing(render.trial_ending, replace(trial, amount=None)),
        "trial_ending.no_card": _writing(render.trial_ending, replace(trial, charged=False, last4=None)),
        "trial_ending.again": _writing(render.trial_ending, replace(trial, again=True)),
        "renewal_notice.first": _writing(render.renewal_notice, year),
        "renewal_notice.unknown_price": _writing(render.renewal_notice, replace(year, amount=None)),
        "renewal_notice.again": _writing(render.renewal_notice, replace(year, again=True)),
    }


def _after(reader: Reader) -> dict[str, Callable[[], Mail]]:
    paid = PaymentRecovered(reader, PLAN, SUM, NOW, LINK)
    ended = CanceledForNonpayment(reader, PLAN, SUM, NOW, LINK)
    back = WinBack(reader, PLAN, NOW - 14 * DAY, "https://nordlys.example/start", UNSUBSCRIBE, "Storgatan 1, Umeå")
    return {
        "payment_recovered": _writing(render.payment_recovered, paid),
        "canceled_for_nonpayment": _writing(render.canceled_for_nonpayment, ended),
        "win_back.first": _writing(render.win_back, back),
        "win_back.again": _writing(render.win_back, replace(back, again=True)),
    }


def _digests(reader: Reader) -> dict[str, Callable[[], Mail]]:
    sums = (DaySums("sek", 12, 178800, 5, 74500, 31, 461900, 1, 14900), DaySums("eur", 2, 2980, 0, 0, 2, 2980))
    reasons = (("insufficient_funds", 8), ("expired_card", 3), ("do_not_honor", 2), ("authentication_required", 1))
    day = Digest(reader, NOW - DAY, sums, reasons, "https://dashboard.stripe.com/acct_1TwinNordlys/invoices")
    quiet = replace(day, sums=(), reasons=())
    return {"digest.busy": _writing(render.digest, day), "digest.quiet": _writing(render.digest, quiet)}


def _writing(write: Callable[[Facts], Mail], facts: Facts) -> Callable[[], Mail]:
    return lambda: write(facts)


def odd() -> dict[str, Callable[[], Mail]]:
    """What is missing, long, foreign or hostile."""
    bare = replace(REMINDER, name=None, plan=None, last4=None, next_attempt_at=None, ends_at=None, full_until=None)
    long = replace(REMINDER, name="Wolfeschlegelsteinhausen " * 8, plan="Unlimited " * 20)
    pale = replace(SITE, accent="#ffd84d")
    reminders = {
        "bare": bare,
        "long": replace(long, site=replace(SITE, name="Aktiebolaget " * 15)),
        "right-to-left": replace(REMINDER, name="נועה כהן", plan="خطة الشمس"),
        "hostile": replace(REMINDER, plan="<script>alert(1)</script>", name='"><b>Bobby</b>'),
        "pale": replace(REMINDER, site=pale),
    }
    return {name: _writing(render.failed_payment, facts) for name, facts in reminders.items()}
