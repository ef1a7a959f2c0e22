"""What a site's file may say about customers who owe money: which campaign writes to them, and what they may still use."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from chalicelib import campaigns
from chalicelib.core.site import AccessPolicy, CampaignRule, Experiment
from chalicelib.errors import Misconfigured
from infra.shape import Check, Fields, Needed, listed, matching, one_of, shape, whole

COUNTRY = matching(r"[A-Z]{2}", "two capital letters (ISO 3166): SE")
PRICE = matching(r"price_[A-Za-z0-9]+", "the id of a price: price_...")
BY = ("price", "interval", "country")
LARGEST = 10**12
"""Minor units; Stripe's own limit of an amount has eight digits, in some currencies twelve."""


def fields() -> dict[str, Check]:
    """The fields and their checks."""
    return {"campaign": _campaign, "campaign_rules": _rules, "experiment": _experiment, "access": _access}


def values(raw: dict[str, Any]) -> dict[str, Any]:
    """The fields that a sound file has, as a site holds them."""
    made: dict[str, Any] = {}
    if "campaign_rules" in raw:
        made["campaign_rules"] = tuple(CampaignRule(**rule) for rule in raw["campaign_rules"])
    if "experiment" in raw:
        made["experiment"] = Experiment(**raw["experiment"])
    if "access" in raw:
        made["access"] = AccessPolicy(**raw["access"])
    return made


def _campaign(value: Any, path: str) -> Iterator[str]:
    try:
        campaigns.load(value if isinstance(value, str) else "")
    except Misconfigured as error:
        yield f"{path}: {error.message}"


def _rules(value: Any, path: str) -> Iterator[str]:
    rule: Fields = {
        "campaign": Needed(_campaign),
        "price": PRICE,
        "interval": one_of("day", "week", "month", "year"),
        "country": COUNTRY,
    }
    wrong = list(listed(shape(rule))(value, path))
    yield from wrong
    if wrong:
        return
    for at, each in enumerate(value):
        if sum(name in each for name in BY) != 1:
            yield f"{path}[{at}]: must hold one of {', '.join(BY)}: what the rule goes by"
    goes_by = Counter((name, each[name]) for each in value for name in BY if name in each)
    for (name, meant), times in goes_by.items():
        if times > 1:
            yield f"{path}: {times} rules are for the {name} {meant}: only the first would ever hold"


def _experiment(value: Any, path: str) -> Iterator[str]:
    form: Fields = {
        "id": Needed(matching(r"[A-Za-z0-9_-]{1,40}", "letters, digits, _ and -, 40 at most")),
        "campaign": Needed(_campaign),
        "share": Needed(whole(0, 100)),
        "hold_out": whole(0, 100),
    }
    wrong = list(shape(form)(value, path))
    yield from wrong
    if not wrong and not 1 <= value["share"] + value.get("hold_out", 0) <= 100:
        yield f"{path}: share and hold_out are of a hundred cases: together they must be 1 to 100"


def _access(value: Any, path: str) -> Iterator[str]:
    form: Fields = {
        "full_days": whole(0, 366),
        "end_days": whole(0, 366),
        "limited_invoices": whole(1, 1000),
        "blocked_invoices": whole(1, 1000),
        "limited_amounts": _amounts,
        "blocked_amounts": _amounts,
    }
    wrong = list(shape(form)(value, path))
    yield from wrong
    if wrong:
        return
    policy = AccessPolicy(**value)
    if policy.end_days is not None and policy.end_days < policy.full_days:
        yield f"{path}.end_days: must not be less than full_days, which is {policy.full_days}"
    limited, blocked = policy.limited_invoices, policy.blocked_invoices
    if limited is not None and blocked is not None and blocked < limited:
        yield f"{path}.blocked_invoices: must not be less than limited_invoices: what blocks comes after what limits"
    for currency in policy.limited_amounts.keys() & policy.blocked_amounts.keys():
        if policy.blocked_amounts[currency] < policy.limited_amounts[currency]:
            yield f"{path}.blocked_amounts.{currency}: must not be less than limited_amounts.{currency}"


def _amounts(value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: must hold a line `currency: amount in its minor unit` for each currency"
        return
    for currency, amount in value.items():
        yield from matching(r"[a-z]{3}", "a currency in small letters, as Stripe writes it: sek")(
            currency, f"{path}.{currency}"
        )
        yield from whole(1, LARGEST)(amount, f"{path}.{currency}")
