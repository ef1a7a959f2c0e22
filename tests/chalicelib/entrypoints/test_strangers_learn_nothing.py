"""Whoever does not prove who they are learns nothing about whom we know: not by what we say, and not by how long we take."""

import time
from collections.abc import Callable
from statistics import median

import pytest

from chalicelib.actions import throttle
from tests.chalicelib.entrypoints.caller import Answer, call
from tests.conftest import SITE
from tests.shop import Shop

ROUNDS = 1000
"""Of a known and an unknown customer each, in turns: two thousand requests."""
CLOSE = 0.002
UNSIGNED = {"expires": "1793621100", "nonce": "nonce-of-this-test", "signature": "v1_" + "0" * 64}


def by_session(customer: str) -> Answer:
    """Way one, without a key that counts."""
    return call("POST", "/v1/portal-sessions", {"customer": customer}, key="smk_test_wrong")


def by_list(customer: str) -> Answer:
    """The state API, without a key that counts."""
    return call("GET", "/v1/customers/{customer_id}", key="smk_test_wrong", customer_id=customer)


def by_redirect(customer: str) -> Answer:
    """Way two, without a signature that fits."""
    return call("GET", "/portal/{site_id}", query={**UNSIGNED, "customer": customer}, site_id=SITE.id)


@pytest.mark.parametrize("ask", [by_session, by_list, by_redirect])
def test_a_known_and_an_unknown_customer_look_alike(shop: Shop, ask: Callable[[str], Answer]) -> None:
    known = shop.customer()
    shop.deliver()
    unknown = known[:-1] + ("x" if known[-1] != "x" else "y")
    spent: dict[str, list[float]] = {known: [], unknown: []}
    said: dict[str, set[tuple[int, str]]] = {known: set(), unknown: set()}
    for _ in range(20):
        ask(known)

    for number in range(ROUNDS):
        throttle.forget()
        for customer in (known, unknown) if number % 2 else (unknown, known):
            began = time.perf_counter()
            answer = ask(customer)
            spent[customer].append(time.perf_counter() - began)
            said[customer].add((answer.status, answer.text))

    assert said[known] == said[unknown]
    assert len(said[known]) == 1
    assert abs(median(spent[known]) - median(spent[unknown])) < CLOSE
