"""A case's claim, its lease and its end: never two mailers at once, and nothing brings a paid case back."""

from typing import Any

import pytest

from chalicelib.core.model import Kind
from chalicelib.core.window import Guard, Write
from chalicelib.store import cases, keys, objects, table
from chalicelib.store.cases import LEASE, Claim
from chalicelib.store.keys import Key
from chalicelib.store.objects import News
from chalicelib.store.tables import ObjectRow
from tests.conftest import NOW, Cloud
from tests.records import invoice

SCOPE = "acct_x:test"
FIRST_LOOK = NOW + 7200
LATER = FIRST_LOOK + 86_400


def store(ident: str = "in_1", **changes: Any) -> Key:
    """Write an invoice as Stripe has it; its key."""
    key = keys.of_object(SCOPE, Kind.INVOICE, ident, "cus_1", NOW)
    objects.write(key, News(Kind.INVOICE, invoice(id=ident, **changes), False, NOW), Write(Guard(), NOW, NOW))
    return key


def row(key: Key) -> Any:
    """The stored row; what is not there reads as None."""
    return table.get(ObjectRow, key)


def claimed(key: Key, now: int = FIRST_LOOK) -> Claim:
    """A claim that must succeed."""
    claim = cases.claim(key, now)
    assert claim is not None
    return claim


@pytest.fixture
def key(cloud: Cloud) -> Key:
    """The key of an open case."""
    return store()


def test_a_case_is_due_from_its_first_look(key: Key) -> None:
    assert list(cases.due(FIRST_LOOK - 1)) == []
    assert list(cases.due(FIRST_LOOK)) == [tuple(key)]


def test_every_due_case_is_found_whatever_its_shard(cloud: Cloud) -> None:
    stored = {tuple(store(f"in_{number}")) for number in range(50)}
    store("in_paid", status="paid")

    assert sorted(cases.due(LATER)) == sorted(stored)


def test_a_claim_holds_all_that_the_mailer_needs(key: Key) -> None:
    assert claimed(key) == Claim(key, invoice(), NOW, "monthly_14", None, FIRST_LOOK + LEASE)


def test_nothing_is_claimed_before_its_time(key: Key) -> None:
    assert cases.claim(key, FIRST_LOOK - 1) is None


def test_a_case_is_claimed_by_one_until_the_lease_is_over(key: Key) -> None:
    claimed(key)

    assert cases.claim(key, FIRST_LOOK) is None
    assert cases.claim(key, FIRST_LOOK + LEASE) is None
    assert claimed(key, FIRST_LOOK + LEASE + 1).lease_until == FIRST_LOOK + 2 * LEASE + 1


def test_the_lease_outlives_the_mailer_and_the_notification_of_ses() -> None:
    mailers_longest_life, notification = 120, 15 * 60

    assert mailers_longest_life + notification < LEASE


def test_what_is_not_there_or_has_nothing_due_cannot_be_claimed(cloud: Cloud) -> None:
    assert cases.claim(Key("C#acct_x:test#cus_1", "5#INV#1#in_none"), LATER) is None
    assert row(Key("C#acct_x:test#cus_1", "5#INV#1#in_none")) is None
    assert cases.claim(store("in_2", status="paid"), LATER) is None


def test_a_case_that_is_given_back_is_as_it_was(key: Key) -> None:
    before = row(key).to_simple_dict()

    cases.release(claimed(key))

    assert row(key).to_simple_dict() == before
    claimed(key)


def test_a_held_case_is_due_again_when_told(key: Key) -> None:
    cases.hold(claimed(key), LATER)

    assert cases.claim(key, LATER - 1) is None
    assert claimed(key, LATER).handled is None


def test_a_closed_case_is_due_no_more_and_says_why(key: Key) -> None:
    cases.close(claimed(key), "no_address")

    assert list(cases.due(LATER)) == []
    assert (row(key).case_closed, row(key).due_shard, row(key).case_lease_until) == ("no_address", None, None)


def test_each_sent_mail_is_written_down_in_order(key: Key) -> None:
    cases.sent(claimed(key), "day_0", FIRST_LOOK, LATER)
    cases.sent(claimed(key, LATER), "day_3", LATER, LATER + 1)

    assert [dict(line) for line in row(key).case_sent] == [
        {"step": "day_0", "at": FIRST_LOOK},
        {"step": "day_3", "at": LATER},
    ]
    assert (row(key).case_handled, row(key).due_at) == ("day_3", LATER + 1)
    assert claimed(key, LATER + 1).handled == "day_3"


def finish(claim: Claim, how: str) -> None:
    """End a claim in one of its ways."""
    ways = {
        "sent": lambda: cases.sent(claim, "day_0", FIRST_LOOK, LATER),
        "hold": lambda: cases.hold(claim, LATER),
        "close": lambda: cases.close(claim, "campaign_ended"),
        "release": lambda: cases.release(claim),
    }
    ways[how]()


@pytest.mark.parametrize("how", ["sent", "hold", "close", "release"])
@pytest.mark.parametrize("status", ["paid", "void", "uncollectible"])
def test_a_payment_while_claimed_keeps_the_case_out_of_the_index(key: Key, how: str, status: str) -> None:
    claim = claimed(key)
    store(status=status)

    finish(claim, how)

    assert list(cases.due(LATER)) == []
    assert (row(key).due_at, row(key).due_shard, row(key).case_lease_until) == (None, None, None)
    assert objects.record_of(row(key)) == invoice(status=status)
    assert (row(key).case_handled == "day_0") == (how == "sent")


@pytest.mark.parametrize("how", ["sent", "hold", "close", "release"])
def test_a_mailer_whose_lease_ran_out_changes_nothing(key: Key, how: str) -> None:
    late = claimed(key)
    claimed(key, FIRST_LOOK + LEASE + 1)
    before = row(key).to_simple_dict()

    finish(late, how)

    assert row(key).to_simple_dict() == before


def test_the_notification_of_ses_is_written_down_for_the_claim_in_flight_only(key: Key) -> None:
    claim = claimed(key)

    assert not cases.record_sent(key, "day_0", FIRST_LOOK, claim.lease_until - 1)
    assert row(key).case_sent is None
    assert cases.record_sent(key, "day_0", FIRST_LOOK + 5, claim.lease_until)
    assert (row(key).case_handled, row(key).case_lease_until) == ("day_0", None)
    assert not cases.record_sent(key, "day_0", FIRST_LOOK + 6, claim.lease_until)
    assert len(row(key).case_sent) == 1


@pytest.mark.parametrize("notification_first", [True, False])
def test_mailer_and_notification_write_one_mail_down_once(key: Key, notification_first: bool) -> None:
    claim = claimed(key)
    if notification_first:
        assert cases.record_sent(key, "day_0", FIRST_LOOK, claim.lease_until)
    cases.sent(claim, "day_0", FIRST_LOOK, LATER)

    assert not cases.record_sent(key, "day_0", FIRST_LOOK, claim.lease_until)
    assert [dict(line) for line in row(key).case_sent] == [{"step": "day_0", "at": FIRST_LOOK}]


def test_a_notification_about_an_unknown_case_makes_no_item(cloud: Cloud) -> None:
    unknown = Key("C#acct_x:test#cus_1", "5#INV#1#in_none")

    assert not cases.record_sent(unknown, "day_0", NOW, NOW)
    assert row(unknown) is None
