"""`python -m tests.fuzz --seconds N`: atheris looks for bytes that the signature check or the reader of bodies trips over.

What it has found interesting stays in build/fuzz, and the next run goes on from there. It exits with 0 where nothing was
found; else the input is written beside the corpus, and `python -m tests.fuzz FILE` plays it again.
"""

import argparse
import json
import sys
from importlib.util import find_spec
from pathlib import Path

from tests.fixtures import signatures

FOLDER = Path("build/fuzz")
EVENTS = signatures.FILE.parent / "stripe"
LONGEST = 16_384
"""Bytes of an input."""


def main(arguments: list[str]) -> int:
    """0 where nothing was found, or where atheris does not run on this machine."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"where the corpus is kept (default {FOLDER})")
    parser.add_argument("inputs", nargs="*", type=Path, help="inputs to play once, instead")
    options = parser.parse_args(arguments)
    if find_spec("atheris") is None:
        sys.stdout.write("atheris has no wheel for this machine (it has for Linux on x86-64): nothing was fuzzed.\n")
        return 0
    from tests.fuzz import target  # noqa: PLC0415 - it instruments what it imports

    if options.inputs:
        for path in options.inputs:
            target.one(path.read_bytes())
        return 0
    corpus = options.folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (corpus / f"seed-{number:03}").write_bytes(seed)
    target.fuzz(
        [
            "tests.fuzz",
            str(corpus),
            f"-max_total_time={options.seconds}",
            f"-max_len={LONGEST}",
            f"-artifact_prefix={options.folder}/",
            "-timeout=10",
            "-rss_limit_mb=2048",
            "-print_final_stats=1",
        ]
    )
    return 0  # never reached: libFuzzer ends the process


def seeds() -> list[bytes]:
    """Every recorded event, to be signed, and every signature vector, as `target.one` reads them."""
    events = [b"\x01" + json.dumps(json.loads(path.read_bytes())).encode() for path in sorted(EVENTS.rglob("*.json"))]
    vectors = [
        b"\x00" + each["header"].encode("utf-8", "surrogatepass") + b"\0" + each["body"].encode()
        for each in signatures.vectors()
        if each["header"] and "body" in each
    ]
    return [seed for seed in events + vectors if len(seed) <= LONGEST]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
