"""The reconciling Lambda, as EventBridge calls it every quarter of an hour."""

import json
from collections import Counter
from typing import Any

import boto3
import pytest

from chalicelib.actions import reconcile as action
from chalicelib.entrypoints.reconcile import reconcile
from chalicelib.errors import StripeRefused
from chalicelib.store import jobs
from tests.conftest import SITE, Cloud
from tests.edge import TwinEdge
from tests.shop import DAY, Shop

SCHEDULED: dict[str, Any] = {
    "version": "0",
    "id": "1",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "2026-11-02T12:00:00Z",
    "region": "eu-north-1",
    "resources": [],
    "detail": {},
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for the rate."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    action._kept.clear()


def counted(capsys: pytest.CaptureFixture[str]) -> Counter[str]:
    """The metrics that were printed, by name."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    found: Counter[str] = Counter()
    for line in lines:
        (metric,) = line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
        found[metric["Name"]] += (
            sum(line[metric["Name"]]) if isinstance(line[metric["Name"]], list) else line[metric["Name"]]
        )
    return found


def test_the_first_call_fills_the_table_and_counts_no_drift(
    shop: Shop, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.subscribe(shop.customer())
    shop.twin.advance(10)

    answer = reconcile(SCHEDULED, None)

    assert (answer["state"], answer["first"]) == ("finished", True)
    metrics = counted(capsys)
    assert metrics["Backfilled"] == 9
    assert "Drift" not in metrics


def test_a_later_night_counts_what_the_live_path_had_lost(
    shop: Shop, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    customer = shop.customer()
    shop.twin.advance(10)
    reconcile(SCHEDULED, None)
    shop.twin.advance(DAY // 2 + 2 * 3600)
    shop.do("POST", f"customers/{customer}", name="Astrid Ek")
    shop.twin.advance(DAY // 2)
    while shop.twin.now // 3600 % 24 != 2:
        shop.twin.advance(3600)
    capsys.readouterr()

    reconcile(SCHEDULED, None)

    metrics = counted(capsys)
    assert (metrics["Drift"], metrics["DriftByKind"]) == (1, 1)


def test_a_night_without_drift_says_so_with_a_zero(
    shop: Shop, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.twin.advance(10)
    reconcile(SCHEDULED, None)
    shop.twin.advance(DAY)
    while shop.twin.now // 3600 % 24 != 2:
        shop.twin.advance(3600)
    capsys.readouterr()

    reconcile(SCHEDULED, None)

    metrics = counted(capsys)
    assert "Drift" in metrics
    assert metrics["Drift"] == 0


def test_by_day_it_does_nothing(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    shop.twin.advance(10)
    reconcile(SCHEDULED, None)
    edge.calls.clear()

    assert reconcile(SCHEDULED, None) == {"state": "not_due"}
    assert edge.calls == []


def test_it_steps_back_where_another_is_at_work(shop: Shop, cloud: Cloud) -> None:
    jobs.claim(SITE.scope, "reconcile", shop.twin.now)

    assert reconcile(SCHEDULED, None) == {"state": "taken"}


def test_before_the_secret_is_filled_it_waits_without_a_failure(shop: Shop, cloud: Cloud) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="stamkund-test", SecretString="{}")

    assert reconcile(SCHEDULED, None) == {"state": "no_key"}


def test_a_key_that_may_not_read_is_a_failure(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    refused = {"error": {"type": "invalid_request_error", "message": "The provided key lacks the permission."}}
    edge.fail = lambda _method, _path: (json.dumps(refused), 403, {})

    with pytest.raises(StripeRefused):
        reconcile(SCHEDULED, None)
