"""The rules of the house as a checker of source text: which room may import what, and what only one room may do.

A module is named as Python names it (`chalicelib.store.keys`); its room is the first name below `chalicelib`. Every breach is
told in a sentence, so that whoever meets one knows what to move where.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

BASE = {"core", "config", "errors", "log"}
ADAPTERS = {"stripe_api", "store", "aws", "mails", "pages"}
MAY_IMPORT: dict[str, set[str]] = {
    "core": {"core"},
    "errors": set(),
    "config": {"core", "errors"},
    "clock": {"config"},
    "log": {"errors"},
    "wording": {"core", "errors"},
    "campaigns": {"core", "errors"},
    **{room: BASE | {room} for room in ("stripe_api", "store", "aws")},
    **{room: BASE | {room, "wording"} for room in ("mails", "pages")},
    "actions": BASE | ADAPTERS | {"actions", "wording", "campaigns"},
    "entrypoints": BASE | ADAPTERS | {"entrypoints", "actions", "wording", "clock", "chalicelib"},
    "app": {"entrypoints"},
    "chalicelib": set(),
}
"""Our own rooms that each room may import. `app` is app.py; `chalicelib` is the package itself (its version)."""

OWNERS: dict[str, set[str]] = {
    "pynamodb": {"store"},
    "botocore": {"store", "aws"},
    "botocore.exceptions": {"store", "aws"},
    "boto3": {"aws"},
    "stripe": {"stripe_api"},
    "chalice": {"entrypoints", "app"},
    "aws_lambda_powertools": {"log", "entrypoints"},
}
"""The rooms that may import a library; the longest name that fits an import counts."""

LATE_IMPORTS = {"chalicelib.actions.ask_stripe", "chalicelib.aws.clients", "chalicelib.entrypoints", "chalicelib.log"}
"""Modules, and packages of them, that import inside functions: see docs/decisions/002 and 013."""
WORLD = {"environ": "config", "getenv": "config", "time.time": "clock", "datetime.now": "clock", "utcnow": "clock"}
"""What reads the environment or the clock, and the one module that may."""


class Import(NamedTuple):
    """One imported name, fully dotted; `late` inside a function."""

    target: str
    late: bool


def breaches(module: str, source: str) -> list[str]:
    """Every rule that the source of a module breaks."""
    tree = ast.parse(source)
    found = list(imports(tree))
    told = [_judged(room_of(module), each.target) for each in found]
    late = [f"{each.target} is imported inside a function" for each in found if each.late]
    if LATE_IMPORTS & {module, module.rpartition(".")[0]}:
        late = []
    return [f"{module}: {text}" for text in (*told, *late, *_world(module, tree)) if text]


def room_of(module: str) -> str:
    """The room of a module of ours; any other module is its own."""
    parts = module.split(".")
    if parts[0] != "chalicelib":
        return parts[0]
    return parts[1] if len(parts) > 1 and parts[1] in MAY_IMPORT else "chalicelib"


def imports(tree: ast.AST, late: bool = False) -> Iterator[Import]:
    """Every import below a node; a relative or dynamic one is named so that no rule lets it pass."""
    for node in ast.iter_child_nodes(tree):
        inside = late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if isinstance(node, ast.Import):
            yield from (Import(name.name, late) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            yield from (Import(f"{origin}.{name.name}", late) for name in node.names)
        elif isinstance(node, ast.Name | ast.Attribute) and _last(node) in ("__import__", "import_module"):
            yield Import("a dynamic import", late)
        else:
            yield from imports(node, inside)


def _judged(room: str, target: str) -> str | None:
    if target.startswith(".") or " " in target:
        return f"{target} is not a plain absolute import"
    other = room_of(target)
    top = target.partition(".")[0]
    if top in ("chalicelib", "app"):
        return None if other in MAY_IMPORT.get(room, set()) else f"{room} imports {other} ({target})"
    if top in ("infra", "tests"):
        return f"{room} imports {target}"
    if room == "core" and other not in sys.stdlib_module_names:
        return f"core imports {target}, which is not of the standard library"
    owner = next((OWNERS[name] for name in _prefixes(target) if name in OWNERS), {room})
    if (
        room == "store"
        and other == "botocore"
        and not {"botocore.exceptions", "botocore.config"} & {*_prefixes(target)}
    ):
        return f"store imports {target}, more of botocore than its exceptions and its settings"
    return None if room in owner else f"{room} imports {target}, which only {sorted(owner)} may"


def _prefixes(target: str) -> list[str]:
    parts = target.split(".")
    return [".".join(parts[:count]) for count in range(len(parts), 0, -1)]


def _world(module: str, tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        named = [_dotted(node)] if isinstance(node, ast.Attribute) else []
        if isinstance(node, ast.ImportFrom):
            named = [f"{node.module}.{name.name}" for name in node.names]
        for text in named:
            owner = next((owner for end, owner in WORLD.items() if f".{text}".endswith(f".{end}")), None)
            if owner and module != f"chalicelib.{owner}":
                yield f"{text} is for chalicelib/{owner}.py alone"


def _dotted(node: ast.expr) -> str:
    return f"{_dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else _last(node)


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def modules(root: Path) -> dict[str, str]:
    """The source of app.py and of every module of chalicelib, by module name."""
    found = {"app": root / "app.py"}
    for path in sorted((root / "chalicelib").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return {name: path.read_text(encoding="utf-8") for name, path in found.items()}
