"""Failures of the API on purpose, by rule: too many requests, server errors, slowness, lost requests and lost answers."""

import random
import re
import threading
from dataclasses import dataclass
from typing import Any

KINDS = ("429", "429_retry", "500", "slow", "timeout", "reset", "lost_answer")


@dataclass
class Rule:
    """`fault` for requests whose `METHOD path` matches the pattern, with a chance of `rate`, at most `count` times (0: no end).

    429: Stripe's answer; 429_retry: with Stripe-Should-Retry; 500: nothing was done; slow: answered after `seconds`; timeout:
    never answered, closed after `seconds`; reset: cut before anything is done; lost_answer: done, and cut before the answer.
    """

    pattern: str
    fault: str
    rate: float = 1.0
    count: int = 0
    seconds: float = 1.0
    hits: int = 0


def parse(given: Any) -> list[Rule]:
    """Rules from JSON; ValueError says what is wrong with one."""
    if not isinstance(given, list):
        raise ValueError("rules is a list")
    return [_rule(one) for one in given]


def _rule(given: Any) -> Rule:
    if not isinstance(given, dict) or not {"pattern", "fault"} <= set(given) <= {
        "pattern",
        "fault",
        "rate",
        "count",
        "seconds",
    }:
        raise ValueError("a rule has pattern and fault, and may have rate, count and seconds")
    if given["fault"] not in KINDS:
        raise ValueError(f"fault is one of {', '.join(KINDS)}")
    try:
        re.compile(given["pattern"])
    except re.error as error:
        raise ValueError(f"pattern {given['pattern']!r}: {error}") from None
    return Rule(**given)


class Faults:
    """The rules in force, and their luck, which comes from the twin's seed."""

    def __init__(self, seed: int) -> None:
        self.rules: list[Rule] = []
        self._luck = random.Random(seed + 2)  # noqa: S311 - a run must be repeatable
        self._lock = threading.Lock()

    def hit(self, method: str, path: str) -> Rule | None:
        """The first rule that strikes this request."""
        with self._lock:
            for rule in self.rules:
                spent = rule.count and rule.hits >= rule.count
                if not spent and re.search(rule.pattern, f"{method} {path}") and self._luck.random() < rule.rate:
                    rule.hits += 1
                    return rule
        return None


def answer(rule: Rule, request_id: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Status, headers and body of a rule that answers."""
    log = f"https://dashboard.stripe.com/test/logs/{request_id}"
    if rule.fault == "500":
        error = {"message": "An unknown error occurred", "request_log_url": log, "type": "api_error"}
        return 500, {"Request-Id": request_id}, {"error": error}
    message = (
        "Request rate limit exceeded. You can learn more about rate limits here https://stripe.com/docs/rate-limits."
    )
    error = {"code": "rate_limit", "doc_url": "https://stripe.com/docs/error-codes/rate-limit", "message": message,
             "request_log_url": log, "type": "invalid_request_error"}  # fmt: skip
    retry = {"Stripe-Should-Retry": "true"} if rule.fault == "429_retry" else {}
    return 429, {"Request-Id": request_id, **retry}, {"error": error}
