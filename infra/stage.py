"""What is particular to a stage: infra/stages/STAGE.yaml, held against the template's own parameters."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.package import ROOT

FOLDER = ROOT / "infra" / "stages"
OF_DATA = "OperatorMail"
SECRET = re.compile(r"(sk|rk)_(live|test)_|whsec_|smk_(live|test)_|smss_")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class StageError(Exception):
    """The file of a stage is missing or wrong; the message has a line for each mistake, and never a value that is secret."""


@dataclass(frozen=True)
class Stage:
    """The parameters of both stacks as CloudFormation takes them, and the bucket for the archives."""

    name: str
    bucket: str
    data: dict[str, str]
    app: dict[str, str]


def read(name: str, bucket: str | None = None, folder: Path = FOLDER) -> Stage:
    """The stage of that name; `bucket` is used instead of the file's. Raises StageError."""
    given = _load(folder / f"{name}.yaml")
    if bucket:
        given["bucket"] = bucket
    wrong = mistakes(given)
    if wrong:
        raise StageError("\n".join([f"{name}.yaml:", *(f"  {each}" for each in wrong)]))
    app = {key: value for key, value in given.items() if key not in (OF_DATA, "bucket")}
    return Stage(name, given["bucket"], {OF_DATA: given.get(OF_DATA, "")}, app)


def _load(path: Path) -> dict[str, str]:
    if not path.is_file():
        raise StageError(f"{path} is missing: copy infra/stages/example.yaml there and fill it in.")
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise StageError(f"{path.name} is not YAML{f', line {mark.line + 1}' if mark else ''}.") from error
    if not isinstance(raw, dict):
        raise StageError(f"{path.name} must hold lines of the form `Name: value`.")
    return {str(key): _text(value) for key, value in raw.items()}


def _text(value: Any) -> str:
    """A YAML value as CloudFormation writes it; a list or an empty line is no value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip() if isinstance(value, str | int) else ""


def mistakes(given: dict[str, str]) -> list[str]:
    """A line for everything that is wrong."""
    known = parameters()
    found = [f"{key} holds a secret: those belong into Secrets Manager" for key in given if SECRET.search(given[key])]
    found += [
        f"{key} is not known; known are {', '.join([*known, OF_DATA, 'bucket'])}" for key in _unknown(given, known)
    ]
    needed = [*(key for key, each in known.items() if "Default" not in each), "bucket"]
    found += [f"{key} is missing" for key in needed if not given.get(key)]
    found += [_misfit(key, given[key], each) for key, each in known.items() if given.get(key)]
    if given.get("bucket") and not BUCKET.fullmatch(given["bucket"]):
        found.append("bucket is no name of an S3 bucket: 3 to 63 of a-z, 0-9, dots and hyphens")
    if given.get(OF_DATA) and not re.fullmatch(r"[^@\s]+@[^@\s]+", given[OF_DATA]):
        found.append(f"{OF_DATA} is no mail address")
    return [each for each in found if each]


def parameters() -> dict[str, dict[str, Any]]:
    """The app template's parameters, but for the one that the deployment fills in itself."""
    template = yaml.safe_load((ROOT / "infra" / "template.yaml").read_text(encoding="utf-8"))
    return {key: each for key, each in template["Parameters"].items() if key != "DataStack"}


def _unknown(given: dict[str, str], known: dict[str, Any]) -> list[str]:
    return [key for key in given if key not in (*known, OF_DATA, "bucket")]


def _misfit(key: str, value: str, parameter: dict[str, Any]) -> str:
    """What is wrong with a value by the template's own rules; nothing if it fits."""
    allowed, pattern = parameter.get("AllowedValues"), parameter.get("AllowedPattern")
    if allowed and value not in allowed:
        return f"{key} must be one of {', '.join(allowed)}"
    if pattern and not re.fullmatch(pattern, value):
        return f"{key} does not look right: {parameter.get('Description', pattern)} ({pattern})"
    if parameter["Type"] == "Number":
        least, most = int(parameter.get("MinValue", 0)), int(parameter.get("MaxValue", 10**9))
        if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
            return f"{key} must be a whole number from {least} to {most:,}"
    return ""
