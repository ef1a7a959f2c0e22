"""Start everything on this machine, in order, and say where it is.

The stand-in's functions inherit its environment, so the ports of the twin and of the inbox are chosen before anything
starts.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from infra.deployment import Deployment
from infra.local import aws, nordlys, quirks, seed
from infra.local.aws import Aws, free_port
from infra.local.deploy import APP_STACK, DATA_STACK, Deployed, deploy
from infra.local.processes import Processes
from infra.local.stack import Stack, load
from infra.package import ROOT, package
from infra.sites import signing
from infra.stacks import Stacks

KEPT = "kept.json"
ACCOUNT = "acct_1Nordlys"
STRIPE_KEY = "sk_test_nordlys"


@dataclass(frozen=True)
class Options:
    """What the command line asks for: another Stripe than the twin, the twin's chaos profile, and keeping what is made."""

    stripe_url: str | None = None
    chaos: str | None = None
    keep: bool = False


@dataclass(frozen=True)
class Ports:
    """A free port for each server."""

    aws: int
    twin: int
    inbox: int
    shop: int


def say(words: str) -> None:
    """Tell the person at the terminal; standard output is left to the result."""
    print(words, file=sys.stderr, flush=True)


@contextmanager
def step(words: str) -> Iterator[None]:
    """Announce a step, then how long it took."""
    began = time.monotonic()
    print(f"  {words} ... ", end="", file=sys.stderr, flush=True)
    yield
    say(f"{time.monotonic() - began:.1f} s")


def start(processes: Processes, options: Options) -> Stack:
    """Start every server and set the demo merchant up. Raises StartError, PackageError, DeployError."""
    folder = processes.folder
    if options.keep and (folder / KEPT).is_file():
        return go_on(processes, options)
    ports = Ports(*(free_port() for _ in range(4)))
    clock_file = folder / "clock"
    stripe_url = options.stripe_url or address(ports.twin)
    with step("packaging the app (half a minute the first time)"):
        package("local", folder / "package")
    with step("starting the AWS stand-in"):
        cloud = start_aws(processes, ports, clock_file, stripe_url, options.keep)
    with step("deploying both stacks"):
        parameters = {"StripeAccount": ACCOUNT, "Livemode": "false", "Site": seed.SITE_ID}
        deployed = deploy(cloud, folder / "package", {**parameters, "MailIdentity": seed.MAIL_DOMAIN})
        quirks.grant(cloud, deployed)
        seed.verify_sender(cloud)
    with step("starting the inbox" if options.stripe_url else "starting the Stripe twin and the inbox"):
        if not options.stripe_url:
            start_twin(processes, ports, clock_file, options)
        start_inbox(processes, cloud, ports, deployed.data["MailFeedbackArn"], clock_file)
    with step("setting up the merchant and the shop"):
        stack = set_up(cloud, deployed, ports, options, clock_file)
        start_shop(processes, stack, ports)
    if options.keep:
        kept = {"ports": asdict(ports), "topic": deployed.data["MailFeedbackArn"]}
        (folder / KEPT).write_text(json.dumps(kept))
    return stack


def go_on(processes: Processes, options: Options) -> Stack:
    """Start every server where an earlier run left it, on the same ports: addresses are part of what was made.

    The inbox begins empty: it keeps its mails in memory. Raises StartError.
    """
    kept = json.loads((processes.folder / KEPT).read_text())
    ports, clock_file = Ports(**kept["ports"]), processes.folder / "clock"
    stack = load(processes.folder / "stack.json")
    with step("starting where the last run ended"):
        cloud = start_aws(processes, ports, clock_file, stack.stripe, keep=True)
        if stack.twin:
            start_twin(processes, ports, clock_file, options)
        start_inbox(processes, cloud, ports, kept["topic"], clock_file)
        start_shop(processes, stack, ports)
    return stack


def start_aws(processes: Processes, ports: Ports, clock_file: Path, stripe_url: str, keep: bool) -> Aws:
    """Start the AWS stand-in, whose functions ask the twin and send mail to the inbox."""
    cloud = Aws(address(ports.aws))
    functions = {
        "CLOCK_FILE": str(clock_file),
        "STRIPE_API_BASE": stripe_url,
        "AWS_ENDPOINT_URL_SESV2": address(ports.inbox),
    }
    kept = {"PERSIST_STATE": "1", "STATE_DIR": str(processes.folder / "aws")} if keep else {}
    environment = aws.environment(ports.aws, processes.folder, functions | kept)
    processes.start("aws", aws.command(), environment, f"{cloud.url}/_ministack/health")
    return cloud


