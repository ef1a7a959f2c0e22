"""The portal's pages: home, card, plan, cancellation, pause, details. A flow shows its one page and then ends as it says."""

from infra.local.twin.core import payment_methods, portal, portal_acts, portal_rules
from infra.local.twin.core.call import Call
from infra.local.twin.core.cards import DECLINES
from infra.local.twin.core.errors import StripeError
from infra.local.twin.core.portal_params import REASONS
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World
from infra.local.twin.pages.views import (
    Page,
    Redirect,
    View,
    card_facts,
    invoice_facts,
    price_facts,
    subscription_facts,
)

ADDRESS = ("line1", "line2", "postal_code", "city", "state", "country")


def serve(world: World, method: str, token: str, rest: str, form: Obj) -> Page:
    """One page of the session `token`: `rest` is the path after it."""
    session = portal.use(world, token)
    if session is None:
        return _gone(world, token)
    home = f"/p/session/test_{token}"
    facts = _common(world, session, home)
    if not rest and _in_flow(session):
        return Redirect(home + "/" + _flow_path(session))
    if _in_flow(session) and rest not in (_flow_path(session), "done"):
        return Redirect(home)
    try:
        return _page(world, session, method, rest, form, facts)
    except StripeError as error:
        return _explained(world, session, rest, form, facts, error)


def _explained(world: World, session: Obj, rest: str, form: Obj, facts: Obj, error: StripeError) -> Page:
    """The same page with what went wrong, or, where there is no such page, the error alone."""
    try:
        again = _page(world, session, "GET", rest, {}, facts)
    except StripeError:
        again = Redirect(facts["home"])
    if isinstance(again, Redirect):
        return View("message.html", {**facts, "error": error.message}, error.status)
    status = 402 if error.status == 402 else 400
    return View(again.template, {**again.facts, "error": error.message, "form": form}, status)


def _gone(world: World, token: str) -> Page:
    session = portal.expired(world, token)
    if session is None:
        return View("expired.html", {"locale": "auto", "login_url": None}, 410)
    return View("expired.html", {"locale": session["locale"], "login_url": f"/p/recover/test_{token}"}, 410)


def _common(world: World, session: Obj, home: str) -> Obj:
    config = world.get("billing_portal.configuration", session["configuration"])
    customer = world.get("customer", session["customer"])
    locale = (
        session["locale"]
        if session["locale"] not in (None, "auto")
        else (customer.get("preferred_locales") or ["auto"])[0]
    )
    return {
        "home": home,
        "locale": locale,
        "headline": config["business_profile"]["headline"],
        "business": config["business_profile"],
        "merchant": world.get("account", world.account)["business_profile"]["name"],
        "return_url": session["return_url"],
        "in_flow": _in_flow(session),
        "error": None,
        "form": {},
        "features": config["features"],
    }


def _in_flow(session: Obj) -> bool:
    return bool(session["flow"]) and not session["_done"]


def _flow_path(session: Obj) -> str:
    flow = session["flow"]
    kind = flow["type"]
    if kind == "payment_method_update":
        return "card"
    if kind == "customer_update":
        return "details"
    action = {
        "subscription_cancel": "cancel",
        "subscription_pause": "pause",
        "subscription_update": "update",
        "subscription_update_confirm": "confirm",
    }[kind]
    return f"subscriptions/{flow[kind]['subscription']}/{action}"


def _page(world: World, session: Obj, method: str, rest: str, form: Obj, facts: Obj) -> Page:
    parts = rest.split("/")
    if rest == "":
        return View("portal.html", {**facts, **_home(world, session)})
    if rest == "done":
        custom = (((session["flow"] or {}).get("after_completion") or {}).get("hosted_confirmation") or {}).get(
            "custom_message"
        )
        return View("done.html", {**facts, "message": custom})
    if rest in ("card", "details"):
        handler = {"card": card, "details": details}[rest]
        return handler(world, session, method, form, facts)
    if len(parts) == 3 and parts[0] == "subscriptions" and parts[2] in ACTIONS:
        return ACTIONS[parts[2]](world, session, method, parts[1], form, facts)
    if len(parts) == 3 and parts[0] == "cards" and method == "POST":
        return _card_action(world, session, parts[1], parts[2], facts)
    return View("message.html", {**facts, "error": "not_found"}, 404)


