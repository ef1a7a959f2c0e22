"""Mails on their way to customers: claimed before SES is asked, settled after, and never twice at once to one customer.

A customer's mails are numbered. To claim is to write the next number, which only one can; the claim's lease outlives its
mailer by the time in which SES's SEND notification would have told us. So whoever finds a lapsed claim that nobody settled
knows that its mail never left.
"""

from collections.abc import Sequence
from dataclasses import asdict, field
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.core.cases import SETTLED
from chalicelib.core.frozen import frozen
from chalicelib.store import cases, keys
from chalicelib.store.cases import Entry, Frozen, sent_action
from chalicelib.store.keys import Key
from chalicelib.store.objects import whole
from chalicelib.store.table import Cancelled, Change, Put, Refused, get, store_errors, transact, update
from chalicelib.store.tables import MailRow, ObjectRow, Row, bind

LEASE = 120 + 60 + 15 * 60
"""Seconds: twice the mailer's time-out, a minute of clocks, and a quarter of an hour for SES's notification."""

KEPT = 400 * 86_400
"""Seconds that a mail stays in a customer's history: a year and a month, as evidence of what they were told."""

NEWEST = 8

SENDING, SENT, SHADOW = "sending", "sent", "shadow"
FREE, REFUSED = "free", "refused"
"""SES said that it did not take the mail: for now, or for good. The next claim takes its number over."""

REACHED = frozenset({SENT, SHADOW, "delivered", "delayed", "complained"})
"""States in which a mail counts as one that the customer got."""


@frozen
class Covered:
    """A case that a mail is about: the step that it is, the one handled before it, and when to look again (0: as it is).

    Or a subscription or a card, and the notice that it is.
    """

    sk: str
    step: str
    before: str | None
    next_at: int


@frozen
class Post:
    """A mail in a customer's history."""

    scope: str
    customer: str
    number: int
    state: str
    at: int
    lease_until: int | None = None
    sent_at: int | None = None
    cases: tuple[Covered, ...] = ()
    track: str | None = None
    kind: str = "failed_payment"
    reason: str | None = None

    @property
    def key(self) -> Key:
        """Where it is stored."""
        return keys.mail(self.scope, self.customer, self.number)


@frozen
class Desk:
    """What lies before a mailer: the customer's newest mails, the newest first."""

    scope: str
    customer: str
    newest: tuple[Post, ...] = field(default=())

    def in_flight(self, now: int) -> bool:
        """Whether a mail to the customer may be leaving at this moment."""
        return any(post.state == SENDING and (post.lease_until or 0) >= now for post in self.newest)

    @property
    def last_mail_at(self) -> int | None:
        """When the customer last got a mail (UTC seconds)."""
        return max((post.sent_at or post.at for post in self.newest if post.state in REACHED), default=None)

    @property
    def number(self) -> int:
        """The number of the next mail."""
        last = self.newest[0] if self.newest else None
        if last is None:
            return 1
        return last.number if last.state in (FREE, REFUSED) else last.number + 1

    def next_mail(self, kind: str, cases: Sequence[Covered], now: int, track: str | None = None) -> Post:
        """The next mail to the customer, as its mailer claims it at `now`."""
        lease = now + LEASE
        about = tuple(cases)
        return Post(self.scope, self.customer, self.number, SENDING, now, lease, None, about, track, kind)


def desk(scope: str, customer: str) -> Desk:
    """The newest mails to a customer, as they are now: one Query."""
    return Desk(scope, customer, tuple(page(scope, customer, NEWEST, None)))


def page(scope: str, customer: str, limit: int, before: int | None) -> list[Post]:
    """Mails to a customer, newest first, with numbers below `before`: one Query."""
    bind()
    end = f"{keys.MAILS}{before - 1:08d}" if before is not None else f"{keys.MAILS}\uffff"
    span = MailRow.sk.between(keys.MAILS, end)
    with store_errors():
        rows = MailRow.query(
            keys.history(scope, customer), span, limit=limit, scan_index_forward=False, consistent_read=True
        )
        return [_post(scope, customer, row) for row in rows]


def find(scope: str, customer: str, number: int) -> Post | None:
    """One mail to a customer, or None: one read."""
    row = get(MailRow, keys.mail(scope, customer, number), consistent=True)
    return None if row is None else _post(scope, customer, row)


def _post(scope: str, customer: str, row: MailRow) -> Post:
    covered: list[Any] = [each.as_dict() if hasattr(each, "as_dict") else dict(each) for each in row.cases or ()]
    return Post(
        scope=scope,
        customer=customer,
        number=int(row.sk.removeprefix(keys.MAILS)),
        state=row.state,
        at=int(row.at),
        lease_until=whole(row.lease_until),
        sent_at=whole(row.sent_at),
        cases=tuple(Covered(each["sk"], each["step"], each.get("before"), int(each["next_at"])) for each in covered),
        track=row.track,
        kind=row.kind or "failed_payment",
        reason=row.reason,
    )


def claim(post: Post, about: Sequence[Entry], freeze: Frozen | None, with_link: Row) -> bool:
    """Claim the next mail to a customer, with its link, where all of its cases are as they were read: one transaction.

    `freeze` is for the first of the cases. False where somebody else was faster, or a payment came meanwhile.
    """
    parts: list[Change | Put] = [Put(_row(post), _vacant()), Put(with_link)]
    for place, case in enumerate(about):
        actions: list[Action] = [ObjectRow.case_mail.set(post.number), *(cases.freezing(freeze) if place == 0 else [])]
        parts.append(Change(ObjectRow, case.key, actions, cases.unchanged(case)))
    try:
        transact(parts)
    except Cancelled:
        return False
    return True


