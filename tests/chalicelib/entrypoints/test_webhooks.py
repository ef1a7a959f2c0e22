"""POST /webhooks/stripe/{endpoint}, through the Lambda handler that ships."""

import json
import subprocess
import sys
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from app import app
from chalicelib import clock
from chalicelib.aws import clients
from chalicelib.core import window
from chalicelib.core.cases import SETTLED
from chalicelib.core.events import EVENTS
from chalicelib.core.model import Invoice, Kind
from chalicelib.core.payments import PaymentIntent
from chalicelib.store import keys, objects, table
from chalicelib.store.objects import News, record_of
from chalicelib.store.tables import ObjectRow
from chalicelib.stripe_api import shapes
from chalicelib.stripe_api.signature import sign
from tests.builders import asks, event, fixture, rest_event, signed, whole
from tests.conftest import ACCOUNT, NOW, WEBHOOK_SECRET, Cloud

ROUTE = "/webhooks/stripe/{endpoint_name}"
SCOPE = f"{ACCOUNT}:test"


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands at NOW."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


def post(body: bytes, header: str | None, endpoint: str = "default") -> tuple[int, dict[str, Any]]:
    """Deliver a body; status and answer."""
    headers = {"content-type": "application/json; charset=utf-8"} | ({"stripe-signature": header} if header else {})
    answer = app(rest_event("POST", ROUTE, body, headers, endpoint_name=endpoint), None)
    return answer["statusCode"], json.loads(answer["body"])


