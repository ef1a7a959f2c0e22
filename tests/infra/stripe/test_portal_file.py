"""A portal configuration's file: what passes, and what each mistake is called."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.shape import FileError
from infra.stripe import portal_file
from tests.infra.stripe.conftest import Merchant

PRODUCT = {"product": "prod_1", "prices": ["price_1"]}
UPDATE = {"enabled": True, "default_allowed_updates": ["price"], "products": [PRODUCT]}


@pytest.fixture
def portals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(portal_file, "FOLDER", tmp_path)
    return tmp_path


def refusal(folder: Path, **features: Any) -> str:
    """What is said of a file with these features."""
    (folder / "shop.yaml").write_text(yaml.safe_dump({"features": features}))
    with pytest.raises(FileError) as caught:
        portal_file.read("shop")
    return str(caught.value)


def cancel(**fields: Any) -> dict[str, Any]:
    return {"subscription_cancel": {"enabled": True, **fields}}


def pause(*options: dict[str, Any], kind: str = "interval_options") -> dict[str, Any]:
    duration = {"type": kind, **({"interval_options": list(options)} if options else {})}
    return {"subscription_pause": {"enabled": True, "duration": duration}}


def update(**fields: Any) -> dict[str, Any]:
    return {"subscription_update": {**UPDATE, **fields}}


def test_the_shipped_files_pass_and_the_minimal_one_is_for_mails() -> None:
    full, minimal = portal_file.read("full"), portal_file.read("minimal")

    portal_file.judge_minimal("minimal", minimal)
    assert portal_file.enabled(minimal) == ["payment_method_update"]
    assert "email" not in full["features"]["customer_update"]["allowed_updates"]
    assert portal_file.notes(full) == []
    with pytest.raises(FileError, match="must be off in the configuration for mailed links"):
        portal_file.judge_minimal("full", full)


@pytest.mark.parametrize(
    "features, words",
    [
        ({"customer_update": {"enabled": True}}, "customer_update.allowed_updates: must name"),
        (
            {"customer_update": {"enabled": True, "allowed_updates": ["login"]}},
            "allowed_updates[0]: must be one of address",
        ),
        ({"invoice_history": True}, "features.invoice_history: must hold enabled"),
        ({"invoices": {"enabled": True}}, "features.invoices: is not known; known are customer_update"),
        ({"payment_method_update": {}}, "features.payment_method_update.enabled: is missing"),
        (cancel(mode="now"), "subscription_cancel.mode: must be one of at_period_end, immediately"),
        (cancel(proration_behavior="always_invoice"), "proration_behavior: must be one of none, create_prorations"),
        (
            cancel(proration_behavior="create_prorations"),
            "proration_behavior: must be none, unless mode is immediately",
        ),
        (cancel(cancellation_reason={"enabled": True}), "cancellation_reason.options: must name the reasons"),
        (
            cancel(cancellation_reason={"enabled": True, "options": ["bored"]}),
            "options[0]: must be one of customer_service",
        ),
        (pause(), "interval_options: belong to type interval_options"),
        (pause({"interval": "month"}, kind="indefinite"), "interval_options: belong to type interval_options"),
        (pause({"interval": "month", "interval_count": 37}), "interval_options[0]: is longer than three years"),
        (pause({"interval": "hour"}), "interval_options[0].interval: must be one of day, week, month, year"),
        (update(products=[]), "subscription_update.products: is needed where plans may be changed"),
        (update(default_allowed_updates=[]), "default_allowed_updates: is needed"),
        (update(products=[PRODUCT] * 11), "products: must hold 0 to 10, and holds 11"),
        (update(products=[PRODUCT, {**PRODUCT, "prices": ["price_2"]}]), "products[1]: prod_1 stands there twice"),
        (update(products=[{"product": "prod_1", "prices": []}]), "products[0].prices: must hold 1 to 100"),
        (
            update(products=[{**PRODUCT, "adjustable_quantity": {"enabled": True, "minimum": 5, "maximum": 2}}]),
            "products[0].adjustable_quantity: minimum is more than maximum",
        ),
        (update(proration_behavior="sometimes"), "proration_behavior: must be one of none"),
        (update(trial_update_behavior="stay"), "trial_update_behavior: must be one of end_trial, continue_trial"),
        (
            update(schedule_at_period_end={"conditions": [{"type": "always"}]}),
            "conditions[0].type: must be one of decreasing_item_amount",
        ),
    ],
)
def test_a_mistake_is_named_with_its_file_and_field(portals: Path, features: dict[str, Any], words: str) -> None:
    told = refusal(portals, **features)

    assert words in told
    assert told.startswith("shop.yaml: features.")


@pytest.mark.parametrize(
    "raw, words",
    [
        ({}, "features: is missing"),
        ({"features": {}, "headline": "x"}, "headline: is not known"),
        ({"features": {}, "business_profile": {"headline": "x" * 61}}, "headline: must be 1 to 60"),
        (
            {"features": {}, "business_profile": {"privacy_policy_url": "http://a.example"}},
            "privacy_policy_url: must begin",
        ),
        ({"features": {}, "default_return_url": "a.example"}, "default_return_url: must begin with https://"),
        ({"features": {}, "login_page": {"enabled": "yes"}}, "login_page.enabled: must be true or false"),
    ],
)
def test_texts_and_addresses_are_looked_at(portals: Path, raw: dict[str, Any], words: str) -> None:
    (portals / "shop.yaml").write_text(yaml.safe_dump(raw))

    with pytest.raises(FileError) as caught:
        portal_file.read("shop")

    assert words in str(caught.value)


def test_a_file_that_is_not_there_names_those_that_are(portals: Path) -> None:
    (portals / "shop.yaml").write_text("features: {}")

    with pytest.raises(FileError, match=r"other.yaml: is not there; there are shop"):
        portal_file.read("other")


def test_a_configuration_for_mails_must_open_the_card(portals: Path) -> None:
    with pytest.raises(FileError, match="payment_method_update: must be on"):
        portal_file.judge_minimal("x", {"features": {}})
    features = {"payment_method_update": {"enabled": True}}
    with pytest.raises(FileError, match="login_page: must be off"):
        portal_file.judge_minimal("x", {"features": features, "login_page": {"enabled": True}})


def test_an_email_that_customers_may_change_is_allowed_with_a_note(merchant: Merchant) -> None:
    path = merchant.portals / "full.yaml"
    path.write_text(path.read_text().replace("[name, address,", "[email, name, address,"))

    assert "never let that address be a login" in portal_file.notes(portal_file.read("full"))[0]
