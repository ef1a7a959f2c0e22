"""Portal configurations at Stripe (the twin): made, found again, compared and mended; a second run writes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from chalicelib.actions.open_portal import open_portal
from chalicelib.core.flows import Flow, Visit
from chalicelib.store import sites
from infra.difference import compare
from tests.conftest import SITE
from tests.infra.deployment import write
from tests.infra.stripe.conftest import Merchant

Printed = pytest.CaptureFixture[str]
CONFIGURATIONS = "/v1/billing_portal/configurations"


def change(path: Path, **fields: Any) -> None:
    """Change a file's top fields."""
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **fields}))


def everything(merchant: Merchant) -> dict[str, Any]:
    """A file that uses every field; its products are made at Stripe."""
    product = merchant.do("POST", "products", name="Plus")["id"]
    recurring = {"interval": "month"}
    prices = [
        merchant.do("POST", "prices", product=product, unit_amount=9900, currency=each, recurring=recurring)["id"]
        for each in ("sek", "eur")
    ]
    return {
        "business_profile": {
            "headline": "Nordlys",
            "privacy_policy_url": "https://nordlys.example/privacy",
            "terms_of_service_url": "https://nordlys.example/terms",
        },
        "default_return_url": "https://nordlys.example/back",
        "login_page": {"enabled": True},
        "features": {
            "customer_update": {"enabled": True, "allowed_updates": ["name", "address", "tax_id"]},
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "subscription_cancel": {
                "enabled": True,
                "mode": "immediately",
                "proration_behavior": "create_prorations",
                "cancellation_reason": {"enabled": True, "options": ["unused", "other"]},
            },
            "subscription_pause": {
                "enabled": True,
                "duration": {
                    "type": "interval_options",
                    "interval_options": [{"interval": "month", "interval_count": 2}],
                },
            },
            "subscription_update": {
                "enabled": True,
                "default_allowed_updates": ["price", "quantity", "promotion_code"],
                "products": [
                    {
                        "product": product,
                        "prices": prices,
                        "adjustable_quantity": {"enabled": True, "minimum": 1, "maximum": 9},
                    }
                ],
                "proration_behavior": "always_invoice",
                "billing_cycle_anchor": "now",
                "schedule_at_period_end": {
                    "conditions": [{"type": "decreasing_item_amount"}, {"type": "shortening_interval"}]
                },
                "trial_update_behavior": "continue_trial",
            },
        },
    }


def test_where_there_is_nothing_yet_both_are_made_and_the_site_names_them(merchant: Merchant, capsys: Printed) -> None:
    assert merchant.run("apply") == 0

    full, minimal = merchant.configuration("full"), merchant.configuration("minimal")
    site = merchant.site()
    assert (site.portal_configuration, site.card_configuration) == (full["id"], minimal["id"])
    assert site.login_url == full["login_page"]["url"] != None  # noqa: E711
    assert [name for name, each in minimal["features"].items() if each["enabled"]] == ["payment_method_update"]
    assert full["default_return_url"] == SITE.home_url
    assert "portal full of nordlys: is made" in capsys.readouterr().out


@pytest.mark.parametrize("whole", [False, True])
def test_a_second_apply_writes_nothing_and_check_is_content(merchant: Merchant, whole: bool, capsys: Printed) -> None:
    if whole:
        (merchant.portals / "full.yaml").write_text(yaml.safe_dump(everything(merchant)))
    merchant.run("apply")
    assert len(merchant.writes()) == 5
    merchant.cloud.dynamodb_requests.clear()
    capsys.readouterr()

    assert merchant.run("apply") == 0
    assert merchant.run("check") == 0

    assert merchant.writes() == []
    assert set(merchant.cloud.dynamodb_requests) == {"GetItem"}
    assert capsys.readouterr().out == "nothing differs\nnothing differs\n"


def test_everything_that_a_file_says_stands_at_stripe(merchant: Merchant) -> None:
    given = everything(merchant)
    (merchant.portals / "full.yaml").write_text(yaml.safe_dump(given))

    merchant.run("apply")

    assert compare(merchant.configuration("full"), {**given, "is_default": True, "active": True}) == []


def test_a_change_in_the_dashboard_is_drift_told_by_its_field_and_mended(merchant: Merchant, capsys: Printed) -> None:
    merchant.run("apply")
    ident = merchant.configuration("full")["id"]
    features = {"customer_update": {"enabled": "true", "allowed_updates": ["name", "email"]}}
    merchant.do(
        "POST", f"billing_portal/configurations/{ident}", features=features, business_profile={"headline": "Sale!"}
    )
    merchant.writes()
    capsys.readouterr()

    assert merchant.run("check") == 1

    told = capsys.readouterr().out.splitlines()
    first = f"portal full of nordlys ({ident}): "
    updates = "features.customer_update.allowed_updates: name, email -> name, address, shipping, phone, tax_id"
    assert told[:2] == [f"{first}business_profile.headline: Sale! -> nothing", f"{first}{updates}"]
    assert merchant.writes() == []
    assert merchant.run("apply") == 0
    assert merchant.writes() == [("POST", f"{CONFIGURATIONS}/{ident}")]
    assert merchant.run("check") == 0
    assert merchant.configuration("full")["business_profile"]["headline"] is None


def test_a_feature_that_somebody_switched_on_is_switched_off_again(merchant: Merchant) -> None:
    merchant.run("apply")
    ident = merchant.configuration("minimal")["id"]
    merchant.do("POST", f"billing_portal/configurations/{ident}", features={"subscription_cancel": {"enabled": "true"}})

    assert merchant.run("check") == 1
    merchant.run("apply")

    assert merchant.configuration("minimal")["features"]["subscription_cancel"]["enabled"] is False


