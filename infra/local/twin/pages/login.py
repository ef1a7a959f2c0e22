"""The portal's own login page: an e-mail address and a code. The twin mails nothing; the code stands on the next page."""

from infra.local.twin.core import portal
from infra.local.twin.core.call import Call
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World
from infra.local.twin.pages.views import Page, Redirect, View


def serve(world: World, method: str, token: str, form: Obj) -> Page:
    """Login of a configuration's page (`token` of its login_page.url)."""
    config = world.table("billing_portal.configuration").get(world.secrets.get(f"test_{token}", ""))
    if config is None or not config["login_page"]["enabled"]:
        return View("message.html", {"error": "not_found", "locale": "auto"}, 404)
    return _login(world, method, form, config["id"], f"/p/login/test_{token}", None)


def recover(world: World, method: str, token: str, form: Obj) -> Page:
    """An expired session lets its own customer in again (`after_expiration`)."""
    session = portal.expired(world, token)
    if session is None:
        return View("expired.html", {"locale": "auto", "login_url": None}, 410)
    return _login(world, method, form, session["configuration"], f"/p/recover/test_{token}", session["customer"])


def _login(world: World, method: str, form: Obj, config: str, home: str, only: str | None) -> Page:
    business = world.get("billing_portal.configuration", config)["business_profile"]
    facts: Obj = {
        "locale": "auto",
        "home": home,
        "email": form.get("email", ""),
        "error": None,
        "code": None,
        "merchant": world.get("account", world.account)["business_profile"]["name"],
        "headline": business["headline"],
        "business": business,
    }
    if method != "POST" or not form.get("email"):
        return View("login.html", facts)
    customer = _newest(world, form["email"].strip().lower(), only)
    if "code" not in form:
        code = f"{world.mischief.randrange(10**6):06d}"
        world.secrets[f"code:{home}:{form['email'].strip().lower()}"] = code
        # Whether the address is known is not told: a code is shown either way, and only a known one opens anything.
        return View("login_code.html", {**facts, "code": code})
    right = world.secrets.get(f"code:{home}:{form['email'].strip().lower()}") == form["code"].strip()
    if not right or customer is None:
        return View("login_code.html", {**facts, "error": "wrong_code"}, 400)
    session = portal.create_session(world, Call("", (), {"customer": customer["id"], "configuration": config}))
    return Redirect(session["url"])


def _newest(world: World, email: str, only: str | None) -> Obj | None:
    """Of several customers with one address, the newest with an active subscription, else the newest."""
    rows = [
        c
        for c in world.table("customer").values()
        if (c.get("email") or "").lower() == email and only in (None, c["id"])
    ]
    active = [c for c in rows if any(s["status"] == "active" for s in world.find("subscription", "customer", c["id"]))]
    found = active or rows
    return found[-1] if found else None
