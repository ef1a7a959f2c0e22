"""The demo: some ten weeks of a merchant's life, played with the real parts; after each step both sides must agree.

Nothing here knows how Stamkund works inside: it uses the shop, the portal's pages, the mail and the public API, as
Astrid, the merchant and the calendar would.
"""

import json
import re
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import stripe

from infra.local import agree, drive, nordlys
from infra.local.stack import Stack
from infra.local.visitor import Lost, Visitor

DAY = drive.DAY
EMPTY = 28
"""Days of a month between two payments: nothing is due on them, so they pass at once."""
LINK = re.compile(r"https?://\S+/l/\S+")
THANKS = "has gone through"
NEW_CARD = {"number": "5555 5555 5555 4444", "expiry": "12/34", "cvc": "123"}


class Unexpected(Exception):
    """The story took another turn; the message says which."""


@dataclass
class Story:
    """The stack, Astrid's browser, and who she is at Stripe."""

    stack: Stack
    shop: stripe.StripeClient
    astrid: Visitor = field(default_factory=Visitor)
    customer: str = ""
    told: int = 0


def play(stack: Stack) -> str | None:
    """Play all of it; what went wrong, or None."""
    story = Story(stack, nordlys.client(stack.stripe_key, stack.stripe))
    try:
        for chapter in CHAPTERS:
            tell(story, str(chapter.__doc__))
            say(f"     {chapter(story)}")
            drive.settle(stack)
            agree.check(stack, story.shop, story.customer)
            say("     Stamkund and Stripe agree.")
    except (Unexpected, Lost, agree.Disagreement, drive.NotDrained, drive.FunctionFailed, stripe.StripeError) as error:
        return f"{type(error).__name__}: {error}"
    dead = drive.dead_letters(stack)
    return f"{dead} messages lie in the dead-letter queues" if dead else None


def subscribe(story: Story) -> str:
    """Astrid subscribes in the shop."""
    plan = nordlys.list_plans(story.shop)[0]
    story.astrid.open(story.stack.shop)
    story.astrid.submit("/subscribe", name="Astrid Lind", email="astrid@example.com", price=plan.price, card="works")
    story.customer = story.shop.v1.customers.list({"email": "astrid@example.com", "limit": 1}).data[0].id
    expect("149 kr" in story.astrid.text, "the shop does not show her plan")
    return f"{plan.name} for 149 kr a month, paid at once with her Visa card."


def upgrade(story: Story) -> str:
    """She clicks Manage billing and takes the larger box."""
    large = nordlys.list_plans(story.shop)[1]
    story.astrid.submit("/billing")
    expect(story.astrid.url.startswith(story.stack.stripe), "Manage billing does not lead to Stripe's portal")
    story.astrid.follow("/update")
    story.astrid.submit("/update", price=large.price)
    if any("/confirm" in form.action for form in story.astrid.page.forms):
        story.astrid.submit("/confirm")
    drive.settle(story.stack)
    story.astrid.open(story.stack.shop)
    expect("349 kr" in story.astrid.text, "the shop does not show the new plan")
    return f"{large.name} for 349 kr a month; back in the shop she sees it."


def renew(story: Story) -> str:
    """A month passes, and the renewal is paid."""
    drive.skip(story.stack, EMPTY * DAY)
    months(story, 31 - EMPTY)
    expect(statuses(story)[0] == "paid", "the renewal was not paid")
    return "Stripe renewed and charged; no mail was needed."


def fail(story: Story) -> str:
    """Her bank blocks the card; a month passes, and the payment fails."""
    person = story.shop.v1.customers.retrieve(story.customer)
    card = person.invoice_settings.default_payment_method if person.invoice_settings else None
    drive.twin(story.stack, "cards", {"payment_method": str(card), "decline": "expired_card"})
    drive.skip(story.stack, EMPTY * DAY)
    months(story, 31 - EMPTY)
    expect(statuses(story)[0] == "open", "the payment did not fail")
    return "349 kr is open, and Stripe will try again."


def remind(story: Story) -> str:
    """The reminder arrives."""
    days_until(story, lambda: bool(mails(story)), 5)
    (mail, *_) = mails(story)
    return f"“{mail['subject']}” - {story.stack.inbox}/{mail['id']}"


def new_card(story: Story) -> str:
    """She clicks the link in the mail and gives a new card."""
    match = LINK.search(str(mails(story)[0]["text"]))
    if not match:
        raise Unexpected("the mail has no link")
    reader = Visitor()
    reader.open(match[0])
    reader.submit("/l/")
    expect(reader.url.startswith(story.stack.stripe), "the link does not lead to Stripe's portal")
    reader.submit("/card", **NEW_CARD)
    drive.settle(story.stack)
    cards = agree.state(story.stack, story.customer)["cards"]
    expect([card["last4"] for card in cards if card["is_default"]] == ["4444"], "the new card is not the default")
    return "Her new Mastercard is the default card now."


def recover(story: Story) -> str:
    """The new card pays at once, days before Stripe would try again."""
    newest = agree.state(story.stack, story.customer)["recent_invoices"][0]
    expect(newest["status"] == "paid", "the new card has not paid")
    expect(newest["case"]["state"] == "recovered", "the case is not closed")
    return "The invoice is paid, and its reminders are closed."


def quiet(story: Story) -> str:
    """A mail thanks her, and two weeks pass without another."""
    days_until(story, lambda: THANKS in mails(story)[0]["subject"], 5)
    before = [mail["id"] for mail in mails(story)]
    months(story, 14)
    after = [mail["id"] for mail in mails(story)]
    expect(after == before, f"{len(after) - len(before)} more mails went out")
    story.astrid.open(story.stack.shop)
    expect("has not gone through" not in story.astrid.text, "the shop still asks for money")
    return f"She got {len(after)} in all."


CHAPTERS: tuple[Callable[[Story], str], ...] = (
    *(subscribe, upgrade, renew, fail),
    *(remind, new_card, recover, quiet),
)


def months(story: Story, days: int) -> None:
    """Let days pass, with a bar that shows it."""
    drive.advance(
        story.stack, days * DAY, lambda passed: bar(f"     {'·' * passed}{' ' * (days - passed)} day {passed}")
    )
    bar(" " * (days + 20))


def bar(words: str) -> None:
    """A line that the next one overwrites, where somebody is looking."""
    if sys.stderr.isatty():
        print(f"\r{words}\r", end="", file=sys.stderr, flush=True)


def days_until(story: Story, happened: Callable[[], bool], most: int) -> None:
    """Let days pass until something has happened. Raises Unexpected after `most` days."""
    for _ in range(most):
        if happened():
            return
        months(story, 1)
    expect(happened(), f"it did not happen within {most} days")


def statuses(story: Story) -> list[str]:
    """The statuses of the customer's invoices as the state API tells them, newest first."""
    return [invoice["status"] for invoice in agree.state(story.stack, story.customer)["recent_invoices"]]


def mails(story: Story) -> list[dict[str, Any]]:
    """Everything in the inbox, newest first."""
    with urllib.request.urlopen(f"{story.stack.inbox}/api/mails", timeout=30) as reply:
        found: list[dict[str, Any]] = json.load(reply)
        return found


def expect(holds: bool, otherwise: str) -> None:
    """Raises Unexpected unless it holds."""
    if not holds:
        raise Unexpected(otherwise)


def tell(story: Story, line: str) -> None:
    """The heading of the next chapter."""
    story.told += 1
    say(f"\n  {story.told}. {line}")


def say(line: str) -> None:
    """A line of the story."""
    print(line, flush=True)
