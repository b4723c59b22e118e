"""What the pages promise as a whole."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import podcompose
import podcompose.run.errors
from podcompose.backends.local import FIELDS, Rule
from podcompose.run.table import STEPS
from podcompose.run.watch.table import diagram
from podcompose.schema.pod import POD
from tests.docs.documents import ROOT

DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
ERRORS = podcompose.run.errors.__all__
_CODE = re.compile(r"[a-z]+(-[a-z]+)*")


def test_errors_page_lists_exactly_the_codes_of_the_source() -> None:
    """Every problem code has a section in docs/errors.md, and nothing else has."""
    listed = re.findall(r"^### `([a-z-]+)`$", (ROOT / "docs" / "errors.md").read_text(), re.MULTILINE)

    assert sorted(listed) == sorted(set(codes()))


def codes() -> Iterator[str]:
    """Every problem code in the source."""
    for file in (ROOT / "podcompose").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                yield from _codes_of(node)
            elif isinstance(node, ast.FunctionDef):
                yield from _defaults(node)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                yield from _assigned(node)
            elif (
                isinstance(node, ast.Tuple) and node.elts != [] and isinstance(node.elts[0], ast.Name) and node.elts[0].id in ERRORS
            ):
                yield from _text(node.elts[1:2])


def _codes_of(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in ("Problem", "Finding", "Wrong", "finding", "refused", "_problem", "error"):
        yield from _text(call.args[:1])
    elif name in ("note", "_note", "_stray"):
        yield from _text(call.args[:2])


def _defaults(function: ast.FunctionDef) -> Iterator[str]:
    arguments = [*function.args.posonlyargs, *function.args.args]
    given = zip(reversed(arguments), reversed(function.args.defaults), strict=False)
    yield from _text([default for argument, default in given if argument.arg == "code"])
    named = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    yield from _text([default for argument, default in named if argument.arg == "code" and default is not None])


def _assigned(statement: ast.Assign | ast.AnnAssign) -> Iterator[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    for target in targets:
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        if isinstance(names[0], ast.Name) and names[0].id == "code" and statement.value is not None:
            value = statement.value.elts[0] if isinstance(statement.value, ast.Tuple) else statement.value
            yield from _text([*([value.body, value.orelse] if isinstance(value, ast.IfExp) else [value])])


def _text(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value) is not None:
            yield node.value


def test_readme_opens_with_the_two_commands() -> None:
    """The first block of the README is what a newcomer types."""
    first = re.search(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)

    assert first is not None
    assert [line.partition("#")[0].strip() for line in first[1].splitlines()] == ["make demo", "make test"]


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_is_short(page: Path) -> None:
    """A decision is told in 60 lines at most."""
    assert len(page.read_text().splitlines()) <= 60


def test_every_public_name_is_documented() -> None:
    """Each exported name stands in docs/compatibility.md, which says what is public."""
    text = (ROOT / "docs" / "compatibility.md").read_text()

    assert [name for name in podcompose.__all__ if f"`{name}`" not in text] == []


@pytest.mark.parametrize("folder", [ROOT / "docs", ROOT / "docs" / "decisions"], ids=lambda folder: folder.name)
def test_every_page_is_in_its_index(folder: Path) -> None:
    """The README of a folder leads to every page in it."""
    index = (folder / "README.md").read_text()

    assert [page.name for page in folder.glob("*.md") if page.name != "README.md" and f"]({page.name})" not in index] == []


def test_merge_page_lists_the_keys_of_every_keyed_list() -> None:
    """The table of keyed lists in docs/merge.md is the schema's, but for a pod's status."""
    rows = re.findall(r"^\| (`.*?) \| (`.*?) \|$", (ROOT / "docs" / "merge.md").read_text(), re.MULTILINE)
    listed = {(name, tuple(_words(keys))) for names, keys in rows for name in _words(names) if "$" not in name}
    known = {
        (f"resources.{name}" if struct == "ResourceRequirements" else name, field.keys)
        for struct, fields in POD.types.items()
        for name, field in fields.items()
        if field.merge == "keyed" and "Status" not in struct and "Health" not in struct
    }

    assert known <= listed


def _words(cell: str) -> list[str]:
    return re.findall(r"`([^`]*)`", cell)


def test_local_page_has_every_field_that_needs_a_word() -> None:
    """The table of docs/local.md is the one that the local backend goes by."""
    rows = [f"| `{name}` | {rule.verdict} | {rule.why} |" for name, rule in FIELDS.items() if rule != Rule("honoured")]

    assert "\n".join(rows) in (ROOT / "docs" / "local.md").read_text()


def test_diagrams_are_made_of_the_tables() -> None:
    """The diagrams of docs/watching.md and docs/outcomes.md are the tables that the code goes by."""
    stages = "\n".join(f"    {before} --> {after}: {why}" for before, after, why in STEPS)

    assert f"```mermaid\n{diagram()}\n```" in (ROOT / "docs" / "watching.md").read_text()
    assert f"```mermaid\nstateDiagram-v2\n{stages}\n```" in (ROOT / "docs" / "outcomes.md").read_text()


def test_contributing_names_every_room() -> None:
    """The table of rooms in CONTRIBUTING.md is what stands in the package, and every room in it is there."""
    table = (ROOT / "CONTRIBUTING.md").read_text().partition("| room |")[2].partition("\n\n")[0]
    rooms = {room.strip("/") for row in table.splitlines()[2:] for room in _words(row.split("|")[1])}
    there = {file.name for file in (ROOT / "podcompose").iterdir() if file.suffix == ".py" or (file / "__init__.py").exists()}

    assert rooms == there | {"core/strategic", "run/routing", "run/warm", "run/warm/shell", "run/watch"}


def test_contributing_names_every_folder_of_tests() -> None:
    """The table of tests in CONTRIBUTING.md names every folder that holds tests."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    folders = sorted({file.parent.name for file in (ROOT / "tests").glob("*/*.py")})

    assert [folder for folder in folders if f"`tests/{folder}`" not in text] == []
