"""Six hundred lives of notices: nothing twice, nothing untrue, nothing at night or against somebody's will, none forgotten."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.actions import send_notice
from chalicelib.core import noticing
from chalicelib.core.noticing import Look
from chalicelib.store import cases, optouts
from chalicelib.store.outbox import Desk
from tests.sim_mails.edges import installed
from tests.sim_mails.lives import first_wrong, trace
from tests.sim_mails.notice_lives import live

RUNS, CHUNKS = 600, 6
LOOK = noticing.look


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_life_comes_out_wrong(chunk: int) -> None:
    with installed() as edges:
        found = first_wrong(edges, range(chunk * RUNS // CHUNKS, (chunk + 1) * RUNS // CHUNKS), live)
        told = trace(edges, found.seed, live) if found else ""

    assert found is None, f"python -m tests.sim_mails --notices --seed {found.seed} --trace\n{told}"


def _forgetful(subjects: Any, _handled: str | None, *rest: Any) -> Look:
    return LOOK(subjects, None, *rest)


def _trusting(job: Any, _told: Any, _clock: Any) -> Look:
    return send_notice._as_stored(job)


BREAKS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "what left is not remembered": lambda patch: patch.setattr(noticing, "look", _forgetful),
    "stripe is asked and not believed": lambda patch: patch.setattr(send_notice, "_as_told", _trusting),
    "whatever the hour": lambda patch: patch.setattr(noticing, "held", lambda *_: None),
    "a look that sends nothing is the last": lambda patch: patch.setattr(
        send_notice, "_hold", lambda row, _: cases.rest(row)
    ),
    "who unsubscribed is not asked for": lambda patch: patch.setattr(optouts, "refused", lambda *_: False),
    "claims are given back whatever ses says": lambda patch: patch.setattr(Desk, "in_flight", lambda *_: False),
}


@pytest.mark.parametrize("name", BREAKS)
def test_each_broken_variant_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with installed() as edges:
        BREAKS[name](monkeypatch)
        assert first_wrong(edges, range(1_000), live)


def test_the_lives_see_every_notice_and_every_change_that_makes_one_untrue() -> None:
    """A simulation in which nothing happens proves nothing."""
    with installed() as edges:
        seen = "\n".join(trace(edges, seed, live) for seed in range(400))
        lives = [live(edges, seed) for seed in range(400)]

    for key in (
        "card_30",
        "card_14",
        "card_7",
        "trial_7",
        "trial_1",
        "renewal_45",
        "renewal_7",
        "stopped",
        "win_14",
        "win_30",
    ):
        assert f"'{key}-" in seen, key
    for word in ("cancels", "is moved", "the network updates the card", "another card", "comes back", "pays after all"):
        assert word in seen, word
    for word in ("unsubscribes", "crashed", "(ses lost after)", "(stripe silent)", "feedback", "pay@example.com"):
        assert word in seen, word
    assert sum(each.mails for each in lives) > 500
