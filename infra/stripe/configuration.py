"""A site's two portal configurations at Stripe: found again by their metadata, compared, and brought to what the files say."""

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any, Literal

from chalicelib.core.site import Site
from chalicelib.stripe_api import setup
from chalicelib.stripe_api.gateway import Client
from chalicelib.stripe_api.paging import Raw
from infra.difference import Change, compare
from infra.stripe.portal_file import FEATURES

Kind = Literal["full", "minimal"]
KINDS: tuple[Kind, Kind] = ("full", "minimal")
MARKS = ("stamkund", "stamkund_site", "stamkund_stage")
"""The metadata by which ours is found again: which of the two, whose, and of which stage: several can share an account."""
DEFAULTS: dict[str, Raw] = {
    "subscription_cancel": {
        "mode": "at_period_end",
        "proration_behavior": "none",
        "cancellation_reason": {"enabled": False},
    },
    "subscription_pause": {"duration": {"type": "indefinite"}},
    "subscription_update": {
        "proration_behavior": "none",
        "billing_cycle_anchor": "unchanged",
        "schedule_at_period_end": {"conditions": []},
        "trial_update_behavior": "end_trial",
    },
}
"""What Stripe takes where nothing is said: named all the same, or a change in the dashboard would go unseen."""


@dataclass(frozen=True)
class Step:
    """One configuration: what Stripe has (None: nothing yet), all of what it should have, and what differs."""

    site: str
    kind: Kind
    there: Raw | None
    wanted: Raw
    changes: list[Change]

    def __str__(self) -> str:
        """The difference, a line for each field."""
        if self.there is None:
            return f"portal {self.kind} of {self.site}: is made"
        return "\n".join(f"portal {self.kind} of {self.site} ({self.there['id']}): {each}" for each in self.changes)


def plan(stage: str, site: Site, files: dict[Kind, Raw], there: list[Raw]) -> list[Step]:
    """A step for each of the site's configurations (full, minimal), whether or not something differs from what is `there`."""
    return [_step(site, kind, wanted(stage, kind, site, files[kind]), there) for kind in KINDS]


def _step(site: Site, kind: Kind, want: Raw, found: list[Raw]) -> Step:
    marks = {key: want["metadata"][key] for key in MARKS}
    ours = [each for each in found if marks.items() <= each["metadata"].items()]
    named = {"full": site.portal_configuration, "minimal": site.card_configuration}[kind]
    # Should there ever be two, the one that the site uses stays.
    there = min(ours, key=lambda each: (each["id"] != named, not each["active"]), default=None)
    return Step(site.id, kind, there, want, _differences(there, want) if there else [])


def _differences(there: Raw, want: Raw) -> list[Change]:
    """What differs; products that Stripe does not show are not held against it."""
    changes = compare(there, want | {"active": True})
    shown = "products" in there["features"]["subscription_update"]
    return [each for each in changes if shown or not each.path.startswith("features.subscription_update.products")]


def wanted(stage: str, kind: Kind, site: Site, given: Raw) -> Raw:
    """A file as Stripe takes it, with everything named that it leaves out."""
    texts = given.get("business_profile", {})
    features = {name: _feature(name, given["features"].get(name, {"enabled": False})) for name in FEATURES}
    products = features["subscription_update"].get("products", [])
    return {
        "name": f"{site.name} ({kind})",
        "business_profile": {
            name: texts.get(name, "") for name in ("headline", "privacy_policy_url", "terms_of_service_url")
        },
        "default_return_url": given.get("default_return_url", site.home_url),
        "login_page": given.get("login_page", {"enabled": False}),
        "features": features,
        "metadata": dict(zip(MARKS, (kind, site.id, stage), strict=True)) | {"stamkund_products": _print(products)},
    }


def _feature(name: str, given: Raw) -> Raw:
    """A feature that is on, whole; one that is off needs no more than that."""
    return {**DEFAULTS.get(name, {}), **given} if given["enabled"] else {"enabled": False}


def _print(products: list[Raw]) -> str:
    """A fingerprint of the products: Stripe does not always show them, and then only this tells that the file has changed."""
    return hashlib.sha256(json.dumps(products, sort_keys=True).encode()).hexdigest()[:16]


def bring(client: Client, step: Step) -> Raw:
    """Make or change one configuration where it needs it; as Stripe has it then. Raises StripeUnavailable, StripeRefused."""
    if step.there is None:
        return setup.create_configuration(client, _sent(step.wanted, {}))
    if not step.changes:
        return step.there
    return setup.update_configuration(client, step.there["id"], {**_sent(step.wanted, step.there), "active": True})


def _sent(value: Any, old: Any) -> Any:
    """Parameters: what is empty is cleared with an empty text where there is something to clear, and else left out."""
    if isinstance(value, dict):
        there = old if isinstance(old, dict) else {}
        named = {key: each for key, each in value.items() if each not in ("", []) or there.get(key)}
        return {key: _sent(each, there.get(key)) for key, each in named.items()}
    return [_sent(each, None) for each in value] or "" if isinstance(value, list) else value


def told(site: Site, full: Raw, minimal: Raw) -> Site:
    """The site with what it must know of its configurations."""
    login = full["login_page"]["url"] if full["login_page"]["enabled"] else None
    return replace(site, portal_configuration=full["id"], card_configuration=minimal["id"], login_url=login)
