"""What the installed Stripe SDK declares about its objects, read from its source by a walk over the syntax tree.

The annotations are the truth about shapes: `complaints(value, "subscription")` names every field the SDK does not know, every
one it requires that is missing, and every value of another type, however deep, each with its path.
"""

import ast
import functools
from pathlib import Path
from typing import Any

import stripe
from stripe._object_classes import OBJECT_CLASSES

ROOT = Path(stripe.__file__).parent
PLAIN: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "float": (int, float),
    "Decimal": (str,),
}


@functools.cache
def _module(name: str) -> ast.Module:
    return ast.parse((ROOT / (name.removeprefix("stripe.").replace(".", "/") + ".py")).read_text())


class Shape:
    """One class of the SDK: its fields and the inner classes they may name (those of the classes around it included)."""

    def __init__(self, module: str, node: ast.ClassDef, outer: "dict[str, Shape]") -> None:
        self.module, self.name = module, node.name
        self.inner = dict(outer)
        self.fields: dict[str, ast.expr] = {}
        for child in node.body:
            if isinstance(child, ast.ClassDef):
                self.inner[child.name] = Shape(module, child, self.inner)
        self.renames = _renames(node)
        for child in node.body:
            if isinstance(child, ast.AnnAssign) and isinstance(child.target, ast.Name) and child.target.id.islower():
                self.fields[self.renames.get(child.target.id, child.target.id)] = child.annotation


def _renames(node: ast.ClassDef) -> dict[str, str]:
    """Fields that Python could not name (`from`), from the class's `_field_remappings`."""
    for child in node.body:
        if isinstance(child, ast.Assign) and getattr(child.targets[0], "id", "") == "_field_remappings":
            return {str(v): str(k) for k, v in ast.literal_eval(child.value).items()}
    return {}


@functools.cache
def shape_of(object_name: str) -> Shape:
    """The SDK's class for the value of `object` (for example "billing_portal.session")."""
    module, name = OBJECT_CLASSES[object_name]
    return _named(module, name)


@functools.cache
def _named(module: str, name: str) -> Shape:
    node = next(n for n in _module(module).body if isinstance(n, ast.ClassDef) and n.name == name)
    return Shape(module, node, {})


@functools.cache
def _imports(module: str) -> dict[str, str]:
    found = {}
    for node in ast.walk(_module(module)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.update({(a.asname or a.name): f"{node.module}:{a.name}" for a in node.names})
    return found


def complaints(value: Any, object_name: str) -> list[str]:
    """Every way in which `value` is not what the SDK declares for `object_name`; empty when it conforms."""
    if isinstance(value, dict) and value.get("deleted") is True:
        return (
            [] if set(value) == {"id", "object", "deleted"} else [f"{object_name}: a deleted object has three fields"]
        )
    return _object(value, shape_of(object_name), object_name)


def _object(value: Any, shape: Shape, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: not an object but {value!r}"]
    found = [f"{path}.{k}: Stripe has no such field" for k in value if k not in shape.fields]
    for name, annotation in shape.fields.items():
        if name in value:
            found += _value(value[name], annotation, shape, f"{path}.{name}")
        elif not _is_optional(annotation):
            found.append(f"{path}.{name}: missing")
    return found


def _is_optional(annotation: ast.expr) -> bool:
    return isinstance(annotation, ast.Subscript) and getattr(annotation.value, "id", "") in ("Optional", "NotRequired")


def _value(value: Any, note: ast.expr, shape: Shape, path: str) -> list[str]:
    if isinstance(note, ast.Constant):
        return _value(value, ast.parse(str(note.value), mode="eval").body, shape, path)
    if isinstance(note, ast.Subscript):
        return _generic(value, note, shape, path)
    return _by_name(value, _dotted(note), shape, path)


def _dotted(note: ast.expr) -> str:
    return note.id if isinstance(note, ast.Name) else ast.unparse(note)


def _generic(value: Any, note: ast.Subscript, shape: Shape, path: str) -> list[str]:
    name = _dotted(note.value)
    args = list(note.slice.elts) if isinstance(note.slice, ast.Tuple) else [note.slice]
    if name in ("Optional", "NotRequired"):
        return [] if value is None else _value(value, args[0], shape, path)
    if name == "ExpandableField":
        return [] if isinstance(value, str) else _value(value, args[0], shape, path)
    if name == "Union":
        return _union(value, args, shape, path)
    if name == "Literal":
        allowed = [ast.literal_eval(a) for a in args]
        return [] if value in allowed else [f"{path}: {value!r} is not one of {allowed}"]
    if name in ("List", "ListObject"):
        return _many(value, name, args[0], shape, path)
    if name in ("UntypedStripeObject", "Dict"):
        return [] if isinstance(value, dict) else [f"{path}: not a map but {value!r}"]
    raise NotImplementedError(f"{path}: annotation {ast.unparse(note)}")


def _union(value: Any, args: list[ast.expr], shape: Shape, path: str) -> list[str]:
    answers = [_value(value, arg, shape, path) for arg in args]
    return [] if any(not answer for answer in answers) else min(answers, key=len)


def _many(value: Any, kind: str, inner: ast.expr, shape: Shape, path: str) -> list[str]:
    rows = value
    if kind == "ListObject":
        if not isinstance(value, dict) or {"object", "data", "has_more", "url"} - set(value):
            return [f"{path}: not a list object"]
        extra = set(value) - {"object", "data", "has_more", "url", "total_count"}
        if extra:
            return [f"{path}: a list has no {extra}"]
        rows = value["data"]
    if not isinstance(rows, list):
        return [f"{path}: not a list but {rows!r}"]
    return [c for i, row in enumerate(rows) for c in _value(row, inner, shape, f"{path}[{i}]")]


def _by_name(value: Any, name: str, shape: Shape, path: str) -> list[str]:
    if name in ("Any", "object"):
        return []
    if name in PLAIN:
        right = isinstance(value, PLAIN[name]) and (name == "bool" or not isinstance(value, bool))
        return [] if right else [f"{path}: {value!r} is no {name}"]
    if name in shape.inner:
        return _object(value, shape.inner[name], path)
    if name == "StripeObject":
        return [] if isinstance(value, dict) else [f"{path}: not a map but {value!r}"]
    if name in _imports(shape.module):
        module, cls = _imports(shape.module)[name].split(":")
        return _object(value, _named(module, cls), path)
    if name == shape.name or name in {n.name for n in _module(shape.module).body if isinstance(n, ast.ClassDef)}:
        return _object(value, _named(shape.module, name), path)
    raise NotImplementedError(f"{path}: annotation {name}")


def describe(shape: Shape, indent: str = "", seen: tuple[str, ...] = ()) -> str:
    """The fields of a shape as text, for a person who adds an object to the twin."""
    lines = []
    for name, note in shape.fields.items():
        lines.append(f"{indent}{name}: {ast.unparse(note)}")
        words = {n.id for n in ast.walk(note) if isinstance(n, ast.Name)} & set(shape.inner) - set(seen)
        lines += [describe(shape.inner[word], indent + "    ", (*seen, word)) for word in sorted(words)]
    return "\n".join(line for line in lines if line)
