"""The API on the whole local stack: the zip that ships behind the AWS stand-in, and Stripe's twin behind that."""

import json
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chalicelib.core import tokens
from infra.local import drive, nordlys
from infra.local.stack import Stack

pytestmark = pytest.mark.stack
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@dataclass(frozen=True)
class Reply:
    """What came back, redirects not followed."""

    status: int
    headers: dict[str, str]
    text: str


class Stays(urllib.request.HTTPRedirectHandler):
    """A browser that does not follow."""

    def redirect_request(self, *_: Any) -> None:
        """Stay."""


def ask(method: str, url: str, body: Any = None, key: str | None = None) -> Reply:
    """One request."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.build_opener(Stays).open(request, timeout=180) as reply:
            return Reply(reply.status, dict(reply.headers), reply.read().decode())
    except urllib.error.HTTPError as error:
        return Reply(error.code, dict(error.headers), error.read().decode())


@pytest.fixture(scope="module")
def customer(stack: Stack) -> str:
    """A customer of the demo merchant whom our table knows."""
    merchant = nordlys.client(stack.stripe_key, stack.stripe)
    plan = nordlys.list_plans(merchant)[0]
    ident, _ = nordlys.subscribe(merchant, "Astrid Berg", "astrid@example.com", plan.price)
    deadline = time.monotonic() + 60
    while ask("GET", f"{stack.api}/v1/customers/{ident}", key=stack.api_key).status != 200:
        assert time.monotonic() < deadline, "the customer's events did not arrive"
        time.sleep(0.5)
    return ident


def sessions(stack: Stack) -> int:
    """How many portal sessions the twin ever made: each is an event."""
    merchant = nordlys.client(stack.stripe_key, stack.stripe)
    made = merchant.v1.events.list({"type": "billing_portal.session.created", "limit": 100})
    return len(made.data)


def test_of_five_clicks_at_once_on_a_single_use_link_one_opens(stack: Stack, customer: str) -> None:
    """A hundred looks and fifty clicks are counted where they are cheap; here each one at once is a Lambda that starts."""
    body = {"customer": customer, "single_use": True}
    made = ask("POST", f"{stack.api}/v1/portal-links", body, stack.api_key)
    url = json.loads(made.text)["url"]
    assert {ask(method, url).status for method in ("GET", "HEAD") * 5} == {200}
    before = sessions(stack)

    with ThreadPoolExecutor(5) as pool:
        statuses = list(pool.map(lambda _: ask("POST", url).status, range(5)))

    assert sorted(statuses) == [303] + [410] * 4
    assert sessions(stack) == before + 1


def test_of_five_followers_of_a_signed_redirect_at_once_one_gets_in(stack: Stack, customer: str) -> None:
    url = signed(stack, customer=customer, return_url=stack.shop)
    before = sessions(stack)

    with ThreadPoolExecutor(5) as pool:
        replies = list(pool.map(lambda _: ask("GET", url), range(5)))

    assert sorted(reply.status for reply in replies) == [303] + [410] * 4
    assert next(each for each in replies if each.status == 303).headers["Location"].startswith(stack.stripe)
    assert sessions(stack) == before + 1


def signed(stack: Stack, **values: str) -> str:
    """A signed address; its parameters stand in no order, as form encoding writes them."""
    values |= {"expires": str(drive.now(stack) + 500), "nonce": f"nonce-of-{time.time_ns()}"}
    values["signature"] = tokens.sign(stack.site, values, stack.site_secret)
    return f"{stack.api}/portal/{stack.site}?{urlencode(list(reversed(values.items())))}"


def test_parameters_of_a_signed_redirect_arrive_as_they_were_meant(stack: Stack, customer: str) -> None:
    message = "Välkommen åter! 雪 & 100 % + ~ (nästan)*"

    reply = ask(
        "GET",
        signed(
            stack, customer=customer, flow="payment_method_update", after="hosted_confirmation", after_message=message
        ),
    )

    assert reply.status == 303, reply.headers


def test_two_of_a_parameter_are_refused(stack: Stack, customer: str) -> None:
    reply = ask("GET", signed(stack, customer=customer) + "&customer=cus_other")

    assert (reply.status, reply.headers["X-Error-Param"]) == (400, "customer")


def test_whatever_a_stranger_sends_the_answer_is_documented(stack: Stack) -> None:
    schema = schemathesis.openapi.from_url(f"{stack.api}/openapi.json")
    operations: list[Any] = [each.ok() for each in schema.get_all_operations()]  # type: ignore[union-attr]
    reached = 0

    for operation in operations:

        @settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def judge(case: Any) -> None:
            case.validate_response(case.call(headers={"Authorization": f"Bearer {stack.api_key}"}), checks=CHECKS)

        judge()
        reached += 1

    assert reached == len(operations) > 10
