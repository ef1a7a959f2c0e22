"""Where the mailer's code leaves the process: DynamoDB, SQS, SES, Stripe and the clock, all led to one `World`."""

import json
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import stripe
from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib import campaigns, clock, log
from chalicelib.actions import posting
from chalicelib.aws import mail, queue, secrets
from chalicelib.core.campaign import parse
from chalicelib.core.rendered import Mail
from chalicelib.core.site import NOTICES
from chalicelib.entrypoints import batches
from chalicelib.errors import StamkundError
from chalicelib.mails import render
from chalicelib.store import keys, outbox, sites
from chalicelib.store.keys import Key
from chalicelib.store.tables import MailRow, ObjectRow, bind
from chalicelib.stripe_api import gateway
from tests.conftest import ACCOUNT, SITE
from tests.sim.edges import _Nowhere
from tests.sim.table import Answer, Perform, Table, refusal
from tests.sim.tasks import Crash, give_way
from tests.sim_mails.story import DAY
from tests.sim_mails.world import Message, Notice, Sent, World, key_of

ENVIRONMENT = {
    "STAGE": "dev",
    "TABLE_NAME": "simulated",
    "MAILS_QUEUE_URL": "https://sqs.invalid/mails",
    "MAIL_FEEDBACK_TOPIC": "topic",
    "SES_CONFIGURATION_SET": "set",
    "SECRET_ID": "simulated",
    "SITE": SITE.id,
    "STRIPE_ACCOUNT": ACCOUNT,
    "LIVEMODE": "false",
}
CAMPAIGN = parse(
    "monthly_14",
    {
        "version": 1,
        "steps": [{"key": "day_0", "day": 0}, {"key": "day_3", "day": 3}, {"key": "day_7", "day": 7, "final": True}],
        "end_day": 10,
        "funds_wait_hours": 24,
        "window": {"opens": "09:00", "closes": "17:00", "weekdays_only": True},
    },
)
DATE = {"Date": "Mon, 02 Nov 2026 12:00:00 GMT"}
LETTER = Mail("subject", "text", "<p>html</p>")