def _home(world: World, session: Obj) -> Obj:
    config = world.get("billing_portal.configuration", session["configuration"])
    customer = world.get("customer", session["customer"])
    subs = [
        s
        for s in world.find("subscription", "customer", customer["id"])
        if s["status"] not in ("canceled", "incomplete_expired")
    ]
    bills = [i for i in world.find("invoice", "customer", customer["id"]) if i["status"] not in ("draft", "void")]
    return {
        "customer": {k: customer[k] for k in ("name", "email", "phone", "address")},
        "cards": card_facts(world, customer),
        "subscriptions": [subscription_facts(world, s, config) for s in subs],
        "invoices": [invoice_facts(i) for i in reversed(bills)]
        if config["features"]["invoice_history"]["enabled"]
        else [],
    }


def finish(session: Obj, home: str) -> Page:
    """Where a completed flow leads; outside a flow, home."""
    if not _in_flow(session):
        return Redirect(home)
    session["_done"] = True
    after = session["flow"]["after_completion"]
    if after["type"] == "redirect":
        return Redirect(after["redirect"]["return_url"])
    return Redirect(home + "/done" if after["type"] == "hosted_confirmation" else home)


def card(world: World, session: Obj, method: str, form: Obj, facts: Obj) -> Page:
    """A new card. A bank that wants a confirmation gets it on a page of its own, which comes back here."""
    if form.get("setup_intent"):
        return _after_bank(world, session, form["setup_intent"], facts)
    if method != "POST":
        portal_acts.feature(world, session, "payment_method_update")
        return View("card.html", facts)
    new = payment_methods.typed_card(world, typed(form))
    waiting = portal_acts.give_card(world, session, new)
    if waiting:
        back = f"{facts['home']}/card?setup_intent={waiting['id']}"
        return Redirect(f"/_twin/3ds/{waiting['client_secret']}?return={back}")
    return finish(session, facts["home"])


def typed(form: Obj) -> Obj:
    """The fields of a card form: number, expiry (MM/YY) and cvc."""
    month, _, year = form.get("expiry", "").replace(" ", "").partition("/")
    return {
        "number": form.get("number", ""),
        "exp_month": int(month) if month.isdigit() else 0,
        "exp_year": int(year) if year.isdigit() else 0,
        "cvc": form.get("cvc", "").strip(),
    }


def _after_bank(world: World, session: Obj, wanted: str, facts: Obj) -> Page:
    intent = world.table("setup_intent").get(wanted)
    if intent is None or intent["customer"] != session["customer"] or intent["status"] != "succeeded":
        return View("card.html", {**facts, "error": DECLINES["authentication_required"].message}, 402)
    portal_acts.set_default(world, session, intent["payment_method"])
    return finish(session, facts["home"])


def _card_action(world: World, session: Obj, wanted: str, action: str, facts: Obj) -> Page:
    if action == "default":
        portal_acts.set_default(world, session, wanted)
    elif action == "remove" and world.get("payment_method", wanted)["customer"] == session["customer"]:
        portal_acts.feature(world, session, "payment_method_update")
        payment_methods.detach(world, Call("", (wanted,), {}))
    return Redirect(facts["home"])


def details(world: World, session: Obj, method: str, form: Obj, facts: Obj) -> Page:
    """Name, e-mail, phone, address."""
    rules = portal_acts.feature(world, session, "customer_update")
    customer = world.get("customer", session["customer"])
    if method != "POST":
        shown = {k: customer[k] for k in ("name", "email", "phone", "address")}
        return View("details.html", {**facts, "customer": shown, "allowed": rules["allowed_updates"]})
    given: Obj = {k: form[k] or None for k in ("name", "email", "phone") if k in form}
    if any(part in form for part in ADDRESS):
        given["address"] = {part: form.get(part) or None for part in ADDRESS}
    portal_acts.set_details(world, session, given)
    return finish(session, facts["home"])


def update(world: World, session: Obj, method: str, wanted: str, form: Obj, facts: Obj) -> Page:
    """Another plan: the list, then its confirmation."""
    portal_acts.feature(world, session, "subscription_update")
    sub = portal_acts.own(world, session, wanted)
    if method != "POST":
        config = world.get("billing_portal.configuration", session["configuration"])
        return View("plans.html", {**facts, **_plans(world, sub, config)})
    quantity = int(form["quantity"]) if form.get("quantity", "").isdigit() else None
    given = [{"promotion_code": _code(world, form["promotion_code"])}] if form.get("promotion_code") else None
    portal_acts.change_plan(world, session, wanted, form.get("price", ""), quantity, given)
    return finish(session, facts["home"])


