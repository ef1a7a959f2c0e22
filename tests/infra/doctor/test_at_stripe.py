"""The checks at Stripe, against the twin: each where all is well and where it is not."""

from functools import partial
from typing import Any

import pytest

from chalicelib.core.events import enabled_events
from chalicelib.errors import StripeRefused
from infra.doctor import at_stripe
from infra.doctor.report import Line
from tests.conftest import ACCOUNT, SITE
from tests.infra.doctor.conftest import API, Deployment, told


def webhooks(deployment: Deployment, names: tuple[str, ...] = ("default",), bus: bool = False) -> list[Line]:
    """What is said of the webhook endpoints."""
    bases = {SITE.base_url, API.rstrip("/")}
    return list(at_stripe.webhooks(deployment.client, bases, list(names), bus))


def test_the_keys_account(deployment: Deployment) -> None:
    assert [line.level for line in at_stripe.owner(deployment.client, ACCOUNT)] == ["ok"]
    assert "another account than acct_1Other" in told(list(at_stripe.owner(deployment.client, "acct_1Other")), "wrong")


@pytest.mark.parametrize("url", [f"{SITE.base_url}/webhooks/stripe/default", f"{API}webhooks/stripe/default"])
def test_an_endpoint_as_it_should_be(deployment: Deployment, url: str) -> None:
    deployment.webhook(url=url)

    (line,) = webhooks(deployment)

    assert line.level == "ok"
    assert url in line.what


@pytest.mark.parametrize("bus, level", [(False, "wrong"), (True, "warn")])
def test_no_endpoint_is_wrong_unless_events_come_another_way(deployment: Deployment, bus: bool, level: str) -> None:
    deployment.webhook(url="https://elsewhere.example/webhooks/stripe/default")

    assert "Stripe has no endpoint" in told(webhooks(deployment, bus=bus), level)


def test_every_endpoint_of_the_secret_is_wanted(deployment: Deployment) -> None:
    deployment.webhook()

    assert "webhook eu: Stripe has no endpoint" in told(webhooks(deployment, ("default", "eu")), "wrong")


def test_an_endpoint_that_is_disabled(deployment: Deployment) -> None:
    found = deployment.webhook()
    deployment.stripe("post", f"webhook_endpoints/{found['id']}", disabled=True)

    assert "it is disabled" in told(webhooks(deployment), "wrong")


@pytest.mark.parametrize("version", [None, "2025-01-27.acacia"])
def test_an_endpoint_in_another_version(deployment: Deployment, version: str | None) -> None:
    found = deployment.webhook()
    deployment.edge.twin.world.table("webhook_endpoint")[found["id"]]["api_version"] = version

    assert "it is in " in told(webhooks(deployment), "wrong")


def test_while_a_version_is_rolled_the_better_of_two_counts(deployment: Deployment) -> None:
    old = deployment.webhook()
    deployment.edge.twin.world.table("webhook_endpoint")[old["id"]]["api_version"] = "2025-01-27.acacia"
    deployment.webhook()

    assert [line.level for line in webhooks(deployment)] == ["ok"]


@pytest.mark.parametrize(
    "events, level, words",
    [
        (enabled_events()[1:], "wrong", f"it lacks {enabled_events()[0]}"),
        ([*enabled_events(), "invoice.created"], "wrong", "invoice.created lets a fault of ours delay invoices"),
        (["*"], "wrong", "* lets a fault of ours delay invoices"),
        ([*enabled_events(), "charge.captured"], "warn", "more than we use: charge.captured"),
    ],
)
def test_events_are_held_against_ours(deployment: Deployment, events: list[str], level: str, words: str) -> None:
    deployment.webhook(enabled_events=events)

    lines = webhooks(deployment)

    assert words in told(lines, level)
    assert len(lines) == 1


def test_a_portal_that_was_never_saved(deployment: Deployment) -> None:
    assert "no default configuration" in told(list(at_stripe.portal(deployment.client, ())), "wrong")


def test_a_portal_and_the_configurations_that_the_site_names(deployment: Deployment) -> None:
    features: dict[str, Any] = {"invoice_history": {"enabled": True}}
    default, other = (deployment.stripe("post", "billing_portal/configurations", features=features) for _ in range(2))
    check = partial(at_stripe.portal, deployment.client)

    assert [line.level for line in check((other["id"], None))] == ["ok", "ok"]
    assert [line.level for line in check((None, None))] == ["ok"]
    deployment.stripe("post", f"billing_portal/configurations/{other['id']}", active=False)
    assert f"{other['id']}, which the site names" in told(list(check((default["id"], other["id"]))), "wrong")


def test_a_key_that_may_not_read_is_a_warning_and_any_other_refusal_is_not(deployment: Deployment) -> None:
    check = partial(webhooks, deployment)
    refusal = '{"error": {"type": "invalid_request_error", "message": "no permission"}}'
    deployment.edge.fail = lambda _method, _path: (refusal, 403, {})

    lines = list(at_stripe.readable("webhooks", "Webhook Endpoints", lambda: iter(check())))

    assert "let it read Webhook Endpoints" in told(lines, "warn")
    deployment.edge.fail = lambda _method, _path: (refusal, 401, {})
    with pytest.raises(StripeRefused):
        list(at_stripe.readable("webhooks", "Webhook Endpoints", lambda: iter(check())))


def test_what_no_program_sees_is_said() -> None:
    lines = list(at_stripe.unseen("billing@nordlys.example", 14))

    assert {line.level for line in lines} == {"warn"}
    assert "_dmarc.nordlys.example" in told(lines, "warn")
    assert "14 days" in told(lines, "warn")
