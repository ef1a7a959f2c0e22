"""The Stripe twin: a small, stateful stand-in of Stripe's API, with subscriptions, invoices, the portal, webhooks and a clock.

`Twin` is the pure core for use in-process; `python -m infra.local.twin --port N` serves it over HTTP. See docs/twin.md.
"""

from infra.local.twin.core.twin import Twin
from infra.local.twin.core.world import API_VERSION

__all__ = ["API_VERSION", "Twin"]