def _plans(world: World, sub: Obj, config: Obj) -> Obj:
    item = sub["items"]["data"][0]
    rows = []
    for price, row in portal_rules.offered(config).items():
        found = world.get("price", price)
        if found["currency"] == sub["currency"] and found["active"]:
            adjust = row["adjustable_quantity"]
            rows.append(
                {
                    **price_facts(world, found),
                    "current": price == item["price"]["id"],
                    "adjustable": adjust if adjust["enabled"] else None,
                }
            )
    return {
        "subscription": subscription_facts(world, sub, config),
        "plans": rows,
        "quantity": item.get("quantity"),
        "current_price": item["price"]["id"],
        "may_change": config["features"]["subscription_update"]["default_allowed_updates"],
    }


def _code(world: World, typed_code: str) -> str:
    for row in world.table("promotion_code").values():
        if row["code"].upper() == typed_code.strip().upper() and row["active"]:
            return str(row["id"])
    raise StripeError(400, "invalid_request_error", "This promotion code is not valid.")


def confirm(world: World, session: Obj, method: str, wanted: str, _form: Obj, facts: Obj) -> Page:
    """The one change that the flow proposes."""
    asked = (session["flow"] or {}).get("subscription_update_confirm")
    if not asked:
        return View("message.html", {**facts, "error": "not_found"}, 404)
    if method == "POST":
        change = asked["items"][0]
        given = [{k: v for k, v in d.items() if v} for d in asked["discounts"] or []]
        portal_acts.change_plan(world, session, wanted, change["price"], change["quantity"], given or None)
        return finish(session, facts["home"])
    config = world.get("billing_portal.configuration", session["configuration"])
    sub = portal_acts.own(world, session, wanted)
    return View(
        "confirm.html",
        {
            **facts,
            "subscription": subscription_facts(world, sub, config),
            "quantity": asked["items"][0]["quantity"],
            "plan": price_facts(world, world.get("price", asked["items"][0]["price"])),
        },
    )


def cancel(world: World, session: Obj, method: str, wanted: str, form: Obj, facts: Obj) -> Page:
    """Cancelling, with the reasons that the configuration asks for and the flow's offer."""
    rules = portal_acts.feature(world, session, "subscription_cancel")
    sub = portal_acts.own(world, session, wanted)
    if method == "POST":
        if form.get("accept") == "offer":
            portal_acts.accept_offer(world, session, wanted)
        else:
            portal_acts.cancel(world, session, wanted, form.get("feedback"), form.get("comment"))
        return finish(session, facts["home"])
    offer = ((session["flow"] or {}).get("subscription_cancel") or {}).get("retention") if _in_flow(session) else None
    coupon = world.get("coupon", offer["coupon_offer"]["coupon"]) if offer else None
    reasons = rules["cancellation_reason"]
    config = world.get("billing_portal.configuration", session["configuration"])
    return View(
        "cancel.html",
        {
            **facts,
            "subscription": subscription_facts(world, sub, config),
            "mode": rules["mode"],
            "ends_at": max(i["current_period_end"] for i in sub["items"]["data"]),
            "offer": coupon
            and {
                k: coupon[k]
                for k in ("name", "percent_off", "amount_off", "currency", "duration", "duration_in_months")
            },
            "reasons": [r for r in REASONS if r in reasons["options"]] if reasons["enabled"] else [],
        },
    )


def pause(world: World, session: Obj, method: str, wanted: str, form: Obj, facts: Obj) -> Page:
    """Pausing, for as long as the configuration offers."""
    rules = portal_acts.feature(world, session, "subscription_pause")
    sub = portal_acts.own(world, session, wanted)
    if method == "POST":
        choice = int(form["duration"]) if form.get("duration", "").isdigit() else None
        portal_acts.pause(world, session, wanted, choice)
        return finish(session, facts["home"])
    config = world.get("billing_portal.configuration", session["configuration"])
    return View(
        "pause.html", {**facts, "subscription": subscription_facts(world, sub, config), "duration": rules["duration"]}
    )


def keep(world: World, session: Obj, method: str, wanted: str, _form: Obj, facts: Obj) -> Page:
    """Takes a planned cancellation back."""
    if method == "POST":
        portal_acts.keep(world, session, wanted)
    return Redirect(facts["home"])


def resume(world: World, session: Obj, method: str, wanted: str, _form: Obj, facts: Obj) -> Page:
    """Ends a pause."""
    if method == "POST":
        portal_acts.resume(world, session, wanted)
    return Redirect(facts["home"])


ACTIONS = {"update": update, "confirm": confirm, "cancel": cancel, "pause": pause, "keep": keep, "resume": resume}
