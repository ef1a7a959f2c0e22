"""The protocol of the outbox, broken on purpose: each variant leaves out one decision of the real code, and must be caught."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.actions import ask_stripe, posting
from chalicelib.aws import mail
from chalicelib.core import dunning
from chalicelib.errors import MailUnknown, StoreUnavailable
from chalicelib.store import cases, links, outbox
from chalicelib.store.links import Link
from chalicelib.store.outbox import Desk, Post
from chalicelib.store.tables import ObjectRow

Break = Callable[[pytest.MonkeyPatch], None]
CLAIM, SENT, SEND, DECIDE = outbox.claim, outbox.sent, mail.send, dunning.decide
HELD_BACK = dunning._held_back


def check_then_send(patch: pytest.MonkeyPatch) -> None:
    """Look whether the step was sent, send, and write it down after: nobody claims."""
    patch.setattr(outbox, "claim", lambda *_: True)
    patch.setattr(outbox, "sent", _written)


def _written(post: Post, at: int) -> bool:
    return CLAIM(post, [], None, _link(post)) and SENT(post, at)


def _link(post: Post) -> Any:
    return links.row(f"{post.number}", Link(post.scope, "s", post.customer, None, 1))


def mark_then_send(patch: pytest.MonkeyPatch) -> None:
    """Write down that a mail has left before it does: one that dies between is lost without a word."""

    def claim(post: Post, *about: Any) -> bool:
        return CLAIM(post, *about) and SENT(post, post.at)

    patch.setattr(outbox, "claim", claim)
    patch.setattr(outbox, "sent", lambda *_: True)


def delete_on_error(patch: pytest.MonkeyPatch) -> None:
    """Give a claim back on any error, a lost answer too."""

    def hand_over(site: Any, to: str, letter: Any, post: Post, tags: dict[str, str]) -> None:
        try:
            SEND(site, to, letter, tags)
        except Exception:
            outbox.give_back(post, outbox.FREE)
            raise

    patch.setattr(posting, "hand_over", hand_over)


def no_lease(patch: pytest.MonkeyPatch) -> None:
    """Take over a claim at once, as if its mailer were surely dead."""
    patch.setattr(Desk, "in_flight", lambda *_: False)


def short_lease(patch: pytest.MonkeyPatch) -> None:
    """A lease that outlives the mailer, but not SES's notification."""
    patch.setattr(outbox, "LEASE", 150)


def cases_first(patch: pytest.MonkeyPatch) -> None:
    """Read the cases before the mails, and claim without looking whether they have changed since."""
    patch.setattr(cases, "unchanged", lambda _case: ObjectRow.pk.exists())
    desk, of_customer = outbox.desk, cases.of_customer
    read: dict[str, Any] = {}

    def early(scope: str, customer: str) -> Desk:
        read["cases"] = of_customer(f"C#{scope}#{customer}")
        return desk(scope, customer)

    patch.setattr(outbox, "desk", early)
    patch.setattr(cases, "of_customer", lambda _pk: dict(read["cases"]))


def no_second_look(patch: pytest.MonkeyPatch) -> None:
    """Trust what is stored instead of asking Stripe before each mail."""
    fetch = ask_stripe.fetch_invoice

    def stored(ident: str, scope: str) -> Any:
        raw = fetch(ident, scope)
        return raw and {**raw, "status": "open", "amount_remaining": 14900}

    patch.setattr(ask_stripe, "fetch_invoice", stored)


def any_hour(patch: pytest.MonkeyPatch) -> None:
    """Send when due, whatever the hour."""
    patch.setattr(dunning, "within_window", lambda _campaign, moment, _zone: moment)


def no_cap(patch: pytest.MonkeyPatch) -> None:
    """Forget what else the customer was sent."""

    def decide(campaign: Any, case: Any, facts: Any, zone: str, now: int, around: Any = dunning.ALONE) -> Any:
        return DECIDE(campaign, case, facts, zone, now, replace(around, last_mail_at=None))

    patch.setattr(dunning, "decide", decide)


def final_as_any(patch: pytest.MonkeyPatch) -> None:
    """Let a retry and the cap keep the final notice back as any other mail."""
    patch.setattr(
        dunning,
        "_held_back",
        lambda campaign, facts, zone, now, around, _latest: HELD_BACK(campaign, facts, zone, now, around, None),
    )


def unwritten_is_free(patch: pytest.MonkeyPatch) -> None:
    """Give the claim back where the mail left but could not be written down."""

    def sent(post: Post, at: int) -> bool:
        try:
            return SENT(post, at)
        except StoreUnavailable:
            outbox.give_back(post, outbox.FREE)
            raise

    patch.setattr(outbox, "sent", sent)


def unknown_is_closed(patch: pytest.MonkeyPatch) -> None:
    """Close the case where SES's answer was lost, to be safe: nobody is told of it."""

    def hand_over(site: Any, to: str, letter: Any, post: Post, tags: dict[str, str]) -> None:
        try:
            SEND(site, to, letter, tags)
        except MailUnknown:
            SENT(post, post.at)

    patch.setattr(posting, "hand_over", hand_over)


BREAKS: tuple[Break, ...] = (
    check_then_send,
    mark_then_send,
    delete_on_error,
    no_lease,
    short_lease,
    cases_first,
    no_second_look,
    any_hour,
    no_cap,
    final_as_any,
    unwritten_is_free,
    unknown_is_closed,
)


@contextmanager
def broken(name: str | None) -> Iterator[None]:
    """The protocol with one of its decisions replaced, or as it is."""
    with pytest.MonkeyPatch.context() as patch:
        for one in BREAKS:
            if one.__name__ == name:
                one(patch)
        yield
