import datetime as dt
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.brand import palette
from chalicelib.core.declines import Track
from chalicelib.core.failed_payment import Reminder
from chalicelib.core.model import Money
from chalicelib.errors import Misconfigured
from chalicelib.mails.render import failed_payment
from chalicelib.wording import breakable, day, zone
from tests.chalicelib.mails.builders import CARD_WORDS, DAY, FAILED_AT, LANGUAGES, reminder, site
from tests.chalicelib.markup import Markup

STEPS = [{"first": True, "final": False}, {"first": False, "final": False}, {"first": False, "final": True}]
EVERY = list(itertools.product(LANGUAGES, Track, STEPS))
FACTS: dict[str, list[Any]] = {
    "next_attempt_at": [None, FAILED_AT + 3 * DAY],
    "ends_at": [None, FAILED_AT + 14 * DAY],
    "name": [None, "", "Anna Lind"],
    "plan": [None, "Nordlys Plus"],
    "last4": [None, "4242"],
}
KNOWN = [dict(zip(FACTS, values, strict=True)) for values in itertools.product(*FACTS.values())]
EXTREMES = [KNOWN[0], KNOWN[-1], {**KNOWN[-1], "next_attempt_at": None}, {**KNOWN[-1], "ends_at": None}]
"""What is known in the languages after the first, where every combination has been seen already."""
WORDS = {
    "en": {"access": "full access until", "retry": "try again on", "ends": "stops on"},
    "sv": {"access": "Du har kvar allt", "retry": "Vi försöker igen den", "ends": "avslutas"},
    "de": {"access": "vollen Zugang", "retry": "Wir versuchen es am", "ends": "endet"},
    "fr": {"access": "accès complet", "retry": "Nous réessaierons le", "ends": "s’arrêtera le"},
    "es": {"access": "acceso completo", "retry": "Lo intentaremos de nuevo el", "ends": "terminará el"},
    "nb": {"access": "full tilgang", "retry": "Vi prøver igjen", "ends": "avsluttes"},
    "da": {"access": "fuld adgang", "retry": "Vi prøver igen den", "ends": "slutter"},
    "fi": {"access": "entiseen tapaan", "retry": "Yritämme uudelleen", "ends": "päättyy"},
    "nl": {"access": "volledige toegang", "retry": "We proberen het op", "ends": "stopt"},
}


@pytest.mark.parametrize("language, track, step", EVERY)
def test_every_mail_holds_together_whatever_is_known(language: str, track: Track, step: dict[str, bool]) -> None:
    for known in KNOWN if language == "en" else EXTREMES:
        mail = failed_payment(reminder(language=language, track=track, **step, **known))
        html = Markup(mail.html)
        assert len(html.all("h1")) == 1
        assert html.all("html")[0] == {"lang": language, "dir": "ltr"}
        for text in (mail.subject, mail.text, html.text):
            assert not any(leftover in text for leftover in ("{", "}", "None", "  \n"))
        assert len(mail.html.encode()) < 60_000
        assert "\n" not in mail.subject


@pytest.mark.parametrize("language, track, step", EVERY)
def test_subjects_are_short_and_calm(language: str, track: Track, step: dict[str, bool]) -> None:
    for known in EXTREMES:
        subject = failed_payment(reminder(language=language, track=track, **step, **known)).subject
        assert len(subject) <= 60
        assert "!" not in subject
        assert subject[0].isupper()


@pytest.mark.parametrize("language, track, step", EVERY)
def test_no_retry_is_promised_that_will_not_happen(language: str, track: Track, step: dict[str, bool]) -> None:
    words = WORDS[language]["retry"]
    silent = failed_payment(reminder(language=language, track=track, next_attempt_at=None, **step))
    assert words not in silent.text + silent.html
    promised = failed_payment(reminder(language=language, track=track, **step))
    assert (words in promised.text) == (track is not Track.AUTHENTICATE)


@pytest.mark.parametrize("language, track, step", EVERY)
def test_the_end_is_named_only_when_known(language: str, track: Track, step: dict[str, bool]) -> None:
    unknown = failed_payment(reminder(language=language, track=track, ends_at=None, full_until=None, **step))
    known = failed_payment(reminder(language=language, track=track, **step))
    for words in (WORDS[language]["access"], WORDS[language]["ends"]):
        assert words not in unknown.text
        assert words in known.text
    assert breakable(day(FAILED_AT + 14 * DAY, zone("Europe/Stockholm"), language, "SE", FAILED_AT)) in known.text


