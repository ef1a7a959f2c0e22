"""What stands and what is wanted, compared field by field, and told so that people can read it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Change:
    """One field that is not as it should be. `old` is None where there is nothing yet."""

    path: str
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{self.path}: {shown(self.old)} -> {shown(self.new)}"


def compare(old: Any, new: Any, path: str = "") -> list[Change]:
    """A change for every field of `new` that is otherwise in `old`; what `new` does not name is nobody's business here.

    Null, an empty text and an empty list are the same nothing. A list of plain values is a set, as Stripe has them.
    """
    return list(_changes(old, new, path))


def _changes(old: Any, new: Any, path: str) -> Iterator[Change]:
    if isinstance(new, dict) and isinstance(old, dict | None):
        for key, value in new.items():
            yield from _changes((old or {}).get(key), value, f"{path}.{key}" if path else key)
    elif isinstance(new, list) and _alike(old, new):
        for at, (here, there) in enumerate(zip(old, new, strict=True)):
            yield from _changes(here, there, f"{path}[{at}]")
    elif _plain(old) != _plain(new):
        yield Change(path, old, new)


def _alike(old: Any, new: list[Any]) -> bool:
    """Two lists of as many objects: their fields can be compared one by one."""
    both = [*new, *old] if isinstance(old, list) and len(old) == len(new) else [None]
    return all(isinstance(each, dict) for each in both)


def _plain(value: Any) -> Any:
    if value in (None, "", [], ()):
        return None
    if isinstance(value, list | tuple):
        return sorted(map(str, value))
    return value


def shown(value: Any) -> str:
    """A value on one line."""
    if value in (None, "", [], ()):
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(shown(each) for each in value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shown(each)}" for key, each in value.items()) + "}"
    return str(value)
