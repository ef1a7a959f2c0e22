"""The window of doubt by example and by property. Every interleaving of it is visited in tests/sim."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.window import (
    MARGIN,
    NEVER,
    STATUS_RANKS,
    UNKNOWN,
    Guard,
    Pair,
    Progress,
    Verdict,
    Window,
    Write,
    advance,
    after,
    further,
    holds,
    intent_progress,
    invoice_progress,
    judge,
    listed,
    reading,
    snapshot,
)

STORED = Window(seen_from=95, seen_to=104, issued=3, applied=2)
OPEN_ONCE, OPEN_TWICE, PAID_ONCE = (1, 1), (1, 2), (3, 1)
SECONDS = st.integers(80, 120)
COUNTS = st.integers(0, 5)
WINDOWS = st.builds(Window, SECONDS, SECONDS, COUNTS, COUNTS)
PROGRESS = st.none() | st.tuples(st.integers(0, 3), st.integers(0, 4))


@pytest.mark.parametrize(
    "created, verdict",
    [(105, Verdict.NEWS), (104, Verdict.DOUBT), (96, Verdict.DOUBT), (95, Verdict.OLD), (0, Verdict.OLD)],
)
def test_an_event_is_news_after_the_window_old_before_it_and_a_doubt_inside(created: int, verdict: Verdict) -> None:
    assert judge(STORED, created) is verdict


def test_anything_is_news_about_an_object_that_we_never_stored() -> None:
    assert judge(UNKNOWN, 0) is Verdict.NEWS
    assert judge(UNKNOWN, NEVER + 1) is Verdict.NEWS


@pytest.mark.parametrize(
    "progress, verdict",
    [
        ((OPEN_ONCE, PAID_ONCE), Verdict.AHEAD),
        ((OPEN_ONCE, OPEN_TWICE), Verdict.AHEAD),
        ((PAID_ONCE, OPEN_ONCE), Verdict.OLD),
        ((OPEN_TWICE, OPEN_ONCE), Verdict.OLD),
        ((OPEN_ONCE, OPEN_ONCE), Verdict.DOUBT),
        ((OPEN_TWICE, PAID_ONCE), Verdict.DOUBT),
        ((None, PAID_ONCE), Verdict.DOUBT),
        ((OPEN_ONCE, None), Verdict.DOUBT),
    ],
)
def test_the_progress_of_an_invoice_breaks_a_tie(progress: Pair, verdict: Verdict) -> None:
    assert judge(STORED, 100, progress) is verdict


@pytest.mark.parametrize("progress", [(OPEN_ONCE, PAID_ONCE), (PAID_ONCE, OPEN_ONCE)])
def test_progress_decides_nothing_outside_the_window(progress: Pair) -> None:
    assert judge(STORED, 105, progress) is Verdict.NEWS
    assert judge(STORED, 95, progress, same=True) is Verdict.OLD


def test_a_delivery_made_twice_is_ahead_and_asks_nobody() -> None:
    assert judge(STORED, 100, same=True) is Verdict.AHEAD


def test_a_snapshot_passes_over_older_news_only_and_fences() -> None:
    write = snapshot(100)

    assert write == Write(Guard(seen_to_below=100), seen_from=100 - 2 * MARGIN - 1, seen_to=100 + 2 * MARGIN)
    assert after(write, STORED) == Window(95, 104, issued=4, applied=4)
    assert after(write, UNKNOWN) == Window(95, 104, issued=1, applied=1)


def test_a_step_ahead_keeps_what_was_certain_and_fences() -> None:
    write = advance(STORED, 103)

    assert write == Write(Guard(unchanged=STORED), seen_from=95, seen_to=107)
    assert advance(STORED, 98).seen_to == 104
    assert after(write, STORED) == Window(95, 107, issued=4, applied=4)


def test_a_reading_opens_the_window_around_the_call_and_keeps_its_ticket() -> None:
    write = reading(7, 100, 103)

    assert write == Write(Guard(applied_below=7, seen_from_at_most=97), seen_from=97, seen_to=105, ticket=7)
    assert after(write, Window(90, 99, issued=9, applied=2)) == Window(97, 105, issued=9, applied=7)


@pytest.mark.parametrize(
    "guard, passes",
    [
        (Guard(), True),
        (Guard(seen_to_below=105), True),
        (Guard(seen_to_below=104), False),
        (Guard(applied_below=3), True),
        (Guard(applied_below=2), False),
        (Guard(seen_from_at_most=95), True),
        (Guard(seen_from_at_most=94), False),
        (Guard(unchanged=STORED), True),
        (Guard(unchanged=STORED._replace(issued=4)), False),
        (Guard(seen_to_below=105, applied_below=2), False),
    ],
)
def test_a_guard_asks_each_of_its_parts(guard: Guard, passes: bool) -> None:
    assert holds(guard, STORED) is passes


@given(WINDOWS, SECONDS)
def test_a_snapshot_may_be_written_exactly_where_the_event_is_news(stored: Window, created: int) -> None:
    assert holds(snapshot(created).guard, stored) == (judge(stored, created) is Verdict.NEWS)


@given(WINDOWS, SECONDS, st.tuples(PROGRESS, PROGRESS), st.booleans())
def test_the_event_that_was_written_is_never_news_again(
    stored: Window, created: int, progress: Pair, same: bool
) -> None:
    verdict = judge(stored, created, progress, same)
    if verdict in (Verdict.NEWS, Verdict.AHEAD):
        write = snapshot(created) if verdict is Verdict.NEWS else advance(stored, created)
        assert holds(write.guard, stored)
        assert judge(after(write, stored), created) is not Verdict.NEWS


@given(WINDOWS, SECONDS, st.integers(0, 3))
def test_a_reading_settles_every_event_that_it_was_made_for(stored: Window, created: int, lasted: int) -> None:
    """Made after the event by any of Stripe's clocks, so at least its second less the margin."""
    write = reading(stored.issued + 1, created, created + lasted)

    assert judge(after(write, stored), created - MARGIN - 1) is Verdict.OLD
    assert judge(after(write, stored), created + lasted + MARGIN + 1) is Verdict.NEWS


