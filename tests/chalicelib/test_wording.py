import datetime as dt
import re
import unicodedata
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import wording
from chalicelib.core.model import Money
from chalicelib.core.money import exponent
from chalicelib.errors import Misconfigured

STOCKHOLM = ZoneInfo("Europe/Stockholm")
LANGUAGES = ["en", "sv", "de", "fr", "es", "nb", "da", "fi", "nl"]
# https://docs.stripe.com/currencies, presentment currencies.
CURRENCIES = re.findall(
    "[a-z]{3}",
    """
    usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf
    chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf
    idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop
    mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd
    scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xof
    xpf yer zar zmw
    """,
)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return int(dt.datetime(year, month, day, hour, minute, tzinfo=dt.UTC).timestamp())


def as_read(text: str) -> str:
    """`text` with the spaces and signs that locales choose made plain."""
    return "".join(" " if char.isspace() else char for char in text).replace("\u2212", "-")


@pytest.mark.parametrize(
    "amount, currency, tag, country, expected",
    [
        (14900, "sek", "sv", "SE", "149 kr"),
        (14950, "sek", "sv", "SE", "149,50 kr"),
        (14900, "sek", "en", "SE", "149 kr"),
        (14900, "sek", "en", None, "SEK 149"),
        (1099, "usd", "en", "US", "$10.99"),
        (1099, "usd", "en-US", "SE", "$10.99"),
        (1099, "usd", "en-CA", None, "US$10.99"),
        (100_000_000, "eur", "de", None, "1.000.000 €"),
        (10_000, "jpy", "en", None, "¥10,000"),
        (10_000, "krw", "en", None, "₩10,000"),
        (5120, "kwd", "en", None, "KWD 5.120"),
        (5000, "kwd", "en", None, "KWD 5"),
        (500, "isk", "en", None, "ISK 5"),
        (1045, "huf", "en", None, "HUF 10.45"),
        (1050, "lbp", "en", None, "LBP 10.50"),
        (-1099, "usd", "en", None, "-$10.99"),
        (0, "sek", "sv", None, "0 kr"),
        (999_999_999_999, "usd", "en", None, "$9,999,999,999.99"),
    ],
)
def test_money_as_people_write_it(amount: int, currency: str, tag: str, country: str | None, expected: str) -> None:
    assert as_read(wording.money(Money(amount, currency), tag, country)) == expected


@given(st.integers(0, 10**12), st.sampled_from(CURRENCIES), st.sampled_from(LANGUAGES))
def test_the_digits_of_every_amount_are_exactly_stripes(amount: int, currency: str, tag: str) -> None:
    digits = "".join(char for char in wording.money(Money(amount, currency), tag) if unicodedata.category(char) == "Nd")
    whole = amount % 10 ** exponent(currency) == 0
    expected = amount // 10 ** exponent(currency) if whole else amount
    assert digits.lstrip("0") == str(expected).lstrip("0")


@given(st.integers(0, 10**9), st.sampled_from(CURRENCIES), st.sampled_from(LANGUAGES))
def test_no_amount_breaks_over_two_lines(amount: int, currency: str, tag: str) -> None:
    assert " " not in wording.money(Money(amount, currency), tag)


@pytest.mark.parametrize(
    "tag, country, expected",
    [
        ("en", "SE", "12 December"),
        ("en-US", "SE", "December 12"),
        ("en", None, "December 12"),
        ("sv", None, "12 december"),
    ],
)
def test_days_as_people_write_them(tag: str, country: str | None, expected: str) -> None:
    at = utc(2026, 12, 12, 12)
    assert as_read(wording.day(at, STOCKHOLM, tag, country, near=at)) == expected


