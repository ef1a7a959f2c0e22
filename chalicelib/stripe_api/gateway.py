"""Calls to Stripe: one cached client, short time-outs, our own errors."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from functools import cache
from math import ceil
from typing import Any

import stripe

from chalicelib.core.model import Kind
from chalicelib.errors import StripeRefused, StripeUnavailable
from chalicelib.stripe_api import shapes
from chalicelib.stripe_api.shapes import Answer
from chalicelib.stripe_api.version import API_VERSION

Client = stripe.StripeClient

INVOICE_FACTS = ["payments.data.payment.payment_intent", "customer", "parent.subscription_details.subscription"]


@cache
def client(api_key: str, api_base: str | None) -> Client:
    """The client of one account. API Gateway waits 29 seconds: two tries of at most eight fit, with their pause."""
    stripe.enable_telemetry = False
    return stripe.StripeClient(
        api_key,
        stripe_version=API_VERSION,
        http_client=stripe.RequestsClient(timeout=(2, 6)),
        max_network_retries=1,
        base_addresses={"api": api_base} if api_base else {},
    )


def fetch(stripe_client: Client, kind: Kind, ident: str, account: str | None = None) -> Answer:
    """Read one object (of a connected account, if one is named) in our API version. Raises StripeUnavailable, StripeRefused."""
    began = time.monotonic()
    try:
        with stripe_errors():
            raw, headers = _read(stripe_client, kind, ident, account)
    except Missing as missing:
        start, end = around(missing.headers, time.monotonic() - began)
        return Answer(None, start, end)
    start, end = around(headers, time.monotonic() - began)
    return Answer(None if shapes.is_deleted(raw) else raw, start, end)


def _read(stripe_client: Client, kind: Kind, ident: str, account: str | None) -> tuple[dict[str, Any], Any]:
    """An object that is whole, and the headers of the first call for it."""
    options = _of(account)[1:]
    if kind is Kind.ENTITLEMENTS:
        return _entitlements(stripe_client, ident, options)
    wanted = shapes.EXPAND.get(kind)
    rest = ({"expand": list(wanted)}, *options) if wanted else _of(account)
    found = getattr(stripe_client.v1, shapes.PLURALS[kind]).retrieve(ident, *rest)
    raw = shapes.asked(kind, found.to_dict(for_json=True))
    if kind is Kind.SUBSCRIPTION and (raw.get("items") or {}).get("has_more"):
        params: Any = {"subscription": ident, "limit": 100, "expand": ["data.discounts"]}
        items = stripe_client.v1.subscription_items.list(params, *options)
        raw["items"] = {"data": _plain(items.auto_paging_iter()), "has_more": False}
    return raw, _headers(found)


def _entitlements(stripe_client: Client, customer: str, options: tuple[Any, ...]) -> tuple[dict[str, Any], Any]:
    try:
        page = stripe_client.v1.entitlements.active_entitlements.list({"customer": customer, "limit": 100}, *options)
    except stripe.InvalidRequestError as error:
        # The customer is a parameter here, so that a deleted one is a 400.
        if error.code == "resource_missing":
            raise Missing(error) from error
        raise
    return shapes.summary(customer, _plain(page.auto_paging_iter())), _headers(page)


def _plain(found: Iterable[stripe.StripeObject]) -> list[dict[str, Any]]:
    return [each.to_dict(for_json=True) for each in found]


def fetch_invoice(stripe_client: Client, ident: str, account: str | None = None) -> dict[str, Any] | None:
    """An invoice with its payments, customer and subscription in one call, or None where it exists no more."""
    try:
        with stripe_errors():
            found = stripe_client.v1.invoices.retrieve(ident, {"expand": INVOICE_FACTS}, *_of(account)[1:])
    except Missing:
        return None
    return found.to_dict(for_json=True)


def fetch_expanded(
    stripe_client: Client, kind: Kind, ident: str, expand: list[str], account: str | None = None
) -> dict[str, Any] | None:
    """An object with what it names in one call, or None where it exists no more. Raises as `fetch`."""
    try:
        with stripe_errors():
            reader = getattr(stripe_client.v1, shapes.PLURALS[kind])
            found = reader.retrieve(ident, {"expand": expand}, *_of(account)[1:])
    except Missing:
        return None
    raw: dict[str, Any] = found.to_dict(for_json=True)
    return None if shapes.is_deleted(raw) else raw


def create_portal_session(
    stripe_client: Client, params: dict[str, Any], account: str | None = None, once: str | None = None
) -> str:
    """The URL of a new portal session: a bearer credential, never to be logged, stored or cached."""
    with refusals():
        return stripe_client.v1.billing_portal.sessions.create(params, _once(once, account)).url  # type: ignore[arg-type]


def replace_card(stripe_client: Client, subscription: str, card: str, key: str, account: str | None = None) -> None:
    """Make `card` the subscription's own. `key` makes a repetition harmless. Raises StripeUnavailable, StripeRefused."""
    with refusals():
        stripe_client.v1.subscriptions.update(subscription, {"default_payment_method": card}, _once(key, account))


