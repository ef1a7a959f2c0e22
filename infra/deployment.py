"""A deployment as the commands by hand see it: where it is, whose it is, and its one secret."""

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import config
from chalicelib.aws import secrets
from chalicelib.errors import Misconfigured, Retryable
from chalicelib.stripe_api import gateway
from chalicelib.stripe_api.gateway import Client
from infra import stacks
from infra.stacks import Stacks

KEY = "STRIPE_API_KEY"


@dataclass(frozen=True)
class Deployment:
    """A stage that is deployed; what is asked of it is looked up when it is asked for. Raises NoStack."""

    stage: str
    stacks: Stacks

    @property
    def local(self) -> bool:
        """Whether it is on this machine, where addresses need no https."""
        return self.stage == "local"

    @property
    def account(self) -> str:
        """The Stripe account whose events it takes."""
        return self.stacks.parameters["StripeAccount"]

    @property
    def livemode(self) -> bool:
        """Whether it handles real money."""
        return config.livemode()

    @property
    def site(self) -> str:
        """The id of the site whose brand mails wear."""
        return self.stacks.parameters["Site"]

    @property
    def identity(self) -> str:
        """The SES identity that mails are sent from."""
        return self.stacks.parameters["MailIdentity"]

    @property
    def connected(self) -> bool:
        """Whether it takes events of connected accounts too."""
        return bool(self.stacks.parameters.get("ConnectedAccounts", ""))

    @property
    def api(self) -> str:
        """The API's own address, without a slash at its end."""
        return self.stacks.endpoint.rstrip("/")

    @cached_property
    def stripe(self) -> Client:
        """Stripe, with the key in the environment's STRIPE_API_KEY or else that of the secret. Raises Misconfigured, Retryable.

        Setting an account up needs more rights than running does: a key of its own need not be kept where functions read.
        """
        given = os.environ.get(KEY, "").strip()
        if given and ("_live_" in given) != self.livemode:
            raise Misconfigured(f"The mode of {KEY} is not that of the deployment.", KEY)
        return gateway.client(given or secrets.stripe_api_key(), config.stripe_api_base())

    def secret(self) -> dict[str, Any]:
        """The secret's value. Raises Misconfigured where it is no JSON object, Retryable where AWS does not answer."""
        try:
            text = self.stacks.client("secretsmanager").get_secret_value(SecretId=self.stacks.data["SecretArn"])
            value = json.loads(text["SecretString"])
        except (BotoCoreError, ClientError) as error:
            raise Retryable(f"Secrets Manager did not answer: {_code(error)}.") from error
        except ValueError as error:
            raise Misconfigured("The secret is not JSON.", "SECRET_ID") from error
        if not isinstance(value, dict):
            raise Misconfigured("The secret is not a JSON object.", "SECRET_ID")
        return value

    def change_secret(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Replace the secret's value by what `change` makes of it, if that differs. Raises as `secret`."""
        before = self.secret()
        after = change(json.loads(json.dumps(before)))
        if after == before:
            return
        try:
            self.stacks.client("secretsmanager").put_secret_value(
                SecretId=self.stacks.data["SecretArn"], SecretString=json.dumps(after)
            )
        except (BotoCoreError, ClientError) as error:
            raise Retryable(f"Secrets Manager did not take it: {_code(error)}.") from error
        secrets.forget()


def _code(error: Exception) -> str:
    return str(error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options by which a command is told where the deployment is."""
    stacks.arguments(parser)
    parser.add_argument("--stripe-url", help="on the stage local: what `infra.local up --json` calls `stripe`")


def entered(options: argparse.Namespace) -> Deployment:
    """The deployment that the options name, with our own code pointed at it. Raises NoStack."""
    found = stacks.chosen(options)
    stacks.enter(found, options.stripe_url)
    return Deployment(options.stage, found)
