"""What a merchant sets in Stripe's dashboard and no API tells: retries, their end, and the days before a renewal."""

from dataclasses import dataclass, fields
from typing import Any

HOUR, DAY = 3600, 86400
SMART = tuple(int(DAY * d) for d in (1, 3, 4.5, 6, 8, 10, 12, 14))
"""Smart Retries choose their times by a model; we try 8 times in 2 weeks. Seconds after the first failure."""


@dataclass
class Settings:
    """`retries`: seconds after the first failure of a renewal at which it is tried again.

    `end_action`: what becomes of the subscription after the last try: cancel, unpaid, past_due or pause.
    `pause_on_first_failure`: pause the subscription when a renewal fails for the first time.
    `end_invoice`: what becomes of the invoice: open (left as it is) or uncollectible.
    `automations`: as with Billing automations, `next_payment_attempt` comes in a later invoice.updated, not in payment_failed.
    `upcoming_days`: invoice.upcoming comes so many days before a renewal; 0 for never.
    """

    retries: tuple[int, ...] = SMART
    end_action: str = "cancel"
    pause_on_first_failure: bool = False
    end_invoice: str = "open"
    automations: bool = False
    upcoming_days: int = 0
    finalize_after: int = HOUR

    def change(self, given: dict[str, Any]) -> None:
        """Sets some of them; ValueError names one that does not exist or a value it cannot have."""
        known = {f.name: f for f in fields(self)}
        for name, value in given.items():
            if name not in known:
                raise ValueError(f"no setting {name!r}; there are {', '.join(known)}")
            setattr(self, name, _checked(name, value))


def _checked(name: str, value: Any) -> Any:
    choices = {"end_action": ("cancel", "unpaid", "past_due", "pause"), "end_invoice": ("open", "uncollectible")}
    if name in choices and value not in choices[name]:
        raise ValueError(f"{name} is one of {', '.join(choices[name])}")
    if name == "retries":
        if not isinstance(value, list | tuple) or any(not isinstance(v, int) or v <= 0 for v in value):
            raise ValueError("retries is a list of seconds after the first failure")
        return tuple(sorted(value))
    if name in ("automations", "pause_on_first_failure") and not isinstance(value, bool):
        raise ValueError(f"{name} is true or false")
    if name in ("upcoming_days", "finalize_after") and (
        not isinstance(value, int) or isinstance(value, bool) or value < 0
    ):
        raise ValueError(f"{name} is a number of at least nought")
    return value
