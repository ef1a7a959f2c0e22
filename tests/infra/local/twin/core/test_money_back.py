"""Refunds, disputes, credit notes."""

from typing import Any

import pytest

from tests.infra.local.twin.shop import Refused, Shop


def paid(shop: Shop, card: str = "pm_card_visa") -> tuple[Any, Any]:
    """A paid first invoice and its charge."""
    sub = shop.subscribe(shop.customer(card), shop.price())
    return shop.latest(sub), shop.get("charges", limit=1)["data"][0]


def test_a_refund_in_two_parts_ends_with_a_refunded_charge(shop: Shop) -> None:
    _, charge = paid(shop)

    shop.post("refunds", charge=charge["id"], amount=4900, reason="requested_by_customer")
    half = shop.get(f"charges/{charge['id']}")
    shop.post("refunds", payment_intent=charge["payment_intent"])
    full = shop.get(f"charges/{charge['id']}", expand=["refunds"])

    assert (half["amount_refunded"], half["refunded"]) == (4900, False)
    assert (full["amount_refunded"], full["refunded"]) == (14900, True)
    assert [r["amount"] for r in full["refunds"]["data"]] == [10000, 4900]
    with pytest.raises(Refused, match="charge_already_refunded"):
        shop.post("refunds", charge=charge["id"])


def test_more_than_was_paid_cannot_be_refunded(shop: Shop) -> None:
    _, charge = paid(shop)

    with pytest.raises(Refused, match="greater than unrefunded"):
        shop.post("refunds", charge=charge["id"], amount=14901)


@pytest.mark.parametrize("words, end", [("winning_evidence", "won"), ("losing_evidence", "lost")])
def test_a_dispute_is_decided_by_stripes_test_words(shop: Shop, words: str, end: str) -> None:
    _, charge = paid(shop, "pm_card_createDispute")
    dispute = shop.get("disputes", charge=charge["id"])["data"][0]

    closed = shop.post(f"disputes/{dispute['id']}", evidence={"uncategorized_text": words})

    assert (dispute["status"], shop.get(f"charges/{charge['id']}")["disputed"]) == ("needs_response", True)
    assert closed["status"] == end
    assert ("charge.dispute.funds_reinstated" in shop.types()) == (end == "won")
    assert "charge.dispute.closed" in shop.types()


def test_an_inquiry_takes_no_money(shop: Shop) -> None:
    _, charge = paid(shop, "pm_card_createDisputeInquiry")

    assert shop.get("disputes")["data"][0]["status"] == "warning_needs_response"
    assert "charge.dispute.funds_withdrawn" not in shop.types()
    assert shop.get(f"charges/{charge['id']}")["disputed"] is False


def test_a_credit_note_lowers_an_open_invoice_until_it_is_paid_and_voiding_raises_it_again(shop: Shop) -> None:
    customer = shop.customer("pm_card_chargeCustomerFail")
    shop.post("invoiceitems", customer=customer["id"], amount=5000, currency="sek")
    invoice = shop.post("invoices", customer=customer["id"], pending_invoice_items_behavior="include")
    shop.post(f"invoices/{invoice['id']}/finalize")

    note = shop.post("credit_notes", invoice=invoice["id"], amount=2000)
    less = shop.get(f"invoices/{invoice['id']}")["amount_remaining"]
    shop.post(f"credit_notes/{note['id']}/void")
    again = shop.get(f"invoices/{invoice['id']}")["amount_remaining"]
    shop.post("credit_notes", invoice=invoice["id"], amount=5000)

    assert (note["type"], note["number"].endswith("-CN-01"), less, again) == ("pre_payment", True, 3000, 5000)
    assert shop.get(f"invoices/{invoice['id']}")["status"] == "paid"


def test_a_credit_note_of_a_paid_invoice_refunds_and_credits_as_it_says(shop: Shop) -> None:
    invoice, _ = paid(shop)

    with pytest.raises(Refused, match="add up"):
        shop.post("credit_notes", invoice=invoice["id"], amount=3000, refund_amount=1000)
    note = shop.post(
        "credit_notes",
        invoice=invoice["id"],
        amount=3000,
        refund_amount=1000,
        credit_amount=2000,
        expand=["refunds.refund"],
    )

    assert note["refunds"][0]["refund"]["amount"] == 1000
    assert shop.get(f"customers/{invoice['customer']}")["balance"] == -2000
    assert shop.get(f"invoices/{invoice['id']}")["post_payment_credit_notes_amount"] == 3000
