"""The mails before and after a payment, and the digest: what each says, and what it never says."""

import datetime as dt
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import wording
from chalicelib.core.failed_payment import OpenInvoice
from chalicelib.core.model import Money
from chalicelib.core.money import exponent
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
from chalicelib.errors import Misconfigured
from chalicelib.mails import render
from infra.mails import samples
from tests.chalicelib.mails.builders import CARD_WORDS, DAY, LANGUAGES, reminder, site
from tests.chalicelib.markup import Markup
from tests.chalicelib.test_wording import CURRENCIES, utc

LINK = samples.LINK
READER = samples.READER
NOW = samples.NOW
SUM = Money(14900, "sek")
CARD = CardExpiring(READER, "Nordlys Plus", "4242", 12, 2026, NOW + 31 * DAY, LINK)
TRIAL = TrialEnding(READER, "Nordlys Plus", SUM, "month", "4242", NOW + 7 * DAY, charged=True, link=LINK)
YEAR = RenewalNotice(READER, "Nordlys Plus", Money(149000, "sek"), "year", "4242", NOW + 45 * DAY, LINK)
PAID = PaymentRecovered(READER, "Nordlys Plus", SUM, NOW, LINK)
ENDED = CanceledForNonpayment(READER, "Nordlys Plus", SUM, NOW, LINK)
BACK = WinBack(READER, "Nordlys Plus", NOW - 14 * DAY, "https://nordlys.example/start", samples.UNSUBSCRIBE)
DIGEST = Digest(READER, NOW - DAY, (DaySums("sek", 3, 44700, 1, 14900, 2, 29800),), (("do_not_honor", 3),), LINK)

WRITERS: dict[str, Callable[[Reader], Mail]] = {
    "card_expiring": lambda reader: render.card_expiring(replace(CARD, reader=reader)),
    "trial_ending": lambda reader: render.trial_ending(replace(TRIAL, reader=reader)),
    "renewal_notice": lambda reader: render.renewal_notice(replace(YEAR, reader=reader)),
    "payment_recovered": lambda reader: render.payment_recovered(replace(PAID, reader=reader)),
    "canceled_for_nonpayment": lambda reader: render.canceled_for_nonpayment(replace(ENDED, reader=reader)),
    "win_back": lambda reader: render.win_back(replace(BACK, reader=reader)),
    "digest": lambda reader: render.digest(replace(DIGEST, reader=reader)),
}


def test_every_mail_is_written_here_or_is_the_failed_payment() -> None:
    assert {*WRITERS, "failed_payment"} == set(render.PURPOSE)


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_the_purpose_is_the_mails_own(name: str) -> None:
    assert WRITERS[name](READER).purpose == render.PURPOSE[name]


def test_a_card_that_expires_says_by_when_and_why_it_matters() -> None:
    mail = render.card_expiring(CARD)
    assert mail.subject == "Your card for Nordlys expires on 31 December"
    assert (
        "your card ending in 4242 expires on 31 December, before Nordlys Plus renews on 12 January 2027." in mail.text
    )
    assert render.card_expiring(replace(CARD, again=True)).subject.startswith("Reminder: ")


@pytest.mark.parametrize(
    "month, year, day", [(2, 2028, "29 February 2028"), (2, 2027, "28 February 2027"), (4, 2026, "30 April")]
)
def test_a_card_is_good_until_the_last_day_of_its_month(month: int, year: int, day: str) -> None:
    assert f"expires on {day}" in render.card_expiring(replace(CARD, exp_month=month, exp_year=year)).text


def test_a_trial_says_what_it_will_cost_and_how_to_leave() -> None:
    text = render.trial_ending(TRIAL).text
    assert "when your trial ends on 19 December, Nordlys Plus goes on for 149 kr a month, paid with your card" in text
    assert "cancel before 19 December, and nothing is charged." in text


def test_a_trial_without_a_known_price_names_none() -> None:
    text = render.trial_ending(replace(TRIAL, amount=None)).text
    assert "Nordlys Plus goes on, paid with your card ending in 4242." in text
    assert "kr" not in text


