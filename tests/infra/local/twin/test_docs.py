"""docs/twin.md: its example runs, and it names every control path and option there is."""

import re
from pathlib import Path
from typing import Any

from infra.local.twin import __main__ as program
from infra.local.twin.http.control import ROUTES

TEXT = Path("docs/twin.md").read_text()


def test_the_example_of_the_manual_runs() -> None:
    [code] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    names: dict[str, Any] = {}

    exec(compile(code, "docs/twin.md", "exec"), names)  # noqa: S102 - our own manual

    tests = [value for name, value in names.items() if name.startswith("test_")]
    assert len(tests) == 1
    tests[0]()


def test_the_manual_names_every_control_path_and_option() -> None:
    source = Path(program.__file__).read_text()
    options = set(re.findall(r'"(--[a-z-]+)"', source))

    assert {path for _, path in ROUTES} <= set(re.findall(r"/_twin/[a-z-]+", TEXT))
    assert options <= set(re.findall(r"--[a-z-]+", TEXT))
