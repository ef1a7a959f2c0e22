"""The edges of the simulation, for a test."""

from collections.abc import Iterator

import pytest

from tests.sim.edges import Edges, installed


@pytest.fixture
def edges() -> Iterator[Edges]:
    """The real code, led to a world of ours."""
    with installed() as made:
        yield made
