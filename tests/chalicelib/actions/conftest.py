"""What tests of the mailers share."""

import pytest

from chalicelib.store import keys
from tests.conftest import Cloud
from tests.edge import TwinEdge
from tests.shop import Shop


@pytest.fixture
def shop(cloud: Cloud, edge: TwinEdge, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The shop, with Stripe's deliveries at our door; one shard of each kind, since many runs ask them all."""
    monkeypatch.setattr(keys, "DUE_SHARDS", 1)
    return Shop(edge.twin, cloud)
