"""The shop, the clock of the twin, and a key."""

import pytest

from chalicelib import clock
from tests.conftest import Cloud
from tests.edge import TwinEdge
from tests.shop import Shop


@pytest.fixture
def shop(cloud: Cloud, edge: TwinEdge, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The shop, with Stripe's deliveries at our door and our clock at Stripe's."""
    monkeypatch.setattr(clock, "now", lambda: edge.twin.now)
    return Shop(edge.twin, cloud)
