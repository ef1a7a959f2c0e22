"""The benchmark's arithmetic. What it measures is not tested: time lies."""

import json
from typing import Any

import pytest

from chalicelib.errors import BadRequest
from chalicelib.stripe_api import signature
from infra.bench import reminders
from infra.bench.figures import (
    Spread,
    cold_lines,
    growth_line,
    memory_line,
    percentiles,
    reminders_lines,
    spread,
    webhook_lines,
)
from infra.bench.memory import Held
from infra.bench.webhook import SECRET, Round, body_maker, signed
from tests.conftest import NOW


def test_a_ratio_is_that_of_the_middle_round_whatever_one_hiccup_did() -> None:
    assert spread([(1.0, 1.1), (2.0, 2.4), (1.0, 90.0)]) == Spread(1.1, 1.2, 90.0)
    assert str(Spread(1.1, 1.2, 90.0)) == "1.20 (of the rounds: 1.10 to 90.00)"


def test_percentiles_are_of_single_events() -> None:
    half, most = percentiles([float(number) for number in range(1, 1000)])

    assert (half, most) == (500.0, 990.0)


def test_the_table_of_the_webhook_names_cpu_rate_and_tails() -> None:
    rounds = [(Round(0.2, [0.002] * 100), Round(0.22, [0.003] * 100))] * 3

    assert webhook_lines(rounds)[1:] == [
        "floor: HMAC, JSON, one UpdateItem    2000 us      500   2000 us   2000 us",
        "Stamkund: the handler that ships     2200 us      333   3000 us   3000 us",
        "ratio: CPU 1.10 (of the rounds: 1.10 to 1.10); wall p50 1.50, p99 1.50",
    ]


def test_the_table_of_the_cold_start_has_both_and_their_ratio() -> None:
    lines = cold_lines([(0.2, 0.25), (0.4, 0.48)], "import them", "import app")

    assert [line.split()[-2:] for line in lines[1:3]] == [["300", "ms"], ["365", "ms"]]
    assert lines[3] == "ratio: of the least 1.25; 1.23 (of the rounds: 1.20 to 1.25)"


def test_the_table_of_the_schedule_names_its_cases_its_ratio_and_its_memory() -> None:
    rounds = [(reminders.Handed(10_000, 1.0, 2.0), reminders.Handed(10_000, 1.1, 2.5))] * 3

    assert reminders_lines(rounds, 2**20) == [
        "handing over 10,000 due cases            CPU      wall",
        "floor: the same calls by botocore     1.00 s    2.00 s",
        "Stamkund: the schedule that ships     1.10 s    2.50 s",
        "ratio: CPU 1.10 (of the rounds: 1.10 to 1.10); ours holds at most 1.0 MiB at once",
    ]


def test_the_stand_ins_pages_hold_every_due_case_once() -> None:
    asked: dict[str, Any] = {}
    found: list[Any] = []
    while True:
        page = reminders.page(asked, shards=2, due=2_400)
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            break
        asked = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    assert len(found) == len({str(each) for each in found}) == 1_200


def test_memory_is_told_at_each_look_and_as_what_was_added() -> None:
    first, last = Held(1000, 250_000, 2**26), Held(100_000, 250_012, 2**26)

    assert memory_line(first) == "    1,000 events     250,000 blocks   resident    64.0 MiB"
    assert growth_line(first, last) == "in 99,000 events: +12 blocks, resident +0 bytes"


def test_every_event_is_of_another_invoice_and_signed_as_stripe_signs() -> None:
    make = body_maker()
    one, other = make(1), make(2)

    assert json.loads(one)["data"]["object"]["id"] != json.loads(other)["data"]["object"]["id"]
    signature.verify(one, signed(one, NOW), [SECRET], NOW)
    with pytest.raises(BadRequest):
        signature.verify(other, signed(one, NOW), [SECRET], NOW)
