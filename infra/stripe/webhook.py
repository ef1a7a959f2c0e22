"""The webhook endpoints of a deployment at Stripe: made with their secret stored at once, and kept to our list of events.

What a run must know of an earlier one stands in the endpoint's own metadata, so that a run can be killed anywhere:

    stamkund            webhook
    stamkund_stage      the deployment's stage: several can share an account
    stamkund_endpoint   the name in our address and in the secret
    stamkund_stored     when its signing secret was stored; without it nobody has the secret, and the endpoint is made anew
    stamkund_retires    fingerprints of the secrets that it replaces
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib.core.events import enabled_events
from chalicelib.errors import StamkundError
from chalicelib.stripe_api import setup
from chalicelib.stripe_api.gateway import Client
from chalicelib.stripe_api.paging import Raw
from chalicelib.stripe_api.version import API_VERSION
from infra.deployment import Deployment
from infra.difference import Change, compare

QUIET = ["topup.reversed"]
"""What an endpoint asks for until its secret is stored: nothing that we use, and that hardly ever happens."""


@dataclass(frozen=True)
class Wanted:
    """A stage's endpoint as it should be. `name` stands in its address and in the secret; `connect`: for connected accounts."""

    stage: str
    name: str
    url: str
    connect: bool = False


@dataclass(frozen=True)
class Found:
    """What Stripe has for a wanted endpoint, newest first.

    `good`: in our version, with a secret that is stored. `old`: in another version, or made by hand without its secret
    stored. `lost`: made by a run that died before its secret was stored: they ask for nothing, and nobody has the secret.
    """

    good: list[Raw]
    old: list[Raw]
    lost: list[Raw]


def wanted(deployment: Deployment, base: str) -> list[Wanted]:
    """The endpoints of a deployment that is reached at `base`."""
    names = ("default", "connect") if deployment.connected else ("default",)
    return [Wanted(deployment.stage, each, f"{base}/webhooks/stripe/{each}", each == "connect") for each in names]


def find(there: list[Raw], want: Wanted, stored: bool) -> Found:
    """Ours among all endpoints: by our mark, or by the address. `stored`: the secret lists something for the name."""
    ours = [each for each in there if _is_ours(each, want)]
    lost = [each for each in ours if "stamkund_stored" not in each["metadata"] and not is_open(each)]
    known = [each for each in ours if each not in lost]
    good = [each for each in known if stored and each["api_version"] == API_VERSION]
    return Found(good, [each for each in known if each not in good], lost)


def look(deployment: Deployment, client: Client, want: Wanted) -> Found:
    """What Stripe has, held against what our secret has. Raises StripeUnavailable, StripeRefused and as `Deployment.secret`."""
    return find(setup.endpoints(client), want, any(stored_of(deployment, want.name)))


def is_open(endpoint: Raw) -> bool:
    """Whether it asks for more than nothing: while a version is moved, the new endpoint does not at first."""
    return bool(endpoint["enabled_events"] != QUIET)


def _is_ours(endpoint: Raw, want: Wanted) -> bool:
    marked = endpoint["metadata"].get("stamkund") == "webhook"
    return _marks(want).items() <= endpoint["metadata"].items() if marked else bool(endpoint["url"] == want.url)


def differences(endpoint: Raw, want: Wanted) -> list[Change]:
    """What an update must mend; a version cannot be mended."""
    return compare(
        endpoint, {"url": want.url, "enabled_events": enabled_events(), "status": "enabled", "metadata": _marks(want)}
    )


def mend(client: Client, endpoint: Raw, want: Wanted, **marks: str) -> Raw:
    """Bring an endpoint to what it should be. Raises StripeUnavailable, StripeRefused."""
    asked = {"url": want.url, "enabled_events": enabled_events(), "disabled": False, "metadata": _marks(want) | marks}
    return setup.update_endpoint(client, endpoint["id"], asked)


def _marks(want: Wanted) -> dict[str, str]:
    """The mark of ours; one that was made by hand and whose secret is stored gets it too."""
    return {"stamkund": "webhook", "stamkund_stage": want.stage, "stamkund_endpoint": want.name}


def make(deployment: Deployment, client: Client, want: Wanted, now: int) -> Raw:
    """A new endpoint in our version that asks for nothing yet, with its secret stored first in its name's list.

    Raises StripeUnavailable, StripeRefused, and what the secret's storage raises; the endpoint is then gone again.
    """
    before = list(stored_of(deployment, want.name))
    made = setup.create_endpoint(
        client,
        {
            "url": want.url,
            "enabled_events": QUIET,
            "api_version": API_VERSION,
            "description": f"Stamkund ({want.stage})",
            "metadata": _marks(want) | {"stamkund_retires": prints(before)},
            **({"connect": True} if want.connect else {}),
        },
    )
    try:
        deployment.change_secret(lambda value: with_secret(value, want.name, made["secret"]))
    except StamkundError as error:
        raise NotStored(error.message, made["id"], _gone(client, made["id"])) from error
    return setup.update_endpoint(client, made["id"], {"metadata": {"stamkund_stored": str(now)}})


class NotStored(StamkundError):
    """A signing secret could not be stored; whether the endpoint that it belongs to is gone again is said."""

    def __init__(self, why: str, ident: str, gone: bool) -> None:
        after = "was deleted again" if gone else "could not be deleted again: delete it in Stripe's dashboard"
        super().__init__(
            f"The signing secret of the new endpoint could not be stored: {why} The endpoint {ident} {after}."
        )


def _gone(client: Client, ident: str) -> bool:
    try:
        setup.delete_endpoint(client, ident)
    except StamkundError:
        return False
    return True


def stored_of(deployment: Deployment, name: str) -> Iterator[str]:
    """The signing secrets that are stored for an endpoint. Raises as `Deployment.secret`."""
    endpoints = deployment.secret().get("webhook_secrets")
    found = endpoints.get(name) if isinstance(endpoints, dict) else None
    yield from (each for each in found or [] if isinstance(each, str))


def with_secret(value: dict[str, Any], name: str, secret: str) -> dict[str, Any]:
    """The secret's value with one more signing secret, the newest first."""
    endpoints = value.get("webhook_secrets")
    named: dict[str, Any] = endpoints if isinstance(endpoints, dict) else {}
    kept = named.get(name)
    return {**value, "webhook_secrets": {**named, name: [secret, *(kept if isinstance(kept, list) else [])]}}


def without(value: dict[str, Any], name: str, retired: set[str]) -> dict[str, Any]:
    """The secret's value without the signing secrets that have these fingerprints."""
    kept = [each for each in value["webhook_secrets"][name] if fingerprint(each) not in retired]
    return {**value, "webhook_secrets": {**value["webhook_secrets"], name: kept}}


def prints(secrets: Iterable[str]) -> str:
    """Fingerprints as one value of metadata."""
    return ",".join(sorted({fingerprint(each) for each in secrets}))


def fingerprint(secret: str) -> str:
    """Tells a secret from another, and nothing about it."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]
