"""The merchant's digest: queued from 8 in the site's morning on until it has left, and claimed like any other mail.

Its number in the history of the site is that of its day, so that a day is told once, whoever asks how often.
"""

from dataclasses import replace
from datetime import date

from chalicelib import config
from chalicelib.actions.posting import hand_over, tags_of, written_down
from chalicelib.aws import queue
from chalicelib.core import digest
from chalicelib.core.days import begins, span
from chalicelib.core.notices import Digest, Reader
from chalicelib.core.rendered import Mail
from chalicelib.core.site import Site
from chalicelib.errors import MailUnknown, Misconfigured, Permanent
from chalicelib.log import report
from chalicelib.mails import render
from chalicelib.store import mail_health, outbox, recovery, sites
from chalicelib.store.keys import MAILS, Key
from chalicelib.store.outbox import Post

MOST = 10_000
"""Payments that failed in the 62 days which a digest looks at; whoever has more asks the API."""


def queue_digest(now: int) -> bool:
    """Queue the digest where it is wanted, due and not sent yet: a read of the site (kept for a minute) and one of the mail.

    Raises Retryable. A deployment without its site has nobody to tell.
    """
    try:
        site = sites.find(config.setting("SITE"))
    except Misconfigured:
        return False
    day = digest.told_today(now, site.time_zone)
    if site.digest_to is None or day is None:
        return False
    post = _post(site, day, now)
    if not outbox.is_to_send(outbox.find(post.scope, post.customer, post.number), now):
        return False
    queue.send_due([(post.key.pk, post.key.sk)])
    return True


def _post(site: Site, day: date, now: int) -> Post:
    lease, kind = now + outbox.LEASE, "digest"
    return Post(site.scope, f"site_{site.id}", day.toordinal(), outbox.SENDING, now, lease, kind=kind)


def send_digest(key: Key, now: int) -> str:
    """Send the digest of a day, at most once; what was done, for the log and the metrics.

    One Query for each page of cases, two BatchGets, two writes, one call to SES. Raises Retryable before anything is claimed,
    and where SES said that it did not take the mail. What trying again cannot mend is logged, and not tried again that day.
    """
    site = sites.find(config.setting("SITE"))
    day = date.fromordinal(int(key.sk.removeprefix(MAILS)))
    post = _post(site, day, now)
    if post.key != key or day != digest.told_today(now, site.time_zone) or site.digest_to is None:
        return "not_due"
    suppressed, paused = mail_health.look(site.scope, [site.digest_to])
    if suppressed or paused:
        return "suppressed" if suppressed else "held"
    try:
        letter = _letter(site, day, now)
    except Permanent as error:
        report(error, site=site.id)
        outbox.claim_alone(replace(post, state=outbox.REFUSED, lease_until=None), now)
        return "parked"
    return _deliver(site, post, letter, now) if outbox.claim_alone(post, now) else "changed"


def _deliver(site: Site, post: Post, letter: Mail, now: int) -> str:
    try:
        hand_over(site, str(site.digest_to), letter, post, tags_of(post, site))
        written_down(post, now)
    except MailUnknown as error:  # it may have left: SES's notification tells
        report(error, site=site.id)
        return "unknown"
    except Permanent as error:
        report(error, site=site.id)
        return "parked"
    return "sent"


def _letter(site: Site, day: date, now: int) -> Mail:
    zone = site.time_zone
    first = begins(day - digest.BACK, zone)
    try:
        failures = recovery.failures(site.scope, first, span(day, day, zone)[1], MOST)
    except recovery.TooManyCases as error:
        raise Permanent(f"More than {MOST} payments failed in 62 days: the digest cannot count them.") from error
    reader = Reader(site, site.languages[0], zone, now)
    return render.digest(
        Digest(
            reader=reader,
            day_at=begins(day, zone),
            sums=digest.day_sums(failures, day, zone),
            reasons=digest.reasons(failures, day, zone),
            link=_dashboard(site),
        )
    )


def _dashboard(site: Site) -> str:
    """The invoices in Stripe's own dashboard: ours has no page for them."""
    mode = "" if site.livemode else "/test"
    return f"https://dashboard.stripe.com/{site.account}{mode}/invoices"
