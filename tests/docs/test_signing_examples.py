"""The signing examples of docs/portal.md, run as they stand there, against the vectors."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
VECTORS = json.loads((ROOT / "tests" / "fixtures" / "signed_redirects.json").read_text(encoding="utf-8"))
DRIVERS = {
    "python": (
        [sys.executable, "-c"],
        "import json, sys\nprint(json.dumps([portal_url(c[0], c[1], c[2], **c[3]) for c in json.load(sys.stdin)]))",
    ),
    "javascript": (
        ["node", "-e"],
        (
            'const cases = JSON.parse(require("fs").readFileSync(0));\n'
            "console.log(JSON.stringify(cases.map((c) => portalUrl(...c))));"
        ),
    ),
    "php": (
        ["php", "-r"],
        "echo json_encode(array_map(fn($c) => portal_url(...$c), json_decode(stream_get_contents(STDIN), true)));",
    ),
    "ruby": (
        ["ruby", "-e"],
        (
            'require "json"\n'
            "puts JSON.parse(STDIN.read).map { |c| portal_url(c[0], c[1], c[2], **c[3].transform_keys(&:to_sym)) }.to_json"
        ),
    ),
}


def example(language: str) -> str:
    """The one code block in this language."""
    text = (ROOT / "docs" / "portal.md").read_text(encoding="utf-8")
    block: str
    (block,) = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return block.removeprefix("<?php\n")


def expected(vector: dict[str, Any]) -> str:
    """The address of a vector that opens."""
    query = vector["canonical"].split("\n")[2]
    return f"https://api.example/portal/{vector['site']}?{query}&signature={dict(vector['params'])['signature']}"


@pytest.mark.parametrize("language", DRIVERS)
def test_an_example_makes_the_addresses_of_the_vectors(language: str) -> None:
    command, driver = DRIVERS[language]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not on this machine")
    vectors = [each for each in VECTORS if "canonical" in each]
    cases = []
    for each in vectors:
        params = {name: value for name, value in each["params"] if name != "signature"}
        cases.append(["https://api.example", each["site"], each["secrets"][0], params])
    done = subprocess.run(
        [*command, example(language) + "\n" + driver],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [expected(each) for each in vectors]
    assert len(vectors) >= 3
