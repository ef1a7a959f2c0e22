"""Why payments of an invoice failed, and which disputes are open: told from the table, at a known number of reads."""

from chalicelib.core.model import Kind
from chalicelib.core.payments import Charge, Dispute, InvoicePayment, PaymentIntent
from chalicelib.core.window import Guard, Write
from chalicelib.store import keys, objects, payments
from chalicelib.store.objects import News
from tests.conftest import NOW, Cloud
from tests.records import charge, dispute, invoice_payment, payment_intent

SCOPE = "acct_x:test"


def store(*records: Charge | Dispute | InvoicePayment | PaymentIntent) -> None:
    """Write what belongs to payments."""
    for record in records:
        kind = Kind(
            {Charge: "charge", Dispute: "dispute", InvoicePayment: "invoice_payment"}.get(
                type(record), "payment_intent"
            )
        )
        owner = record.payment if isinstance(record, InvoicePayment) else getattr(record, "payment_intent", record.id)
        key = keys.of_object(SCOPE, kind, record.id, owner, record.created)
        objects.write(key, News(kind, record, False, NOW), Write(Guard(), NOW, NOW))


def test_the_failed_attempts_of_an_invoice_come_oldest_first_with_their_reasons(cloud: Cloud) -> None:
    store(
        invoice_payment(),
        charge(id="ch_2", created=NOW + 86_400, decline_code="expired_card"),
        charge(id="ch_1"),
        charge(id="ch_3", created=NOW + 2 * 86_400, status="succeeded", decline_code=None),
        charge(id="ch_4", payment_intent="pi_2"),
    )
    cloud.dynamodb_requests.clear()

    found = payments.failed_attempts(SCOPE, "in_1", "cus_1")

    assert [(each.id, each.decline_code) for each in found] == [
        ("ch_1", "insufficient_funds"),
        ("ch_2", "expired_card"),
    ]
    assert cloud.dynamodb_requests == ["Query", "Query"]


def test_an_invoice_may_be_paid_by_several_payments(cloud: Cloud) -> None:
    store(
        invoice_payment(),
        invoice_payment(id="inpay_2", payment="pi_2"),
        charge(),
        charge(id="ch_2", payment_intent="pi_2"),
    )

    assert [each.id for each in payments.failed_attempts(SCOPE, "in_1", "cus_1")] == ["ch_1", "ch_2"]


def test_before_the_link_is_known_the_intent_that_names_the_invoice_is_taken(cloud: Cloud) -> None:
    store(
        payment_intent(order="in_1"),
        payment_intent(id="pi_2", order="a book"),
        charge(),
        charge(id="ch_2", payment_intent="pi_2"),
    )

    assert [each.id for each in payments.failed_attempts(SCOPE, "in_1", "cus_1")] == ["ch_1"]
    assert payments.failed_attempts(SCOPE, "in_2", "cus_1") == []


def test_only_disputes_that_are_not_settled_are_open(cloud: Cloud) -> None:
    statuses = ("won", "lost", "warning_closed", "prevented", "needs_response", "under_review", "of_tomorrow")
    store(*(dispute(id=f"du_{n}", created=NOW + n, status=status) for n, status in enumerate(statuses)))
    store(dispute(id="du_9", customer="cus_2"))
    cloud.dynamodb_requests.clear()

    found = payments.open_disputes(SCOPE, "cus_1")

    assert [each.status for each in found] == ["needs_response", "under_review", "of_tomorrow"]
    assert cloud.dynamodb_requests == ["Query"]
