"""The Stripe side: the key's account, webhook endpoints, the portal; and what only a person can see."""

from collections.abc import Callable, Iterator

from chalicelib.core.events import enabled_events
from chalicelib.errors import StripeRefused
from chalicelib.stripe_api import account
from chalicelib.stripe_api.gateway import Client
from chalicelib.stripe_api.paging import Raw
from chalicelib.stripe_api.version import API_VERSION
from infra.doctor.report import Line, judged, ok, warn, wrong

APPLY = "python -m infra.stripe apply"
PORTAL = "Stripe dashboard, Settings, Billing, Customer portal"
MAILS = "Stripe dashboard, Settings, Billing, Subscriptions and emails"
HOLDS = {"*", "invoice.created"}
"""Stripe holds a new invoice back for up to three days while an endpoint that asked for these does not answer."""


def readable(name: str, permission: str, check: Callable[[], Iterator[Line]]) -> Iterator[Line]:
    """A check's lines, or a warning where the key may not read what it looks at: the deployment itself need not."""
    try:
        yield from check()
    except StripeRefused as error:
        if "PermissionError" not in error.message:
            raise
        yield warn(f"{name}: the key may not read this", f"let it read {permission}, or look yourself")


def owner(client: Client, expected: str) -> Iterator[Line]:
    """The key is of the account whose events are taken."""
    yield judged(
        account.account_id(client) == expected,
        f"Stripe: the key is of {expected}",
        f"Stripe: the key is of another account than {expected}",
        "StripeAccount in the stage's file, or another key into the secret",
    )


def webhooks(client: Client, bases: set[str], names: list[str], bus: bool) -> Iterator[Line]:
    """Every endpoint that the secret names is there, for one of our addresses. `bus`: events come by EventBridge too."""
    there = account.webhook_endpoints(client)
    for name in names:
        addresses = {f"{base}/webhooks/stripe/{name}" for base in bases}
        ours = [each for each in there if each["url"] in addresses]
        if ours:
            faults = min((endpoint(each) for each in ours), key=_weight)
            yield from faults or [
                ok(f"webhook {name}: {ours[0]['url']}, {len(enabled_events())} events, {API_VERSION}")
            ]
        else:
            told = warn if bus else wrong
            yield told(f"webhook {name}: Stripe has no endpoint for {min(addresses)}", APPLY)


def endpoint(found: Raw) -> list[Line]:
    """What is not as it should be with one endpoint."""
    name, asked, needed = f"webhook {found['id']}", set(found["enabled_events"]), set(enabled_events())
    lines = []
    if found["status"] != "enabled":
        lines.append(wrong(f"{name}: it is {found['status']}", f"{APPLY} enables it; then python -m infra.reconcile"))
    if found["api_version"] != API_VERSION:
        told = found["api_version"] or "the account's default version"
        lines.append(wrong(f"{name}: it is in {told}", "python -m infra.stripe upgrade moves it without a gap"))
    missing, more = [] if "*" in asked else sorted(needed - asked), sorted(asked - needed)
    if missing:
        lines.append(wrong(f"{name}: it lacks {', '.join(missing)}", APPLY))
    if HOLDS & asked:
        holds = ", ".join(sorted(HOLDS & asked))
        lines.append(wrong(f"{name}: {holds} lets a fault of ours delay invoices", APPLY))
    elif more:
        lines.append(warn(f"{name}: it sends more than we use: {', '.join(more)}", APPLY))
    return lines


def _weight(lines: list[Line]) -> tuple[int, int]:
    """How bad an endpoint is: while a version is rolled there are two, and one of them is right."""
    return sum(each.level == "wrong" for each in lines), len(lines)


def portal(client: Client, wanted: tuple[str | None, ...]) -> Iterator[Line]:
    """A default configuration, and those that the site names."""
    there = account.portal_configurations(client)
    named = bool(wanted) and all(wanted)
    default = any(each["is_default"] for each in there)
    yield judged(
        default or named,
        f"portal: there is {'a' if default else 'no'} default configuration{'' if default else ', and the site needs none'}",
        "portal: there is no default configuration, so no session can be made",
        f"{APPLY} makes ours; connected accounts need a default: {PORTAL}",
    )
    for ident in sorted({each for each in wanted if each}):
        yield judged(
            any(each["id"] == ident for each in there),
            f"portal: {ident} is active",
            f"portal: {ident}, which the site names, is not there or not active",
            APPLY,
        )


def unseen(identity: str, days: int) -> Iterator[Line]:
    """What no API tells: a person must look."""
    yield warn(
        "Stripe's own mails (failed payments, expiring cards, trials, renewals) must be off, or customers get two",
        MAILS,
    )
    yield warn(f"Stripe's retries must go on for {days} days, as long as our reminders do", f"{MAILS}: retry schedule")
    yield warn(f"after the last retry the subscription must be cancelled, as mails say for day {days}", MAILS)
    domain = identity.rpartition("@")[2]
    yield warn(
        "a DMARC record makes large mailboxes trust your mails", f"dig TXT _dmarc.{domain}: it must begin v=DMARC1"
    )
