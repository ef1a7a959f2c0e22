"""Fixtures: a merchant with a twin in-process, and a twin served over HTTP."""

import threading
from collections.abc import Iterator

import pytest
import stripe

from infra.local.twin import Twin
from infra.local.twin.http.server import Server
from infra.local.twin.http.service import Service
from tests.infra.local.twin.shop import Shop


@pytest.fixture
def shop() -> Shop:
    """A merchant; his clock stands still."""
    return Shop()


@pytest.fixture
def service() -> Iterator[Service]:
    """A twin that serves HTTP on a free port of loopback, in real time."""
    twin = Twin(7)
    service = Service(twin)
    server = Server(("127.0.0.1", 0), service)
    twin.world.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    service.start()
    yield service
    service.stop()
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(service: Service) -> Iterator[stripe.StripeClient]:
    """The official SDK, pointed at the twin."""
    http = stripe.RequestsClient()
    yield stripe.StripeClient(
        "sk_test_client1234", base_addresses={"api": service.twin.world.base_url}, http_client=http
    )
    http.close()  # type: ignore[no-untyped-call]
