"""What importing the REST Lambda costs, beside the libraries that it cannot do without.

Each import is in a fresh interpreter, both from bytecode, turn by turn. CPU seconds of that interpreter, without its start.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

FLOOR = "import chalice, pynamodb.models, botocore.session"
OURS = "import app"
_PROGRAM = "import sys, time; began = time.process_time(); exec(sys.argv[1]); print(time.process_time() - began)"
_ROOT = Path(__file__).parents[2]


def measure(rounds: int) -> list[tuple[float, float]]:
    """CPU seconds of the floor's import and of ours, round by round."""
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for code in (FLOOR, OURS):
            _cpu(code, environment)
        return [(_cpu(FLOOR, environment), _cpu(OURS, environment)) for _ in range(rounds)]


def _cpu(code: str, environment: dict[str, str]) -> float:
    command = [sys.executable, "-c", _PROGRAM, code]
    done = subprocess.run(command, cwd=_ROOT, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)
