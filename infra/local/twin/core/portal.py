"""The customer portal's API: configurations and sessions."""

from typing import Any

from infra.local.twin.core import customers, portal_params, portal_rules
from infra.local.twin.core.call import Call
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.pages import PAGING, paged
from infra.local.twin.core.params import Check, Required, flag, merge_metadata
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World, fields

LIST: dict[str, Check | Required] = {**PAGING, "active": flag, "is_default": flag}
CREATE, UPDATE, SESSION = portal_params.CREATE, portal_params.UPDATE, portal_params.SESSION
UNUSED_FOR, IDLE_FOR = 300, 3600
"""Seconds that a session lives: unused, and after its last use."""


def create_configuration(world: World, call: Call) -> Obj:
    """A configuration. The first one is the default, as the one that a merchant saves in the dashboard."""
    p = call.p
    first = not world.table("billing_portal.configuration")
    config = fields(
        id=world.ids.new("bpc"),
        object="billing_portal.configuration",
        active=True,
        application=None,
        business_profile={"headline": None, "privacy_policy_url": None, "terms_of_service_url": None},
        created=world.now,
        default_return_url=None,
        features=portal_params.no_features(),
        is_default=first,
        livemode=world.livemode,
        login_page={"enabled": False, "url": None},
        metadata={},
        name=None,
        updated=world.now,
    )
    _apply(world, config, p)
    emit(world, "billing_portal.configuration.created", world.add(config))
    return config


def save_default(world: World) -> Obj:
    """What a merchant does once in Stripe's dashboard: the default configuration, with what every portal can do."""
    features: Obj = {
        "customer_update": {"enabled": True, "allowed_updates": ["email", "address", "phone"]},
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {"enabled": True},
    }
    return create_configuration(world, Call("", (), {"features": features}))


def _apply(world: World, config: Obj, p: Obj) -> None:
    for name in p.keys() & {"default_return_url", "name", "active"}:
        config[name] = p[name]
    config["business_profile"] = {**config["business_profile"], **p.get("business_profile", {})}
    config["metadata"] = merge_metadata(config["metadata"], p.get("metadata"))
    if "features" in p:
        portal_rules.check_features(world, p["features"])
        config["features"] = _merged(config["features"], p["features"])
    if "login_page" in p:
        on = p["login_page"]["enabled"]
        url = config["login_page"]["url"] or f"{world.base_url}/p/login/test_{world.ids.letters(18)}"
        config["login_page"] = {"enabled": on, "url": url if on else None}
        if on:
            world.secrets[url.rsplit("/", 1)[1]] = config["id"]


def _merged(current: Any, given: Any) -> Any:
    """Maps are merged, everything else is replaced; an unset list is an empty one."""
    if isinstance(current, dict) and isinstance(given, dict):
        return current | {k: _merged(current.get(k), v) for k, v in given.items()}
    return [] if given is None and isinstance(current, list) else given


def update_configuration(world: World, call: Call) -> Obj:
    """Changes a configuration; there is no deleting, only `active`."""
    config = world.get("billing_portal.configuration", call.id)
    if call.p.get("active") is False and config["is_default"]:
        raise invalid("You cannot deactivate the default configuration.", "active")
    with editing(world, config, "billing_portal.configuration.updated"):
        _apply(world, config, call.p)
        config["updated"] = world.now
    return config


def configuration(world: World, call: Call) -> Obj:
    """One configuration."""
    return world.get("billing_portal.configuration", call.id)


def configurations(world: World, call: Call) -> Obj:
    """Configurations, newest first."""
    rows = list(world.table("billing_portal.configuration").values())
    for name in call.p.keys() & {"active", "is_default"}:
        rows = [c for c in rows if c[name] == call.p[name]]
    return paged(rows, call.p, call.path)


def create_session(world: World, call: Call) -> Obj:
    """A session; its URL is the bearer's key to the customer's billing for five minutes, or an hour after each use."""
    p = call.p
    if "customer_account" in p or "on_behalf_of" in p:
        raise invalid(
            "The twin has no Connect and no v2 accounts.", next(iter(p.keys() & {"customer_account", "on_behalf_of"}))
        )
    if "customer" not in p:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    customer = customers.alive(world, p["customer"], "customer")
    config = _configuration(world, p)
    flow = portal_rules.flow(world, p["flow_data"], customer, config) if "flow_data" in p else None
    token = world.ids.letters(48)
    session = world.add(
        fields(
            id=world.ids.new("bps"),
            object="billing_portal.session",
            after_expiration=portal_rules.after_expiration(p),
            configuration=config["id"],
            created=world.now,
            customer=customer["id"],
            customer_account=None,
            flow=flow,
            livemode=world.livemode,
            locale=p.get("locale"),
            on_behalf_of=None,
            return_url=p.get("return_url") or config["default_return_url"],
            url=f"{world.base_url}/p/session/test_{token}",
        )
        | {"_until": world.now + UNUSED_FOR, "_done": False}
    )
    world.secrets[token] = session["id"]
    emit(world, "billing_portal.session.created", session)
    return session


def _configuration(world: World, p: Obj) -> Obj:
    if "configuration" in p:
        config = world.get("billing_portal.configuration", p["configuration"], "configuration")
        if not config["active"]:
            raise invalid("The configuration is not active.", "configuration")
        return config
    for config in world.table("billing_portal.configuration").values():
        if config["is_default"]:
            return config
    raise invalid(
        "No configuration provided and your test mode default configuration has not been created. Provide a configuration or "
        "create your default by saving your customer portal settings in test mode at "
        "https://dashboard.stripe.com/test/settings/billing/portal.",
        None,
    )


def use(world: World, token: str) -> Obj | None:
    """The session of a URL, whose life is lengthened; None when there is none or its time is over."""
    session = world.table("billing_portal.session").get(world.secrets.get(token, ""))
    if session is None or session["_until"] < world.now:
        return None
    session["_until"] = max(session["_until"], world.now + IDLE_FOR)
    return session


def expired(world: World, token: str) -> Obj | None:
    """A session whose time is over but which lets the customer in again after a login (`after_expiration`)."""
    session = world.table("billing_portal.session").get(world.secrets.get(token, ""))
    after = (session or {}).get("after_expiration")
    if session is None or not after:
        return None
    until = (after["customer_login"] or {}).get("expires_at")
    return session if until is None or until > world.now else None
