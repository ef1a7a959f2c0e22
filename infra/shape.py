"""Files of ours held against a table of what they may hold: each mistake with its file, its field and how to mend it.

A check takes a value and the path of its field, and yields a sentence for each thing that is wrong.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from infra.stage import SECRET

Check = Callable[[Any, str], Iterable[str]]
HERE = ("127.0.0.1", "localhost")


class FileError(Exception):
    """A file is missing or wrong; the message has a line for each mistake, and never a value that is secret."""


@dataclass(frozen=True)
class Needed:
    """A field that must be there."""

    check: Check


Fields = Mapping[str, Check | Needed]


class _Loader(yaml.SafeLoader):
    """YAML in which a key that stands twice is a mistake: the second would win silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = next((key for at, key in enumerate(seen) if key in seen[:at]), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"{twice} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def load(path: Path) -> dict[str, Any]:
    """A file's fields. Raises FileError for what is no YAML of `name: value`, or holds a secret."""
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - it is a SafeLoader
    except OSError as error:
        raise FileError(f"{path.name}: cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, TypeError, UnicodeDecodeError) as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise FileError(f"{path.name}: is not YAML{where}{f': {problem}' if problem else ''}.") from error
    if not isinstance(raw, dict) or not all(isinstance(key, str) for key in raw):
        raise FileError(f"{path.name}: must hold lines of the form `name: value`.")
    secret = next(_secrets(raw, ""), None)
    if secret is not None:
        raise FileError(
            f"{path.name}: {secret}: holds a secret: those belong into Secrets Manager, and this one is to be rolled."
        )
    return raw


def _secrets(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _secrets(each, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for each in value:
            yield from _secrets(each, path)
    elif isinstance(value, str) and SECRET.search(value):
        yield path


def hold(name: str, raw: dict[str, Any], fields: Fields) -> None:
    """Raise FileError with every mistake of the file `name`."""
    complain(name, shape(fields)(raw, ""))


def complain(name: str, found: Iterable[str]) -> None:
    """Raise FileError where anything was found."""
    lines = [f"{name}: {each}" for each in found]
    if lines:
        raise FileError("\n".join(lines))


def shape(fields: Fields) -> Check:
    """A map with these fields and no others."""

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{path}: must hold {', '.join(fields)}, each on a line of its own below it"
            return
        for key in value:
            if key not in fields:
                yield f"{_below(path, key)}: is not known; known are {', '.join(fields)}"
        for key, each in fields.items():
            if key not in value:
                if isinstance(each, Needed):
                    yield f"{_below(path, key)}: is missing"
            else:
                yield from (each.check if isinstance(each, Needed) else each)(value[key], _below(path, key))

    return check


def _below(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)


def listed(check: Check, least: int = 0, most: int = 100) -> Check:
    """A list of so many, none of them twice."""

    def every(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{path}: must be a list: a line `- ...` for each"
            return
        if not least <= len(value) <= most:
            yield f"{path}: must hold {least} to {most}, and holds {len(value)}"
        for at, each in enumerate(value):
            if each in value[:at]:
                yield f"{path}[{at}]: stands there twice: leave one out"
            yield from check(each, f"{path}[{at}]")

    return every


def flag(value: Any, path: str) -> Iterator[str]:
    """true or false."""
    if not isinstance(value, bool):
        yield f"{path}: must be true or false"


def whole(least: int, most: int) -> Check:
    """A whole number."""

    def check(value: Any, path: str) -> Iterator[str]:
        if type(value) is not int or not least <= value <= most:
            yield f"{path}: must be a whole number from {least} to {most}"

    return check


def text(most: int = 200) -> Check:
    """Words on one line."""

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield f'{path}: must be text: put it in quotes ("..."), for YAML reads {value!r}'
        elif not value.strip() or len(value) > most or not value.isprintable():
            yield f"{path}: must be 1 to {most} printable characters on one line"

    return check


def matching(pattern: str, what: str) -> Check:
    """Text of a form, which `what` tells people."""

    def check(value: Any, path: str) -> Iterator[str]:
        wrong = list(text()(value, path))
        yield from wrong
        if not wrong and not re.fullmatch(pattern, value):
            yield f"{path}: {value!r} must be {what}"

    return check


def one_of(*words: str) -> Check:
    """One of these words."""

    def check(value: Any, path: str) -> Iterator[str]:
        # YAML reads a bare on and off as true and false.
        meant = {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value
        if meant not in words:
            yield f"{path}: must be one of {', '.join(words)}"

    return check


def word(value: Any) -> Any:
    """What people mean by a bare on or off, which YAML reads as true and false."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


def address(local: bool = False, bare: bool = False) -> Check:
    """An https address (on a `local` stage also one of this machine); `bare`: nothing behind its path."""

    def check(value: Any, path: str) -> Iterator[str]:
        wrong = list(text(2000)(value, path))
        yield from wrong
        if wrong:
            return
        try:
            parts = urlsplit(value)
            host, user, _ = parts.hostname, parts.username, parts.port
        except ValueError:
            yield f"{path}: {value!r} is no address"
            return
        if parts.scheme != "https" and not (local and parts.scheme == "http" and host in HERE):
            yield f"{path}: must begin with https://"
        if not host or not value.isascii() or set(value) & set(' \\"<>'):
            yield f"{path}: must be a plain ASCII address with a host"
        if user is not None:
            yield f"{path}: must hold no user name and no password"
        if bare and ("?" in value or "#" in value):
            yield f"{path}: must hold no ? and no #: what lies below the path is allowed with it"

    return check


def origin(local: bool = False) -> Check:
    """What a browser sends as Origin: scheme, host and port, and nothing else."""

    def check(value: Any, path: str) -> Iterator[str]:
        wrong = list(address(local, bare=True)(value, path))
        yield from wrong
        if not wrong and (urlsplit(value).path or value != value.lower()):
            yield f"{path}: must be scheme and host in small letters alone, as a browser sends it: https://example.com"

    return check
