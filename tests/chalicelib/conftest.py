"""What tests of the mailers share."""

from typing import Any

import pytest

from chalicelib.aws import clients
from chalicelib.store import keys
from tests.conftest import Cloud
from tests.edge import TwinEdge
from tests.shop import Shop


@pytest.fixture
def shop(cloud: Cloud, edge: TwinEdge, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The shop, with Stripe's deliveries at our door; one shard of each kind, since many runs ask them all."""
    monkeypatch.setattr(keys, "DUE_SHARDS", 1)
    return Shop(edge.twin, cloud)


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> list[str]:
    """The text part of every mail."""
    seen: list[str] = []
    ses = clients.client("sesv2", once=True)
    real = ses.send_email

    def send(**call: Any) -> Any:
        seen.append(call["Content"]["Simple"]["Body"]["Text"]["Data"])
        return real(**call)

    monkeypatch.setattr(ses, "send_email", send)
    return seen
