"""Twenty thousand lives of failed payments: nothing twice, nothing after payment, nothing at night, nobody forgotten."""

import os
import subprocess
import sys

import pytest

from tests.sim_mails.broken import BREAKS, broken
from tests.sim_mails.edges import installed
from tests.sim_mails.lives import first_wrong, live, trace
from tests.sim_mails.world import FAULTS

RUNS, CHUNKS = 20_000, 100


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_life_comes_out_wrong(chunk: int) -> None:
    with installed() as edges:
        found = first_wrong(edges, range(chunk * RUNS // CHUNKS, (chunk + 1) * RUNS // CHUNKS))
        told = trace(edges, found.seed) if found else ""

    assert found is None, f"python -m tests.sim_mails --seed {found.seed} --trace\n{told}"


@pytest.mark.parametrize("name", [one.__name__ for one in BREAKS])
def test_each_broken_variant_is_caught(name: str) -> None:
    with installed() as edges, broken(name):
        assert first_wrong(edges, range(2_000))


def test_the_lives_see_every_fault_and_every_way_in_which_a_look_can_end() -> None:
    """A simulation in which nothing happens proves nothing."""
    with installed() as edges:
        seen = "\n".join(trace(edges, seed) for seed in range(400))
        lives = [live(edges, seed) for seed in range(400)]

    for fault in FAULTS:
        assert f"({fault})" in seen, fault
    for word in ("is paid", "is void", "processing", "customer deleted", "canceled", "pay@example.com", "send-now"):
        assert word in seen, word
    for word in ("stop in_1", "resume in_1", "feedback", "crashed", "is ended by Lambda", "('in_2', 'day_"):
        assert word in seen, word
    assert sum(each.mails for each in lives) > 400


def test_a_seed_gives_the_same_life_byte_for_byte_in_another_process() -> None:
    with installed() as edges:
        expected = trace(edges, 28)

    command = [sys.executable, "-m", "tests.sim_mails", "--seed", "28", "--trace"]
    shown = subprocess.run(
        command, capture_output=True, check=True, env=os.environ | {"PYTHONHASHSEED": "7"}, timeout=60
    )

    assert shown.stdout.decode() == expected + "\n"
    assert len(expected.splitlines()) > 10