@pytest.mark.parametrize(
    "when, tag, expected",
    [
        (dt.date(2026, 12, 1), "fr", "1er décembre"),
        (dt.date(2026, 12, 1), "fr-CA", "1er décembre"),
        (dt.date(2026, 12, 11), "fr", "11 décembre"),
        (dt.date(2026, 12, 1), "es", "1 de diciembre"),
        (dt.date(2027, 1, 1), "fr", "1er janvier 2027"),
        (dt.date(2026, 12, 1), "fi", "1. joulukuuta"),
    ],
)
def test_the_first_of_a_month_is_an_ordinal_in_french_only(when: dt.date, tag: str, expected: str) -> None:
    assert as_read(wording.written_day(when, tag, near=dt.date(2026, 12, 24))) == expected


@pytest.mark.parametrize("code", ["", "kr", "kronor", "s€k", "<b>"])
def test_what_is_no_currency_is_never_written(code: str) -> None:
    with pytest.raises(ValueError, match="currency"):
        wording.money(Money(1, code), "en")


def test_the_year_is_named_when_it_turns() -> None:
    day = wording.day(utc(2027, 1, 3), STOCKHOLM, "en", "SE", near=utc(2026, 12, 20))
    assert day == "3\u00a0January\u00a02027"
    assert wording.breakable(day) == "3 January 2027"


@pytest.mark.parametrize(
    "at, zone, expected",
    [
        (utc(2026, 3, 28, 23, 30), "Europe/Stockholm", dt.date(2026, 3, 29)),  # 00:30, the night the clock goes forward
        (utc(2026, 3, 29, 21, 59), "Europe/Stockholm", dt.date(2026, 3, 29)),  # 23:59 in summer time
        (utc(2026, 3, 29, 22, 0), "Europe/Stockholm", dt.date(2026, 3, 30)),  # midnight in summer time
        (utc(2026, 10, 25, 22, 59), "Europe/Stockholm", dt.date(2026, 10, 25)),  # the day of 25 hours
        (utc(2026, 10, 25, 23, 0), "Europe/Stockholm", dt.date(2026, 10, 26)),
        (utc(2026, 12, 31, 10, 0), "Pacific/Kiritimati", dt.date(2027, 1, 1)),
        (utc(2026, 12, 31, 10, 59), "Pacific/Niue", dt.date(2026, 12, 30)),
        (
            utc(2026, 9, 6, 4, 0),
            "America/Santiago",
            dt.date(2026, 9, 6),
        ),  # midnight does not exist: the day starts at 1
    ],
)
def test_the_day_is_the_customers(at: int, zone: str, expected: dt.date) -> None:
    assert wording.local_day(at, ZoneInfo(zone)) == expected


@given(
    st.integers(utc(2020, 1, 1), utc(2040, 1, 1)),
    st.sampled_from(["Europe/Stockholm", "America/New_York", "Asia/Kolkata"]),
)
def test_days_go_forward_by_one_at_most(at: int, zone: str) -> None:
    step = wording.local_day(at + 3600, ZoneInfo(zone)) - wording.local_day(at, ZoneInfo(zone))
    assert step in (dt.timedelta(0), dt.timedelta(1))


def test_an_unknown_zone_gives_way_to_the_next() -> None:
    assert wording.zone("Europe/Stokholm", None, "../etc/passwd", "", "Asia/Tokyo").key == "Asia/Tokyo"
    with pytest.raises(ValueError, match="Europe/Stokholm"):
        wording.zone("Europe/Stokholm")


@pytest.mark.parametrize(
    "wanted, expected",
    [
        (["sv"], "sv"),
        (["sv-FI"], "sv"),
        (["SV_se"], "sv"),
        (["xx", "sv"], "sv"),
        ([None, ""], "en"),
        (["tlh"], "en"),
        ([], "en"),
        (["svx"], "en"),
    ],
)
def test_the_language_is_the_first_we_can_speak(wanted: list[str | None], expected: str) -> None:
    assert wording.language(wanted, ("en", "sv")) == expected