def start_twin(processes: Processes, ports: Ports, clock_file: Path, options: Options) -> None:
    """Start the Stripe twin."""
    arguments = ["--port", str(ports.twin), "--clock-file", str(clock_file), "--account", ACCOUNT]
    arguments += ["--chaos", options.chaos] if options.chaos else []
    arguments += ["--state", str(processes.folder / "twin.json")] if options.keep else []
    command = ours("twin", *arguments)
    processes.start("twin", command, plain_environment(), f"{address(ports.twin)}/_twin/clock")


def start_inbox(processes: Processes, cloud: Aws, ports: Ports, topic: str, clock_file: Path) -> None:
    """Start the inbox, which tells the topic what became of each mail."""
    arguments = ("--aws", cloud.url, "--topic", topic, "--clock-file", str(clock_file))
    processes.start(
        "inbox", ours("inbox", "--port", str(ports.inbox), *arguments), plain_environment(), address(ports.inbox)
    )


def start_shop(processes: Processes, stack: Stack, ports: Ports) -> None:
    """Start the demo shop."""
    path = processes.folder / "stack.json"
    stack.save(path)
    command = ours("shop", "--port", str(ports.shop), "--stack", str(path))
    processes.start("shop", command, plain_environment(), stack.shop)


def set_up(cloud: Aws, deployed: Deployed, ports: Ports, options: Options, clock_file: Path) -> Stack:
    """What the merchant does once: plans, portal, webhook endpoint, secret, site, API key.

    At another Stripe than the twin nothing is created: the webhook's secret is then made up here.
    """
    shop, stripe_url, now = address(ports.shop), options.stripe_url or address(ports.twin), int(time.time())
    webhook_url = f"{deployed.api}/webhooks/stripe/default"
    value: dict[str, Any] = signing.ensured({"stripe_api_key": STRIPE_KEY}, seed.SITE_ID)
    site = seed.site(deployed, ACCOUNT, shop)
    if options.stripe_url:
        value["webhook_secrets"] = {"default": ["whsec_" + os.urandom(24).hex()]}
        seed.put_secret(cloud, deployed, value)
    else:
        seed.put_secret(cloud, deployed, value)
        os.environ.update(cloud.environment())
        deployment = Deployment("local", Stacks(DATA_STACK, APP_STACK, cloud.url))
        merchant = nordlys.client(STRIPE_KEY, stripe_url)
        plans = nordlys.create_plans(merchant)
        portals = nordlys.portals(plans)
        site = seed.offering(site, [plan.price for plan in plans], nordlys.create_coupon(merchant))
        site = seed.set_stripe_up(deployment, merchant, site, portals, now)
        value = deployment.secret()
    api_key = seed.put_site(cloud, deployed, site, now)
    data = deployed.data
    return Stack(
        api=deployed.api,
        stripe=stripe_url,
        inbox=address(ports.inbox),
        shop=shop,
        aws=cloud.url,
        account=ACCOUNT,
        api_key=api_key,
        site=seed.SITE_ID,
        site_secret=signing.of_site(value, seed.SITE_ID)[0],
        webhook_url=webhook_url,
        webhook_secret=value["webhook_secrets"]["default"][0],
        stripe_key=STRIPE_KEY,
        functions=deployed.functions,
        queues=(data["EventsUrl"], data["NewCardsUrl"], data["MailsUrl"]),
        dead=(data["EventsDeadUrl"], data["NewCardsDeadUrl"], data["MailsDeadUrl"], data["UndeliveredUrl"]),
        clock_file=str(clock_file),
        twin=not options.stripe_url,
    )


def address(port: int) -> str:
    """A server of ours."""
    return f"http://127.0.0.1:{port}"


def ours(name: str, *arguments: str) -> list[str]:
    """The command of a server of ours."""
    return [sys.executable, "-m", f"infra.local.{name}", *arguments]


def plain_environment() -> dict[str, str]:
    """Nothing of the person's own AWS or Stripe settings reaches our servers."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
