"""The outbox: one mail to a customer at a time, claimed once, written down once, and given back only where none left."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib import campaigns
from chalicelib.core.campaign import as_plan
from chalicelib.errors import StoreUnavailable
from chalicelib.store import cases, keys, links, outbox, table
from chalicelib.store.cases import Frozen, OpenCase
from chalicelib.store.keys import Key
from chalicelib.store.links import Link
from chalicelib.store.outbox import LEASE, Covered, Post
from chalicelib.store.tables import LinkRow, MailRow, ObjectRow
from tests.chalicelib.store.test_cases import FIRST_LOOK, LATER, SCOPE, read, row, store
from tests.conftest import NOW, Cloud

ROOT = Path(__file__).parents[3]
PLAN = Frozen(as_plan(campaigns.load("monthly_14")), None)


def link(token: str = "token") -> LinkRow:
    """A link as a mail carries it."""
    made = Link(SCOPE, "nordlys", "cus_1", "payment_method_update", LATER, created=FIRST_LOOK, case_sk="5#INV#1")
    return links.row(token, made)


def post_of(*about: OpenCase, number: int = 1, at: int = FIRST_LOOK) -> Post:
    """The next mail of cases, about to be claimed."""
    covered = tuple(Covered(case.key.sk, "day_0", case.handled, LATER) for case in about)
    return Post(SCOPE, "cus_1", number, outbox.SENDING, at, at + LEASE, None, covered, "funds")


def claimed(*about: Key, number: int = 1, at: int = FIRST_LOOK) -> Post:
    """A claim that must succeed."""
    seen = [read(key) for key in about]
    post = post_of(*seen, number=number, at=at)
    assert outbox.claim(post, seen, PLAN, link(f"token {number}"))
    return post


@pytest.fixture
def key(cloud: Cloud) -> Key:
    """The key of an open case."""
    return store()


def test_a_customer_who_got_nothing_has_an_empty_desk(cloud: Cloud) -> None:
    desk = outbox.desk(SCOPE, "cus_1")

    assert (desk.newest, desk.number, desk.last_mail_at, desk.in_flight(NOW)) == ((), 1, None, False)


def test_a_claim_stores_the_mail_its_link_and_the_campaign_in_one_write(key: Key, cloud: Cloud) -> None:
    seen = read(key)
    cloud.dynamodb_requests.clear()

    assert outbox.claim(post_of(seen), [seen], PLAN, link())

    assert cloud.dynamodb_requests == ["TransactWriteItems"]
    assert outbox.find(SCOPE, "cus_1", 1) == post_of(seen)
    assert links.find("token").case_sk == "5#INV#1"
    assert read(key).plan == PLAN.plan
    assert read(key).due_at == FIRST_LOOK


def test_of_two_claims_of_one_look_the_second_does_nothing(key: Key) -> None:
    seen = read(key)

    assert outbox.claim(post_of(seen), [seen], PLAN, link("first"))
    assert not outbox.claim(post_of(seen), [seen], PLAN, link("second"))
    assert table.get(LinkRow, keys.link("second")) is None


def test_two_cases_of_one_customer_cannot_be_mailed_at_once(key: Key) -> None:
    other = store("in_2")
    claimed(key)

    assert not outbox.claim(post_of(read(other)), [read(other)], PLAN, link("second"))


def test_a_payment_before_the_claim_refuses_it(key: Key) -> None:
    seen = read(key)
    store(at=NOW + 1, status="paid")

    assert not outbox.claim(post_of(seen), [seen], PLAN, link())
    assert outbox.find(SCOPE, "cus_1", 1) is None


def test_a_claim_is_in_flight_until_its_lease_is_over_and_its_number_is_never_used_again(key: Key) -> None:
    claimed(key)
    desk = outbox.desk(SCOPE, "cus_1")

    assert desk.in_flight(FIRST_LOOK + LEASE)
    assert not desk.in_flight(FIRST_LOOK + LEASE + 1)
    assert desk.number == 2
    assert desk.last_mail_at is None


def test_the_lease_outlives_the_mailer_and_the_notification_of_ses() -> None:
    functions = json.loads((ROOT / ".chalice" / "config.json").read_text())["lambda_functions"]
    mailers_longest_life, notification = functions["send_mails"]["lambda_timeout"], 15 * 60

    assert 2 * mailers_longest_life + notification < LEASE


def test_a_mail_that_left_is_written_down_with_its_case_in_one_write(key: Key, cloud: Cloud) -> None:
    post = claimed(key)
    cloud.dynamodb_requests.clear()

    assert outbox.sent(post, FIRST_LOOK + 1)

    assert cloud.dynamodb_requests == ["TransactWriteItems"]
    desk = outbox.desk(SCOPE, "cus_1")
    assert (desk.last_mail_at, desk.in_flight(FIRST_LOOK + 2), desk.number) == (FIRST_LOOK + 1, False, 2)
    assert (read(key).handled, read(key).due_at) == ("day_0", LATER)
    assert [dict(each) for each in row(key).case_sent] == [{"step": "day_0", "at": FIRST_LOOK + 1}]


def test_mailer_and_notification_write_one_mail_down_once(key: Key) -> None:
    post = claimed(key)

    assert outbox.sent(post, FIRST_LOOK + 1)
    assert not outbox.sent(post, FIRST_LOOK + 2)
    assert len(row(key).case_sent) == 1


def test_a_notification_that_comes_after_the_next_mail_sets_no_case_back(key: Key) -> None:
    first = claimed(key)
    second = claimed(key, number=2, at=FIRST_LOOK + LEASE + 1)
    outbox.sent(replace(second, cases=(replace(second.cases[0], step="day_3", next_at=LATER + 9),)), LATER)

    assert outbox.sent(first, FIRST_LOOK + 1)

    assert (read(key).handled, read(key).due_at) == ("day_3", LATER + 9)
    assert [each["step"] for each in row(key).case_sent] == ["day_3", "day_0"]
    assert {each.state for each in outbox.desk(SCOPE, "cus_1").newest} == {outbox.SENT}


def test_a_notification_about_another_claim_changes_nothing(key: Key) -> None:
    post = claimed(key)

    assert not outbox.sent(replace(post, lease_until=1), FIRST_LOOK + 1)
    assert not outbox.sent(replace(post, number=7), FIRST_LOOK + 1)
    assert row(key).case_sent is None


def test_one_mail_about_several_cases_is_written_down_on_each(key: Key) -> None:
    others = [store("in_2"), store("in_3")]
    post = claimed(key, *others)

    assert outbox.sent(post, FIRST_LOOK + 1)
    assert {read(each).handled for each in (key, *others)} == {"day_0"}


@pytest.mark.parametrize("paid", [{0}, {1}, {0, 2}, {0, 1, 2}])
def test_a_payment_while_the_mail_leaves_keeps_just_that_case_due_at_once(cloud: Cloud, paid: set[int]) -> None:
    idents = ["in_1", "in_2", "in_3"]
    about = [store(ident) for ident in idents]
    post = claimed(*about)
    for place in paid:
        store(idents[place], at=NOW + 1, status="paid")

    assert outbox.sent(post, FIRST_LOOK + 1)

    due = {Key(*each) for each in cases.due(FIRST_LOOK)}
    assert due == {key for place, key in enumerate(about) if place in paid}
    assert all(row(key).case_handled == "day_0" for key in about)


def test_a_mail_that_ses_did_not_take_leaves_its_number_and_the_case_as_they_were(key: Key) -> None:
    post = claimed(key)

    outbox.give_back(post, outbox.FREE)

    desk = outbox.desk(SCOPE, "cus_1")
    assert (desk.number, desk.in_flight(FIRST_LOOK), desk.last_mail_at) == (1, False, None)
    assert (read(key).handled, read(key).due_at) == (None, FIRST_LOOK)
    claimed(key, at=FIRST_LOOK + 1)


def test_giving_back_what_the_notification_has_settled_changes_nothing(key: Key) -> None:
    post = claimed(key)
    outbox.sent(post, FIRST_LOOK + 1)

    outbox.give_back(post, outbox.FREE)

    assert outbox.desk(SCOPE, "cus_1").newest[0].state == outbox.SENT


def test_a_refused_mail_says_why(key: Key) -> None:
    outbox.give_back(claimed(key), outbox.REFUSED, "SES refused the mail: MessageRejected.")

    (post,) = outbox.page(SCOPE, "cus_1", 5, None)
    assert (post.state, post.reason) == ("refused", "SES refused the mail: MessageRejected.")


def test_a_shadowed_mail_moves_the_case_on_and_is_in_no_inbox(key: Key, cloud: Cloud) -> None:
    seen = read(key)
    cloud.dynamodb_requests.clear()

    assert outbox.shadowed(replace(post_of(seen), state=outbox.SHADOW), [seen], PLAN)

    assert cloud.dynamodb_requests == ["TransactWriteItems"]
    assert (read(key).handled, read(key).due_at, row(key).case_sent) == ("day_0", LATER, None)
    assert outbox.desk(SCOPE, "cus_1").last_mail_at == FIRST_LOOK
    assert not outbox.shadowed(replace(post_of(seen, number=2), state=outbox.SHADOW), [seen], PLAN)


def test_a_mail_that_came_back_opens_its_step_again_unless_the_case_has_gone_on(key: Key) -> None:
    post = claimed(key)
    outbox.sent(post, FIRST_LOOK + 1)

    assert outbox.undo(post, LATER - 5) == 1
    assert (read(key).handled, read(key).due_at) == (None, LATER - 5)
    assert outbox.undo(post, LATER - 5) == 0
    store(at=NOW + 1, status="paid")
    assert outbox.undo(post, LATER) == 0


def test_a_bounce_that_is_told_again_does_not_open_what_the_next_mail_has_done(key: Key) -> None:
    first = claimed(key)
    outbox.sent(first, FIRST_LOOK + 1)
    assert outbox.undo(first, FIRST_LOOK + 2) == 1
    second = claimed(key, number=2, at=FIRST_LOOK + 3)
    outbox.sent(second, FIRST_LOOK + 4)

    assert outbox.undo(first, LATER) == 0
    assert read(key).handled == "day_0"


def test_a_bounced_mail_does_not_count_as_one_that_the_customer_got(key: Key) -> None:
    post = claimed(key)
    outbox.sent(post, FIRST_LOOK + 1)

    assert outbox.mark(replace(post, state="sent"), "bounced")
    assert outbox.desk(SCOPE, "cus_1").last_mail_at is None
    assert not outbox.mark(replace(post, state="sent"), "delivered")


def test_a_customers_mails_are_paged_newest_first(cloud: Cloud) -> None:
    for number in range(1, 8):
        assert outbox.claim(post_of(number=number), [], None, link(f"token {number}"))

    assert [post.number for post in outbox.page(SCOPE, "cus_1", 3, None)] == [7, 6, 5]
    assert [post.number for post in outbox.page(SCOPE, "cus_1", 10, 5)] == [4, 3, 2, 1]
    assert outbox.page(SCOPE, "cus_2", 10, None) == []


def test_a_meeting_of_two_transactions_is_tried_again_and_then_told(key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    post, met = claimed(key), [0]
    client = ObjectRow._get_connection().connection.client
    real = client.transact_write_items

    def conflict(times: int) -> Any:
        def call(**asked: Any) -> Any:
            met[0] += 1
            if met[0] <= times:
                error = {"Error": {"Code": "TransactionCanceledException"}}
                raise ClientError({**error, "CancellationReasons": [{"Code": "TransactionConflict"}]}, "x")
            return real(**asked)

        return call

    with monkeypatch.context() as often:
        often.setattr(client, "transact_write_items", conflict(99))
        with pytest.raises(StoreUnavailable, match="Others kept writing"):
            outbox.sent(post, FIRST_LOOK)
    assert met == [table.CONFLICTS]
    met[0] = 0
    monkeypatch.setattr(client, "transact_write_items", conflict(2))
    assert outbox.sent(post, FIRST_LOOK)


def test_no_address_is_kept_in_a_customers_history(key: Key) -> None:
    claimed(key)

    assert "@" not in str(table.get(MailRow, keys.mail(SCOPE, "cus_1", 1)).to_simple_dict())  # type: ignore[union-attr]


def test_a_mail_about_no_case_is_claimed_once_and_taken_over_where_it_never_left(cloud: Cloud) -> None:
    post = Post("acct_x:test", "site_nordlys", 739_581, outbox.SENDING, NOW, NOW + outbox.LEASE, kind="digest")
    again = replace(post, lease_until=NOW + 2 * outbox.LEASE)

    assert outbox.claim_alone(post, NOW)
    assert not outbox.claim_alone(post, NOW + outbox.LEASE)
    assert outbox.claim_alone(again, NOW + outbox.LEASE + 1)
    assert not outbox.sent(post, NOW)  # whoever lost the claim writes nothing down
    assert outbox.sent(again, NOW)
    assert not outbox.claim_alone(again, NOW + 86_400)


@pytest.mark.parametrize(
    "state, lease, to_send",
    [
        (outbox.FREE, None, True),
        (outbox.REFUSED, None, False),
        (outbox.SENT, None, False),
        ("bounced", None, False),
        (outbox.SENDING, NOW, False),
        (outbox.SENDING, NOW - 1, True),
    ],
)
def test_such_a_mail_is_to_send_until_it_has_left_or_was_refused(state: str, lease: int | None, to_send: bool) -> None:
    post = Post("acct_x:test", "site_nordlys", 1, state, NOW, lease)

    assert outbox.is_to_send(post, NOW) == to_send
    assert outbox.is_to_send(None, NOW)
