"""`python -m infra.doctor STAGE`: one line for each check, exit 1 where anything is wrong."""

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial

from chalicelib import campaigns, config
from chalicelib.core.site import Site
from chalicelib.errors import Misconfigured, StamkundError
from chalicelib.store import sites
from chalicelib.stripe_api import gateway
from chalicelib.stripe_api.gateway import Client
from infra import changes, stacks
from infra.deployment import Deployment
from infra.doctor import as_written, at_aws, at_stripe, secret, site
from infra.doctor.report import Line, looked, on_stage, wrong
from infra.sites.files import SiteFile
from infra.stacks import NoStack, Stacks

USUAL = "monthly_14"


def main(arguments: list[str]) -> int:
    """Print every line; 1 where one says wrong."""
    parser = argparse.ArgumentParser(prog="python -m infra.doctor", description=__doc__)
    parser.add_argument("stage", metavar="STAGE")
    parser.add_argument("--endpoint-url", help="another AWS than Amazon's")
    parser.add_argument("--stripe-url", help="on the stage local: the Stripe stand-in")
    parser.set_defaults(stack=None, app_stack=None)
    options = parser.parse_args(arguments)
    levels = []
    for line in examine(stacks.chosen(options), options.stage, options.stripe_url):
        print(line, flush=True)
        levels.append(line.level)
    print(", ".join(f"{levels.count(level)} {level}" for level in ("ok", "warn", "wrong")))
    return 1 if "wrong" in levels else 0


def examine(found: Stacks, stage: str, stripe_url: str | None = None) -> Iterator[Line]:
    """Everything; where a stack is missing, that and no more."""
    return (on_stage(line, stage) for line in _examine(found, stage, stripe_url))


def _examine(found: Stacks, stage: str, stripe_url: str | None) -> Iterator[Line]:
    for name in (found.data_name, found.app_name):
        yield from looked(f"stack {name}", partial(at_aws.stack, found, name, stage))
    try:
        stacks.enter(found, stripe_url)
    except (NoStack, KeyError):
        yield wrong("the rest cannot be looked at", f"make deploy STAGE={stage}, then look again")
        return
    yield from _aws(found, stage)
    here = _site(found.parameters["Site"])
    yield from _about_site(found, here)
    read: list[SiteFile] = []
    yield from _files(Deployment(stage, found), read)
    yield from _stripe(found, here if isinstance(here, Site) else None, partial(as_written.portals, read, stage))
    days = _longest(here) if isinstance(here, Site) else 0
    yield from at_stripe.unseen(found.parameters["MailIdentity"], days or campaigns.load(USUAL).end_day)


def _aws(found: Stacks, stage: str) -> Iterator[Line]:
    yield from looked("SES", lambda: at_aws.mail_account(found, config.livemode()))
    yield from looked(
        "SES identity", lambda: at_aws.mail_identity(found, found.parameters["MailIdentity"], config.livemode())
    )
    yield from looked("topics", lambda: at_aws.topics(found, stage))
    yield from looked("queues", lambda: at_aws.dead_letters(found, stage))


def _site(ident: str) -> Site | Line:
    """The site, or what to say where it cannot be read."""
    sites.forget()
    try:
        return sites.find(ident)
    except Misconfigured:
        return wrong(f"site {ident}: it is not in the table", site.REMEDY)
    except (StamkundError, KeyError, TypeError) as error:
        return wrong(f"site {ident}: it cannot be read ({type(error).__name__})", site.REMEDY)


def _about_site(found: Stacks, here: Site | Line) -> Iterator[Line]:
    if isinstance(here, Line):
        yield here
    else:
        asked = found.parameters
        yield from site.judge(here, asked["StripeAccount"], config.livemode(), asked["MailIdentity"])


def _stripe(found: Stacks, here: Site | None, files: Callable[[Client], Iterator[Line]]) -> Iterator[Line]:
    """The secret, and with its key what Stripe says, of which `files` judges what stands in files."""
    values: list[object] = []

    def about_secret() -> Iterator[Line]:
        values.append(secret.read(found))
        yield from secret.judge(values[0], config.livemode(), found.data["SecretArn"])

    said = list(looked("secret", about_secret))
    yield from said
    key = secret.key_of(values[0]) if values else None
    if key is None or any(line.level == "wrong" and "key" in line.what for line in said):
        yield wrong("Stripe: cannot be looked at without a key of the right mode", "mend the secret first")
        return
    client = gateway.client(key, config.stripe_api_base())
    bases = {each.rstrip("/") for each in (_endpoint(found), here.base_url if here else "") if each}
    bus = found.parameters.get("StripeEventBus", "default") != "default"
    names = secret.endpoints_of(values[0])
    wanted = (here.portal_configuration, here.card_configuration) if here else ()
    expected = found.parameters["StripeAccount"]
    checks: tuple[tuple[str, str, Callable[[], Iterator[Line]]], ...] = (
        ("Stripe account", "its own account", partial(at_stripe.owner, client, expected)),
        ("webhooks", "Webhook Endpoints", partial(at_stripe.webhooks, client, bases, names, bus)),
        ("portal", "Customer portal", partial(at_stripe.portal, client, wanted)),
        ("portal files", "Customer portal", partial(files, client)),
    )
    for name, permission, check in checks:
        yield from looked(name, partial(at_stripe.readable, name, permission, check))


def _files(found: Deployment, read: list[SiteFile]) -> Iterator[Line]:
    """The sites' files, which `read` gets, held against the table, and their keys."""
    yield from looked("site files", partial(as_written.files_of, found, read))
    for each in read:
        yield from looked(f"site {each.site.id}", partial(as_written.site, each))
        yield from looked(f"keys of {each.site.id}", partial(as_written.keys, each.site.id))


def _endpoint(found: Stacks) -> str:
    """The API's own address, as the app stack tells it."""
    return changes.outputs(found.client("cloudformation"), found.app_name).get("EndpointURL", "")


def _longest(here: Site) -> int:
    """The last day of the longest campaign that a case of this site may be in; 0 where none of them can be read."""
    names = {here.campaign, *(rule.campaign for rule in here.campaign_rules)}
    if here.experiment:
        names.add(here.experiment.campaign)
    return max(_end_day(name) for name in names)


def _end_day(campaign: str) -> int:
    try:
        return campaigns.load(campaign).end_day
    except Misconfigured:
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
