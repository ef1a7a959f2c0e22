"""All that a deployment must have at Stripe: read from the files, compared with what is there, told, and brought about."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.core.site import Site
from chalicelib.errors import Misconfigured
from chalicelib.store import sites
from chalicelib.stripe_api import account as stripe_account
from chalicelib.stripe_api import setup
from chalicelib.stripe_api.paging import Raw
from chalicelib.stripe_api.version import API_VERSION
from infra.deployment import Deployment
from infra.sites import files, stored
from infra.stripe import configuration, portal_file, webhook
from infra.stripe.configuration import Kind
from infra.stripe.webhook import Found, Wanted


@dataclass(frozen=True)
class Ours:
    """What a deployment should have: each site with its two configurations, and its endpoints."""

    deployment: Deployment
    portals: list[tuple[Site, dict[Kind, Raw]]]
    endpoints: list[Wanted]


def read(deployment: Deployment) -> Ours:
    """From the files and the sites in the table. Raises FileError, Misconfigured, NoStack, StoreUnavailable."""
    named = files.read(deployment.stage, stored.facts(deployment))
    portals = [(_site(each.site.id, deployment), configurations(each, deployment.local)) for each in named]
    base = next(site.base_url for site, _ in portals if site.id == deployment.site)
    return Ours(deployment, portals, webhook.wanted(deployment, base))


def _site(ident: str, deployment: Deployment) -> Site:
    there = stored.find(ident)
    if there is None:
        raise Misconfigured(
            f"The site {ident} is not stored yet: python -m infra.sites apply --stage {deployment.stage}"
        )
    return there


def configurations(named: files.SiteFile, local: bool) -> dict[Kind, Raw]:
    """The two configurations that a site names. Raises FileError."""
    full, minimal = portal_file.read(named.full, local), portal_file.read(named.minimal, local)
    portal_file.judge_minimal(named.minimal, minimal)
    return {"full": full, "minimal": minimal}


def tell(ours: Ours, apply: bool, now: int, say: Callable[[str], None] = print) -> bool:
    """Say what differs, and do away with it if `apply`; whether anything did. Raises StripeUnavailable, StripeRefused ..."""
    there = setup.configurations(ours.deployment.stripe)
    differs = [_portal(ours, site, given, there, apply, say) for site, given in ours.portals]
    differs += [_endpoint(ours.deployment, each, apply, now, say) for each in ours.endpoints]
    if not any(differs):
        say("nothing differs")
    elif not apply:
        say(f"python -m infra.stripe apply --stage {ours.deployment.stage} does what is above")
    return any(differs)


def check_key(deployment: Deployment) -> None:
    """Raise Misconfigured for a key of another account: nothing may be set up there."""
    found = stripe_account.account_id(deployment.stripe)
    if found != deployment.account:
        raise Misconfigured(f"The key is of {found}, and the deployment's StripeAccount is {deployment.account}.")


def _portal(
    ours: Ours, site: Site, given: dict[Kind, Raw], there: list[Raw], apply: bool, say: Callable[[str], None]
) -> bool:
    steps = configuration.plan(ours.deployment.stage, site, given, there)
    changed = [each for each in steps if each.there is None or each.changes]
    for each in changed:
        say(str(each))
    for note in portal_file.notes(given["full"]):
        say(f"note: portal full of {site.id}: {note}")
    if not apply:
        stale = not changed and configuration.told(site, *(each.there or {} for each in steps)) != site
        if stale:
            say(f"site {site.id}: does not name its configurations yet")
        return bool(changed) or stale
    full, minimal = (configuration.bring(ours.deployment.stripe, each) for each in steps)
    after = configuration.told(site, full, minimal)
    if after != site:
        sites.put(after)
        say(f"site {site.id}: names {full['id']} and {minimal['id']} now")
    return bool(changed) or after != site


def _endpoint(deployment: Deployment, want: Wanted, apply: bool, now: int, say: Callable[[str], None]) -> bool:
    client = deployment.stripe
    found = webhook.look(deployment, client, want)
    said = faults(found, want, deployment.stage)
    for each in said:
        say(f"webhook {want.name}: {each}")
    if not apply or not said:
        return bool(said)
    for lost in found.lost:
        setup.delete_endpoint(client, lost["id"])
    if not found.good and not found.old:
        made = webhook.make(deployment, client, want, now)
        webhook.mend(client, made, want, stamkund_opened=str(now))
        say(f"webhook {want.name}: {made['id']} made, its signing secret stored")
    for serving in _serving(found):
        if webhook.differences(serving, want):
            webhook.mend(client, serving, want)
    return True


def faults(found: Found, want: Wanted, stage: str) -> list[str]:
    """What is not as it should be with one endpoint, a sentence for each thing."""
    said = [f"{each['id']} has a secret that was never stored: it is deleted" for each in found.lost]
    if not found.good and not found.old:
        said.append(f"is made: {want.url} in {API_VERSION}")
    for each in _serving(found):
        said += [f"{each['id']}: {change}" for change in webhook.differences(each, want)]
    if found.old:
        ids = ", ".join(f"{each['id']} ({each['api_version'] or 'the default version'})" for each in found.old)
        said.append(
            f"{ids}: not in {API_VERSION}, or without its secret: python -m infra.stripe upgrade --stage {stage}"
        )
    return said


def _serving(found: Found) -> list[Raw]:
    """The endpoint that events come by: while a version is moved, the new one belongs to the upgrade until it is open."""
    serving = [each for each in (found.good or found.old) if webhook.is_open(each)]
    return serving[:1]