def claim_alone(post: Post, now: int) -> bool:
    """Claim a mail that is about no case and whose number stands for itself: one write. False where it has left, or may have.

    A claim that lapsed is taken over: its mail never left.
    """
    lapsed = (MailRow.state == SENDING) & (MailRow.lease_until < now)
    try:
        transact([Put(_row(post), MailRow.pk.does_not_exist() | (MailRow.state == FREE) | lapsed)])
    except Cancelled:
        return False
    return True


def is_to_send(post: Post | None, now: int) -> bool:
    """Whether such a mail has not left and is not leaving at this moment."""
    if post is None or post.state == FREE:
        return True
    return post.state == SENDING and (post.lease_until or 0) < now


def _vacant() -> Any:
    return MailRow.pk.does_not_exist() | MailRow.state.is_in(FREE, REFUSED)


def _row(post: Post) -> MailRow:
    return MailRow(
        post.key.pk,
        post.key.sk,
        kind=post.kind,
        state=post.state,
        at=post.at,
        lease_until=post.lease_until,
        cases=[asdict(each) for each in post.cases],
        track=post.track,
        expires_at=post.at + KEPT,
    )


def sent(post: Post, at: int) -> bool:
    """The mail of a claim has left: write it down, on its cases too, in one transaction. True where nobody had.

    A payment meanwhile has made a case due at once, to be closed: it stays so. Where a later mail about a case was claimed,
    its step stands: SES's notification of this one came after the lease.
    """
    ways = [_ways(post, each, at) for each in post.cases]
    claimed = Change(
        MailRow,
        post.key,
        [MailRow.state.set(SENT), MailRow.sent_at.set(at), MailRow.lease_until.remove()],
        MailRow.lease_until == post.lease_until,
    )
    while True:
        changes: list[Change | Put] = [each[0] for each in ways]
        try:
            transact([claimed, *changes])
        except Cancelled as cancelled:
            if 0 in cancelled.refused:
                return False
            for place in cancelled.refused:
                ways[place - 1].pop(0)
        else:
            return True


def _ways(post: Post, covered: Covered, at: int) -> list[Change]:
    """What to write on a case of a mail that has left: the first of these that its row allows; the last is never refused."""
    key = Key(keys.of_customer(post.scope, post.customer), covered.sk)
    newest = ObjectRow.case_mail == post.number
    said = [sent_action(covered.step, at)]
    handled: list[Action] = [*said, ObjectRow.case_handled.set(covered.step), ObjectRow.case_now.remove()]
    ways = [Change(ObjectRow, key, handled, newest), Change(ObjectRow, key, said)]
    if covered.next_at:
        again = [*handled, ObjectRow.due_at.set(covered.next_at)]
        ways.insert(0, Change(ObjectRow, key, again, newest & (ObjectRow.due_at > SETTLED)))
    return ways


def shadowed(post: Post, about: Sequence[Entry], freeze: Frozen | None) -> bool:
    """Write down a mail that would have left now, and send none: one transaction. False where something changed meanwhile."""
    parts: list[Change | Put] = [Put(_row(post), _vacant())]
    for place, (case, covered) in enumerate(zip(about, post.cases, strict=True)):
        actions: list[Action] = [ObjectRow.case_handled.set(covered.step), ObjectRow.due_at.set(covered.next_at)]
        actions += [ObjectRow.case_now.remove(), *(cases.freezing(freeze) if place == 0 else [])]
        parts.append(Change(ObjectRow, case.key, actions, cases.unchanged(case)))
    try:
        transact(parts)
    except Cancelled:
        return False
    return True


def give_back(post: Post, state: str, reason: str | None = None) -> None:
    """SES has said that it did not take the mail (`FREE`: for now, `REFUSED`: for good). One write."""
    actions: list[Action] = [MailRow.state.set(state), MailRow.lease_until.remove()]
    actions += [MailRow.reason.set(reason)] if reason else []
    try:
        update(MailRow, post.key, actions, MailRow.lease_until == post.lease_until)
    except Refused:
        return


def mark(post: Post, state: str) -> bool:
    """What SES has told of a mail since. False where there is no such mail of that claim, or it says so already: one write."""
    try:
        update(MailRow, post.key, [MailRow.state.set(state)], MailRow.pk.exists() & (MailRow.state == post.state))
    except Refused:
        return False
    return True


def undo(post: Post, now: int) -> int:
    """A mail came back: its steps are open again, for another address. How many; one write each.

    Only as long as no other mail about the case was claimed: told of twice, it would open what that one has done.
    """
    return sum(_undone(post, covered, now) for covered in post.cases)


def _undone(post: Post, covered: Covered, now: int) -> bool:
    key = Key(keys.of_customer(post.scope, post.customer), covered.sk)
    before = ObjectRow.case_handled.set(covered.before) if covered.before else ObjectRow.case_handled.remove()
    newest = (ObjectRow.case_handled == covered.step) & (ObjectRow.case_mail == post.number)
    try:
        update(ObjectRow, key, [before, ObjectRow.due_at.set(now)], newest & (ObjectRow.due_at > SETTLED))
    except Refused:
        return False
    return True
