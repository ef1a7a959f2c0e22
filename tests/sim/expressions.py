"""DynamoDB's expressions, as far as PynamoDB writes them, compiled once each into functions of an item.

A value is DynamoDB's own JSON (`{"N": "5"}`); None stands for an attribute that is not there. Paths are names at the top
level or one below: anything else raises, for a stand-in must not guess.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from operator import ge, gt, le, lt
from typing import Any

Value = dict[str, Any]
Item = dict[str, Value]
Names = dict[str, str]
Operand = Callable[[Item, Names, Item], Value | None]
Condition = Callable[[Item, Names, Item], bool]

_TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),+\-.]|[#:]?\w+)")
ORDER: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


class Tokens:
    """The words of an expression, read from the left."""

    def __init__(self, text: str) -> None:
        self.words = _TOKEN.findall(text)
        if "".join(self.words) != re.sub(r"\s", "", text):
            raise NotImplementedError(text)
        self.at = 0

    @property
    def next(self) -> str:
        """The word that comes now; empty at the end."""
        return self.words[self.at] if self.at < len(self.words) else ""

    def take(self, *wanted: str) -> str:
        """The next word, which must be one of `wanted` where any are given."""
        word = self.next
        if wanted and word.upper() not in wanted:
            raise NotImplementedError(f"{word!r} instead of {wanted}")
        self.at += 1
        return word

    def skip(self, word: str) -> bool:
        """Whether `word` comes next; then it is taken."""
        found = self.next.upper() == word
        self.at += found
        return found


@cache
def condition(text: str) -> Condition:
    """A condition, a key condition or a filter."""
    tokens = Tokens(text)
    found = _either(tokens)
    if tokens.next:
        raise NotImplementedError(text)
    return found


def _either(tokens: Tokens) -> Condition:
    parts = [_both(tokens)]
    while tokens.skip("OR"):
        parts.append(_both(tokens))
    return parts[0] if len(parts) == 1 else lambda i, n, v: any(part(i, n, v) for part in parts)


def _both(tokens: Tokens) -> Condition:
    parts = [_not(tokens)]
    while tokens.skip("AND"):
        parts.append(_not(tokens))
    return parts[0] if len(parts) == 1 else lambda i, n, v: all(part(i, n, v) for part in parts)


def _not(tokens: Tokens) -> Condition:
    if tokens.skip("NOT"):
        inner = _not(tokens)
        return lambda i, n, v: not inner(i, n, v)
    if tokens.skip("("):
        inner = _either(tokens)
        tokens.take(")")
        return inner
    return _test(tokens)


def _test(tokens: Tokens) -> Condition:
    if tokens.next in ("attribute_exists", "attribute_not_exists", "contains", "begins_with"):
        name, (first, *rest) = tokens.take(), _arguments(tokens)
        return _FUNCTIONS[name](first, *rest)
    left = operand(tokens)
    sign = tokens.take("=", "<>", "<", "<=", ">", ">=", "BETWEEN", "IN").upper()
    if sign == "IN":
        listed = _arguments(tokens)
        return lambda i, n, v: any(compare("=", left(i, n, v), each(i, n, v)) for each in listed)
    if sign == "BETWEEN":
        low, _, high = operand(tokens), tokens.take("AND"), operand(tokens)
        return lambda i, n, v: (
            compare(">=", left(i, n, v), low(i, n, v)) and compare("<=", left(i, n, v), high(i, n, v))
        )
    right = operand(tokens)
    return lambda i, n, v: compare(sign, left(i, n, v), right(i, n, v))


_FUNCTIONS: dict[str, Callable[..., Condition]] = {
    "attribute_exists": lambda path: lambda i, n, v: path(i, n, v) is not None,
    "attribute_not_exists": lambda path: lambda i, n, v: path(i, n, v) is None,
    "contains": lambda path, part: lambda i, n, v: _contains(path(i, n, v), part(i, n, v)),
    "begins_with": lambda path, part: lambda i, n, v: _begins(path(i, n, v), part(i, n, v)),
}


def _arguments(tokens: Tokens) -> list[Operand]:
    tokens.take("(")
    found = [operand(tokens)]
    while tokens.skip(","):
        found.append(operand(tokens))
    tokens.take(")")
    return found


def operand(tokens: Tokens) -> Operand:
    """A path, a value, or a function of them."""
    word = tokens.take()
    if word.startswith(":"):
        return lambda _i, _n, v: v[word]
    if word == "if_not_exists":
        path, other = _arguments(tokens)
        return lambda i, n, v: other(i, n, v) if path(i, n, v) is None else path(i, n, v)
    if word == "list_append":
        first, second = _arguments(tokens)
        return lambda i, n, v: _joined(first(i, n, v), second(i, n, v))
    if not word.startswith("#"):
        raise NotImplementedError(f"{word!r}: PynamoDB writes every name as a placeholder")
    if tokens.skip("."):
        inner = tokens.take()
        return lambda i, n, _v: i.get(n[word], {}).get("M", {}).get(n[inner])
    return lambda i, n, _v: i.get(n[word])


def plain(value: Value) -> Any:
    """A value that Python compares as DynamoDB does; numbers are equal however they are written."""
    ((kind, inner),) = value.items()
    if kind == "N":
        return Decimal(inner)
    if kind == "L":
        return [(next(iter(each)), plain(each)) for each in inner]
    if kind == "M":
        return {name: (next(iter(each)), plain(each)) for name, each in inner.items()}
    return sorted(inner) if kind in ("SS", "BS") else sorted(map(Decimal, inner)) if kind == "NS" else inner


def compare(sign: str, left: Value | None, right: Value | None) -> bool:
    """What is absent is unequal to everything and in no order; only values of one type are equal or ordered."""
    if left is None or right is None:
        return sign == "<>"
    alike = left.keys() == right.keys()
    if sign in ("=", "<>"):
        return (alike and plain(left) == plain(right)) == (sign == "=")
    return alike and next(iter(left)) in ("N", "S", "B") and ORDER[sign](plain(left), plain(right))


def _contains(whole: Value | None, part: Value | None) -> bool:
    if whole is None or part is None:
        return False
    ((kind, inner),) = whole.items()
    if kind == "L":
        return any(compare("=", each, part) for each in inner)
    if kind == "S":
        return "S" in part and part["S"] in inner
    return f"{next(iter(part))}S" == kind and plain(part) in plain(whole)


def _begins(whole: Value | None, part: Value | None) -> bool:
    return bool(whole and part and "S" in whole and "S" in part and whole["S"].startswith(part["S"]))


def _joined(first: Value | None, second: Value | None) -> Value | None:
    return None if first is None or second is None else {"L": [*first["L"], *second["L"]]}
