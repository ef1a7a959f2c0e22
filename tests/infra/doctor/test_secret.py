"""The secret: what passes, what does not, and that no value is ever told."""

import pytest

from infra.doctor import secret
from tests.infra.doctor.conftest import Deployment, told

GOOD = {"stripe_api_key": "rk_live_VALUE", "webhook_secrets": {"default": ["whsec_VALUE"]}}


def test_a_good_secret() -> None:
    assert [line.level for line in secret.judge(GOOD, True, "arn")] == ["ok", "ok"]


@pytest.mark.parametrize(
    "value, words",
    [
        (None, "not a JSON object"),
        (["VALUE"], "not a JSON object"),
        ({}, "not filled in yet"),
        (GOOD | {"stripe_api_key": "VALUE"}, "stripe_api_key is no secret"),
        (GOOD | {"stripe_api_key": "pk_live_VALUE"}, "stripe_api_key is no secret"),
        (GOOD | {"stripe_api_key": 5}, "stripe_api_key is no secret"),
        (GOOD | {"stripe_api_key": "sk_test_VALUE"}, "not for live mode"),
        (GOOD | {"webhook_secrets": {}}, "no endpoint `default`"),
        (GOOD | {"webhook_secrets": ["whsec_VALUE"]}, "no endpoint `default`"),
        (GOOD | {"webhook_secrets": {"default": "whsec_VALUE"}}, "default needs a list"),
        (GOOD | {"webhook_secrets": {"default": []}}, "default needs a list"),
        (GOOD | {"webhook_secrets": {"default": ["whsec_VALUE", "VALUE"]}}, "default needs a list"),
        (GOOD | {"webhook_secrets": {"default": ["whsec_VALUE"], "eu": 5}}, "eu needs a list"),
    ],
)
def test_a_mistake_is_named_and_no_value_told(value: object, words: str) -> None:
    lines = list(secret.judge(value, True, "arn"))

    assert words in told(lines, "wrong")
    assert "VALUE" not in "".join(map(str, lines))


@pytest.mark.parametrize(
    "value", [GOOD | {"stripe_api_key": "pk_live_VALUE"}, GOOD | {"webhook_secrets": {"default": []}}]
)
def test_the_remedy_for_one_member_keeps_the_others(value: object) -> None:
    """Whoever puts a value of the first shape in its place deletes the sites' signing secrets."""
    remedy = told(list(secret.judge(value, True, "arn")), "wrong")

    assert "change that alone within the value of arn" in remedy
    assert "{" not in remedy


def test_a_live_key_in_a_test_deployment_is_wrong() -> None:
    assert "not for test mode" in told(list(secret.judge(GOOD, False, "arn")), "wrong")


def test_a_key_that_may_do_everything_is_worth_a_word() -> None:
    lines = list(secret.judge(GOOD | {"stripe_api_key": "sk_live_VALUE"}, True, "arn"))

    assert "restricted" in told(lines, "warn")
    assert told(lines, "wrong") == ""


def test_other_entries_are_counted_not_named() -> None:
    lines = list(secret.judge(GOOD | {"whsec_VALUE": 1}, True, "arn"))

    assert "1 more" in told(lines, "warn")
    assert "VALUE" not in told(lines, "warn")


def test_what_is_stored_is_read(deployment: Deployment) -> None:
    assert secret.key_of(secret.read(deployment.stacks)) == "rk_test_twin_key"
    deployment.secret("not JSON")
    assert secret.read(deployment.stacks) is None


def test_endpoints_are_named_even_where_the_secret_is_no_use() -> None:
    assert secret.endpoints_of(None) == ["default"]
    assert secret.endpoints_of({"webhook_secrets": {"default": [], "eu": []}}) == ["default", "eu"]
    assert secret.key_of({"stripe_api_key": 5}) is None
