"""One due case: read the invoice from Stripe again, decide, claim, send at most one mail, write it down.

A mail costs one read of Stripe (a second where the customer owes several invoices), two writes and one call to SES.
"""

from collections.abc import Sequence

from chalicelib.actions import ask_stripe
from chalicelib.actions.links import PAY, link_for_case
from chalicelib.actions.posting import OFF, PARKED, Parcel, deliver, done, parked, site_of, tags_of, unreachable
from chalicelib.actions.reminder import Other, Subject, language_of, merged, written
from chalicelib.actions.thank import Paid, silent, thank
from chalicelib.actions.treatment import Treatment, treatment_of
from chalicelib.core import dunning
from chalicelib.core.declines import Track
from chalicelib.core.dunning import Around, Case, Close, Hold, Send
from chalicelib.core.frozen import frozen
from chalicelib.core.noticing import Clock
from chalicelib.core.site import Site
from chalicelib.errors import MailUnknown, Permanent
from chalicelib.store import cases, keys, mail_health, outbox, payments
from chalicelib.store.cases import OpenCase
from chalicelib.store.keys import Key
from chalicelib.store.outbox import Covered, Desk, Post
from chalicelib.stripe_api import facts
from chalicelib.stripe_api.facts import Debtor

UNREACHABLE = frozenset({"no_address", "address_suppressed"})


@frozen
class Job:
    """A due case on a mailer's table, with all that the mailer was told of it."""

    case: OpenCase
    others: dict[Key, OpenCase]
    desk: Desk
    site: Site
    debtor: Debtor
    treatment: Treatment
    now: int

    @property
    def zone(self) -> str:
        """The customer's own time zone where the merchant has put it into Stripe's metadata, else the site's."""
        return self.debtor.time_zone or self.site.time_zone

    @property
    def state(self) -> Case:
        """The case as the gate wants it."""
        return Case(self.case.opened_at, self.case.handled)


def send_reminder(key: Key, now: int) -> str:
    """Do what is due in the case at `key`; what was done, for the log and the metrics.

    Raises Retryable (the message comes again) before anything is claimed, and where SES said that it did not take the mail.
    Where a mail may have left the claim stays: its lease runs out while SES's notification settles it. What trying again
    cannot mend is logged, and looked at again later.
    """
    # The mails first: whoever claims one after this look changes the number that we would claim.
    desk = outbox.desk(keys.scope_of(key.pk), keys.customer_of(key.pk))
    others = cases.of_customer(key.pk)
    case = others.pop(key, None)
    if case is None or case.due_at > now:
        return "not_due"
    if desk.in_flight(now):
        return "busy"
    try:
        return _handle(case, others, desk, now)
    except MailUnknown:
        return "unknown"
    except Permanent as error:
        parked(error, case=case.invoice.id)
        cases.park(case, now + PARKED)
        return "parked"


def _handle(case: OpenCase, others: dict[Key, OpenCase], desk: Desk, now: int) -> str:
    site = site_of(desk.scope)
    if site is None or case.stopped:
        return _closed(case, cases.STOPPED if site else "no_site")
    if silent(case, others, site):
        return _closed(case, f"invoice_{case.invoice.status}")
    if site.reminders == "off":
        return done("held", cases.hold(case, now + OFF))
    raw = ask_stripe.fetch_invoice(case.invoice.id, desk.scope)
    if raw is None:
        return _closed(case, "invoice_deleted")
    debtor = facts.debtor(raw, disputed=bool(payments.open_disputes(desk.scope, desk.customer)))
    return _decided(Job(case, others, desk, site, debtor, _treatment(site, case, debtor), now))


def _treatment(site: Site, case: OpenCase, debtor: Debtor) -> Treatment:
    return treatment_of(site, case, debtor.payer, debtor.facts.decline.code)


def _decided(job: Job) -> str:
    case, around = job.case, _around(job)
    decision = dunning.decide(job.treatment.campaign, job.state, job.debtor.facts, job.zone, job.now, around)
    match decision:
        case Close("invoice_paid"):
            clock = Clock(job.zone, job.treatment.campaign)
            return thank(Paid(case, job.others, job.desk, job.site, job.debtor, clock, job.now), around)
        case Close(reason):
            if reason in UNREACHABLE:
                unreachable(case.invoice.id)
            return _closed(case, reason, job)
        case Hold(until, _):
            return done("held", cases.hold(case, until, job.treatment.freeze))
        case Send():
            return _closed(case, "held_out", job) if job.treatment.held_out else _send(job, decision, around)


def _closed(case: OpenCase, reason: str, job: Job | None = None) -> str:
    return done("closed", cases.close(case, reason, job.treatment.freeze if job else None))


def _around(job: Job) -> Around:
    told = job.debtor.facts
    suppressed, paused = mail_health.look(job.desk.scope, filter(None, (told.email, told.second_email)))
    complained = mail_health.COMPLAINT in suppressed.values()
    last_mail_at, case = job.desk.last_mail_at, job.case
    return Around(last_mail_at, frozenset(suppressed), complained, paused, case.stopped, case.send_now)


def _send(job: Job, decision: Send, around: Around) -> str:
    """Write the mail first: one that cannot be written fails before anything is promised.

    What a bank wants confirmed is one invoice, so that mail takes no other along.
    """
    confirms = decision.track is Track.AUTHENTICATE
    together = () if confirms else merged(job.site, job.case, job.others, job.debtor)
    post, about = _post(job, decision, together)
    flow = PAY if confirms else "payment_method_update"
    link = link_for_case(job.site, job.case.key, job.desk.customer, flow, language_of(job.site, job.debtor), job.now)
    subject = Subject(job.case, job.treatment.campaign, job.debtor, job.site, tuple(job.others.values()))
    letter = written(subject, decision, together, link.url, job.now)
    to = dunning.address(job.debtor.facts, around)
    assert to is not None
    parcel = Parcel(job.site, post, about, link.row, to, letter, _tags(job, post), job.treatment.freeze)
    return deliver(parcel, job.now)


def _post(job: Job, decision: Send, together: Sequence[Other]) -> tuple[Post, list[OpenCase]]:
    """The mail as the outbox keeps it, and the cases that it is about: its own first."""
    handled = Case(job.case.opened_at, decision.step.key)
    following = dunning.next_look(job.treatment.campaign, handled, job.debtor.facts, job.zone, job.now)
    covered, about = [Covered(job.case.key.sk, decision.step.key, job.case.handled, following)], [job.case]
    for other in together:
        campaign, case = other.treatment.campaign, other.case
        step = dunning.carried_step(campaign, Case(case.opened_at, case.handled), job.zone, job.now)
        if step is not None:
            then = Case(case.opened_at, step.key)
            following = dunning.next_look(campaign, then, other.facts(job.debtor), job.zone, job.now)
            covered.append(Covered(case.key.sk, step.key, case.handled, following))
            about.append(case)
    return job.desk.next_mail("failed_payment", covered, job.now, decision.track.value), about


def _tags(job: Job, post: Post) -> dict[str, str]:
    """What settles the mail, and what tells it apart in the statistics of SES."""
    variant = job.treatment.variant
    return {
        **tags_of(post, job.site),
        "campaign": f"{job.treatment.campaign.id}-{job.treatment.campaign.version}",
        **({"variant": variant.replace(":", "-")} if variant else {}),
    }
