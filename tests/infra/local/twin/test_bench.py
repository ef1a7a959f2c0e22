"""A year of many subscriptions takes work in proportion to them: counted in lines of Python that run, for time lies."""

import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from infra.local.twin import bench
from infra.local.twin.core.world import World


def lines_of(work: Callable[[], object]) -> int:
    """How many lines, calls and returns `work` runs; each turn of a loop counts, however short it is written."""
    count = 0

    def trace(_frame: FrameType, _event: str, _arg: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def added_by_each() -> tuple[float, float]:
    """The lines that one more subscription adds: among few, and among four times as many."""
    bench.year(1)  # what is worked out once, such as patterns, is worked out now
    few, more, many = (lines_of(lambda n=n: bench.year(n)) for n in (4, 8, 16))  # type: ignore[misc]
    return (more - few) / 4, (many - more) / 8


def test_each_subscription_adds_the_same_work_however_many_there_are() -> None:
    among_few, among_many = added_by_each()

    assert among_few > 10_000
    assert among_many == pytest.approx(among_few, rel=0.0005)


def test_a_search_through_all_objects_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def scan(world: World, kind: str, name: str, value: str) -> Iterator[Any]:
        return iter([obj for obj in world.table(kind).values() if obj.get(name) == value])

    monkeypatch.setattr(World, "find", scan)
    among_few, among_many = added_by_each()

    assert among_many > among_few * 1.01


def test_a_year_has_thirteen_invoices_a_subscription() -> None:
    assert bench.year(10)[2] == 130
