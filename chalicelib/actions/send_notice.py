"""One due subscription or card: tell from its row which notice is due, read Stripe again, and send at most one mail.

A notice costs one read of Stripe, two writes and one call to SES; a look that finds nothing to send yet, one write.
"""

from chalicelib import campaigns
from chalicelib.actions import ask_stripe
from chalicelib.actions.notice_letter import Told, letter_about, win_back_letter
from chalicelib.actions.posting import OFF, PARKED, Parcel, deliver, done, parked, site_of, tags_of
from chalicelib.core import noticing
from chalicelib.core.frozen import frozen
from chalicelib.core.model import Card, Kind, Subscription
from chalicelib.core.noticing import HOUR, Clock, Look, Notice
from chalicelib.core.rendered import Mail
from chalicelib.core.site import Site
from chalicelib.core.upcoming import of_subscription, paid_by
from chalicelib.errors import MailUnknown, Permanent
from chalicelib.store import cases, keys, mail_health, optouts, outbox, upcoming
from chalicelib.store.keys import Key
from chalicelib.store.outbox import Covered, Desk
from chalicelib.store.tables import Row
from chalicelib.store.upcoming import DueRow, Shelf
from chalicelib.stripe_api import facts, notice_facts
from chalicelib.stripe_api.notice_facts import Addressee, Subscriber

STOPPED, WIN_BACK = "canceled_for_nonpayment", "win_back"


@frozen
class Job:
    """A due row on a mailer's table."""

    shelf: Shelf
    desk: Desk
    site: Site
    now: int

    @property
    def row(self) -> DueRow:
        """What is due."""
        return self.shelf.row

    @property
    def on(self) -> tuple[str, ...]:
        """The mails that the site sends."""
        return self.site.notices

    @property
    def subscription(self) -> Subscription | None:
        """The one that a notice would be about: the row's own, or the first that the card pays."""
        record, customer = self.row.record, self.shelf.customer
        if isinstance(record, Subscription):
            return record
        default = customer.default_payment_method if customer else None
        return paid_by(record.id, default, self.shelf.subscriptions)

    def clock(self, zone: str | None) -> Clock:
        """The customer's own time zone where the merchant has put it into Stripe's metadata, else the site's."""
        return Clock(zone or self.site.time_zone, campaigns.load(self.site.campaign))


def send_notice(key: Key, now: int) -> str:
    """Do what is due about the subscription or card at `key`; what was done, for the log and the metrics.

    Raises as `send_reminder`: Retryable before anything is claimed, and where SES said that it did not take the mail.
    """
    # The mails first: whoever claims one after this look changes the number that we would claim.
    desk = outbox.desk(keys.scope_of(key.pk), keys.customer_of(key.pk))
    shelf = upcoming.find(key)
    if shelf is None or shelf.row.due_at > now:
        return "not_due"
    if desk.in_flight(now):
        return "busy"
    try:
        return _handle(shelf, desk, now)
    except MailUnknown:
        return "unknown"
    except Permanent as error:
        parked(error, notice=shelf.row.record.id)
        cases.park(shelf.row, now + PARKED)
        return "parked"


def _handle(shelf: Shelf, desk: Desk, now: int) -> str:
    site = site_of(desk.scope)
    if site is None:
        return _wait(shelf.row, None)
    job = Job(shelf, desk, site, now)
    found = _as_stored(job)
    if found.notice is None:
        return _wait(job.row, found.following)
    if site.reminders == "off":
        return _hold(job.row, now + OFF)
    return _win_back(job, found) if found.notice.plan.mail == WIN_BACK else _about_subscription(job, found.notice)


def _as_stored(job: Job) -> Look:
    customer = job.shelf.customer
    clock = job.clock(facts.time_zone(customer) if customer else None)
    return _look(job, job.row.record, job.subscription, clock)


def _look(job: Job, record: Subscription | Card, subscription: Subscription | None, clock: Clock) -> Look:
    if isinstance(record, Card):
        return noticing.look_at_card(record, subscription, job.row.handled, job.on, clock, job.now)
    subjects = of_subscription(record, job.shelf.failed_at.get(record.id))
    return noticing.look(subjects, job.row.handled, job.on, clock, job.now)


