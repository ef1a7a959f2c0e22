"""Parameters that a route takes and no code reads: found in the source, by following what the route's handler calls."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.local.twin.core import params, routes
from infra.local.twin.core.params import Clear, Either, Listed, Required, Shape, Undone, Words

CORE = Path(routes.__file__).parent
OBJECTS = frozenset(
    {"world", "sub", "invoice", "customer", "card", "intent", "obj", "row", "item", "coupon", "charge", "price"}
    | {"product", "event", "code", "discount", "config"}
)
"""Names that hold objects, not parameters: what is read from these tells nothing."""
CHECKS = frozenset(name for name in vars(params) if name[0].islower())
Name = tuple[str, str]


@functools.cache
def _source() -> tuple[dict[Name, ast.AST], dict[Name, Name]]:
    """(module, name) -> the function or constant, and (module, name) -> where an imported name lives."""
    found: dict[Name, ast.AST] = {}
    imported: dict[Name, Name] = {}
    for file in CORE.glob("*.py"):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                found[file.stem, node.name] = node
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found[file.stem, node.targets[0].id] = node.value
            elif isinstance(node, ast.ImportFrom) and node.module:
                home = node.module.rsplit(".", 1)[1] if "." in node.module else node.module
                imported |= {(file.stem, a.name): (home, a.name) for a in node.names}
    return found, imported


def _follow(start: Name) -> Iterator[ast.AST]:
    """The code that a function may reach; declarations of parameters do not count."""
    found, imported = _source()
    seen: set[Name] = set()
    todo = [start]
    while todo:
        name = todo.pop()
        node = found.get(name)
        if name in seen or node is None or _declares(node):
            continue
        seen.add(name)
        yield node
        for one in ast.walk(node):
            if isinstance(one, ast.Name):
                todo.append(imported.get((name[0], one.id), (name[0], one.id)))
            elif isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name):
                todo.append((imported.get((name[0], one.value.id), ("", one.value.id))[1], one.attr))


def _declares(node: ast.AST) -> bool:
    return not isinstance(node, ast.FunctionDef) and any(getattr(n, "id", "") in CHECKS for n in ast.walk(node))


def _reads(code: ast.AST) -> Iterator[Any]:
    """The keys that code reads: x["k"], x.get("k"), "k" in x, and the words of sets and tuples that loops go through."""
    for node in ast.walk(code):
        if isinstance(node, ast.Subscript) and _root(node.value) not in OBJECTS:
            yield getattr(node.slice, "value", None)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "pop"):
            if _root(node.func.value) not in OBJECTS and node.args:
                yield getattr(node.args[0], "value", None)
        elif isinstance(node, ast.Compare):
            yield getattr(node.left, "value", None)
        elif isinstance(node, ast.Set | ast.Tuple):
            yield from (getattr(one, "value", None) for one in node.elts)


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _names(check: Any, path: str = "") -> Iterator[str]:
    """The parameters of a declaration, those inside others as `outer.inner`; neither one that is refused
    but for one value, nor one that has a single value anyway, has a name here."""
    if isinstance(check, Required):
        yield from _names(check.check, path)
    elif isinstance(check, Shape) and check != params.RANGE.checks[1]:
        for key, inner in check.fields.items():
            full = f"{path}.{key}" if path else key
            core = inner.check if isinstance(inner, Required) else inner
            if not isinstance(core, Undone) and not (isinstance(core, Words) and len(set(core.allowed)) == 1):
                yield full
                yield from _names(core, full)
    elif isinstance(check, Clear | Listed):
        yield from _names(check.inner, path)
    elif isinstance(check, Either):
        for one in check.checks:
            yield from _names(one, path)


def unread(route: routes.Route) -> set[str]:
    """The parameters of a route whose names nothing reads that its handler reaches."""
    start = (route.handler.__module__.rsplit(".", 1)[1], route.handler.__name__)
    read = {key for code in _follow(start) for key in _reads(code)}
    return {name for name in _names(Shape({**route.params, **route.older})) if name.rsplit(".", 1)[-1] not in read}
