"""A folder with the wheels that requirements.txt names, each checked against its hash.

Chalice fetches wheels for Lambda's architecture by name and version alone, without the hashes of requirements.txt. So
we fetch them first, with the hashes, and let it choose from this folder with the index switched off.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}


def wheels(requirements: Path, architecture: str, folder: Path) -> Path:
    """The folder with every wheel for this machine's Python and for Lambda on `architecture` (x86_64 or arm64).

    Fetched once for each content of `requirements`, into a folder below `folder`. Raises CalledProcessError where a
    wheel is missing or its hash is another.
    """
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
    target = folder / f"{digest}-{architecture}"
    done = target / "complete"
    if not done.exists():
        target.mkdir(parents=True, exist_ok=True)
        _download(requirements, target, [])
        _download(requirements, target, _lambda_platform(architecture))
        done.touch()
    return target


def _lambda_platform(architecture: str) -> list[str]:
    """pip's options for the Lambda runtime: Amazon Linux 2, glibc 2.26, this Python version."""
    machine = MACHINES[architecture]
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(17, 27)] + [f"manylinux2014_{machine}"]
    platforms = [option for tag in tags for option in ("--platform", tag)]
    return [*platforms, "--implementation", "cp", "--python-version", f"{sys.version_info[0]}.{sys.version_info[1]}"]


def _download(requirements: Path, target: Path, options: list[str]) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--require-hashes"),
            *("--no-deps", "--only-binary", ":all:", "--requirement", str(requirements), "--dest", str(target)),
            *options,
        ],
        check=True,
        stdin=subprocess.DEVNULL,
    )