def _about_subscription(job: Job, wanted: Notice) -> str:
    assert job.subscription is not None
    raw = ask_stripe.fetch_expanded(
        Kind.SUBSCRIPTION, job.subscription.id, notice_facts.SUBSCRIPTION_FACTS, job.desk.scope
    )
    if raw is None:
        return _wait(job.row, None)
    told = notice_facts.subscriber(raw)
    clock = job.clock(told.addressee.time_zone)
    found = _as_told(job, told, clock)
    notice = found.notice
    if notice is None or (notice.plan.mail == STOPPED and told.unpaid is None):
        return _wait(job.row, found.following)
    if notice.plan.mail != wanted.plan.mail:  # our row is behind Stripe; its event is on the way
        return _hold(job.row, job.now + HOUR)
    to = _gate(job, told.addressee, notice, found.following, clock)
    if not isinstance(to, Address):
        return to
    letter, row = letter_about(Told(job.site, told, notice, notice.repeats(job.row.handled), clock.zone, job.now))
    return _send(job, notice, to.email, letter, row)


def _as_told(job: Job, told: Subscriber, clock: Clock) -> Look:
    """The same question, of Stripe's answer: a card that is charged no more is nobody's matter."""
    record = job.row.record
    if isinstance(record, Subscription):
        return _look(job, told.subscription, told.subscription, clock)
    charged = told.card is not None and told.card.id == record.id
    pays = paid_by(record.id, record.id, [told.subscription]) if charged else None
    return _look(job, told.card if told.card and charged else record, pays, clock)


def _win_back(job: Job, found: Look) -> str:
    """Marketing: only for who agreed, has not come back, and has not unsubscribed."""
    notice, subscription = found.notice, job.subscription
    assert notice is not None
    assert subscription is not None
    if not notice_facts.consents(job.shelf.customer):
        return _wait(job.row, found.following)
    raw = ask_stripe.fetch_expanded(Kind.CUSTOMER, job.desk.customer, notice_facts.CUSTOMER_FACTS, job.desk.scope)
    former = notice_facts.former(raw) if raw is not None else None
    if former is None or not former.consents or former.back:
        return _wait(job.row, found.following)
    clock = job.clock(former.addressee.time_zone)
    to = _gate(job, former.addressee, notice, found.following, clock)
    if not isinstance(to, Address):
        return to
    if optouts.refused(job.desk.scope, to.email):
        return _wait(job.row, found.following)
    again = notice.repeats(job.row.handled)
    letter, row = win_back_letter(job.site, former, subscription, to.email, clock.zone, again, job.now)
    return _send(job, notice, to.email, letter, row)


@frozen
class Address:
    """Where a notice may go now."""

    email: str


def _gate(job: Job, addressee: Addressee, notice: Notice, following: int | None, clock: Clock) -> Address | str:
    """The address that takes mail, or what was done instead: the notice waits, or is passed over where it would be too late."""
    suppressed, paused = mail_health.look(job.desk.scope, addressee.emails)
    email = next((each for each in addressee.emails if each not in suppressed), None)
    if email is None:
        return _wait(job.row, following)
    until = noticing.held(clock, job.desk.last_mail_at, paused, job.now)
    if until is None:
        return Address(email)
    return _hold(job.row, until) if until < notice.until else _wait(job.row, following)


def _send(job: Job, notice: Notice, to: str, letter: Mail, row: Row) -> str:
    """What comes next is left to a look at the next run: the row may change while the mail is on its way."""
    covered = Covered(job.row.key.sk, notice.key, job.row.handled, job.now)
    post = job.desk.next_mail(notice.plan.mail, [covered], job.now)
    return deliver(Parcel(job.site, post, [job.row], row, to, letter, tags_of(post, job.site)), job.now)


def _wait(row: DueRow, following: int | None) -> str:
    """Nothing to send now: look again at `following`, or never."""
    if following is not None:
        return _hold(row, following)
    return done("closed", cases.rest(row))


def _hold(row: DueRow, until: int) -> str:
    return done("held", cases.hold(row, until))