def test_a_trial_without_a_card_asks_for_one_and_takes_nothing() -> None:
    mail = render.trial_ending(replace(TRIAL, charged=False, last4=None))
    assert "To go on with Nordlys Plus, add a card before then." in mail.text
    assert "Nothing is charged without a card." in mail.text
    assert "Add card" in mail.html
    assert "kr" not in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("amount", [SUM, None])
def test_who_pays_by_other_means_is_told_of_no_card_but_in_the_footer(language: str, amount: Money | None) -> None:
    reader = replace(READER, language=language)
    trial, year = replace(TRIAL, amount=amount, reader=reader), replace(YEAR, amount=amount, reader=reader)
    texts = {
        "4242": (render.trial_ending(trial), render.renewal_notice(year)),
        None: (
            render.trial_ending(replace(trial, last4=None)),
            render.renewal_notice(replace(year, last4=None)),
        ),
    }
    found = {last4: [len(CARD_WORDS.findall(mail.text.lower())) for mail in mails] for last4, mails in texts.items()}
    assert found == {"4242": [2, 2], None: [1, 1]}


def test_a_renewal_names_price_day_and_the_way_out() -> None:
    mail = render.renewal_notice(YEAR)
    assert mail.subject == "Nordlys Plus renews on 26 January 2027"
    assert "renews automatically on 26 January 2027 and costs 1 490 kr a year" in mail.text
    assert "cancel before 26 January 2027, and it won't renew." in mail.text


@pytest.mark.parametrize(
    "language, country, day, price",
    [
        ("en", "US", "January 26, 2027", "SEK 1,490"),
        ("en-GB", "US", "26 January 2027", "SEK 1,490"),
        ("en", "GB", "26 January 2027", "SEK 1,490"),
        ("en", "JP", "26 January 2027", "1 490 kr"),  # nobody writes so there: as the site's country does
        ("en", None, "26 January 2027", "1 490 kr"),
    ],
)
def test_days_and_prices_are_written_as_in_the_readers_country(
    language: str, country: str | None, day: str, price: str
) -> None:
    reader = replace(READER, language=language, country=country)
    text = render.renewal_notice(replace(YEAR, reader=reader)).text
    assert f"on {day} and costs {price} a year" in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("interval", ["day", "week", "month", "year", None])
def test_prices_are_written_in_every_language(language: str, interval: str | None) -> None:
    notice = replace(YEAR, interval=interval, reader=replace(READER, language=language))  # type: ignore[arg-type]
    text = render.renewal_notice(notice).text
    assert wording.breakable(wording.money(Money(149000, "sek"), language, "SE")) in text


def test_a_payment_that_came_after_all_needs_nothing_more() -> None:
    mail = render.payment_recovered(PAID)
    assert "149 kr for Nordlys Plus was paid on 12 December." in mail.text
    assert "nothing more you need to do" in mail.text


def test_an_end_without_payment_is_told_plainly_and_takes_nothing_more() -> None:
    mail = render.canceled_for_nonpayment(ENDED)
    assert mail.subject == "Nordlys Plus has stopped"
    assert "We won't try to take the payment again." in mail.text
    assert "because you have had a subscription" in mail.text
    assert "try again on" not in mail.text


