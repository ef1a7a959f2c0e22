"""Package the app: `python -m infra.package STAGE` writes template.json and two archives into build/STAGE.

`chalice package` makes the template and the archives from a clean copy of the sources, offline apart from the wheels
(see infra.wheels); infra/template.yaml is merged in. Both archives are kept by a hash of what went into them, so a
second run takes about a second.
"""

import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from infra import slim
from infra.wheels import wheels

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build"
SOURCES = ("app.py", "requirements.txt")
FOLDERS = (".chalice", "chalicelib")
REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


class PackageError(Exception):
    """The app could not be packaged; the message says why."""


def package(stage: str, target: Path, root: Path = ROOT, cache: Path = BUILD / "cache") -> None:
    """Package the app for a stage into the folder `target`.

    Raises PackageError where Chalice fails or leaves a dependency out, which it would only mention.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the cache is shared by every run on this machine, tests included
        _package(stage, target, root, cache)


def _package(stage: str, target: Path, root: Path, cache: Path) -> None:
    source = _clean_copy(root, cache / "source" / stage)
    architecture = _settle_architecture(source, stage)
    found = wheels(root / "requirements.txt", architecture, cache / "wheels")
    _chalice(source, stage, target, _as_json(root / "infra" / "template.yaml", source / "merge.json"), found)
    (target / "sam.json").replace(target / "template.json")
    _slim_layer(target / "layer-deployment.zip", cache / "layers")
    _check_complete(root / "requirements.txt", target / "layer-deployment.zip")


def _clean_copy(root: Path, target: Path) -> Path:
    """Copy what Chalice looks at. It would take along every file under chalicelib, caches and editors' files too."""
    kept = target / ".chalice" / "deployments"
    for folder in FOLDERS:
        for path in (target / folder).glob("*"):
            if path != kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        ignore = shutil.ignore_patterns("__pycache__", "*.pyc", ".*", "deployments", "deployed")
        shutil.copytree(root / folder, target / folder, ignore=ignore, dirs_exist_ok=True)
    for name in SOURCES:
        shutil.copy2(root / name, target / name)
    return target


def _settle_architecture(source: Path, stage: str) -> str:
    """The stage's Lambda architecture. On the stage `local` functions run on this machine, so it decides."""
    path = source / ".chalice" / "config.json"
    config = json.loads(path.read_text())
    settings = config["stages"].get(stage)
    if settings is None:
        raise PackageError(
            f"The stage {stage} is not in .chalice/config.json: add it to its `stages`, as prod stands there."
        )
    if stage == "local":
        settings["lambda_architecture"] = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
        path.write_text(json.dumps(config))
    return str(settings.get("lambda_architecture") or config["lambda_architecture"])


def _as_json(template: Path, target: Path) -> Path:
    """The merge template in JSON. Given YAML, Chalice answers in YAML with aliases, which CloudFormation refuses."""
    target.write_text(json.dumps(yaml.safe_load(template.read_text())))
    return target


def _chalice(source: Path, stage: str, target: Path, merge: Path, found: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", str(source)),
        "AWS_DEFAULT_REGION": "eu-north-1",  # Chalice wants one; nothing in the template depends on it
        "PYTHONDONTWRITEBYTECODE": "1",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(found),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    command = [str(Path(sys.executable).with_name("chalice")), "package", "--stage", stage]
    result = subprocess.run(
        [*command, "--merge-template", str(merge), str(target)],
        cwd=source,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise PackageError(f"chalice package failed:\n{result.stdout}{result.stderr}")


def _slim_layer(layer: Path, cache: Path) -> None:
    """Replace the layer by its slim form, made once for each layer and each version of the rules."""
    rules = Path(slim.__file__).read_bytes()
    kept = cache / f"{hashlib.sha256(layer.read_bytes() + rules).hexdigest()[:16]}.zip"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        partial = kept.with_suffix(".partial")
        slim.slim(layer, partial)
        partial.replace(kept)
    shutil.copyfile(kept, layer)


def _check_complete(requirements: Path, layer: Path) -> None:
    wanted = {(name.lower(), version) for name, version in REQUIREMENT.findall(requirements.read_text())}
    missing = sorted(name for name, _ in wanted - slim.packages(layer))
    if missing:
        raise PackageError(f"Chalice found no wheel that runs on Lambda for: {', '.join(missing)}")


def main(arguments: list[str]) -> int:
    """Package for the stage named on the command line and say where the result is and how large."""
    if len(arguments) != 1:
        print("usage: python -m infra.package STAGE", file=sys.stderr)
        return 2
    target = BUILD / arguments[0]
    try:
        package(arguments[0], target)
    except (PackageError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    for path in sorted(target.iterdir()):
        print(f"{path.stat().st_size:>12,}  {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