def deliver(raw: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Deliver an event, rightly signed."""
    body = json.dumps(raw).encode()
    return post(body, signed(body))


def stored(kind: Kind, raw: dict[str, Any]) -> ObjectRow | None:
    """The row of an event's object."""
    ident, customer, created = shapes.identity(kind, raw["data"]["object"], raw["data"].get("previous_attributes"))
    return table.get(ObjectRow, keys.of_object(SCOPE, kind, ident, customer, created))


def nothing_happened(cloud: Cloud) -> bool:
    """No item beside the site, and no message."""
    return len(list(ObjectRow.scan())) == 1 and cloud.messages(cloud.events_url) == []


@pytest.mark.parametrize("event_type", [name for name in EVENTS if not asks(name)])
def test_every_type_is_stored_as_its_object_says_by_one_write(cloud: Cloud, event_type: str) -> None:
    raw = fixture(event_type) | {"created": NOW}
    change = EVENTS[event_type](shapes.event(raw))
    deliver(event("product.updated", id="prod_that_warms_up"))
    cloud.dynamodb_requests.clear()

    status, answer = deliver(raw)

    assert cloud.dynamodb_requests == ["UpdateItem"]
    assert cloud.messages(cloud.events_url) == []
    row = stored(change.kind, raw)
    assert (status, answer["outcome"]) == (200, "news")
    assert row is not None
    assert bool(row.gone) == change.gone
    if event_type != "coupon.deleted":
        assert record_of(row) == shapes.record(change.kind, raw["data"]["object"])


@pytest.mark.parametrize("event_type", [name for name in EVENTS if asks(name)])
def test_what_an_event_cannot_tell_is_asked_about_with_all_that_a_read_needs(cloud: Cloud, event_type: str) -> None:
    raw = fixture(event_type) | {"created": NOW}

    status, answer = deliver(raw)

    (message,) = cloud.messages(cloud.events_url)
    assert (status, answer["outcome"]) == (200, "queued")
    obj = raw["data"]["object"]
    expected = {
        "customer": ("subscription", obj.get("subscription"), obj.get("customer"), "doorbell"),
        "charge": ("dispute", obj["id"], obj.get("payment_intent"), "shape:customer"),
        "coupon": ("coupon", obj["id"], None, "shape:applies_to"),
    }[event_type.split(".", maxsplit=1)[0]]
    assert (message["kind"], message["id"], message["customer"], message["reason"]) == expected
    assert len(list(ObjectRow.scan())) == 1


def test_a_coupon_that_is_deleted_keeps_its_state_below_the_tombstone(cloud: Cloud) -> None:
    raw = event("coupon.deleted", at=NOW + 60)
    coupon = shapes.record(Kind.COUPON, whole(Kind.COUPON, raw["data"]["object"]))
    key = keys.of_object(SCOPE, Kind.COUPON, coupon.id, None, coupon.created)
    objects.write(key, News(Kind.COUPON, coupon, False, NOW), window.snapshot(NOW))

    assert deliver(raw)[1]["outcome"] == "news"

    row = stored(Kind.COUPON, raw)
    assert row is not None
    assert (row.gone, record_of(row)) == (True, coupon)


@pytest.mark.parametrize("gone", [name for name in EVENTS if EVENTS[name](shapes.event(fixture(name))).gone])
def test_no_older_event_revives_what_is_deleted(cloud: Cloud, gone: str) -> None:
    last = event(gone, at=NOW + 60)
    kind = EVENTS[gone](shapes.event(last)).kind
    before = last["data"]["object"] | (last["data"].get("previous_attributes") or {})
    older = {
        name: event(name, **before)
        for name in EVENTS
        if not asks(name) and not (told := EVENTS[name](shapes.event(fixture(name)))).gone and told.kind is kind
    }
    deliver(last)

    outcomes = {deliver(raw)[1]["outcome"] for raw in older.values()}

    row = stored(kind, last)
    assert row is not None
    assert row.gone is True
    assert outcomes == ({"old"} if older else set())
    assert bool(older) == (kind is not Kind.COUPON), "an older event of a coupon is a doubt, and then Stripe says gone"


def test_a_discount_that_is_only_named_is_asked_for(cloud: Cloud) -> None:
    outcome = deliver(event("customer.subscription.updated", discounts=["di_1"]))[1]["outcome"]

    assert outcome == "queued"
    assert [each["reason"] for each in cloud.messages(cloud.events_url)] == ["shape:discounts"]


def test_a_payment_that_succeeded_within_the_second_of_its_failure_needs_no_queue(cloud: Cloud) -> None:
    failed = event("payment_intent.payment_failed")
    deliver(failed)

    paid = {**failed["data"]["object"], "status": "succeeded", "last_payment_error": None}
    forward = deliver(event("payment_intent.succeeded", **paid))[1]["outcome"]
    back = deliver(event("payment_intent.requires_action", **failed["data"]["object"]))[1]["outcome"]

    record = record_of(stored(Kind.INTENT, failed) or ObjectRow())
    assert isinstance(record, PaymentIntent)
    assert (forward, back, record.status) == ("ahead", "old", "succeeded")
    assert cloud.messages(cloud.events_url) == []


def test_an_ordinary_event_costs_one_write_no_read_and_no_message(cloud: Cloud) -> None:
    deliver(event("invoice.finalized"))
    cloud.dynamodb_requests.clear()

    deliver(event("invoice.payment_failed", at=NOW + 60))

    assert cloud.dynamodb_requests == ["UpdateItem"]
    assert cloud.messages(cloud.events_url) == []


def test_an_ordinary_event_never_imports_stripe() -> None:
    """In a fresh interpreter, from the import of the handler to the answer."""
    program = (
        "import sys, tests.conftest as c, tests.builders as b, json\n"
        "for name in [n for n in sys.modules if n.split('.')[0] in ('stripe', 'app') or n.startswith('chalicelib')]:\n"
        "    del sys.modules[name]\n"
        "import os\n"
        "os.environ.update(STAGE='dev', TABLE_NAME='t', SECRET_ID='s', STRIPE_ACCOUNT=c.ACCOUNT, LIVEMODE='false')\n"
        "from moto import mock_aws\n"
        "import boto3, time\n"
        "with mock_aws():\n"
        "    os.environ['TABLE_NAME'] = 't'\n"
        "    c.create_table()\n"
        "    secret = json.dumps({'webhook_secrets': {'default': [c.WEBHOOK_SECRET]}})\n"
        "    boto3.client('secretsmanager').create_secret(Name='s', SecretString=secret)\n"
        "    from app import app\n"
        "    now = int(time.time())\n"
        "    body = json.dumps(b.event('customer.subscription.updated', at=now)).encode()\n"
        "    headers = {'stripe-signature': b.signed(body, now)}\n"
        "    answer = app(b.rest_event('POST', '/webhooks/stripe/{endpoint_name}', body, headers,\n"
        "                              endpoint_name='default'), None)\n"
        "    print(answer['statusCode'], json.loads(answer['body'])['outcome'], 'stripe' in sys.modules)\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)

    assert done.stdout.splitlines()[-1:] == ["200 news False"], done.stderr[-2000:]


def test_the_same_event_twice_changes_nothing_and_asks_nobody(cloud: Cloud) -> None:
    raw = event("customer.updated")
    deliver(raw)
    before = stored(Kind.CUSTOMER, raw)
    cloud.dynamodb_requests.clear()

    status, answer = deliver(raw)

    assert cloud.dynamodb_requests == ["UpdateItem", "UpdateItem"]
    after = stored(Kind.CUSTOMER, raw)
    assert (status, answer["outcome"]) == (200, "ahead")
    assert before is not None
    assert after is not None
    assert record_of(before) == record_of(after)
    assert (before.seen_from, before.seen_to) == (after.seen_from, after.seen_to)
    assert cloud.messages(cloud.events_url) == []


def test_an_older_event_is_old_news(cloud: Cloud) -> None:
    deliver(event("customer.updated", name="New"))

    status, answer = deliver(event("customer.updated", at=NOW - 60, name="Old"))

    assert (status, answer["outcome"]) == (200, "old")
    assert cloud.messages(cloud.events_url) == []


def test_a_tie_of_seconds_goes_to_the_queue_with_all_that_a_read_needs(cloud: Cloud) -> None:
    deliver(event("customer.updated", name="One"))

    status, answer = deliver(event("customer.updated", at=NOW + 1, name="Two"))

    (message,) = cloud.messages(cloud.events_url)
    assert (status, answer["outcome"]) == (200, "queued")
    assert message["reason"] == "same_time"
    assert (message["kind"], message["scope"], message["created"]) == ("customer", SCOPE, NOW + 1)
    assert "Two" not in json.dumps(message)


def test_an_invoice_that_went_forward_within_a_second_needs_no_queue(cloud: Cloud) -> None:
    raw = event("invoice.payment_failed")
    deliver(raw)

    status, answer = deliver(event("invoice.paid", **{**raw["data"]["object"], "status": "paid"}))

    row = stored(Kind.INVOICE, raw)
    assert (status, answer["outcome"]) == (200, "ahead")
    assert row is not None
    assert isinstance(record := record_of(row), Invoice)
    assert record.status == "paid"
    assert row.due_at == SETTLED


def test_a_failed_payment_opens_a_case_and_its_payment_makes_it_due_at_once_to_be_closed(cloud: Cloud) -> None:
    failed = event("invoice.payment_failed")
    deliver(failed)
    opened = stored(Kind.INVOICE, failed)

    deliver(event("invoice.paid", at=NOW + 600, **{**failed["data"]["object"], "status": "paid"}))

    paid = stored(Kind.INVOICE, failed)
    assert opened is not None
    assert paid is not None
    assert (opened.case_opened_at, opened.due_at) == (NOW, NOW + 2 * 3600)
    assert opened.due_shard.startswith("D#")
    assert (paid.due_at, paid.due_shard) == (SETTLED, opened.due_shard)
    assert paid.case_opened_at == NOW


def test_an_event_in_another_api_version_is_read_again_in_ours(cloud: Cloud) -> None:
    raw = event("customer.updated") | {"api_version": "2025-09-30.clover"}

    status, answer = deliver(raw)

    assert (status, answer["outcome"]) == (200, "queued")
    assert [each["reason"] for each in cloud.messages(cloud.events_url)] == ["api_version"]
    assert stored(Kind.CUSTOMER, raw) is None


def test_a_cut_list_and_an_unknown_shape_are_doubts(cloud: Cloud) -> None:
    cut = event("customer.subscription.updated")
    cut["data"]["object"]["items"]["has_more"] = True

    assert deliver(cut)[1]["outcome"] == "queued"
    assert deliver(event("invoice.updated", amount_due="149.00"))[1]["outcome"] == "queued"
    assert [each["reason"] for each in cloud.messages(cloud.events_url)] == ["shape:items", "shape:amount_due"]


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "garbage",
        "t=,v1=",
        "t=abc,v1=00",
        f"t={NOW}",
        f"t={NOW},v1=é",
        f"t={NOW},v0={{good}}",
        f"t={NOW - 301},v1={{old}}",
        f"t={NOW + 301},v1={{future}}",
        f"t={NOW},t={NOW},v1={{good}}",
        f"t={NOW}, v1={{good}}",
        f"t={NOW},v1={{wrong}}",
        f"t={NOW},v1={{blank}}",
    ],
)
def test_a_bad_signature_is_refused_and_leaves_no_trace(cloud: Cloud, header: str | None) -> None:
    body = json.dumps(event("customer.updated")).encode()
    marks = {
        "good": sign(body, WEBHOOK_SECRET, NOW),
        "old": sign(body, WEBHOOK_SECRET, NOW - 301),
        "future": sign(body, WEBHOOK_SECRET, NOW + 301),
        "wrong": sign(body, "whsec_another", NOW),
        "blank": sign(body, "", NOW),
    }

    status, answer = post(body, header.format(**marks) if header else header)

    assert (status, answer["error"]["code"]) == (400, "invalid_signature")
    assert set(answer["error"]) == {"code", "message", "param"}
    assert nothing_happened(cloud)


