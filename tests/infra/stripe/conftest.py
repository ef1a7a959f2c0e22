"""A deployment whose site is stored and signed for, and a merchant's Stripe account in the twin with nothing set up."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.core.site import Site
from chalicelib.stripe_api import gateway
from chalicelib.stripe_api.gateway import Client
from infra.deployment import Deployment
from infra.sites import files, stored
from infra.stacks import Stacks
from infra.stripe import __main__ as command
from infra.stripe import portal_file
from tests.conftest import SITE, Cloud
from tests.edge import TwinEdge
from tests.infra.deployment import put_secret, tell, write

KEY = "rk_test_twin_key"
URL = f"{SITE.base_url}/webhooks/stripe/default"


@dataclass
class Merchant:
    """Both sides of the deployment; `folder` holds the site's file, `portals` the portal configurations."""

    cloud: Cloud
    edge: TwinEdge
    folder: Path
    portals: Path
    deployment: Deployment
    client: Client

    def run(self, *arguments: str) -> int:
        """The command, for the stage of the tests."""
        return command.main([*arguments, "--stage", "dev"])

    def do(self, method: str, path: str, **params: Any) -> dict[str, Any]:
        """What the merchant does at Stripe by hand."""
        status, _, body = self.edge.twin.request(method, f"/v1/{path}", params)
        assert status == 200, body
        answer: dict[str, Any] = body
        return answer

    def configuration(self, kind: str, site: str = SITE.id) -> dict[str, Any]:
        """Our configuration as Stripe has it."""
        marks = {"stamkund": kind, "stamkund_site": site, "stamkund_stage": "dev"}
        there = self.edge.twin.objects("billing_portal.configuration")
        (found,) = [each for each in there if marks.items() <= each["metadata"].items()]
        return dict(found)

    def endpoints(self) -> list[dict[str, Any]]:
        """Webhook endpoints, oldest first."""
        return self.edge.twin.objects("webhook_endpoint")

    def writes(self) -> list[tuple[str, str]]:
        """What was written at Stripe since the last look."""
        found = [call for call in self.edge.calls if call[0] != "GET"]
        self.edge.calls.clear()
        return found

    def site(self) -> Site:
        """The site as it is stored."""
        found = stored.find(SITE.id)
        assert found is not None
        return found


@pytest.fixture
def merchant(tmp_path: Path, cloud: Cloud, edge: TwinEdge, monkeypatch: pytest.MonkeyPatch) -> Merchant:
    """A deployment with one site, no endpoint and no configuration; its secret holds the key alone."""
    tell(monkeypatch, cloud, Site=SITE.id, MailIdentity="nordlys.example")
    put_secret({"stripe_api_key": KEY})
    folder, portals = tmp_path / "sites", tmp_path / "portal"
    portals.mkdir()
    for name in ("full", "minimal"):
        (portals / f"{name}.yaml").write_text((portal_file.FOLDER / f"{name}.yaml").read_text())
    monkeypatch.setattr(files, "FOLDER", folder)
    monkeypatch.setattr(portal_file, "FOLDER", portals)
    monkeypatch.setattr(clock, "now", lambda: edge.twin.now)
    write(folder)
    deployment = Deployment("dev", Stacks("stamkund-dev-data", "stamkund-dev"))
    return Merchant(cloud, edge, folder, portals, deployment, gateway.client(KEY, None))
