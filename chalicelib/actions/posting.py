"""From a written mail to one that has left: claimed, handed to SES once, written down. Every mail to a customer goes so."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from chalicelib import config
from chalicelib.aws import mail
from chalicelib.core.frozen import frozen
from chalicelib.core.rendered import Mail
from chalicelib.core.site import Site, account_of
from chalicelib.errors import MailUnavailable, MailUnknown, Permanent, StoreUnavailable
from chalicelib.log import count, note, report
from chalicelib.store import outbox, sites
from chalicelib.store.cases import Entry, Frozen
from chalicelib.store.outbox import Post
from chalicelib.store.tables import Row

PARKED = 6 * 3600
"""Seconds until something due is looked at again that could not be handled: a wrong setting may have been mended by then."""

OFF = 86_400
"""Seconds until something due is looked at again of a site that sends no reminders: it may have been switched on."""


@frozen
class Parcel:
    """A mail and all that its way needs. `about` are the rows that it is about, in the order of `post.cases`.

    `row` is stored with the claim: the link that the mail carries.
    """

    site: Site
    post: Post
    about: Sequence[Entry]
    row: Row
    to: str
    letter: Mail
    tags: Mapping[str, str]
    freeze: Frozen | None = None


def site_of(scope: str) -> Site | None:
    """Whose brand the mail wears. A connected account is written for only where the site may see it."""
    site = sites.find(config.setting("SITE"))
    account = account_of(scope)[0]
    return site if account == config.setting("STRIPE_ACCOUNT") else site.at(account)


def deliver(parcel: Parcel, now: int) -> str:
    """`sent`, `shadow`, or `changed` where somebody was faster or a row has changed. Two writes and one call to SES.

    Raises MailUnavailable where SES said that it did not take the mail; MailUnknown where it may have left.
    """
    post, site = parcel.post, parcel.site
    if site.reminders == "shadow":
        shadow = replace(post, state=outbox.SHADOW)
        return "shadow" if outbox.shadowed(shadow, parcel.about, parcel.freeze) else "changed"
    if not outbox.claim(post, parcel.about, parcel.freeze, parcel.row):
        return "changed"
    hand_over(site, parcel.to, parcel.letter, post, parcel.tags)
    written_down(post, now)
    return "sent"


def hand_over(site: Site, to: str, letter: Mail, post: Post, tags: Mapping[str, str]) -> None:
    """Ask SES to send a mail that is claimed. Only where it said that it did not take it is the claim given back.

    Raises as `deliver`, and Permanent where SES refuses the mail for good.
    """
    try:
        mail.send(site, to, letter, tags)
    except MailUnavailable:
        outbox.give_back(post, outbox.FREE)
        raise
    except Permanent as error:
        outbox.give_back(post, outbox.REFUSED, error.message)
        raise


def written_down(post: Post, now: int) -> None:
    """Write down that a mail has left. Raises MailUnknown where that cannot be: SES's notification does it instead."""
    try:
        outbox.sent(post, now)
    except StoreUnavailable as error:
        raise MailUnknown("A mail left, but could not be written down.") from error


def parked(error: Permanent, **ids: str) -> None:
    """Log what trying again cannot mend, and tell the merchant: as long as it stands, somebody gets no mail."""
    report(error, **ids)
    count("MailsParked", function=config.optional("AWS_LAMBDA_FUNCTION_NAME") or "send_mails")


def done(what: str, stored: bool) -> str:
    """What was done about something due; `changed` where its row was not as it had been read."""
    return what if stored else "changed"


def tags_of(post: Post, site: Site) -> dict[str, str]:
    """They come back in every notification of SES's about the mail: what settles it."""
    account = site.account
    return {
        "customer": post.customer,
        "mail": str(post.number),
        "claim": str(post.lease_until),
        "kind": post.kind,
        **({"case": post.cases[0].sk.rsplit("#", 1)[1], "step": post.cases[0].step} if post.cases else {}),
        **({"account": account} if account != config.setting("STRIPE_ACCOUNT") else {}),
    }


def unreachable(invoice: str) -> None:
    """Tell the merchant that somebody has no address that takes mail: the alarm, and in the log whose case it is."""
    note("customer unreachable", case=invoice)
    count("CustomersUnreachable", function=config.optional("AWS_LAMBDA_FUNCTION_NAME") or "send_mails")
