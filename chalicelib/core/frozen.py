"""`@frozen`: a dataclass whose values never change, for a third of what `@dataclass(frozen=True)` costs to import.

That one compiles six methods for each class, and a cold start pays for all of them: they were most of what this package took
to import. Here the methods are shared; only `__init__` is made for each class. See docs/decisions/023.
"""

from dataclasses import FrozenInstanceError, dataclass
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def frozen(cls: type[T]) -> type[T]:
    """A dataclass (`replace`, `asdict` and `fields` take it) with values that are set once, compared and hashed by value."""
    made: Any = dataclass(repr=False, eq=False)(cls)
    made.__setattr__, made.__delattr__ = _set_once, _never
    made.__eq__, made.__hash__, made.__repr__ = _equal, _hash, _shown
    return cls


def _set_once(self: Any, name: str, value: object) -> None:
    given = self.__dict__
    if name in given or name not in self.__dataclass_fields__:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")
    given[name] = value


def _never(_self: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _equal(self: Any, other: object) -> Any:
    return self.__dict__ == other.__dict__ if other.__class__ is self.__class__ else NotImplemented


def _hash(self: Any) -> int:
    return hash(tuple(self.__dict__.values()))


def _shown(self: Any) -> str:
    said = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
    return f"{type(self).__qualname__}({said})"
