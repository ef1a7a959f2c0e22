"""The one table, its indexes, and what its items may hold. Importing this needs no environment and makes no client.

The key schema and index names also stand in infra/data.yaml; a test compares the two.
"""

from typing import Any

from botocore.config import Config
from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from chalicelib import config


class DueIndex(GlobalSecondaryIndex["ObjectRow"]):
    """Only items with something due are in it, so that a run costs what there is to do."""

    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = NumberAttribute(range_key=True)


class RefIndex(GlobalSecondaryIndex["Row"]):
    """What belongs to a thing whose key does not name it (`keys.ref_...`), oldest first. Sparse."""

    class Meta:
        index_name = "ref"
        projection = AllProjection()

    ref = UnicodeAttribute(hash_key=True)
    ref_at = NumberAttribute(range_key=True)


class CasesIndex(GlobalSecondaryIndex["ObjectRow"]):
    """Every dunning case of an account, open or not, by when it was opened. Sparse: other invoices have no `case_scope`."""

    class Meta:
        index_name = "cases"
        projection = AllProjection()

    case_scope = UnicodeAttribute(hash_key=True)
    case_opened_at = NumberAttribute(range_key=True)


class Row(Model):
    """What every item has. `expires_at` is DynamoDB's time to live, in UTC seconds."""

    class Meta:
        table_name = "bound at first use"
        # One attempt in the request, then the queue: a webhook must answer before Stripe gives up.
        connect_timeout_seconds = 1
        read_timeout_seconds = 3
        max_retry_attempts = 1

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    expires_at = NumberAttribute(null=True)
    ref = UnicodeAttribute(null=True)
    ref_at = NumberAttribute(null=True)
    by_ref = RefIndex()


class ObjectRow(Row):
    """A Stripe object as we know it (`state`), its window of doubt, and what is due about it.

    On an invoice that is its dunning case; on a subscription or a card a notice, of which `case_handled` is the last that left.
    """

    kind = UnicodeAttribute(null=True)
    state: MapAttribute[str, Any] = MapAttribute(null=True)
    gone = BooleanAttribute(null=True)
    seen_from = NumberAttribute(null=True)
    seen_to = NumberAttribute(null=True)
    issued = NumberAttribute(null=True)
    applied = NumberAttribute(null=True)

    due_shard = UnicodeAttribute(null=True)
    due_at = NumberAttribute(null=True)
    case_opened_at = NumberAttribute(null=True)
    case_scope = UnicodeAttribute(null=True)
    case_amount = NumberAttribute(null=True)
    case_paid = NumberAttribute(null=True)
    case_attempts = NumberAttribute(null=True)
    case_decline = UnicodeAttribute(null=True)
    case_clicked_at = NumberAttribute(null=True)
    case_campaign = UnicodeAttribute(null=True)
    case_version = NumberAttribute(null=True)
    case_handled = UnicodeAttribute(null=True)
    case_sent: ListAttribute[Any] = ListAttribute(null=True)
    case_variant = UnicodeAttribute(null=True)
    case_plan: MapAttribute[str, Any] = MapAttribute(null=True)
    case_mail = NumberAttribute(null=True)
    case_now = BooleanAttribute(null=True)
    case_closed = UnicodeAttribute(null=True)
    case_collected: ListAttribute[Any] = ListAttribute(null=True)
    due = DueIndex()
    by_opening = CasesIndex()


class LinkRow(Row):
    """A mailable link, stored under the hash of its token. `visit` is JSON: what `core.flow_json` reads."""

    id = UnicodeAttribute()
    scope = UnicodeAttribute()
    site = UnicodeAttribute()
    customer = UnicodeAttribute()
    flow = UnicodeAttribute(null=True)
    visit = UnicodeAttribute(null=True)
    case_sk = UnicodeAttribute(null=True)
    single_use = BooleanAttribute(default=False)
    used_at = NumberAttribute(null=True)
    revoked_at = NumberAttribute(null=True)
    created = NumberAttribute(null=True)
    good_until = NumberAttribute()
    language = UnicodeAttribute(null=True)


class NonceRow(Row):
    """A nonce of a signed redirect; spent while it has `used_at`."""

    used_at = NumberAttribute(null=True)


class OnceRow(Row):
    """An idempotency key: the fingerprint of the request, its first second, and whether it was done."""

    request = UnicodeAttribute(null=True)
    at = NumberAttribute(null=True)
    lease_until = NumberAttribute(null=True)
    done = BooleanAttribute(null=True)


class ThrottleRow(Row):
    """How often somebody came beyond an ordinary burst, in one window."""

    counted = NumberAttribute(null=True)


class MailRow(Row):
    """A mail to a customer, from its claim to what SES said of it; no address. `cases` are `outbox.Covered` as maps."""

    kind = UnicodeAttribute(null=True)
    state = UnicodeAttribute()
    at = NumberAttribute()
    lease_until = NumberAttribute(null=True)
    sent_at = NumberAttribute(null=True)
    cases: ListAttribute[Any] = ListAttribute(default=list)
    track = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)


class AddressRow(Row):
    """An address, under its hash, that must not be written to."""

    reason = UnicodeAttribute()
    at = NumberAttribute()


class OptOutRow(Row):
    """What an unsubscribe link stands for; or, under the hash of an address, that it wants no more marketing."""

    scope = UnicodeAttribute(null=True)
    site = UnicodeAttribute(null=True)
    address = UnicodeAttribute(null=True)
    language = UnicodeAttribute(null=True)
    at = NumberAttribute()


class HealthRow(Row):
    """What became of the mails of an hour; or, in the one without an hour, whether mails are paused."""

    sends = NumberAttribute(null=True)
    bounces = NumberAttribute(null=True)
    complaints = NumberAttribute(null=True)
    paused_at = NumberAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    since = NumberAttribute(null=True)


class SiteRow(Row):
    """A merchant site: `core.site.Site` as a map."""

    site: MapAttribute[str, Any] = MapAttribute()


class KeyRow(Row):
    """An API key, stored under its hash."""

    id = UnicodeAttribute(null=True)
    name = UnicodeAttribute(null=True)
    last_used_at = NumberAttribute(null=True)
    site = UnicodeAttribute()
    scopes: ListAttribute[Any] = ListAttribute()
    created = NumberAttribute()
    revoked_at = NumberAttribute(null=True)


class JobRow(Row):
    """A job that takes longer than one Lambda: its state, and until when somebody works on it (UTC seconds)."""

    state: MapAttribute[str, Any] = MapAttribute(null=True)
    lease_until = NumberAttribute(null=True)


class ParkedRow(Row):
    """Why a message was given up."""

    error = UnicodeAttribute()
    reason = UnicodeAttribute()
    tries = NumberAttribute()
    at = NumberAttribute()


_CLIENT = Config(user_agent="stamkund")
"""Beside what PynamoDB sets itself. Left alone, botocore puts its own user agent together twice a call: a tenth of its time."""


def bind() -> None:
    """Point the models at the table of this deployment; cheap, and done by every use of the table.

    They share one connection, and so one botocore client: each would cost a cold start some 50 ms.
    """
    name = config.setting("TABLE_NAME")
    if Row.Meta.table_name != name or ObjectRow._connection is None:
        Row.Meta.table_name = name
        ObjectRow._connection = None
        shared = ObjectRow._get_connection()
        shared.connection.session.set_default_client_config(_CLIENT)
        keyed = (LinkRow, NonceRow, OnceRow, ThrottleRow, MailRow, AddressRow, OptOutRow, HealthRow)
        for model in (*keyed, SiteRow, KeyRow, JobRow, ParkedRow):
            model._connection = shared