@given(WINDOWS, SECONDS)
def test_a_fencing_write_refuses_every_ticket_taken_before_it(stored: Window, created: int) -> None:
    fenced = after(snapshot(created), stored)

    for ticket in range(1, stored.issued + 1):
        assert not holds(reading(ticket, 200, 200).guard, fenced)
    assert holds(reading(fenced.issued + 1, 200, 200).guard, fenced)


@given(WINDOWS, SECONDS, st.integers(0, 3), st.integers(1, 6))
def test_no_write_that_may_pass_lowers_what_is_certain(stored: Window, start: int, lasted: int, ticket: int) -> None:
    read = reading(ticket, start, start + lasted)
    if holds(read.guard, stored):
        assert after(read, stored).seen_from >= stored.seen_from
        assert after(read, stored).applied > stored.applied
    ahead = advance(stored, start)
    assert after(ahead, stored).seen_from == stored.seen_from
    assert after(ahead, stored).seen_to >= stored.seen_to


@pytest.mark.parametrize("status", STATUS_RANKS)
def test_every_status_of_an_invoice_has_a_rank(status: str) -> None:
    assert invoice_progress(status, 2) == (STATUS_RANKS[status], 2)


def test_a_status_that_we_do_not_know_has_none() -> None:
    assert invoice_progress("pending", 2) is None


def test_an_invoice_goes_from_draft_over_open_to_its_end() -> None:
    assert STATUS_RANKS["draft"] < STATUS_RANKS["open"] < STATUS_RANKS["uncollectible"] < STATUS_RANKS["paid"]
    assert not further((STATUS_RANKS["paid"], 1), (STATUS_RANKS["void"], 1))


@given(st.tuples(COUNTS, COUNTS), st.tuples(COUNTS, COUNTS), st.tuples(COUNTS, COUNTS))
def test_further_is_a_strict_order(one: Progress, two: Progress, three: Progress) -> None:
    assert not further(one, one)
    assert not (further(one, two) and further(two, one))
    assert not (further(one, two) and further(two, three)) or further(one, three)


@pytest.mark.parametrize(
    "seen_to, may", [(NEVER, True), (100 - 3, True), (100 - 2, False), (100, False), (100 + 9, False)]
)
def test_a_list_speaks_only_over_what_is_certainly_older(seen_to: int, may: bool) -> None:
    write = listed(Window(NEVER, seen_to, 3, 2), 100, 100 + 1)

    assert (write is not None) == may


def test_a_list_is_refused_as_soon_as_anybody_has_come_and_fences_whoever_reads() -> None:
    stored = Window(1, 2, 3, 2)
    write = listed(stored, 100, 101)
    assert write is not None

    assert holds(write.guard, stored)
    assert not holds(write.guard, stored._replace(issued=4))
    assert after(write, stored) == Window(97, 103, 4, 4)


@pytest.mark.parametrize("open_status", ["requires_payment_method", "requires_action", "processing", "of_tomorrow"])
@pytest.mark.parametrize("ended", ["succeeded", "canceled"])
def test_a_payment_intent_is_further_only_at_its_end(open_status: str, ended: str) -> None:
    assert further(intent_progress(ended), intent_progress(open_status))
    assert not further(intent_progress(open_status), intent_progress(ended))
    assert not further(intent_progress(open_status), intent_progress("requires_confirmation"))
