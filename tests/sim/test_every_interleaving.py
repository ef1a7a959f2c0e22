"""The window of doubt over every interleaving of small cases, and each broken variant caught."""

import pytest

from chalicelib.core import window
from chalicelib.core.window import Guard, Verdict, Write
from tests.sim.explore import Case, Protocol, explore

PROTOCOL = Protocol()
CASES = [
    (1, 2),
    (1, 3),
    (1, 2, 2),
    (1, 2, 3),
    (2, 3, 3),
    (2, 2, 3),
    (1, 1, 2, 2),
    (1, 2, 2, 3),
    (1, 1, 2, 3),
    (1, 2, 3, 3),
]
APART = [(1, 2), (1, 2, 2), (1, 1, 2), (1, 2, 3)]
LIVES = [((1, 0), (1, 1), (1, 1)), ((0, 0), (1, 0), (3, 0)), ((1, 0), (1, 0), (3, 1))]


def blind(created: int, margin: int) -> Write:
    """Write every snapshot as it comes."""
    return window.snapshot(created, margin)._replace(guard=Guard())


def unfenced_reading(ticket: int, start: int, end: int, margin: int) -> Write:
    """Write what a GET returned without comparing tickets."""
    write = window.reading(ticket, start, end, margin)
    return write._replace(guard=write.guard._replace(applied_below=None))


def sinking_reading(ticket: int, start: int, end: int, margin: int) -> Write:
    """A late GET may lower seen_from."""
    write = window.reading(ticket, start, end, margin)
    return write._replace(guard=write.guard._replace(seen_from_at_most=None))


def point_reading(ticket: int, start: int, end: int, margin: int) -> Write:
    """One instant instead of a window."""
    write = window.reading(ticket, start, end, margin)
    return write._replace(seen_from=end - 1, seen_to=end - 1)


def newer_only(stored: window.Window, created: int, progress: window.Pair, same: bool) -> Verdict:
    """Write when created is newer than the last one, drop ties."""
    return Verdict.NEWS if created > stored.seen_to else Verdict.OLD


def unfenced(write: Write, stored: window.Window) -> window.Window:
    """A snapshot does not fence off readers under way."""
    after = window.after(write, stored)
    return after if write.ticket is not None else after._replace(issued=stored.issued, applied=stored.applied)


def progress_either(stored: window.Window, created: int, progress: window.Pair, same: bool) -> Verdict:
    """Take equal progress for further progress: a tie is then broken by chance."""
    ours, theirs = progress
    if stored.seen_from < created <= stored.seen_to and ours and theirs and ours >= theirs:
        return Verdict.OLD
    return window.judge(stored, created, progress, same)


def same_is_old(stored: window.Window, created: int, progress: window.Pair, same: bool) -> Verdict:
    """Skip an event that shows what is stored, without a fence."""
    verdict = window.judge(stored, created, progress, same)
    return Verdict.OLD if same and verdict is Verdict.AHEAD else verdict


SAME_IS_OLD = PROTOCOL._replace(judge=same_is_old)
BROKEN = {
    "blind": PROTOCOL._replace(snapshot=blind),
    "newer": PROTOCOL._replace(judge=newer_only),
    "no ticket": PROTOCOL._replace(reading=unfenced_reading),
    "no fence": PROTOCOL._replace(after=unfenced),
    "may sink": PROTOCOL._replace(reading=sinking_reading),
    "point": PROTOCOL._replace(reading=point_reading),
}


@pytest.mark.parametrize("deliveries", CASES, ids=str)
def test_no_order_duplication_or_loss_ends_wrong(deliveries: tuple[int, ...]) -> None:
    states, wrong = explore(Case(deliveries), PROTOCOL)

    assert wrong == 0
    assert states > 100


@pytest.mark.parametrize("deliveries", APART, ids=str)
def test_clocks_apart_by_the_margin_end_right(deliveries: tuple[int, ...]) -> None:
    assert explore(Case(deliveries, seconds=4, skew=1, margin=1), PROTOCOL)[1] == 0


@pytest.mark.parametrize("life", LIVES, ids=str)
def test_an_invoice_that_only_goes_forward_needs_no_read_and_ends_right(life: tuple[window.Progress, ...]) -> None:
    assert explore(Case((1, 2, 2, 3), progress=life), PROTOCOL)[1] == 0
    assert explore(Case((1, 2, 3), seconds=4, skew=1, margin=1, progress=life), PROTOCOL)[1] == 0


INTENTS = [
    ("requires_payment_method", "requires_action", "succeeded"),
    ("requires_action", "requires_payment_method", "canceled"),
    ("requires_payment_method", "succeeded", "succeeded"),
]


@pytest.mark.parametrize("life", INTENTS, ids="-".join)
def test_a_payment_intent_that_ends_needs_no_read_for_it_and_ends_right(life: tuple[str, ...]) -> None:
    progress = tuple(window.intent_progress(status) for status in life)

    assert explore(Case((1, 2, 2, 3), progress=progress), PROTOCOL)[1] == 0
    assert explore(Case((1, 2, 3), seconds=4, skew=1, margin=1, progress=progress), PROTOCOL)[1] == 0


def test_a_payment_intent_ranked_as_if_it_never_went_back_is_caught() -> None:
    """It may want the customer, and then another card again: only its end is an end."""
    ranks = {"requires_payment_method": 0, "requires_action": 1}
    life = tuple(
        (ranks[status], 0) for status in ("requires_payment_method", "requires_action", "requires_payment_method")
    )

    assert any(explore(Case(deliveries, progress=life), PROTOCOL)[1] for deliveries in ((1, 2, 3), (1, 2, 2, 3)))


@pytest.mark.parametrize("states", ["ABA", "AAB", "ABB", "AABA"])
def test_a_state_that_comes_back_ends_right(states: str) -> None:
    deliveries = (1, 2, 3, 4)[: len(states)]

    assert explore(Case(deliveries, states=states), PROTOCOL)[1] == 0
    assert explore(Case(deliveries[:3], seconds=4, skew=1, margin=1, states=states), PROTOCOL)[1] == 0


def test_a_same_state_taken_for_old_news_is_caught() -> None:
    """Without the fence, a reader that saw B writes it over the second A."""
    assert any(explore(Case((1, 2, 3), states=states), SAME_IS_OLD)[1] for states in ("ABA", "ABB"))


@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_variant_is_caught(name: str) -> None:
    assert any(explore(Case(deliveries), BROKEN[name])[1] for deliveries in CASES)


def test_clocks_apart_without_a_margin_are_caught() -> None:
    assert any(explore(Case(deliveries, seconds=4, skew=1, margin=0), PROTOCOL)[1] for deliveries in APART)


def test_a_refused_reader_that_does_not_judge_again_is_caught() -> None:
    """Docs/decisions/001: the fence may drop a reader that knew more than the snapshot which fenced it off."""
    broken = PROTOCOL._replace(judges_again=False)

    assert explore(Case((1, 2, 3), seconds=4, skew=1, margin=1), broken)[1] == 26


def test_equal_progress_taken_for_further_progress_is_caught() -> None:
    broken = PROTOCOL._replace(judge=progress_either)

    assert any(explore(Case((1, 2, 2, 3), progress=life), broken)[1] for life in LIVES)