@pytest.mark.parametrize("language, track", list(itertools.product(LANGUAGES, Track)))
def test_the_three_steps_say_different_things(language: str, track: Track) -> None:
    texts = {failed_payment(reminder(language=language, track=track, **step)).text for step in STEPS}
    assert len(texts) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_parts_carry_the_link_and_a_way_to_ask(language: str) -> None:
    sent = reminder(language=language)
    mail = failed_payment(sent)
    links = [anchor["href"] for anchor in Markup(mail.html).all("a")]
    assert links.count(sent.link) == 1
    assert "mailto:help@nordlys.example" in links
    assert sent.link in mail.text.splitlines()
    assert "help@nordlys.example" in mail.text


def test_amounts_and_days_break_in_plain_text_only() -> None:
    mail = failed_payment(reminder())
    assert "149\u00a0kr" in mail.html
    assert "26\u00a0December" in mail.html
    assert "\u00a0" not in mail.subject + mail.text
    assert (mail.subject + mail.text).isascii()


def test_english_reads_as_agreed() -> None:
    mail = failed_payment(reminder())
    assert mail.subject == "Your payment of 149 kr to Nordlys didn't go through"
    assert (
        "Hi Anna Lind, your card ending in 4242 was declined on 12 December, so Nordlys Plus isn't paid yet."
        in mail.text
    )
    assert "You still have full access until 26 December." in mail.text
    assert "We'll try again on 15 December. If it still doesn't work, Nordlys Plus stops on 26 December." in mail.text
    assert "Reply to this mail or write to help@nordlys.example." in mail.text


def test_swedish_reads_as_agreed() -> None:
    mail = failed_payment(reminder(language="sv"))
    assert mail.subject == "Betalningen på 149 kr till Nordlys gick inte igenom"
    assert "Hej Anna Lind! Ditt kort som slutar på 4242 nekades den 12 december" in mail.text
    assert "Du har kvar allt till och med den 26 december." in mail.text
    assert (
        "Vi försöker igen den 15 december. Går det inte då heller avslutas Nordlys Plus den 26 december." in mail.text
    )


def test_what_is_missing_leaves_no_hole() -> None:
    text = failed_payment(reminder(name=None, plan=None, last4=None)).text
    assert "Hi, your card was declined on 12 December, so your subscription isn't paid yet." in text


def test_an_end_at_midnight_leaves_the_day_before() -> None:
    midnight = int(dt.datetime(2026, 12, 25, 23, tzinfo=dt.UTC).timestamp())  # 26 December 00:00 in Stockholm
    text = failed_payment(reminder(ends_at=midnight, full_until=midnight)).text
    assert "full access until 25 December" in text
    assert "stops on 26 December" in text


def test_days_are_those_of_the_customers_zone() -> None:
    late = int(dt.datetime(2026, 12, 12, 23, 30, tzinfo=dt.UTC).timestamp())
    assert "declined on 13 December" in failed_payment(reminder(failed_at=late)).text
    assert "declined on 12 December" in failed_payment(reminder(failed_at=late, time_zone="America/New_York")).text
    assert "declined on 13 December" in failed_payment(reminder(failed_at=late, time_zone="Nowhere/Land")).text


@pytest.mark.parametrize(
    "language, expected",
    [("xx", "en"), ("", "en"), ("de-AT", "en"), ("sv-FI", "sv"), ("en-US", "en"), ("no", "nb"), ("nn-NO", "nb")],
)
def test_an_unknown_language_gives_way_to_the_sites_first(language: str, expected: str) -> None:
    spoken = site(languages=("en", "sv", "nb"))
    assert f'lang="{expected}"' in failed_payment(reminder(language=language, site=spoken)).html


def test_the_region_of_the_customers_language_decides_how_money_is_written() -> None:
    assert "$1.50" in failed_payment(reminder(language="en-US", amount=Money(150, "usd"))).subject
    assert "1,50 US$" in failed_payment(reminder(language="en", amount=Money(150, "usd"))).subject


def test_a_site_may_speak_one_language_only() -> None:
    assert 'lang="sv"' in failed_payment(reminder(language="en", site=site(languages=("sv",)))).html


@pytest.mark.parametrize(
    "broken",
    [
        reminder(site=site(languages=("tlh",))),
        reminder(site=site(languages=())),
        reminder(site=site(accent="blue")),
        reminder(site=site(support_email="")),
        reminder(time_zone="", site=site(time_zone="Nowhere/Land")),
        reminder(link="javascript:alert(1)"),
        reminder(link="/l/token"),
    ],
)
def test_what_cannot_be_written_says_which_site_is_at_fault(broken: Reminder) -> None:
    with pytest.raises(Misconfigured, match="nordlys"):
        failed_payment(broken)


