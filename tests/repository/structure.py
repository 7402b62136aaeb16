"""Reads what a module of the tests imports, and which private names it reaches."""

import ast
import re
from collections.abc import Iterator

PRODUCT = ("arena", "ratings")
# Of named tuples, Django's models and asyncio: public in spite of their underscore.
PUBLIC = {
    "_asdict",
    "_fields",
    "_meta",
    "_default_manager",
    "_replace",
    "_get_running_loop",
    "_set_running_loop",
}
SETTERS = {"setattr", "delattr", "getattr", "hasattr", "object"}  # also of monkeypatch and patch

HANDMADE = r"(.*\.)?(Battle|Turn|Answer)\.objects\.(create|bulk_create|get_or_create)"


def imported_tests(source: str, module: str) -> set[str]:
    """The modules of tests that the source of a module imports, wherever the import stands."""
    return {
        name
        for node in ast.walk(ast.parse(source))
        for name in _imported(node, module)
        if name.startswith("tests.") and name.rpartition(".")[2].startswith("test_")
    }


def private_names(source: str) -> set[str]:
    """The names with an underscore before them that the source reaches and does not define."""
    tree = ast.parse(source)
    own = set(_defined(tree))
    return {
        name
        for node in ast.walk(tree)
        for name in _reached(node)
        if _is_private(name) and name.rpartition(".")[2] not in own | PUBLIC
    }


def handmade_battles(source: str) -> list[int]:
    """The lines that write rows of a battle, but those that the database is to refuse."""
    tree = ast.parse(source)
    refused = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.With) and any("raises" in ast.unparse(i) for i in node.items)
        for inner in ast.walk(node)
    }
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and re.fullmatch(HANDMADE, ast.unparse(node.func))
        and node not in refused
    ]


def _imported(node: ast.AST, module: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        around = module.split(".")[: -node.level] if node.level else []
        origin = ".".join([*around, *filter(None, [node.module])])
        yield origin
        yield from (f"{origin}.{alias.name}" for alias in node.names)


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name, ctx=ast.Store()):
                yield name


def _reached(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import() | ast.ImportFrom():
            yield from (name for name in _imported(node, "") if name.split(".")[0] in PRODUCT)
        case ast.Attribute(attr=name):
            yield name
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in SETTERS:
            for argument in node.args[:2]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def _is_private(name: str) -> bool:
    return any(part.startswith("_") and not part.startswith("__") for part in name.split("."))
