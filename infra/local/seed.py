"""What a merchant sets up once after the first deployment: the secret, the sender, the site and an API key."""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chalicelib.core.site import Site
from chalicelib.store import api_keys, sites
from chalicelib.stripe_api.gateway import Client
from chalicelib.stripe_api.paging import Raw
from infra.deployment import Deployment
from infra.local.aws import Aws
from infra.local.deploy import Deployed
from infra.stripe import configuration, webhook
from infra.stripe.configuration import Kind

MAIL_DOMAIN = "nordlys.example"
SITE_ID = "nordlys"


def put_secret(aws: Aws, deployed: Deployed, value: dict[str, Any]) -> None:
    """Give the functions Stripe's API key and what else they must keep to themselves."""
    aws.client("secretsmanager").put_secret_value(SecretId=deployed.data["SecretArn"], SecretString=json.dumps(value))


def verify_sender(aws: Aws) -> None:
    """Let SES send for the merchant's domain."""
    aws.client("sesv2").create_email_identity(EmailIdentity=MAIL_DOMAIN)


def site(deployed: Deployed, account: str, shop: str) -> Site:
    """The demo merchant's site."""
    return Site(
        id=SITE_ID,
        name="Nordlys",
        account=account,
        livemode=False,
        base_url=deployed.api,
        home_url=shop,
        return_urls=(shop,),
        sender=f"Nordlys <billing@{MAIL_DOMAIN}>",
        support_email=f"support@{MAIL_DOMAIN}",
        accent="#0f6b5c",
        time_zone="Europe/Stockholm",
        country="SE",
        pay_open_invoices=True,
    )


def offering(made: Site, prices: Sequence[str], coupon: str) -> Site:
    """The site with what its flows may offer."""
    return replace(made, offer_prices=tuple(prices), retention_coupons=(coupon,))


def set_stripe_up(deployment: Deployment, merchant: Client, made: Site, portals: dict[Kind, Raw], now: int) -> Site:
    """The portal configurations and the webhook endpoint, by the same code as anywhere; the site that names the former."""
    full, minimal = (
        configuration.bring(merchant, each) for each in configuration.plan(deployment.stage, made, portals, [])
    )
    (want,) = webhook.wanted(deployment, made.base_url)
    endpoint = webhook.make(deployment, merchant, want, now)
    webhook.mend(merchant, endpoint, want, stamkund_opened=str(now))
    return configuration.told(made, full, minimal)


def put_site(aws: Aws, deployed: Deployed, made: Site, now: int) -> str:
    """Store a site and return an API key for its back end."""
    os.environ.update(aws.environment() | {"TABLE_NAME": deployed.data["TableName"]})
    sites.put(made)
    return api_keys.create(made.id, ("portal", "read"), now, name="demo shop")