def test_an_invitation_back_can_be_declined_by_one_click() -> None:
    mail = render.win_back(replace(BACK, postal_address="Storgatan 1\nUmeå"))
    assert mail.headers == (
        ("List-Unsubscribe", f"<{samples.UNSUBSCRIBE}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )
    assert samples.UNSUBSCRIBE in [anchor["href"] for anchor in Markup(mail.html).all("a")]
    assert samples.UNSUBSCRIBE in mail.text.splitlines()
    assert "Storgatan 1 Umeå" in mail.text
    assert mail.purpose == "marketing"


def test_a_second_invitation_says_that_it_is_the_last() -> None:
    assert "We won't write about it again" in render.win_back(replace(BACK, again=True)).text


@pytest.mark.parametrize("name", sorted(set(WRITERS) - {"win_back"}))
def test_transactional_mails_have_one_link_besides_the_merchants_own(name: str) -> None:
    mail = WRITERS[name](READER)
    links = [anchor["href"] for anchor in Markup(mail.html).all("a") if not anchor["href"].startswith("mailto:")]
    assert links == [LINK, "https://nordlys.example"]
    assert mail.headers == ()


def test_a_digest_counts_by_currency_and_adds_up_nothing_else() -> None:
    sums = (DaySums("sek", 3, 44700, 1, 14900, 2, 29800), DaySums("jpy", 1, 500, 0, 0, 1, 500))
    mail = render.digest(replace(DIGEST, sums=sums, reasons=(("do_not_honor", 1), ("insufficient_funds", 3))))
    assert mail.subject == "Payments at Nordlys on 11 December"
    assert "Failed – 447 kr (3), 500 JP¥ (1)" in mail.text
    assert "Recovered – 149 kr (1)" in mail.text
    assert mail.text.index("insufficient_funds – 3") < mail.text.index("do_not_honor – 1")


def test_a_digest_lists_five_reasons_at_most() -> None:
    mail = render.digest(replace(DIGEST, reasons=tuple((f"code_{number}", number) for number in range(9))))
    assert [f"code_{number}" in mail.text for number in range(9)] == [False] * 4 + [True] * 5


def test_a_quiet_day_says_so() -> None:
    mail = render.digest(replace(DIGEST, sums=(DaySums("sek", 0, 0, 0, 0, 0, 0),), reasons=()))
    assert "No payment failed, none was recovered, and none is open." in mail.text
    assert "<th" not in mail.html


def test_several_invoices_are_listed_oldest_first_with_their_sum() -> None:
    invoices = (OpenInvoice(Money(9900, "sek"), NOW, "NRD-2"), OpenInvoice(Money(5000, "sek"), NOW - 30 * DAY))
    text = render.failed_payment(reminder(invoices=invoices)).text
    assert "12 November – 50 kr\n12 December (NRD-2) – 99 kr\nTotal – 149 kr\n" in text


def test_a_single_invoice_is_no_list() -> None:
    single = (OpenInvoice(Money(14900, "sek"), NOW),)
    assert render.failed_payment(reminder(invoices=single)) == render.failed_payment(reminder())


@pytest.mark.parametrize(
    "make",
    [
        lambda: render.failed_payment(reminder(invoices=samples.SEVERAL)),  # 298 kr of a sum of 149
        lambda: render.failed_payment(
            reminder(invoices=(OpenInvoice(Money(7450, "sek"), NOW), OpenInvoice(Money(7450, "nok"), NOW)))
        ),
        lambda: render.card_expiring(replace(CARD, exp_month=13)),
        lambda: render.card_expiring(replace(CARD, exp_year=0)),
        lambda: render.card_expiring(replace(CARD, link="javascript:alert(1)")),
        lambda: render.card_expiring(replace(CARD, link='https://x.example/"><b>')),
        lambda: render.card_expiring(replace(CARD, renews_at=10**18)),
        lambda: render.payment_recovered(replace(PAID, amount=Money(1, "kronor"))),
        lambda: render.win_back(replace(BACK, unsubscribe="http://x.example/u")),
        lambda: render.win_back(replace(BACK, unsubscribe="https://x.example/u>,<mailto:x@evil.example")),
        lambda: render.win_back(replace(BACK, unsubscribe="https://x.example/u\r\nBcc: x@evil.example")),
        lambda: render.win_back(replace(BACK, unsubscribe="")),
        lambda: render.renewal_notice(replace(YEAR, interval="fortnight")),  # type: ignore[arg-type]
        *[
            lambda write=write, broken=broken: write(broken)
            for write in WRITERS.values()
            for broken in (
                replace(READER, site=site(accent="blue")),
                replace(READER, site=site(languages=("tlh",))),
                replace(READER, site=site(time_zone="Nowhere"), time_zone="Nowhere"),
            )
        ],
    ],
)
def test_what_cannot_be_written_is_said_before_anything_is_sent(make: Callable[[], Mail]) -> None:
    with pytest.raises(Misconfigured):
        make()


def test_a_broken_copy_file_is_named_and_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    strings = {**wording.copy(render.COPY, "en"), "win_back.body.first": "{hello} come back to {nothing}"}
    monkeypatch.setattr(wording, "copy", lambda *_: strings)
    with pytest.raises(Misconfigured, match=r"nothing.*win_back\.body\.first"):
        render.win_back(BACK)


NIGHTS = {
    "before midnight": (utc(2026, 12, 12, 22, 59), "12 December"),
    "midnight": (utc(2026, 12, 12, 23, 0), "13 December"),
    "the clock goes forward": (utc(2026, 3, 28, 23, 30), "29 March"),
    "midnight in summer time": (utc(2026, 3, 29, 22, 0), "30 March"),
    "the day of 25 hours": (utc(2026, 10, 25, 22, 59), "25 October"),
    "after it": (utc(2026, 10, 25, 23, 0), "26 October"),
}


@pytest.mark.parametrize("night", sorted(NIGHTS))
def test_days_are_the_readers_own_at_midnight_and_when_clocks_change(night: str) -> None:
    at, day = NIGHTS[night]
    assert f"paid on {day}." in render.payment_recovered(replace(PAID, paid_at=at)).text
    assert f"stopped on {day}." in render.canceled_for_nonpayment(replace(ENDED, ended_at=at)).text
    assert f"ends on {day}" in render.trial_ending(replace(TRIAL, ends_at=at)).subject


def test_a_zone_on_the_other_side_of_the_world_has_its_own_day() -> None:
    eve = int(dt.datetime(2026, 12, 31, 11, tzinfo=dt.UTC).timestamp())
    far = replace(READER, time_zone="Pacific/Kiritimati", now=eve)
    assert "paid on 1 January." in render.payment_recovered(replace(PAID, reader=far, paid_at=eve)).text


def test_french_writes_the_first_of_a_month_as_an_ordinal() -> None:
    french = replace(READER, language="fr")
    first = render.trial_ending(replace(TRIAL, reader=french, ends_at=utc(2027, 1, 1, 12)))
    assert "le 1er janvier 2027" in first.text
    other = render.trial_ending(replace(TRIAL, reader=french, ends_at=utc(2027, 1, 11, 12)))
    assert "le 11 janvier 2027" in other.text


NAMES = st.text(max_size=250)


@given(NAMES, NAMES, NAMES, st.sampled_from(LANGUAGES), st.sampled_from(sorted(WRITERS)))
def test_any_name_gives_a_whole_mail(name: str, plan: str, merchant: str, language: str, which: str) -> None:
    mail = WRITERS[which](replace(READER, name=name, site=site(name=merchant), language=language))
    assert not Markup(mail.html).all("script")
    assert len(mail.subject.splitlines()) <= 1
    assert len(mail.html.encode()) < 60_000


@given(st.integers(1, 10**12), st.sampled_from(CURRENCIES), st.sampled_from(LANGUAGES))
def test_every_amount_stands_in_the_mail_to_the_last_digit(amount: int, currency: str, language: str) -> None:
    mail = render.payment_recovered(
        replace(PAID, amount=Money(amount, currency), plan=None, reader=replace(READER, language=language))
    )
    written = wording.money(Money(amount, currency), language, "SE")
    digits = "".join(char for char in written if unicodedata.category(char) == "Nd")
    whole = amount % 10 ** exponent(currency) == 0
    expected = str(amount // 10 ** exponent(currency) if whole else amount).rjust(exponent(currency) + 1, "0")
    assert digits.lstrip("0") == expected.lstrip("0")
    assert wording.breakable(written) in mail.text
    assert written in mail.html