def test_a_configuration_that_was_deactivated_comes_back(merchant: Merchant) -> None:
    merchant.run("apply")
    ident = merchant.configuration("minimal")["id"]
    merchant.do("POST", f"billing_portal/configurations/{ident}", active="false")

    assert merchant.run("check") == 1
    merchant.run("apply")

    assert merchant.configuration("minimal")["active"] is True


def test_a_change_of_the_file_is_applied_and_what_it_no_longer_says_is_cleared(merchant: Merchant) -> None:
    path = merchant.portals / "full.yaml"
    path.write_text(yaml.safe_dump(everything(merchant)))
    merchant.run("apply")

    path.write_text("features: {invoice_history: {enabled: true}}\n")
    assert merchant.run("apply") == 0

    after = merchant.configuration("full")
    assert [name for name, each in after["features"].items() if each["enabled"]] == ["invoice_history"]
    assert set(after["business_profile"].values()) == {None}
    assert after["login_page"]["enabled"] is False
    assert merchant.site().login_url is None
    assert merchant.run("check") == 0


def test_what_a_merchant_has_in_the_dashboard_is_left_alone(merchant: Merchant) -> None:
    theirs = merchant.do("POST", "billing_portal/configurations", features={"invoice_history": {"enabled": "true"}})

    merchant.run("apply")

    (still,) = [
        each for each in merchant.edge.twin.objects("billing_portal.configuration") if each["id"] == theirs["id"]
    ]
    assert (still["is_default"], still["metadata"], still["features"]) == (True, {}, theirs["features"])


def test_a_session_opens_with_ours_where_no_default_was_ever_saved(merchant: Merchant) -> None:
    merchant.run("apply")
    for each in merchant.edge.twin.world.table("billing_portal.configuration").values():
        each["is_default"] = False  # as at Stripe, where only the dashboard makes a default
    customer = merchant.do("POST", "customers", email="astrid@example.com")["id"]

    assert open_portal(merchant.site(), Visit(customer)).startswith("http")
    assert open_portal(merchant.site(), Visit(customer, Flow("payment_method_update")), minimal=True)


def test_products_that_stripe_does_not_show_are_no_drift_and_a_changed_file_still_is(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = everything(merchant)
    path = merchant.portals / "full.yaml"
    path.write_text(yaml.safe_dump(given))
    ask = merchant.edge.request

    def without(*args: Any, **kwargs: Any) -> tuple[str, int, dict[str, str]]:
        body, status, headers = ask(*args, **kwargs)
        answer = json.loads(body)
        for each in answer.get("data", [answer]):
            each.get("features", {}).get("subscription_update", {}).pop("products", None)
        return json.dumps(answer), status, headers

    monkeypatch.setattr(merchant.edge, "request", without)
    merchant.run("apply")
    assert merchant.run("check") == 0

    given["features"]["subscription_update"]["products"][0]["prices"].pop()
    path.write_text(yaml.safe_dump(given))
    assert merchant.run("check") == 1
    assert merchant.run("apply") == 0
    assert merchant.run("check") == 0
    products = merchant.configuration("full")["features"]["subscription_update"]["products"]
    assert len(products[0]["prices"]) == 1


def test_two_sites_have_configurations_of_their_own(merchant: Merchant) -> None:
    change(merchant.portals / "full.yaml", business_profile={"headline": "One"})
    (merchant.portals / "two.yaml").write_text("features: {invoice_history: {enabled: true}}\n")
    write(merchant.folder, "two.yaml", id="two", name="Two", portal={"full": "two"})
    sites.put(merchant.site().__class__(**{**vars(merchant.site()), "id": "two", "name": "Two"}))

    assert merchant.run("apply") == 0

    assert merchant.configuration("full")["business_profile"]["headline"] == "One"
    assert merchant.configuration("full", "two")["name"] == "Two (full)"
    assert merchant.run("check") == 0


def test_a_refusal_of_stripe_carries_its_own_words(merchant: Merchant, capsys: Printed) -> None:
    update = {
        "enabled": True,
        "default_allowed_updates": ["price"],
        "products": [{"product": "prod_no", "prices": ["p"]}],
    }
    change(merchant.portals / "full.yaml", features={"subscription_update": update})

    assert merchant.run("apply") == 2

    assert "No such product: 'prod_no'" in capsys.readouterr().err


def test_a_wrong_file_is_told_before_stripe_is_asked(merchant: Merchant, capsys: Printed) -> None:
    change(merchant.portals / "minimal.yaml", login_page={"enabled": True})

    assert merchant.run("apply") == 1

    assert "minimal.yaml: login_page: must be off" in capsys.readouterr().err
    assert merchant.edge.calls == []


def test_a_site_that_is_not_stored_comes_first(merchant: Merchant, capsys: Printed) -> None:
    write(merchant.folder, "two.yaml", id="two")

    assert merchant.run("apply") == 2

    assert "python -m infra.sites apply --stage dev" in capsys.readouterr().err
    assert merchant.edge.calls == []


def test_an_interrupted_apply_goes_on_where_it_was(merchant: Merchant) -> None:
    made = 0

    def fail(method: str, path: str) -> tuple[str, int, dict[str, str]] | None:
        nonlocal made
        made += (method, path) == ("POST", CONFIGURATIONS)
        return ("{}", 500, {}) if made >= 2 else None

    merchant.edge.fail = fail
    assert merchant.run("apply") == 2
    merchant.edge.fail = lambda _method, _path: None

    assert merchant.run("apply") == 0

    assert len(merchant.edge.twin.objects("billing_portal.configuration")) == 2
    assert merchant.run("check") == 0
