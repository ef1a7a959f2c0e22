"""The demo shop: what a merchant's own site does with Stripe and with Stamkund's API.

`python -m infra.local.shop --port N --stack FILE`. The customer is who the session says, never who the browser says.
The bar at the foot is not the merchant's: it moves the clock of this machine.
"""

import argparse
import json
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import stripe

from chalicelib import wording
from chalicelib.core.model import Money
from infra.local import drive, nordlys
from infra.local.stack import Stack, load
from infra.local.web import VIEWS, Request, Response, page, redirect, serve

CARDS = {
    "works": "Visa 4242 - always works",
    "fails": "Visa 4242 - works today, and is refused from next month on",
}
LANGUAGES = {
    "en": "English",
    "sv": "Svenska",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "nb": "Norsk",
    "da": "Dansk",
    "fi": "Suomi",
    "nl": "Nederlands",
}
FLOWS = {
    "payment_method_update": "Change card",
    "customer_update": "Change address",
    "subscription_update": "Change plan",
    "subscription_update_confirm": "Take the next larger box",
    "subscription_pause": "Pause",
    "subscription_cancel": "Cancel",
}
"""The pages of the portal that the account has a button for."""
STEPS = {"1": "A day passes", "7": "A week passes", "31": "A month passes"}


class Refused(Exception):
    """Stamkund's API answered with an error; the message is its own."""


@dataclass
class Shop:
    """The shop and who is signed in: a session token in a cookie stands for a customer."""

    stack: Stack
    stripe: stripe.StripeClient
    sessions: dict[str, str] = field(default_factory=dict)

    def handle(self, request: Request) -> Response:
        """Answer the browser."""
        customer = self.sessions.get(_cookie(request))
        try:
            if request.method == "POST":
                return self.act(request, customer)
            if customer:
                state, clock = self.state(customer), self.clock()
                return page("shop_account.html", state=state, flows=FLOWS, clock=clock, steps=STEPS, error=None)
            return self.front(None)
        except (Refused, drive.NotDrained, drive.FunctionFailed, stripe.StripeError) as error:
            return self.front(str(error))

    def act(self, request: Request, customer: str | None) -> Response:
        """Carry out what a button asks."""
        form = request.form
        if request.path == "/subscribe":
            token = secrets.token_urlsafe(24)
            self.sessions[token] = self.subscribe(form)
            return _home(f"session={token}; HttpOnly; SameSite=Lax")
        if request.path == "/billing" and customer:
            return redirect(self.portal(customer, form.get("flow")))
        if request.path == "/clock" and form.get("days") in STEPS:
            drive.advance(self.stack, int(form["days"]) * drive.DAY)
            return redirect("/")
        if request.path == "/sign-out":
            return _home("session=; Max-Age=0")
        return self.front(None)

    def subscribe(self, form: dict[str, str]) -> str:
        """Sign a new customer up; for a card that is to fail later, the bank is told to refuse it from now on."""
        customer, card = nordlys.subscribe(
            self.stripe, form["name"], form["email"], form["price"], form.get("language", "en")
        )
        if form.get("card") == "fails":
            drive.twin(self.stack, "cards", {"payment_method": card, "decline": "insufficient_funds"})
        drive.settle(self.stack)
        return customer

    def front(self, error: str | None) -> Response:
        """The page for somebody who is not signed in."""
        plans = nordlys.list_plans(self.stripe) if self.stack.twin else []
        values = {"plans": plans, "cards": CARDS, "languages": LANGUAGES, "clock": self.clock(), "steps": STEPS}
        return page("shop_front.html", 502 if error else 200, error=error, **values)

    def portal(self, customer: str, kind: str | None) -> str:
        """Ask Stamkund for a portal session, at one page of it if the button names one; where to send the customer."""
        asked: dict[str, Any] = {"customer": customer, "return_url": f"{self.stack.shop}/"}
        if kind in FLOWS:
            asked["flow"] = self.flow(customer, kind)
        return str(self.ask("POST", "/v1/portal-sessions", asked)["url"])

    def flow(self, customer: str, kind: str) -> dict[str, Any]:
        """A flow about the customer's own subscription, at whose end they come back here."""
        after = {"type": "redirect", "redirect": {"return_url": f"{self.stack.shop}/back/{kind}"}}
        flow: dict[str, Any] = {"type": kind, "after_completion": after}
        if kind.startswith("subscription_"):
            subscription = self.state(customer)["subscriptions"][0]
            flow["subscription"] = subscription["id"]
        if kind == "subscription_cancel":
            flow["retention"] = {"type": "coupon_offer", "coupon_offer": {"coupon": nordlys.COUPON}}
        if kind == "subscription_update_confirm":
            flow["items"] = [{"price": self.larger(subscription["items"][0]["price"]), "quantity": 1}]
        return flow

    def larger(self, price: str) -> str:
        """The plan after the one of this price; the largest one stays."""
        prices = [plan.price for plan in nordlys.list_plans(self.stripe)]
        return prices[min(prices.index(price) + 1, len(prices) - 1)]

    def state(self, customer: str) -> dict[str, Any]:
        """What Stamkund knows of the customer."""
        return self.ask("GET", f"/v1/customers/{customer}", None)

    def ask(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        """Call Stamkund's API from the merchant's back end. Raises Refused with what it said."""
        request = urllib.request.Request(
            self.stack.api + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.stack.api_key}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                answer: dict[str, Any] = json.load(reply)
                return answer
        except urllib.error.HTTPError as error:
            raise Refused(error.read().decode()) from error

    def clock(self) -> str:
        """The shared clock, as the foot of the page shows it."""
        return datetime.fromtimestamp(drive.now(self.stack), UTC).strftime("%-d %B %Y")


def _home(cookie: str) -> Response:
    return Response(b"", 303, headers={"Location": "/", "Set-Cookie": cookie})


def _cookie(request: Request) -> str:
    morsel = SimpleCookie(request.headers.get("Cookie", "")).get("session")
    return morsel.value if morsel else ""


def money(amount: int, currency: str) -> str:
    """An amount in minor units, as a Swedish shop writes it."""
    return wording.money(Money(amount, currency), "sv-SE")


def day(at: int) -> str:
    """A day, as the shop's page writes it."""
    return wording.day(at, wording.zone("Europe/Stockholm"), "en-GB")


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.shop")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--stack", type=Path, required=True)
    options = parser.parse_args()
    stack = load(options.stack)
    VIEWS.filters.update(money=money, day=day)
    serve(options.port, Shop(stack, nordlys.client(stack.stripe_key, stack.stripe)).handle)


if __name__ == "__main__":
    main()