EVIL = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>&amp;"


@pytest.mark.parametrize("language", LANGUAGES)
def test_markup_in_names_is_only_text(language: str) -> None:
    mail = failed_payment(reminder(language=language, name=EVIL, plan=EVIL, last4="<b>", site=site(name=EVIL)))
    html = Markup(mail.html)
    assert not html.all("script")
    assert not html.all("img")
    assert not any(name.startswith("on") for _, attributes in html.elements for name in attributes)
    assert EVIL in html.text


def test_a_template_in_a_name_is_only_text() -> None:
    assert (
        "{support} {{ 7 * 7 }} {0.__class__}"
        in failed_payment(reminder(plan="{support} {{ 7 * 7 }} {0.__class__}")).text
    )


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300), st.sampled_from(LANGUAGES))
def test_any_name_gives_a_whole_mail(name: str, plan: str, merchant: str, language: str) -> None:
    mail = failed_payment(reminder(name=name, plan=plan, language=language, site=site(name=merchant)))
    assert not Markup(mail.html).all("script")
    assert len(mail.subject.splitlines()) == 1
    assert len(mail.html.encode()) < 60_000


def test_a_name_of_200_letters_leaves_a_short_subject() -> None:
    mail = failed_payment(reminder(name="N" * 200, plan="P" * 200, final=True, site=site(name="M" * 200)))
    assert mail.subject == "Your subscription is set to stop on 26 December"
    assert "P" * 200 in mail.text
    assert "M" * 200 in mail.text


def test_a_name_from_right_to_left_keeps_to_itself() -> None:
    mail = failed_payment(reminder(name="נועה כהן", plan="خطة الشمس"))
    assert "Hi \u2068נועה כהן\u2069, your card" in mail.text
    assert "so \u2068خطة الشمس\u2069 isn't paid" in mail.text


@pytest.mark.parametrize("name", ["win at evil.example", "https://evil.example", "me@evil.example", "www.evil.se"])
def test_a_name_that_is_a_link_is_not_greeted(name: str) -> None:
    mail = failed_payment(reminder(name=name))
    assert "evil" not in mail.text + mail.html
    assert "Hi, your card" in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("step", STEPS)
def test_a_payment_by_other_means_speaks_of_no_card_but_in_the_footer(language: str, step: dict[str, bool]) -> None:
    for known in KNOWN:
        facts = {**known, "last4": None, "plan": "Nordlys Plus"}
        mail = failed_payment(reminder(language=language, track=Track.OTHER_MEANS, **step, **facts))
        assert len(CARD_WORDS.findall(mail.text.lower())) == 1


def test_lost_and_stolen_cards_read_as_a_bank_that_said_no() -> None:
    text = failed_payment(reminder(track=Track.CONTACT_BANK)).text
    assert "your bank declined the payment with your card ending in 4242" in text
    assert "Banks don't tell us why." in text


def test_the_button_is_a_padded_link_in_the_sites_accent() -> None:
    html = failed_payment(reminder(site=site(accent="#ffd84d"))).html
    button = next(anchor for anchor in Markup(html).all("a") if "/l/" in anchor["href"])
    assert "padding:12px 24px" in button["style"]
    colours = palette("#ffd84d")
    assert f'bgcolor="{colours.light.accent}"' in html
    assert f".button {{ background-color: {colours.dark.accent} !important; }}" in html


def test_dark_mode_preheader_and_logo() -> None:
    html = failed_payment(reminder(site=site(logo_url="https://nordlys.example/logo.png"))).html
    parsed = Markup(html)
    assert {"name": "color-scheme", "content": "light dark"} in parsed.all("meta")
    assert "@media (prefers-color-scheme: dark)" in html
    assert " ".join(parsed.text.split()).startswith("You still have full access until 26 December.")
    assert [(image["src"], image["alt"]) for image in parsed.all("img")] == [
        ("https://nordlys.example/logo.png", "Nordlys")
    ]


def test_nothing_is_loaded_from_elsewhere() -> None:
    html = Markup(failed_payment(reminder(site=site(logo_url="javascript:alert(1)"))).html)
    assert not html.all("img")
    assert not html.all("link")
    assert not html.all("script")


def test_the_same_facts_make_the_same_mail() -> None:
    assert failed_payment(reminder()) == failed_payment(reminder())
