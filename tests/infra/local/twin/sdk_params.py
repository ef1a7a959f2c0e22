"""What the SDK can send: for each method and path, the parameters that its TypedDicts declare, read from its source."""

import ast
import functools
import re
from pathlib import Path
from typing import Any

import stripe

from infra.local.twin.core.params import Clear, Either, Listed, Required, Shape
from infra.local.twin.core.routes import Route

ROOT = Path(stripe.__file__).parent


@functools.cache
def _declared() -> dict[tuple[str, str], tuple[str, str]]:
    """(METHOD, path with {}) -> (module, class) of its parameters, from the service classes."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for file in sorted(ROOT.rglob("_*_service.py")):
        if "/v2/" in str(file):
            continue
        tree = ast.parse(file.read_text())
        imports = {a.name: str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names}
        for function in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]:
            found.update(_of_function(function, imports))
    return found


def _of_function(function: ast.FunctionDef, imports: dict[str, str]) -> dict[tuple[str, str], tuple[str, str]]:
    texts = [n.value for n in ast.walk(function) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    paths = [t for t in texts if t.startswith("/v1/")]
    method = next((t for t in texts if t in ("get", "post", "delete")), None)
    note = next((a.annotation for a in function.args.args if a.arg == "params"), None)
    if not paths or not method or note is None:
        return {}
    name = next(n.value for n in ast.walk(note) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return {(method.upper(), re.sub(r"\{[^}]*\}", "{}", paths[0])): (imports[name], name)}


@functools.cache
def _classes(module: str) -> dict[str, dict[str, ast.expr]]:
    tree = ast.parse((ROOT / (module.removeprefix("stripe.").replace(".", "/") + ".py")).read_text())
    found: dict[str, dict[str, ast.expr]] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            rows = [n for n in node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)]
            found[node.name] = {n.target.id: n.annotation for n in rows if isinstance(n.target, ast.Name)}
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):  # TypedDict("X", {"from": ...})
            found[str(getattr(node.targets[0], "id", ""))] = _functional(node.value)
    return found


def _functional(call: ast.Call) -> dict[str, ast.expr]:
    maps = [a for a in call.args if isinstance(a, ast.Dict)]
    return {str(k.value): v for m in maps for k, v in zip(m.keys, m.values, strict=True) if isinstance(k, ast.Constant)}


def unknown_parameters(route: Route) -> list[str]:
    """The parameters of a route, however deep, that the SDK does not declare for it."""
    known = _declared().get((route.method, route.path))
    if known is None:
        return [f"the SDK has no {route.method} {route.path}"]
    return _compare(Shape(route.params), *known, "")


def _compare(check: Any, module: str, name: str, path: str) -> list[str]:
    declared = _classes(module)[name]
    found = []
    for key, inner in check.fields.items():
        if key not in declared:
            found.append(f"{path}{key}")
            continue
        words = re.findall(r"\w+", ast.unparse(declared[key]))
        maps = [w for w in words if w in _classes(module)]
        for one in _shapes(inner):
            answers = [_compare(one, module, m, f"{path}{key}.") for m in maps]
            if not answers:
                answers = [[f"{path}{key}: not a map at Stripe"]]
            found += next(answer for answer in answers if len(answer) == min(map(len, answers)))
    return found


def _shapes(check: Any) -> list[Shape]:
    """The maps inside a declared type."""
    if isinstance(check, Required):
        return _shapes(check.check)
    if isinstance(check, Shape):
        return [check]
    if isinstance(check, Clear | Listed):
        return _shapes(check.inner)
    if isinstance(check, Either):
        return [s for one in check.checks for s in _shapes(one)]
    return []
