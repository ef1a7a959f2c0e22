"""Moving an endpoint to our API version without a gap: another one beside it, then the old one off, then gone.

Stripe cannot change an endpoint's version. Each run does what can be done and says what is left; killed anywhere, the next
goes on. What was on its way to the old endpoint when the new one began to listen would be dropped with it, so the old one
stays until Stripe has nothing undelivered of that time, at most the three days for which Stripe tries.

    stamkund_opened     on the new endpoint: from this second on it gets every event
    stamkund_closed     on the old one: when it was switched off
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib import clock
from chalicelib.aws.secrets import REFETCH_AFTER
from chalicelib.core.events import enabled_events
from chalicelib.stripe_api import setup
from chalicelib.stripe_api.gateway import Client
from chalicelib.stripe_api.paging import Raw
from chalicelib.stripe_api.version import API_VERSION
from infra.deployment import Deployment
from infra.stripe import webhook
from infra.stripe.webhook import Found, Wanted

SETTLED = REFETCH_AFTER + 5
"""Seconds after which every function that meets an unknown signature reads the secret anew."""
MARGIN = 5
"""Seconds by which Stripe's clock and ours may differ."""
TRIES = 3 * 86_400
"""Seconds for which Stripe tries to deliver an event."""


@dataclass(frozen=True)
class Upgrade:
    """Runs for one endpoint. `say` tells a person; `force` waits for no delivery."""

    deployment: Deployment
    client: Client
    want: Wanted
    say: Callable[[str], None] = print
    force: bool = False

    def run(self) -> bool:
        """Go as far as can be gone; whether all is done. Raises StripeUnavailable, StripeRefused, Misconfigured, Retryable."""
        found = webhook.look(self.deployment, self.client, self.want)
        for each in found.lost:
            setup.delete_endpoint(self.client, each["id"])
            self._tell(f"{each['id']} deleted: its secret was never stored")
        if not found.good and not found.old:
            self._tell(f"there is none: python -m infra.stripe apply --stage {self.deployment.stage} makes it")
            return False
        new = self._beside(found)
        left = [each for each in found.old if not self._over(each, int(new["metadata"]["stamkund_opened"]))]
        if left:
            return False
        self._forget(new, alone=len(found.good) < 2)
        self._tell(f"{new['id']} is in {API_VERSION}")
        return True

    def _beside(self, found: Found) -> Raw:
        """The endpoint in our version, made if there is none, and open: it gets every event."""
        if found.good:
            new = found.good[0]
        else:
            new = webhook.make(self.deployment, self.client, self.want, clock.now())
            self._tell(f"{new['id']} made in {API_VERSION}, its secret stored")
        if "stamkund_opened" in new["metadata"] and new["status"] == "enabled":
            return new
        self._until(int(new["metadata"].get("stamkund_stored", 0)) + SETTLED)
        new = webhook.mend(self.client, new, self.want, stamkund_opened=str(clock.now() + MARGIN))
        if found.old:
            self._tell(f"{new['id']} gets every event, beside the old one")
        return new

    def _over(self, old: Raw, opened: int) -> bool:
        """Bring an old endpoint one step further; whether it is gone."""
        if old["status"] == "enabled":
            self._until(opened + 1)
            if self._waits(old, opened, "switched off"):
                return False
            closed = {"disabled": True, "metadata": {"stamkund_closed": str(clock.now())}}
            setup.update_endpoint(self.client, old["id"], closed)
            self._tell(f"{old['id']} ({old['api_version']}) switched off; a later run deletes it")
            return False
        closed_at = int(old["metadata"].get("stamkund_closed", opened))
        if self._waits(old, closed_at, "deleted"):
            return False
        setup.delete_endpoint(self.client, old["id"])
        self._tell(f"{old['id']} ({old['api_version']}) deleted")
        return True

    def _waits(self, old: Raw, until: int, what: str) -> bool:
        """Whether events up to a second are still on their way; then a person is told."""
        since = clock.now() - TRIES
        if self.force or since > until:
            return False
        waiting = setup.undelivered(self.client, enabled_events(), since, until)
        if waiting:
            last = time.strftime("%Y-%m-%d %H:%MZ", time.gmtime(until + TRIES))
            self._tell(
                f"{old['id']} cannot be {what} yet: {waiting} events are undelivered. Run again, at the latest {last}"
            )
        return bool(waiting)

    def _forget(self, new: Raw, alone: bool) -> None:
        """Drop the secrets of endpoints that are gone, unless another one of the name may still sign with them."""
        retired = new["metadata"].get("stamkund_retires", "")
        if not retired or not alone:
            return
        gone = set(retired.split(","))
        self.deployment.change_secret(lambda value: webhook.without(value, self.want.name, gone))
        setup.update_endpoint(self.client, new["id"], {"metadata": {"stamkund_retires": ""}})
        self._tell("the old signing secret is no longer accepted")

    def _until(self, moment: int) -> None:
        """Wait for a second."""
        left = moment - clock.now()
        if left > 0:
            self._tell(f"waiting {left} s")
            time.sleep(left)

    def _tell(self, words: str) -> None:
        self.say(f"webhook {self.want.name}: {words}")
