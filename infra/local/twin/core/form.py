"""Stripe's form encoding: `items[0][price]=price_x` as nested maps."""

import re
from urllib.parse import parse_qsl

from infra.local.twin.core.errors import invalid
from infra.local.twin.core.values import Obj

KEY = re.compile(r"\[([^\]]*)\]")


def decode(form: str) -> Obj:
    """`a[b][0]=c` as nested maps; an empty index takes the next number."""
    tree: Obj = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        head, _, rest = name.partition("[")
        _plant(tree, [head, *KEY.findall("[" + rest if rest else "")], value, name)
    return tree


def _plant(tree: Obj, keys: list[str], value: str, name: str) -> None:
    node = tree
    for key in keys[:-1]:
        node = node.setdefault(key or str(len(node)), {})
        if not isinstance(node, dict):
            raise invalid(f"Invalid request: {name} is given twice in different shapes", name)
    node[keys[-1] or str(len(node))] = value