def test_the_edges_of_the_tolerance_are_accepted(cloud: Cloud) -> None:
    body = json.dumps(event("customer.updated")).encode()

    assert post(body, signed(body, NOW - 300))[0] == 200
    assert post(body, signed(body, NOW + 300))[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b"1",
        b'"text"',
        b"{}",
        b'{"object": "event"}',
        b'{"object": "event", "id": 1, "type": "customer.updated", "data": {"object": {}}}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"id": NaN}',
        b'{"object": "v2.core.event", "id": "evt_1", "type": "v1.customer.updated"}',
    ],
    ids=lambda body: body[:30].decode(),
)
def test_a_signed_body_that_is_no_event_is_refused_and_leaves_no_trace(cloud: Cloud, body: bytes) -> None:
    status, answer = post(body, signed(body))

    assert status == 400
    assert set(answer["error"]) == {"code", "message", "param"}
    assert nothing_happened(cloud)


def test_a_body_that_is_not_utf_8_is_refused(cloud: Cloud) -> None:
    body = b'{"id": "\xff\xfe"}'

    assert post(body, signed(body))[0] == 400
    assert nothing_happened(cloud)


def test_a_lone_surrogate_is_refused(cloud: Cloud) -> None:
    body = json.dumps(event("customer.updated", name="\ud800")).encode()

    assert post(body, signed(body))[0] == 400
    assert nothing_happened(cloud)


