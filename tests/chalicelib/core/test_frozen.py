"""A frozen value is a dataclass in all that the code around it relies on."""

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace

import pytest

from chalicelib.core.frozen import frozen


@frozen
class Point:
    """A place."""

    x: int
    y: int = 0
    names: tuple[str, ...] = field(default_factory=tuple)


@frozen
class Other:
    """Another class with the same fields."""

    x: int
    y: int = 0
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Usual:
    """What it stands for."""

    x: int
    y: int = 0
    names: tuple[str, ...] = ()


def test_it_is_made_and_shown_as_a_dataclass_is() -> None:
    assert repr(Point(1, names=("a",))) == repr(Usual(1, names=("a",))).replace("Usual", "Point")
    assert asdict(Point(1)) == asdict(Usual(1))
    assert [each.name for each in fields(Point)] == ["x", "y", "names"]
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        Point()  # type: ignore[call-arg]


def test_it_is_equal_to_its_like_and_to_nothing_else() -> None:
    assert Point(1, 2) == Point(1, 2)
    assert Point(1, 2) != Point(1, 3)
    strangers: tuple[object, ...] = (Other(1, 2), Usual(1, 2), (1, 2, ()))
    assert all(Point(1, 2) != each for each in strangers)
    assert len({Point(1), Point(1), Point(2)}) == 2


@pytest.mark.parametrize("name", ["x", "y", "z"])
def test_nothing_of_it_changes(name: str) -> None:
    point = Point(1)

    with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{name}'"):
        setattr(point, name, 5)
    with pytest.raises(FrozenInstanceError, match=f"cannot delete field '{name}'"):
        delattr(point, name)
    assert point == Point(1)


def test_a_changed_copy_is_another_value_and_a_copy_the_same() -> None:
    point = Point(1, 2, ("a",))

    assert replace(point, y=3) == Point(1, 3, ("a",))
    assert copy.deepcopy(point) == point
    assert pickle.loads(pickle.dumps(point)) == point  # noqa: S301 - our own


def test_it_is_matched_by_place() -> None:
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)