def test_a_tag_keeps_the_region_it_was_wanted_with() -> None:
    assert wording.tag(["tlh", "en-US", "sv"], ("sv", "en")) == "en-US"
    assert wording.tag(["tlh"], ("sv", "en")) == "sv"
    assert wording.tag(iter(["SV_se"]), ("en", "sv")) == "SV_se"


def test_every_norwegian_reads_bokmal() -> None:
    assert {wording.language([tag], ("en", "nb")) for tag in ("no", "nn-NO", "nb")} == {"nb"}


def test_no_language_at_all_is_an_error() -> None:
    with pytest.raises(ValueError, match="no language"):
        wording.language(["en"], ())


@pytest.mark.parametrize(
    "header, expected",
    [
        ("sv-SE,sv;q=0.9,en;q=0.8", ("sv-SE", "sv", "en")),
        ("en;q=0.2, sv;q=0.8", ("sv", "en")),
        ("en;q=0, sv", ("sv",)),
        ("*", ()),
        ("", ()),
        (None, ()),
        ("<script>", ()),
    ],
)
def test_accept_language_is_read_in_order_of_weight(header: str | None, expected: tuple[str, ...]) -> None:
    assert wording.accepted(header) == expected


@given(st.text())
def test_any_accept_language_gives_tags_or_nothing(header: str) -> None:
    assert wording.language(wording.accepted(header), ("en", "sv")) in {"en", "sv"}


@pytest.mark.parametrize(
    "tag, country, expected",
    [
        ("en", "SE", "en_SE"),
        ("en-GB", "SE", "en_GB"),
        ("sv", "XX", "sv"),
        ("pt_BR", None, "pt_BR"),
        ("zh-Hant", None, "zh"),
    ],
)
def test_the_tags_own_region_wins(tag: str, country: str | None, expected: str) -> None:
    assert str(wording.locale(tag, country)) == expected


@pytest.mark.parametrize(
    "tag, language, country, expected",
    [
        ("en-US", "en", "SE", "en-US"),
        ("en", "en", "US", "en-US"),
        ("en", "en", None, "en"),
        ("pl-PL", "sv", "US", "sv-US"),
        ("zh-Hant", "zh", "TW", "zh-Hant-TW"),
    ],
)
def test_a_tag_without_a_region_has_that_of_the_readers_country(
    tag: str, language: str, country: str | None, expected: str
) -> None:
    assert wording.regional(tag, language, country) == expected


def test_an_unknown_language_has_no_locale() -> None:
    with pytest.raises(ValueError, match="xx"):
        wording.locale("xx")


@given(st.text())
def test_a_plain_name_cannot_end_a_line_or_turn_the_text(text: str) -> None:
    shown = wording.plain(text)
    assert shown == " ".join(shown.split())
    assert len(shown) <= 200
    assert not any(unicodedata.category(char) == "Cc" or 0x202A <= ord(char) <= 0x202E for char in shown)


def test_a_long_name_is_cut_and_says_so() -> None:
    assert wording.plain("a" * 300, 10) == "aaaaaaaaa…"


def test_a_name_against_the_direction_is_fenced_off() -> None:
    assert wording.isolated("נועה", "sv") == "\u2068נועה\u2069"
    assert wording.isolated("Åsa", "sv") == "Åsa"
    assert wording.isolated("Åsa", "ar") == "\u2068Åsa\u2069"


def test_copy_is_read_by_table_and_name(tmp_path: Path) -> None:
    (tmp_path / "en.toml").write_text('[a.b]\nc = "Hi {name}"\n', "utf-8")
    strings = wording.copy(tmp_path, "en")
    assert wording.say(strings, "a.b.c", {"name": "{x}"}) == "Hi {x}"
    with pytest.raises(Misconfigured, match=r"a\.b\.d"):
        wording.say(strings, "a.b.d", {})
    with pytest.raises(Misconfigured, match="name"):
        wording.say(strings, "a.b.c", {})


def test_right_to_left_languages_say_so() -> None:
    assert (wording.direction("he-IL"), wording.direction("sv")) == ("rtl", "ltr")
