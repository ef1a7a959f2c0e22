"""The core's own manners: errors, idempotency, pages, expansion, one seed one history."""

import json
from typing import Any

import pytest

from infra.local.twin import Twin
from tests.infra.local.twin import story
from tests.infra.local.twin.shop import START, Refused, Shop


@pytest.mark.parametrize(
    "method, path, params, status, param, code",
    [
        ("GET", "nonsense", {}, 404, None, None),
        ("PUT", "customers", {}, 404, None, None),
        ("POST", "customers", {"emial": "a@b.c"}, 400, "emial", "parameter_unknown"),
        ("POST", "customers", {"shipping": {"nam": "x"}}, 400, "shipping[nam]", "parameter_unknown"),
        ("POST", "customers", {"balance": "lots"}, 400, "balance", "parameter_invalid_integer"),
        ("POST", "customers", {"payment_method": ""}, 400, "payment_method", "parameter_invalid_empty"),
        ("POST", "products", {}, 400, "name", "parameter_missing"),
        ("POST", "products", {"name": "x", "active": "maybe"}, 400, "active", "parameter_invalid_boolean"),
        ("GET", "customers/cus_none", {}, 404, "id", "resource_missing"),
        (
            "POST",
            "subscriptions",
            {"customer": "cus_none", "items": [{"price": "p"}]},
            400,
            "customer",
            "resource_missing",
        ),
        ("GET", "customers", {"limit": 101}, 400, "limit", "parameter_invalid_integer"),
        ("GET", "customers", {"starting_after": "cus_none"}, 400, "starting_after", "resource_missing"),
        ("GET", "customers", {"created": {"gt": "soon"}}, 400, "created[gt]", None),
        ("POST", "customers", {"expand": ["nothing"]}, 400, "expand", None),
    ],
)
def test_what_is_unknown_or_wrong_is_stripes_error(
    shop: Shop, method: str, path: str, params: Any, status: int, param: str | None, code: str | None
) -> None:
    with pytest.raises(Refused) as refused:
        shop.ask(method, path, None, **params)

    error = refused.value.error
    assert (refused.value.status, error["type"]) == (status, "invalid_request_error")
    assert (error.get("param"), error.get("code")) == (param, code)


@pytest.mark.parametrize("key", ["", "Bearer ", "Bearer pk_test_12345678", "Bearer sk_live_12345678"])
def test_a_request_without_a_test_key_is_refused(shop: Shop, key: str) -> None:
    with pytest.raises(Refused) as refused:
        shop.ask("GET", "account", {"authorization": key})

    assert refused.value.status == 401


def test_another_api_version_and_another_account_are_refused(shop: Shop) -> None:
    for header in ({"stripe-version": "2020-08-27"}, {"stripe-account": "acct_other"}):
        with pytest.raises(Refused):
            shop.ask("GET", "account", header)


def test_a_repeated_idempotency_key_gives_the_first_answer_and_does_nothing(shop: Shop) -> None:
    key = {"idempotency-key": "k1", "authorization": "Bearer sk_test_12345678"}

    first = shop.twin.request("POST", "/v1/customers", {"email": "a@b.c"}, key)
    again = shop.twin.request("POST", "/v1/customers", {"email": "a@b.c"}, key)

    assert again[2] == first[2]
    assert again[1]["Idempotent-Replayed"] == "true"
    assert shop.types() == ["customer.created"]
    assert shop.events()[0]["request"]["idempotency_key"] == "k1"
    with pytest.raises(Refused, match="idempotency_error"):
        shop.ask("POST", "customers", key, email="other@b.c")


def test_a_card_error_is_remembered_with_its_key_and_a_mistake_in_the_parameters_is_not(shop: Shop) -> None:
    customer = shop.customer(None)
    key = {"idempotency-key": "k2", "authorization": "Bearer sk_test_12345678"}
    path = "/v1/payment_methods/pm_card_chargeDeclined/attach"

    refused = [shop.twin.request("POST", path, {"customer": customer["id"]}, key) for _ in range(2)]
    wrong = shop.twin.request("POST", "/v1/customers", {"nope": "1"}, {**key, "idempotency-key": "k3"})
    mended = shop.twin.request("POST", "/v1/customers", {"name": "1"}, {**key, "idempotency-key": "k3"})

    assert [r[0] for r in refused] == [402, 402]
    assert "Idempotent-Replayed" in refused[1][1]
    assert (wrong[0], mended[0]) == (400, 200)


def test_lists_are_newest_first_and_can_be_walked_both_ways(shop: Shop) -> None:
    made = [shop.post("customers", name=str(n))["id"] for n in range(5)]

    first = shop.get("customers", limit=2)
    rest = shop.get("customers", limit=10, starting_after=first["data"][-1]["id"])
    back = shop.get("customers", limit=1, ending_before=rest["data"][1]["id"])

    assert [c["id"] for c in first["data"] + rest["data"]] == made[::-1]
    assert (first["has_more"], rest["has_more"], back["has_more"]) == (True, False, True)
    assert back["data"][0]["id"] == made[2]
    assert first["url"] == "/v1/customers"


def test_form_encoding_is_understood_as_the_sdk_and_curl_write_it() -> None:
    twin = Twin(1, start=START)
    body = "email=a%40b.c&metadata[a]=1&metadata[b]=2&preferred_locales[]=sv&preferred_locales[]=en"
    body += "&invoice_settings[custom_fields][0][name]=PO&invoice_settings[custom_fields][0][value]=7&expand[]=subscriptions"

    status, _, customer = twin.request("POST", "/v1/customers", body)

    assert status == 200
    assert (customer["metadata"], customer["preferred_locales"]) == ({"a": "1", "b": "2"}, ["sv", "en"])
    assert customer["invoice_settings"]["custom_fields"] == [{"name": "PO", "value": "7"}]
    assert customer["subscriptions"]["data"] == []


def test_metadata_is_merged_and_an_empty_value_removes_a_key(shop: Shop) -> None:
    customer = shop.post("customers", metadata={"a": "1", "b": "2"})

    merged = shop.post(f"customers/{customer['id']}", metadata={"b": "", "c": "3"})
    empty = shop.post(f"customers/{customer['id']}", metadata="")

    assert (merged["metadata"], empty["metadata"]) == ({"a": "1", "c": "3"}, {})
    assert shop.events()[1]["data"]["previous_attributes"] == {"metadata": {"b": "2", "c": None}}


def test_the_same_seed_gives_the_same_bytes_of_events_and_another_seed_does_not() -> None:
    first, again = (json.dumps(story.tell().events) for _ in range(2))

    assert first == again
    assert Twin(1).world.ids.new("cus") != Twin(2).world.ids.new("cus")


def test_the_clock_does_not_go_back(shop: Shop) -> None:
    with pytest.raises(ValueError, match="does not go back"):
        shop.twin.advance(to=START - 1)


def test_a_test_clock_moves_the_twins_own_time(shop: Shop) -> None:
    sub = shop.subscribe(shop.customer(), shop.price())
    clock = shop.post("test_helpers/test_clocks", frozen_time=START)

    moving = shop.post(f"test_helpers/test_clocks/{clock['id']}/advance", frozen_time=START + 31 * 86400)

    assert moving["status"] == "advancing"
    arrived = shop.get(f"test_helpers/test_clocks/{clock['id']}")
    assert (arrived["status"], arrived["frozen_time"]) == ("ready", START + 31 * 86400)
    assert shop.latest(sub)["billing_reason"] == "subscription_cycle"
