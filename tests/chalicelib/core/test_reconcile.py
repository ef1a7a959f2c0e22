"""Where a run stands, when the next is due, and what differs."""

from dataclasses import replace

import pytest

from chalicelib.core.model import Product
from chalicelib.core.reconcile import EVERY, FIRST, PHASES, RECENT, Place, Run, differences, next_run, start

NIGHT = 1_793_620_800 + 14 * 3600
"""02:00 UTC."""

PRODUCT = Product("prod_1", "Nordlys Plus", True, 1)


def test_the_first_run_is_due_at_once_and_goes_back_thirteen_months() -> None:
    run = next_run(None, "acct_1", NIGHT + 9 * 3600)

    assert run == Run(NIGHT + 9 * 3600, NIGHT + 9 * 3600 - FIRST, True, Place("acct_1"), {})


def test_a_run_under_way_goes_on_at_any_hour() -> None:
    under_way = Run(NIGHT, NIGHT - RECENT, False, Place("acct_1", "products"), {})

    assert next_run(under_way, "acct_1", NIGHT + 9 * 3600) is under_way


@pytest.mark.parametrize(
    "later, due",
    [(EVERY - 1, False), (24 * 3600, True), (24 * 3600 + 9 * 3600, False), (EVERY, False), (48 * 3600, True)],
)
def test_the_next_run_waits_for_the_night(later: int, due: bool) -> None:
    last = Run(NIGHT, 0, True, None, {}, NIGHT + 60)

    run = next_run(last, "acct_1", NIGHT + later)

    assert (run is not None) == due
    if run:
        assert run == start("acct_1", NIGHT + later)
        assert (run.first, run.since) == (False, NIGHT + later - RECENT)


def test_a_place_goes_through_all_phases_and_ends() -> None:
    place: Place | None = Place("acct_1")
    seen = []
    while place is not None:
        seen.append(place.phase)
        place = place.after_page(None)

    assert tuple(seen) == PHASES


def test_a_place_stays_in_its_phase_while_there_is_more() -> None:
    assert Place("acct_1", "products").after_page("prod_1@1") == Place("acct_1", "products", "prod_1@1")


@pytest.mark.parametrize(
    "stored, gone, actual, expected",
    [
        (PRODUCT, False, PRODUCT, ()),
        (PRODUCT, True, None, ()),
        (None, True, None, ()),
        (PRODUCT, False, None, ("gone",)),
        (None, False, PRODUCT, ("missing",)),
        (PRODUCT, True, PRODUCT, ("gone",)),
        (replace(PRODUCT, name="Plus", active=False), False, PRODUCT, ("name", "active")),
    ],
)
def test_differences_are_named_by_field(
    stored: Product | None, gone: bool, actual: Product | None, expected: tuple[str, ...]
) -> None:
    assert differences(stored, gone, actual) == expected
