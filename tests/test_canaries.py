"""The watch over secrets is awake: each kind is known, and found where it lies."""

import pytest

from chalicelib.store import api_keys, links
from chalicelib.store.tables import ObjectRow
from tests import canaries
from tests.chalicelib.entrypoints.caller import call
from tests.chalicelib.entrypoints.conftest import shop  # noqa: F401 - a fixture
from tests.conftest import NOW, SITE, SITE_SECRET, WEBHOOK_SECRET, Cloud
from tests.shop import Shop


def test_each_kind_of_secret_is_known(shop: Shop, api_key: str) -> None:  # noqa: F811 - a fixture
    customer = shop.customer()
    shop.deliver()
    url = call("POST", "/v1/portal-sessions", {"customer": customer}, key=api_key).json["url"]
    secrets = (api_key, url.rsplit("/", 1)[1], links.new_token(), SITE_SECRET, WEBHOOK_SECRET)

    assert [canaries.leaked(f"... {secret} ...") for secret in secrets] == [[secret[:9]] for secret in secrets]
    assert canaries.leaked("nothing at all") == []


def test_a_stored_secret_is_found(cloud: Cloud) -> None:
    key = api_keys.create(SITE.id, ("read",), NOW)
    assert canaries.leaked(canaries.stored()) == []

    row = ObjectRow("C#x", key)
    row.save()
    assert canaries.leaked(canaries.stored()) == [key[:9]]
    row.delete()


@pytest.mark.parametrize("section", ["Captured stdout call", "Captured log call", "Captured stderr teardown"])
def test_a_printed_secret_fails_its_test(section: str) -> None:
    report = pytest.TestReport("x", ("x", 1, "x"), {}, "passed", None, "call", sections=[(section, f"> {SITE_SECRET}")])

    canaries.judge(report)

    assert report.failed
    assert SITE_SECRET not in str(report.longrepr)
