"""Reading the members of a JSON object that a stranger sent: each is of its kind, or `Invalid` says which is not.

`at` is the path of the object (`flow.items[0]`), so that an error names the whole path of what is wrong.
"""

from collections.abc import Collection, Mapping
from typing import Any

LONGEST_ID = 255


class Invalid(ValueError):
    """What was sent is wrong: the message says how, `param` where, `code` what the API calls it."""

    def __init__(self, message: str, param: str | None = None, code: str = "invalid_request") -> None:
        super().__init__(message)
        self.message, self.param, self.code = message, param, code


def path(at: str, name: str) -> str:
    """The path of a member."""
    return f"{at}.{name}" if at else name


def mapping(value: Any, at: str, allowed: Collection[str]) -> Mapping[str, Any]:
    """An object that has only `allowed` members."""
    if not isinstance(value, dict):
        raise Invalid(f"{at} must be an object.", at)
    unknown = sorted(set(value) - set(allowed))
    if unknown:
        names = ", ".join(sorted(allowed)) or "none"
        raise Invalid(f"Unknown member; allowed are {names}.", path(at, unknown[0][:100]))
    return value


def one(value: Any, at: str) -> Any:
    """The only element of a list."""
    if not isinstance(value, list) or len(value) != 1:
        raise Invalid(f"{at} must be a list of exactly one element.", at)
    return value[0]


def text(held: Mapping[str, Any], name: str, at: str = "", *, longest: int = 2000) -> str | None:
    """A string of 1 to `longest` characters, or None where it is left out."""
    value = held.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not 1 <= len(value) <= longest:
        raise Invalid(f"{path(at, name)} must be a string of 1 to {longest} characters.", path(at, name))
    return value


def choice(held: Mapping[str, Any], name: str, at: str, offered: Collection[str]) -> str:
    """One of the offered strings."""
    value = held.get(name)
    if not isinstance(value, str) or value not in offered:
        raise Invalid(f"{path(at, name)} must be one of {', '.join(sorted(offered))}.", path(at, name))
    return value


def whole(held: Mapping[str, Any], name: str, at: str, least: int, most: int) -> int | None:
    """A whole number from `least` to `most`, or None where it is left out."""
    value = held.get(name)
    if value is None:
        return None
    if type(value) is not int or not least <= value <= most:
        raise Invalid(f"{path(at, name)} must be a whole number from {least} to {most}.", path(at, name))
    return value


def identifier(held: Mapping[str, Any], name: str, at: str = "", *, prefix: str) -> str | None:
    """A Stripe id with its prefix, or None where it is left out."""
    value = text(held, name, at, longest=LONGEST_ID)
    if value is not None and not is_id(value, prefix):
        raise Invalid(f"{path(at, name)} must be an id that begins with {prefix}.", path(at, name))
    return value


def needed(value: Any, name: str, at: str = "") -> Any:
    """The value, which must not be left out."""
    if value is None:
        raise Invalid(f"{path(at, name)} is missing.", path(at, name))
    return value


def is_id(value: str, prefix: str) -> bool:
    """Whether a string looks like a Stripe id: it goes into keys, so `#` must never be in it."""
    plain = value.isascii() and value.replace("_", "").isalnum()
    return plain and value.startswith(prefix) and len(value) <= LONGEST_ID
