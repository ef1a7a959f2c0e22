"""DynamoDB's update expressions, compiled once each: an item in, the changed item out; every operand sees the old item."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache

from tests.sim.expressions import Item, Names, Operand, Tokens, Value, operand

Update = Callable[[Item, Names, Item], Item]
Step = Callable[[Item, Item, Names, Item], None]
"""Reads the old item, writes the new one."""


class Invalid(Exception):
    """DynamoDB would answer with a ValidationException."""


@cache
def update(text: str) -> Update:
    """An UpdateExpression: SET, REMOVE, ADD and DELETE, each at most once."""
    tokens, steps = Tokens(text), list[Step]()
    while tokens.next:
        clause = _CLAUSES[tokens.take("SET", "REMOVE", "ADD", "DELETE").upper()]
        steps.append(clause(tokens))
        while tokens.skip(","):
            steps.append(clause(tokens))

    def run(old: Item, names: Names, values: Item) -> Item:
        new = dict(old)
        for step in steps:
            step(old, new, names, values)
        return new

    return run


def _set(tokens: Tokens) -> Step:
    name, _, left = _name(tokens), tokens.take("="), operand(tokens)
    sign = tokens.take() if tokens.next in ("+", "-") else ""
    right = operand(tokens) if sign else None

    def step(old: Item, new: Item, names: Names, values: Item) -> None:
        value = _there(left, old, names, values)
        if right is not None:
            value = _sum(value, _there(right, old, names, values), sign)
        new[names[name]] = value

    return step


def _remove(tokens: Tokens) -> Step:
    name = _name(tokens)

    def step(_old: Item, new: Item, names: Names, _values: Item) -> None:
        new.pop(names[name], None)

    return step


def _add(tokens: Tokens) -> Step:
    name, value = _name(tokens), operand(tokens)

    def step(old: Item, new: Item, names: Names, values: Item) -> None:
        more, had = _there(value, old, names, values), old.get(names[name])
        ((kind, inner),) = more.items()
        if kind == "N":
            new[names[name]] = _sum(had or {"N": "0"}, more, "+")
        elif kind.endswith("S") and kind != "S" and (had is None or kind in had):
            new[names[name]] = {kind: sorted({*(had or more)[kind], *inner})}
        else:
            raise Invalid("ADD takes a number or a set")

    return step


def _delete(tokens: Tokens) -> Step:
    name, value = _name(tokens), operand(tokens)

    def step(old: Item, new: Item, names: Names, values: Item) -> None:
        ((kind, inner),) = _there(value, old, names, values).items()
        left = sorted({*old.get(names[name], {kind: []})[kind]} - {*inner})
        if left:
            new[names[name]] = {kind: left}
        else:
            new.pop(names[name], None)

    return step


_CLAUSES: dict[str, Callable[[Tokens], Step]] = {"SET": _set, "REMOVE": _remove, "ADD": _add, "DELETE": _delete}


def _name(tokens: Tokens) -> str:
    name = tokens.take()
    if not name.startswith("#"):
        raise NotImplementedError(f"{name!r}: PynamoDB writes every name as a placeholder")
    return name


def _there(of: Operand, item: Item, names: Names, values: Item) -> Value:
    value = of(item, names, values)
    if value is None:
        raise Invalid("The provided expression refers to an attribute that does not exist in the item")
    return value


def _sum(left: Value, right: Value, sign: str) -> Value:
    if "N" not in left or "N" not in right:
        raise Invalid("Incorrect operand type for operator or function")
    one, other = Decimal(left["N"]), Decimal(right["N"])
    return {"N": str(one + other if sign == "+" else one - other)}
