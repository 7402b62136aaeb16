"""What the documents name exists: links, make targets, modules, management commands."""

import importlib.util
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.repository.documents import (
    DOCUMENTS,
    OPERATING,
    ROOT,
    code,
    management_commands,
    modules,
)

IN_THE_IMAGE = ("manage.py", "arena", "ratings", "frontend")  # what the Dockerfile copies

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def anchors(document: Path) -> set[str]:
    """The anchors of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}


@every_document
def test_links_lead_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), f"{document.name} links to {link}"
        if anchor:
            assert anchor in anchors(target), f"{document.name} links to {link}"


@every_document
def test_make_targets_exist(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", code(document)))
    assert named <= targets


@every_document
def test_management_commands_exist(document: Path) -> None:
    assert management_commands(document) <= set(get_commands())


@every_document
def test_modules_exist(document: Path) -> None:
    for module in modules(document):
        assert importlib.util.find_spec(module), f"{document.name} names {module}"


def test_operators_are_told_only_of_what_the_image_has() -> None:
    left_out = (ROOT / ".dockerignore").read_text().split()
    for module in modules(OPERATING):
        path = module.replace(".", "/")
        assert path.partition("/")[0] in IN_THE_IMAGE, f"{module} is not in the image"
        assert not any(fnmatch(path, f"{pattern}*") for pattern in left_out), module