class Edges:
    """The outside of the handlers. `world` is the life that goes on; `table` is emptied for each."""

    def __init__(self) -> None:
        self.table = Table(self.dynamodb)
        self.world: World

    def begin(self, world: World) -> None:
        """From now on everything belongs to this life."""
        self.world = world
        self.table.items.clear()
        world.due = self.next_due

    def reported(self, error: Exception, **_: Any) -> None:
        """What a handler logs of a message that failed: an error that nobody foresaw is wrong."""
        if not isinstance(error, StamkundError):
            self.world.wrong.append("".join(traceback.format_exception(error)[-3:]))

    def next_due(self) -> float | None:
        """When the schedule next finds something."""
        due = [int(item["due_at"]["N"]) for item in self.table.items.values() if "due_shard" in item]
        return min(due, default=None)

    def dynamodb(self, operation: str, perform: Perform) -> Answer:
        """One call of DynamoDB's."""
        faults = ("crash after", "throttled", "answer lost", "twice")
        also = ("conflict",) if operation == "TransactWriteItems" else ()
        fault = self.world.reach(operation, *faults, *also)
        if fault == "throttled":
            raise refusal(operation, "ProvisionedThroughputExceededException", "too fast")
        if fault == "conflict":
            reasons = [{"Code": "TransactionConflict"}]
            raise refusal(operation, "TransactionCanceledException", "met another", CancellationReasons=reasons)
        return self._performed(fault, lambda: self._watched(perform))

    def _watched(self, perform: Perform) -> Answer:
        """A call that must not touch a settled case on the word of an older look, which had seen it open.

        A worker may look at the same case again, with the next message of its batch, and close it because it is settled.
        """
        world = self.world
        seen = world.seen.get(world.current.name, {}) if world.current else {}
        watched = [
            key_of(owed) for owed in world.customer.owed if seen.get(owed.id) == "open" and owed.id in world.heard
        ]
        before = [self._place(key) for key in watched]
        answer = perform()
        after = [self._place(key) for key in watched]
        if any(was != now and not self._closed(key) for key, was, now in zip(watched, before, after, strict=True)):
            world.wrong.append("a look at an open invoice overruled its payment")
        return answer

    def _closed(self, key: Key) -> bool:
        return str(self.table.items[key].get("case_closed", {}).get("S")).startswith("invoice_")

    def _place(self, key: Key) -> list[Any]:
        item = self.table.items.get(key) or {}
        return [item.get(name) for name in ("due_at", "case_mail")]

    def _performed(self, fault: str | None, perform: Perform) -> Answer:
        if fault == "twice":
            with suppress(ClientError):
                perform()
        try:
            return perform()
        finally:
            if fault == "crash after":
                raise Crash
            if self.world.current is not None:
                give_way()
            if fault == "answer lost":
                raise ReadTimeoutError(endpoint_url="https://aws.invalid")

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Answer:  # noqa: N803, ARG002 - boto3's names
        """SQS: due cases for the mailer."""
        fault = self.world.reach("SendMessageBatch", "crash after", "sqs refuses", "sqs takes a part", "answer lost")
        if fault == "sqs refuses":
            raise refusal("SendMessageBatch", "ServiceUnavailable", "later")
        taken = Entries[: len(Entries) // 2] if fault == "sqs takes a part" else Entries
        return self._performed(fault, lambda: self._queued(taken, len(Entries)))

    def _queued(self, entries: list[Any], asked: int) -> Answer:
        self.world.queue += [Message(entry["MessageBody"], self.world.now) for entry in entries]
        return {"Failed": [{"Id": "x"}] * (asked - len(entries))}

    def send_email(self, **call: Any) -> Answer:
        """SES. Its answer may be lost, before or after it took the mail."""
        faults = ("ses throttles", "ses refuses", "ses lost before", "ses lost after", "crash after")
        fault = self.world.reach("SendEmail", *faults)
        if fault == "ses throttles":
            raise refusal("SendEmail", "TooManyRequestsException", "too fast")
        if fault == "ses refuses":
            error = {"Error": {"Code": "MessageRejected"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
            raise ClientError(error, "SendEmail")
        if fault == "ses lost before":
            raise ReadTimeoutError(endpoint_url="https://ses.invalid")
        self._taken(call)
        if fault == "crash after":
            raise Crash
        if self.world.current is not None:
            give_way()
        if fault == "ses lost after":
            raise ReadTimeoutError(endpoint_url="https://ses.invalid")
        return {"MessageId": "m"}

    def _taken(self, call: Any) -> None:
        """A mail leaves. SES publishes so, soon, late or twice; or the notification is lost."""
        world, rng = self.world, self.world.rng
        tags = {tag["Name"]: tag["Value"] for tag in call["EmailTags"]}
        (to,) = call["Destination"]["ToAddresses"]
        name = world.current.name if world.current else ""
        made = Sent(world.now, to, tags, self._covers(tags), dict(world.seen.get(name, {})), name)
        cases = {case for case, _ in made.covers}
        made.by_hand = bool(cases & world.wanted)
        world.mails.append(made)
        world.note("ses", f"takes {made.covers} for {to}")
        bounces = world.bouncing and to == "astrid@example.com"
        lost, late = rng.random() < world.lost, rng.random() < world.late
        wait = outbox.LEASE + rng.randrange(DAY) if late else rng.choice((1.0, 20.0, 600.0))
        made.doubtful = lost or late
        world.wanted -= set() if made.doubtful else cases
        mail_part = {
            "timestamp": datetime.fromtimestamp(world.now, UTC).isoformat(),
            "tags": {name: [value] for name, value in tags.items()},
        }
        if not lost:
            for _ in range(1 + (rng.random() < world.doubled)):
                world.notices.append(Notice(world.now + wait, {"eventType": "Send", "mail": mail_part, "send": {}}))
        if bounces and not lost:
            made.bounced = True
            told = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": to}]}
            world.notices.append(
                Notice(world.now + wait + 5, {"eventType": "Bounce", "mail": mail_part, "bounce": told})
            )

    def _covers(self, tags: dict[str, str]) -> tuple[tuple[str, str], ...]:
        """The cases and steps that the mail is about, as its claim has them; broken variants may have made none."""
        key = keys.mail(SITE.scope, tags["customer"], int(tags["mail"]))
        item = self.table.items.get((key.pk, key.sk))
        if item is None:
            return ((tags["case"], tags["step"]),)
        row = MailRow.from_raw_data(dict(item))
        return tuple((each["sk"].rsplit("#", 1)[1], each["step"]) for each in row.cases)

    def get_invoice(self, ident: str, *params: Any) -> Any:
        """Stripe: the invoice, expanded, at this moment."""
        fault = self._asked(f"GET {ident}")
        owed = self.world.customer.invoice(ident)
        if owed is None:
            raise stripe.InvalidRequestError(  # type: ignore[no-untyped-call]
                "No such", None, code="resource_missing", http_status=404, headers={}
            )
        self._seen({ident: owed.status})
        body = json.dumps(self.world.customer.facts_of(owed) if params else owed.raw())
        response = SimpleNamespace(headers=DATE)
        return self._answered(fault, SimpleNamespace(to_dict=lambda **_: json.loads(body), last_response=response))

    def get_subscription(self, ident: str, *_: Any) -> Any:
        """Stripe: a subscription, expanded, at this moment."""
        return self._told(f"GET {ident}", self.world.customer.subscription_facts)

    def get_customer(self, ident: str, *_: Any) -> Any:
        """Stripe: a customer with the subscriptions that run, at this moment."""
        return self._told(f"GET {ident}", self.world.customer.customer_facts)

    def _told(self, call: str, tell: Callable[[], Any]) -> Any:
        fault = self._asked(call)
        raw = tell()
        self._seen({"truth": raw["id"], "at": str(len(self.world.customer.truths))})
        self.world.customer.truths.append(json.loads(json.dumps(raw)))
        answer = SimpleNamespace(to_dict=lambda **_: raw, last_response=SimpleNamespace(headers=DATE))
        return self._answered(fault, answer)

    def list_invoices(self, *_: Any, **__: Any) -> Any:
        """Stripe: the customer's open invoices at this moment."""
        fault = self._asked("GET invoices")
        found = [owed.raw() for owed in self.world.customer.owed if owed.status == "open"]
        self._seen({raw["id"]: "open" for raw in found})
        return self._answered(fault, SimpleNamespace(body=json.dumps({"data": found, "has_more": False}), headers=DATE))

    def _asked(self, call: str) -> str | None:
        fault = self.world.reach(call, "stripe 500", "stripe silent")
        if fault == "stripe 500":
            raise stripe.APIError("broken", http_status=500)
        return fault

    def _answered(self, fault: str | None, answer: Any) -> Any:
        if self.world.current is not None:
            give_way()
        if fault == "stripe silent":
            raise stripe.APIConnectionError("no answer", should_retry=True)  # type: ignore[no-untyped-call]
        return answer

    def _seen(self, states: dict[str, str]) -> None:
        if self.world.current is not None:
            self.world.seen.setdefault(self.world.current.name, {}).update(states)


@contextmanager
def installed() -> Iterator[Edges]:
    """Lead the real code to edges of ours for a while."""
    edges = Edges()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(_Nowhere()):
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        aws = SimpleNamespace(
            send_message_batch=edges.send_message_batch,
            send_email=edges.send_email,
            get_secret_value=lambda **_: {"SecretString": json.dumps({"stripe_api_key": "rk_test_simulated"})},
        )
        for module in (queue, mail, secrets):
            patch.setattr(module, "client", lambda *_, **__: aws)
        secrets.forget()
        invoices = SimpleNamespace(retrieve=edges.get_invoice)
        unused = SimpleNamespace(retrieve=None)
        subscriptions, customers = (
            SimpleNamespace(retrieve=get) for get in (edges.get_subscription, edges.get_customer)
        )
        readers = dict.fromkeys(("payment_methods", "products"), unused)
        v1 = SimpleNamespace(invoices=invoices, subscriptions=subscriptions, customers=customers, **readers)
        stripe_client = SimpleNamespace(v1=v1, raw_request=edges.list_invoices)
        patch.setattr(gateway, "client", lambda *_: stripe_client)
        patch.setattr(clock, "now", lambda: int(edges.world.now))
        patch.setattr(sites, "find", lambda _ident: edges.world.site)
        patch.setattr(keys, "DUE_SHARDS", 1)
        patch.setattr(campaigns, "load", lambda _name: CAMPAIGN)
        for written in ("failed_payment", *NOTICES, "win_back"):
            patch.setattr(render, written, lambda _facts: LETTER)
        patch.setattr(posting, "count", lambda *_, **__: None)
        patch.setattr(batches, "report", edges.reported)
        level = log.logger().log_level
        log.logger().setLevel("CRITICAL")
        bind()
        ObjectRow._get_connection().connection._client = edges.table  # type: ignore[assignment]
        yield edges
        log.logger().setLevel(level)
        ObjectRow._connection = None
        secrets.forget()
