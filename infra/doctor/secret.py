"""The secret: JSON of the right shape, and a key of the right mode. Values are judged and never told."""

import json
from collections.abc import Iterator
from typing import Any

from infra.doctor.report import Line, judged, ok, warn, wrong
from infra.stacks import Stacks

SHAPE = '{"stripe_api_key": "rk_...", "webhook_secrets": {"default": ["whsec_..."]}}'


def read(found: Stacks) -> Any:
    """The secret's value, parsed; None where it is not JSON. Raises botocore's errors."""
    try:
        return json.loads(
            found.client("secretsmanager").get_secret_value(SecretId=found.data["SecretArn"])["SecretString"]
        )
    except (KeyError, ValueError):
        return None


def judge(value: Any, live: bool, arn: str) -> Iterator[Line]:
    """Lines about a secret's value."""
    remedy = f"aws secretsmanager put-secret-value --secret-id {arn} --secret-string file://... with {SHAPE}"
    if not isinstance(value, dict):
        yield wrong("secret: not a JSON object", remedy)
        return
    if not value:
        yield wrong("secret: not filled in yet", remedy)
        return
    remedy = f"change that alone within the value of {arn}: put-secret-value replaces the whole, signing secrets too"
    unknown = sorted(value.keys() - {"stripe_api_key", "webhook_secrets", "site_secrets"})
    if unknown:
        yield warn(f"secret: holds {len(unknown)} more entries than we read", f"the names must be those of {SHAPE}")
    yield from _key(value.get("stripe_api_key"), live, remedy)
    yield from _signing(value.get("webhook_secrets"), remedy)


def _key(key: Any, live: bool, remedy: str) -> Iterator[Line]:
    kind = key[:8] if isinstance(key, str) else ""
    if kind not in ("sk_live_", "rk_live_", "sk_test_", "rk_test_"):
        yield wrong("secret: stripe_api_key is no secret or restricted key of Stripe", remedy)
        return
    mode = "live" if live else "test"
    yield judged(
        ("_live_" in kind) == live,
        f"secret: the key is for {mode} mode, as Livemode says",
        f"secret: the key is not for {mode} mode, which Livemode asks for",
        remedy,
    )
    if live and kind.startswith("sk"):
        yield warn("secret: the key may do everything", "make a restricted key: Stripe dashboard, Developers, API keys")


def _signing(endpoints: Any, remedy: str) -> Iterator[Line]:
    if not isinstance(endpoints, dict) or "default" not in endpoints:
        yield wrong("secret: webhook_secrets names no endpoint `default`", "python -m infra.stripe apply makes it")
        return
    for name, secrets in endpoints.items():
        good = isinstance(secrets, list) and bool(secrets) and all(_is_signing(each) for each in secrets)
        fault = f"secret: the endpoint {name} needs a list of signing secrets (whsec_...)"
        yield ok(f"secret: the endpoint {name} has {len(secrets)}") if good else wrong(fault, remedy)


def _is_signing(secret: Any) -> bool:
    return isinstance(secret, str) and secret.startswith("whsec_")


def key_of(value: Any) -> str | None:
    """The Stripe key, where there is one to try."""
    key = value.get("stripe_api_key") if isinstance(value, dict) else None
    return key if isinstance(key, str) and key.strip() else None


def endpoints_of(value: Any) -> list[str]:
    """The names of the webhook endpoints; `default` where none can be read."""
    endpoints = value.get("webhook_secrets") if isinstance(value, dict) else None
    return list(endpoints) if isinstance(endpoints, dict) and endpoints else ["default"]
