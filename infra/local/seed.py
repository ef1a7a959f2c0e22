"""What a merchant sets up once after the first deployment: the secret, the sender, the site and an API key."""

import json
import os

from chalicelib.core.model import Site
from chalicelib.store import api_keys, sites
from infra.local.aws import Aws
from infra.local.deploy import Deployed

MAIL_DOMAIN = "nordlys.example"
SITE_ID = "nordlys"


def put_secret(aws: Aws, deployed: Deployed, stripe_key: str, webhook_secret: str, site_secret: str) -> None:
    """Give the functions Stripe's API key, the webhook endpoint's signing secret, and what signs the site's redirects."""
    value = {
        "stripe_api_key": stripe_key,
        "webhook_secrets": {"default": [webhook_secret]},
        "site_secrets": {SITE_ID: [site_secret]},
    }
    aws.client("secretsmanager").put_secret_value(SecretId=deployed.data["SecretArn"], SecretString=json.dumps(value))


def verify_sender(aws: Aws) -> None:
    """Let SES send for the merchant's domain."""
    aws.client("sesv2").create_email_identity(EmailIdentity=MAIL_DOMAIN)


def put_site(aws: Aws, deployed: Deployed, account: str, shop: str, configuration: str | None, now: int) -> str:
    """Store the demo merchant's site and return an API key for its back end."""
    os.environ.update(aws.environment() | {"TABLE_NAME": deployed.data["TableName"]})
    site = Site(
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
        portal_configuration=configuration,
        card_configuration=configuration,
    )
    sites.put(site)
    return api_keys.create(SITE_ID, ("portal", "read"), now)
