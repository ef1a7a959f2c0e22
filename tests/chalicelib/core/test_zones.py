"""The zone of an address, held against the time zone database itself."""

from collections import defaultdict
from importlib.resources import files
from zoneinfo import available_timezones

import pytest

from chalicelib.core import zones
from chalicelib.core.zones import of_address

NO_ANSWER = {"AQ", "UM"}
"""Countries in which no zone is that of nearly everyone."""


def zone_tab() -> dict[str, set[str]]:
    """The zones of each country, by the IANA database."""
    found = defaultdict(set)
    for line in files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found[country].add(zone)
    return found


def named() -> list[tuple[str, str]]:
    """Each country with each zone that we name for it."""
    by_state = [(country, zone) for (country, _), zone in zones._of_states().items()]
    return [*zones._of_countries().items(), *by_state]


def test_each_zone_is_known_and_lies_in_its_country() -> None:
    known, database = available_timezones(), zone_tab()

    assert [pair for pair in named() if pair[1] not in known or pair[1] not in database[pair[0]]] == []


def test_every_country_with_one_zone_is_there_and_only_those_named_here_have_no_answer() -> None:
    answers = {country: of_address(country) for country in zone_tab()}

    assert {country for country, zone in answers.items() if zone is None} == NO_ANSWER


@pytest.mark.parametrize(
    "country, state, zone",
    [
        ("SE", None, "Europe/Stockholm"),
        ("se", "AB", "Europe/Stockholm"),
        ("DE", "", "Europe/Berlin"),
        ("ES", None, "Europe/Madrid"),
        ("AR", "Jujuy", "America/Argentina/Buenos_Aires"),
        ("US", "NY", "America/New_York"),
        ("US", "tx ", "America/Chicago"),
        ("US", "US-CA", "America/Los_Angeles"),
        ("US", "HI", "Pacific/Honolulu"),
        ("US", "Bavaria", "America/Chicago"),
        ("CA", "BC", "America/Vancouver"),
        ("AU", "WA", "Australia/Perth"),
        ("AU", None, "Australia/Adelaide"),
        ("BR", "AM", "America/Manaus"),
        ("BR", "SP", "America/Sao_Paulo"),
        ("MX", "B.C.", "America/Tijuana"),
        ("MX", "CDMX", "America/Mexico_City"),
        ("ID", "Bali", "Asia/Makassar"),
        ("RU", "MOW", "Europe/Moscow"),
        ("RU", "VVO", "Asia/Yekaterinburg"),
        ("XX", None, None),
        ("", "CA", None),
        (None, "CA", None),
    ],
)
def test_the_zone_of_an_address(country: str | None, state: str | None, zone: str | None) -> None:
    assert of_address(country, state) == zone


def test_each_state_of_the_united_states_has_a_zone() -> None:
    assert len([state for country, state in zones._of_states() if country == "US"]) == 51
