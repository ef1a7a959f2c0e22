"""Flows as requests write them: read whole, refused by path, and written back as they were."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.flow_json import LARGEST_QUANTITY, flow_body, parse_flow, parse_visit, visit_body
from chalicelib.core.flows import MEMBERS, After, Change, Flow, Visit
from chalicelib.core.members import Invalid

SUB = {"subscription": "sub_1"}
CONFIRM = {"type": "subscription_update_confirm", **SUB}
ITEM = {"items": [{"id": "si_1", "price": "price_1"}]}

idents = st.from_regex(r"[A-Za-z0-9]{1,20}", fullmatch=True)
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
afters = st.none() | st.one_of(
    st.just(After("portal_homepage")),
    st.builds(After, st.just("redirect"), return_url=words),
    st.builds(After, st.just("hosted_confirmation"), message=st.none() | words),
)
subscriptions = st.builds("sub_{}".format, idents)
changes = st.builds(
    lambda item, target, discount: Change(item, *target, *discount),
    st.none() | st.builds("si_{}".format, idents),
    st.tuples(idents, st.none()) | st.tuples(st.none() | idents, st.integers(1, LARGEST_QUANTITY)),
    st.sampled_from([(None, None)]) | st.tuples(idents, st.none()) | st.tuples(st.none(), st.just("promo_1")),
)
flows = st.one_of(
    st.just(Flow()),
    st.builds(Flow, st.sampled_from(["payment_method_update", "customer_update"]), after=afters),
    st.builds(Flow, st.sampled_from(["subscription_update", "subscription_pause"]), subscriptions, after=afters),
    st.builds(Flow, st.just("subscription_cancel"), subscriptions, st.none() | words, after=afters),
    st.builds(Flow, st.just("subscription_update_confirm"), subscriptions, st.none(), changes, afters),
)
visits = st.builds(
    Visit,
    st.builds("cus_{}".format, idents),
    flows,
    st.none() | words,
    st.none() | st.sampled_from(["auto", "sv", "pt-BR"]),
    st.none() | st.integers(1, 2**33),
)


@given(visits)
def test_what_is_written_reads_the_same(visit: Visit) -> None:
    assert parse_visit(visit_body(visit)) == visit


def test_all_members_of_every_flow_are_read() -> None:
    coupon = {"type": "coupon_offer", "coupon_offer": {"coupon": "STAY20"}}
    url = "https://nordlys.example/account"
    after = {"type": "redirect", "redirect": {"return_url": url}}
    change = {
        "items": [{"id": "si_1", "price": "price_1", "quantity": 3}],
        "discounts": [{"promotion_code": "promo_1"}],
    }

    cancel = parse_flow({"type": "subscription_cancel", **SUB, "retention": coupon, "after_completion": after}, "flow")
    confirm = parse_flow({**CONFIRM, **change}, "flow")

    assert cancel == Flow("subscription_cancel", "sub_1", "STAY20", None, After("redirect", url))
    assert confirm.change == Change("si_1", "price_1", 3, None, "promo_1")
    assert parse_flow({"type": "customer_update", "after_completion": None}, "flow") == Flow("customer_update")
    assert flow_body(Flow()) is None


@pytest.mark.parametrize(
    "flow, param",
    [
        ("cancel", "flow"),
        ([], "flow"),
        ({}, "flow.type"),
        ({"type": None}, "flow.type"),
        ({"type": "made_up"}, "flow.type"),
        ({"type": ["customer_update"]}, "flow.type"),
        ({"type": "customer_update", "colour": 1}, "flow.colour"),
        *(({"type": kind}, "flow.subscription") for kind, held in MEMBERS.items() if held),
        *(({"type": kind, **SUB}, "flow.subscription") for kind, held in MEMBERS.items() if not held),
        ({"type": "subscription_pause", "subscription": "cus_1"}, "flow.subscription"),
        ({"type": "subscription_pause", "subscription": "sub_1#x"}, "flow.subscription"),
        ({"type": "subscription_pause", **SUB, "retention": {}}, "flow.retention"),
        ({"type": "subscription_cancel", **SUB, "retention": {}}, "flow.retention.type"),
        ({"type": "subscription_cancel", **SUB, "retention": {"type": "coupon_offer"}}, "flow.retention.coupon_offer"),
        (
            {"type": "subscription_cancel", **SUB, "retention": {"type": "coupon_offer", "coupon_offer": {}}},
            "flow.retention.coupon_offer.coupon",
        ),
        (CONFIRM, "flow.items"),
        ({**CONFIRM, "items": []}, "flow.items"),
        ({**CONFIRM, "items": ITEM["items"] * 2}, "flow.items"),
        ({**CONFIRM, "items": ["si_1"]}, "flow.items[0]"),
        ({**CONFIRM, "items": [{"id": "si_1"}]}, "flow.items[0]"),
        ({**CONFIRM, "items": [{"id": "sub_1", "quantity": 1}]}, "flow.items[0].id"),
        ({**CONFIRM, "items": [{"price": ""}]}, "flow.items[0].price"),
        *(({**CONFIRM, "items": [{"quantity": q}]}, "flow.items[0].quantity") for q in (0, -1, 1.5, "1", True, 10**6)),
        ({**CONFIRM, "items": [{"price": "price_1", "tax": 1}]}, "flow.items[0].tax"),
        ({**CONFIRM, **ITEM, "discounts": []}, "flow.discounts"),
        ({**CONFIRM, **ITEM, "discounts": [{}]}, "flow.discounts[0]"),
        ({**CONFIRM, **ITEM, "discounts": [{"coupon": "A", "promotion_code": "promo_1"}]}, "flow.discounts[0]"),
        ({**CONFIRM, **ITEM, "discounts": [{"promotion_code": "A"}]}, "flow.discounts[0].promotion_code"),
        ({"type": "customer_update", "after_completion": {"type": "home"}}, "flow.after_completion.type"),
        ({"type": "customer_update", "after_completion": {"type": "redirect"}}, "flow.after_completion.redirect"),
        (
            {"type": "customer_update", "after_completion": {"type": "redirect", "redirect": {}}},
            "flow.after_completion.redirect.return_url",
        ),
        (
            {
                "type": "customer_update",
                "after_completion": {"type": "portal_homepage", "redirect": {"return_url": "x"}},
            },
            "flow.after_completion.redirect",
        ),
        (
            {
                "type": "customer_update",
                "after_completion": {
                    "type": "hosted_confirmation",
                    "hosted_confirmation": {"custom_message": "x" * 501},
                },
            },
            "flow.after_completion.hosted_confirmation.custom_message",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_path(flow: Any, param: str) -> None:
    with pytest.raises(Invalid) as wrong:
        parse_visit({"customer": "cus_1", "flow": flow})

    assert wrong.value.param == param


@pytest.mark.parametrize(
    "body, param",
    [
        ({}, "customer"),
        ({"customer": "cus_1", "locale": "sv-SE"}, "locale"),
        ({"customer": "cus_1", "locale": 1}, "locale"),
        ({"customer": "cus_1", "return_url": ""}, "return_url"),
        ({"customer": "cus_1", "after_expiration": {"type": "portal"}}, "after_expiration.type"),
        (
            {
                "customer": "cus_1",
                "after_expiration": {"type": "customer_login", "customer_login": {"expires_at": "1"}},
            },
            "after_expiration.customer_login.expires_at",
        ),
    ],
)
def test_the_rest_of_a_visit_is_checked_too(body: dict[str, Any], param: str) -> None:
    with pytest.raises(Invalid) as wrong:
        parse_visit(body)

    assert wrong.value.param == param


names = st.sampled_from(["type", "subscription", "items", "after_completion", "redirect", "x"])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(sorted(MEMBERS)),
    lambda inner: st.lists(inner) | st.dictionaries(names, inner),
)


@given(anything)
def test_anything_at_all_is_read_or_refused(value: Any) -> None:
    try:
        flow = parse_flow(value, "flow")
    except Invalid as refused:
        flow = Flow(refused.param)

    assert flow.type