def test_an_event_whose_object_has_no_identity_is_refused(cloud: Cloud) -> None:
    raw = event("customer.updated")
    del raw["data"]["object"]["id"]

    assert deliver(raw)[0] == 400
    assert nothing_happened(cloud)


def test_a_body_that_is_too_large_is_refused_with_413(cloud: Cloud) -> None:
    body = b" " * (256 * 1024 + 1)

    status, answer = post(body, signed(body))

    assert (status, answer["error"]["code"]) == (413, "payload_too_large")
    assert nothing_happened(cloud)


def test_an_unknown_endpoint_is_not_found(cloud: Cloud) -> None:
    body = json.dumps(event("customer.updated")).encode()

    assert post(body, signed(body), endpoint="other")[0] == 404


@pytest.mark.parametrize(
    "change,outcome",
    [
        ({"type": "invoice.created"}, "ignored_type"),
        ({"type": "made.up.tomorrow"}, "ignored_type"),
        ({"livemode": True}, "ignored_mode"),
        ({"account": "acct_other"}, "ignored_account"),
    ],
)
def test_a_signed_event_that_is_none_of_our_business_is_accepted_and_counted(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], change: dict[str, Any], outcome: str
) -> None:
    status, answer = deliver(event("customer.updated") | change)

    assert (status, answer["outcome"]) == (200, outcome)
    assert f'"outcome":"{outcome}"' in capsys.readouterr().out.replace(" ", "")
    assert nothing_happened(cloud)


def test_our_own_account_named_on_the_event_is_ours(cloud: Cloud) -> None:
    assert deliver(event("customer.updated") | {"account": ACCOUNT})[1]["outcome"] == "news"


def test_with_dynamodb_down_the_event_is_queued_and_accepted(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    break_dynamodb(monkeypatch)

    status, answer = deliver(event("customer.updated"))

    assert (status, answer["outcome"]) == (200, "queued")
    assert [each["reason"] for each in cloud.messages(cloud.events_url)] == ["StoreUnavailable"]


def test_with_the_queue_down_too_it_is_refused_and_stripes_retry_succeeds(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = event("customer.updated")
    with monkeypatch.context() as broken:
        break_dynamodb(broken)
        break_sqs(broken)
        status, answer = deliver(raw)

    assert (status, answer["error"]["code"]) == (503, "temporarily_unavailable")
    assert deliver(raw)[1]["outcome"] == "news"


def test_a_rolled_secret_takes_effect_before_the_cache_ends(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps(event("customer.updated")).encode()
    assert post(body, signed(body))[0] == 200
    value = {"stripe_api_key": "rk_test_x", "webhook_secrets": {"default": ["whsec_old", "whsec_new"]}}
    boto3.client("secretsmanager").put_secret_value(SecretId="stamkund-test", SecretString=json.dumps(value))
    monkeypatch.setattr("chalicelib.aws.secrets.REFETCH_AFTER", -1)

    assert post(body, signed(body, secret="whsec_new"))[0] == 200


@pytest.mark.parametrize("secret", ["", " ", "sk_test_not_a_webhook_secret"])
def test_a_blank_or_strange_secret_refuses_everything(cloud: Cloud, secret: str) -> None:
    value = {"stripe_api_key": "rk_test_x", "webhook_secrets": {"default": [secret]}}
    boto3.client("secretsmanager").put_secret_value(SecretId="stamkund-test", SecretString=json.dumps(value))
    body = json.dumps(event("customer.updated")).encode()

    status, answer = post(body, signed(body, secret=secret))

    assert (status, answer["error"]["message"]) == (500, "Something failed on our side. Try again soon.")
    assert nothing_happened(cloud)


def break_dynamodb(monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB answers 500 to every update."""

    def fail(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "InternalServerError"}}, "UpdateItem")

    monkeypatch.setattr(ObjectRow._get_connection().connection.client, "update_item", fail)


def break_sqs(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQS cannot be reached."""

    def fail(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://sqs")

    monkeypatch.setattr(clients.client("sqs"), "send_message", fail)
