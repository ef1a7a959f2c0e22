"""The one secret in Secrets Manager, cached for five minutes.

Its value is JSON: `{"stripe_api_key": "rk_...", "webhook_secrets": {"default": ["whsec_...", ...]}, "site_secrets":
{"<site>": ["smss_...", ...]}}`. An endpoint and a site have two secrets while one is rolled.
"""

import json
import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import config
from chalicelib.aws.clients import client
from chalicelib.errors import Misconfigured, NotFound, Retryable

LIFETIME = 300
REFETCH_AFTER = 60
"""A mismatch reads the secret anew at most once in so many seconds: a roll takes effect, a flood costs nothing."""

_cached: dict[str, tuple[float, dict[str, Any]]] = {}


def stripe_api_key() -> str:
    """The restricted key for Stripe. Raises Misconfigured where it is missing, or not of the mode of LIVEMODE."""
    key = _value(LIFETIME).get("stripe_api_key")
    if not isinstance(key, str) or not key.strip():
        raise Misconfigured("The secret has no stripe_api_key.", "stripe_api_key")
    if ("_live_" in key) != config.livemode():
        raise Misconfigured("The mode of stripe_api_key is not that of LIVEMODE.", "stripe_api_key")
    return key


def webhook_secrets(endpoint: str, newest: bool = False) -> list[str]:
    """The signing secrets of an endpoint; `newest` asks Secrets Manager again unless that was done within a minute.

    Raises NotFound for an endpoint that we do not have, Misconfigured where it has no usable secret.
    """
    endpoints = _value(REFETCH_AFTER if newest else LIFETIME).get("webhook_secrets", {})
    if not isinstance(endpoints, dict):
        raise Misconfigured("webhook_secrets must be a JSON object of endpoints.", "webhook_secrets")
    secrets = endpoints.get(endpoint)
    if secrets is None and not newest:
        return webhook_secrets(endpoint, newest=True)  # it may just have been made
    if secrets is None:
        raise NotFound("There is no such webhook endpoint.", "endpoint")
    usable = [secret for secret in secrets if isinstance(secret, str) and secret.startswith("whsec_")]
    if not usable or len(usable) != len(secrets):
        raise Misconfigured("Every secret of a webhook endpoint must begin with whsec_.", "webhook_secrets")
    return usable


def site_secrets(site: str, newest: bool = False) -> list[str]:
    """The secrets that sign a site's redirects; `newest` as for `webhook_secrets`.

    Raises NotFound for a site without any, Misconfigured where one is unusable: too short, or not of this kind.
    """
    sites = _value(REFETCH_AFTER if newest else LIFETIME).get("site_secrets", {})
    if not isinstance(sites, dict):
        raise Misconfigured("site_secrets must be a JSON object of sites.", "site_secrets")
    secrets = sites.get(site)
    if not secrets:
        raise NotFound("There is no such site, or its redirects are not signed.", "site")
    if not isinstance(secrets, list) or not all(_is_site_secret(each) for each in secrets):
        raise Misconfigured("Every secret of a site must be smss_ and at least 32 more characters.", "site_secrets")
    return list(secrets)


def _is_site_secret(secret: Any) -> bool:
    return isinstance(secret, str) and secret.startswith("smss_") and len(secret) >= len("smss_") + 32


def forget() -> None:
    """Drop the cache (tests, and a rotation by hand)."""
    _cached.clear()


def _value(lifetime: float) -> dict[str, Any]:
    name = config.setting("SECRET_ID")
    read_at, value = _cached.get(name, (float("-inf"), {}))
    if time.monotonic() - read_at > lifetime:
        value = _read(name)
        _cached[name] = (time.monotonic(), value)
    return value


def _read(name: str) -> dict[str, Any]:
    try:
        value = json.loads(client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
    except (BotoCoreError, ClientError) as error:
        raise Retryable(f"Secrets Manager did not answer: {type(error).__name__}.") from error
    except ValueError as error:
        raise Misconfigured("The secret is not JSON.", "SECRET_ID") from error
    if not isinstance(value, dict):
        raise Misconfigured("The secret is not a JSON object.", "SECRET_ID")
    return value
