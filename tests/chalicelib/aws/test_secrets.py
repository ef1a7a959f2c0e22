"""The one secret: read every five minutes, anew after a mismatch but once a minute, and of the right mode."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.aws import secrets
from chalicelib.aws.clients import client
from chalicelib.aws.secrets import LIFETIME, REFETCH_AFTER
from chalicelib.errors import Misconfigured, NotFound, Retryable
from tests.conftest import WEBHOOK_SECRET, Cloud


class Reads:
    """The clock, the secret, and how often Secrets Manager was asked for it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.count = 0
        self.put(value("rk_test_twin_key"))

    def put(self, held: Any) -> None:
        """What the secret holds from now on; text as it stands, anything else as JSON."""
        self.text = held if isinstance(held, str) else json.dumps(held)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    """A stopped clock, and Secrets Manager at the call that we make."""
    made = Reads()
    monkeypatch.setattr(time, "monotonic", lambda: made.now)

    def answer(SecretId: str) -> dict[str, str]:  # noqa: N803
        assert SecretId == "stamkund-test"
        made.count += 1
        return {"SecretString": made.text}

    monkeypatch.setattr(client("secretsmanager"), "get_secret_value", answer)
    return made


def test_the_secret_of_a_real_account_is_read(cloud: Cloud) -> None:
    assert secrets.stripe_api_key() == "rk_test_twin_key"
    assert secrets.webhook_secrets("default") == [WEBHOOK_SECRET]


def value(key: Any = "rk_test_x", endpoints: Any = None) -> dict[str, Any]:
    """A secret."""
    return {"stripe_api_key": key, "webhook_secrets": endpoints or {"default": [WEBHOOK_SECRET]}}


def test_the_secret_is_read_once_in_its_lifetime(reads: Reads) -> None:
    assert secrets.stripe_api_key() == "rk_test_twin_key"
    assert secrets.webhook_secrets("default") == [WEBHOOK_SECRET]
    reads.now += LIFETIME
    secrets.stripe_api_key()
    assert reads.count == 1
    reads.now += 1
    secrets.stripe_api_key()
    assert reads.count == 2


def test_a_rolled_secret_is_seen_after_its_lifetime_or_a_mismatch(reads: Reads) -> None:
    secrets.webhook_secrets("default")
    reads.put(value(endpoints={"default": ["whsec_new", WEBHOOK_SECRET]}))
    reads.now += REFETCH_AFTER + 1

    assert secrets.webhook_secrets("default") == [WEBHOOK_SECRET]
    assert secrets.webhook_secrets("default", newest=True) == ["whsec_new", WEBHOOK_SECRET]
    assert secrets.webhook_secrets("default") == ["whsec_new", WEBHOOK_SECRET]


def test_a_flood_of_bad_signatures_reads_the_secret_once_a_minute(reads: Reads) -> None:
    for second in range(2 * REFETCH_AFTER + 2):
        reads.now = 1000.0 + second
        for _ in range(5):
            secrets.webhook_secrets("default")
            secrets.webhook_secrets("default", newest=True)

    assert reads.count == 2


def test_forgetting_reads_anew(reads: Reads) -> None:
    secrets.stripe_api_key()
    secrets.forget()
    secrets.stripe_api_key()

    assert reads.count == 2


def test_an_endpoint_that_was_just_made_is_found_and_a_flood_of_unknown_ones_reads_once_a_minute(reads: Reads) -> None:
    secrets.webhook_secrets("default")
    reads.put(value(endpoints={"default": [WEBHOOK_SECRET], "connect": ["whsec_connect"]}))
    reads.now += REFETCH_AFTER + 1

    assert secrets.webhook_secrets("connect") == ["whsec_connect"]
    for _ in range(5):
        with pytest.raises(NotFound):
            secrets.webhook_secrets("elsewhere")
    assert reads.count == 2


def test_an_unknown_endpoint_is_not_found(reads: Reads) -> None:
    with pytest.raises(NotFound):
        secrets.webhook_secrets("elsewhere")
    with pytest.raises(NotFound):
        secrets.webhook_secrets("elsewhere", newest=True)


@pytest.mark.parametrize(
    "endpoint",
    [[], [""], ["whsec_1", ""], ["sk_test_1"], ["whsec_1", "whsec2"], [None], [7], "whsec_1", {"a": "whsec_1"}],
)
def test_an_endpoint_without_a_usable_secret_is_a_matter_of_configuration(reads: Reads, endpoint: Any) -> None:
    reads.put(value(endpoints={"default": endpoint}))

    with pytest.raises(Misconfigured, match="whsec_"):
        secrets.webhook_secrets("default")


@pytest.mark.parametrize(
    "key, live, fits",
    [
        ("rk_test_1", "false", True),
        ("sk_test_1", "false", True),
        ("rk_live_1", "true", True),
        ("rk_live_1", "false", False),
        ("sk_live_1", "false", False),
        ("rk_test_1", "true", False),
    ],
)
def test_the_key_must_be_of_the_mode_of_the_stage(
    reads: Reads, monkeypatch: pytest.MonkeyPatch, key: str, live: str, fits: bool
) -> None:
    reads.put(value(key))
    monkeypatch.setenv("LIVEMODE", live)

    if fits:
        assert secrets.stripe_api_key() == key
        return
    with pytest.raises(Misconfigured, match="mode") as wrong:
        secrets.stripe_api_key()
    assert key not in wrong.value.message


@pytest.mark.parametrize("key", [None, "", "  ", 7, ["rk_test_1"]])
def test_a_missing_key_is_named(reads: Reads, key: Any) -> None:
    reads.put(value(key))

    with pytest.raises(Misconfigured, match="stripe_api_key"):
        secrets.stripe_api_key()


@pytest.mark.parametrize("text", ["sk_test_1", "[]", "null", '"rk_test_1"', "{"])
def test_a_secret_that_is_no_json_object_is_told_without_its_value(reads: Reads, text: str) -> None:
    reads.put(text)

    with pytest.raises(Misconfigured) as wrong:
        secrets.stripe_api_key()
    assert text not in wrong.value.message


@pytest.mark.parametrize("webhook_secrets", [None, [], "whsec_1", ["whsec_1"]])
def test_webhook_secrets_that_are_no_object_are_told(reads: Reads, webhook_secrets: Any) -> None:
    reads.put({"stripe_api_key": "rk_test_1", "webhook_secrets": webhook_secrets})

    with pytest.raises(Misconfigured, match="JSON object"):
        secrets.webhook_secrets("default")


def test_secrets_manager_down_may_pass_but_what_is_cached_still_serves(
    reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets.stripe_api_key()

    def fail(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://secretsmanager")

    monkeypatch.setattr(client("secretsmanager"), "get_secret_value", fail)

    assert secrets.stripe_api_key() == "rk_test_twin_key"
    reads.now += LIFETIME + 1
    with pytest.raises(Retryable):
        secrets.stripe_api_key()
