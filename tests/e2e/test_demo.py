"""`make demo ONCE=1`, with webhooks that come twice, in the wrong order, under two ids and in an older version."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.package import ROOT

pytestmark = pytest.mark.stack

# No losses and no delays: after each step, the demo expects both sides to agree at once.
MISCHIEF = {"duplicate": 0.4, "reorder": 0.4, "two_ids": 0.2, "older": 0.2}


def test_the_demo_ends_well_whatever_the_order_of_events(tmp_path: Path) -> None:
    """Both sides agree after each of the eight steps, and no message is left over."""
    profile = tmp_path / "chaos.json"
    profile.write_text(json.dumps(MISCHIEF))
    result = subprocess.run(
        [sys.executable, "-m", "infra.local", "demo", "--once", "--chaos", str(profile)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("Stamkund and Stripe agree.") == 8