def pay_invoice(stripe_client: Client, invoice: str, card: str, key: str, account: str | None = None) -> str:
    """Pay an open invoice with `card` now: `paid`, `settled` (by somebody else), or the bank's code.

    `key` makes a repetition harmless: within a day Stripe answers it as it did the first time. Raises as `replace_card`.
    """
    try:
        with refusals():
            return str(stripe_client.v1.invoices.pay(invoice, {"payment_method": card}, _once(key, account)).status)
    except CardRefused as refused:
        return refused.stripe_code or "card_declined"
    except StripeRefused as refused:
        if refused.stripe_code in ("invoice_already_paid", "invoice_not_editable"):
            return "settled"
        raise


def _once(key: str | None, account: str | None) -> Any:
    """The options of a call that, given a key, has its effect once, however often it is made."""
    options = {"stripe_account": account, "idempotency_key": key}
    return {name: value for name, value in options.items() if value is not None}


def _of(account: str | None) -> tuple[Any, ...]:
    """The rest of a call's arguments: no parameters, and whose data it is about (Stripe-Account); nothing for our own."""
    return ({}, {"stripe_account": account}) if account else ()


class Missing(Exception):
    """Stripe has no such object."""

    def __init__(self, error: stripe.InvalidRequestError) -> None:
        super().__init__("resource_missing")
        self.headers: Any = error.headers or {}
        self.param = error.param


class CardRefused(StripeRefused):
    """A bank declined a payment, or wants the customer to confirm it. `stripe_code` is the decline code, if there is one."""

    def __init__(self, error: stripe.CardError) -> None:
        body: Any = error.json_body or {}
        code = (body.get("error") or {}).get("decline_code") or error.code
        super().__init__(f"The payment was declined: {code}.", stripe_code=code)


@contextmanager
def refusals() -> Iterator[None]:
    """As `stripe_errors`, for a call in which a missing object is a refusal like any other."""
    try:
        with stripe_errors():
            yield
    except Missing as missing:
        raise StripeRefused("Stripe has no such object.", missing.param, "resource_missing") from missing


@contextmanager
def stripe_errors() -> Iterator[None]:
    """Translate what the SDK raises; messages name Stripe's code, never the request."""
    try:
        yield
    except stripe.InvalidRequestError as error:
        # Without the code the address is unknown, not the object: that must never pass for a deletion.
        if error.http_status == 404 and error.code == "resource_missing":
            raise Missing(error) from error
        raise StripeRefused(f"Stripe refused: {error.code or error.http_status}.", error.param, error.code) from error
    except stripe.CardError as error:
        raise CardRefused(error) from error
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        raise StripeUnavailable(f"Stripe did not answer: {type(error).__name__}.") from error
    except stripe.StripeError as error:
        # An answer of 200 that is no JSON is an error here too: something on the way has garbled it.
        if error.http_status in (None, 429) or not 400 <= (error.http_status or 0) < 500:
            raise StripeUnavailable(f"Stripe had an error: {type(error).__name__}.") from error
        raise StripeRefused(f"Stripe refused: {type(error).__name__}.", stripe_code=error.code) from error


def _headers(found: stripe.StripeObject) -> Any:
    return found.last_response.headers if found.last_response else {}


def around(headers: Any, elapsed: float) -> tuple[int, int]:
    """Stripe's clock before and after a call, from its Date header (whole seconds, cut) and how long the call took.

    Raises StripeUnavailable without the header: guessing with our own clock could lose a change.
    """
    stamp = next((value for name, value in dict(headers).items() if name.lower() == "date"), None)
    try:
        moment = int(parsedate_to_datetime(stamp or "").timestamp())
    except ValueError as error:
        raise StripeUnavailable("Stripe's answer has no usable Date header.") from error
    return moment - ceil(elapsed), moment + ceil(elapsed) + 1
