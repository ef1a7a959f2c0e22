"""Stripe at a pace: a worker takes its share, and all workers together stay within what an account may be asked."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from chalicelib.actions import ask_stripe, paced
from chalicelib.core.model import Kind
from chalicelib.errors import StripeUnavailable
from chalicelib.stripe_api.shapes import Answer
from tests.conftest import SITE

ANSWER = Answer(None, 0, 1)


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """Seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """They pass."""
        self.now += seconds


def answering(clock: Clock, asked: list[float]) -> Callable[..., Answer]:
    """Stripe, which writes down when it is asked."""

    def fetch(*_: object) -> Answer:
        asked.append(clock.now)
        return ANSWER

    return fetch


@pytest.fixture
def asked() -> list[float]:
    """When Stripe was asked, by the clock of each worker; all of them begin at once."""
    return []


def worker(monkeypatch: pytest.MonkeyPatch, asked: list[float], number: int, scope: str = SITE.scope) -> None:
    """A worker in a Lambda of its own asks about so many objects, one after the other."""
    clock = Clock()
    paced.forget()
    with monkeypatch.context() as patch:
        patch.setattr(paced, "time", SimpleNamespace(monotonic=clock.monotonic, sleep=clock.sleep))
        patch.setattr(ask_stripe, "fetch", answering(clock, asked))
        for ident in range(number):
            assert paced.reader(scope)(Kind.CUSTOMER, f"cus_{ident}") is ANSWER


def test_a_worker_takes_a_fifth_of_the_rate(monkeypatch: pytest.MonkeyPatch, asked: list[float]) -> None:
    worker(monkeypatch, asked, 51)

    assert asked[-1] - asked[0] == pytest.approx(10)


def test_five_workers_together_ask_no_faster_than_the_account_may_be_asked(
    monkeypatch: pytest.MonkeyPatch, asked: list[float]
) -> None:
    for _ in range(paced.WORKERS):
        worker(monkeypatch, asked, 40)

    busiest = max(sum(first <= at < first + 1 - 1e-6 for at in asked) for first in asked)
    assert len(asked) == 200
    assert busiest == 25


@pytest.mark.parametrize("rate, seconds", [("5", 9), ("50", 0.9)])
def test_the_rate_is_the_deployments(
    monkeypatch: pytest.MonkeyPatch, asked: list[float], rate: str, seconds: float
) -> None:
    monkeypatch.setenv("STRIPE_READS_PER_SECOND", rate)

    worker(monkeypatch, asked, 10)

    assert asked[-1] - asked[0] == pytest.approx(seconds)


def test_each_account_has_a_bucket_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, asked = Clock(), list[float]()
    paced.forget()
    monkeypatch.setattr(paced, "time", SimpleNamespace(monotonic=clock.monotonic, sleep=clock.sleep))
    monkeypatch.setattr(ask_stripe, "fetch", answering(clock, asked))

    for account in ("acct_one", "acct_two", "acct_three"):
        paced.reader(f"{account}:test")(Kind.CUSTOMER, "cus_1")

    assert asked == [1000.0] * 3


def test_what_stripe_limits_is_not_tried_again_here(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def limited(*_: object) -> Answer:
        calls.append(1)
        raise StripeUnavailable("Stripe did not answer: RateLimitError.")

    monkeypatch.setattr(ask_stripe, "fetch", limited)
    paced.forget()

    with pytest.raises(StripeUnavailable):
        paced.reader(SITE.scope)(Kind.CUSTOMER, "cus_1")

    assert calls == [1]
