"""
What the blocks of a page do when they are run.

=====================  =======================================================================================================
```python              run; with prompts, each answer must be the one shown
```text                what the block above it prints; a line `...` stands for any number of lines, here and below
```console             each line after `$` is run in a shell, and must say what is shown
```yaml, and any other  below `<!-- file: NAME -->`: written to that file
```sh                  not run: commands that would install, or run all tests; a target of make must exist
=====================  =======================================================================================================

All blocks of one page share one namespace and one folder, which holds a copy of `examples/`.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from sybil import Document, Example, Region, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.example import SybilFailure
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

__all__ = ["LANGUAGES", "ROOT", "evaluate", "pages"]

ROOT = Path(__file__).parents[2]
LANGUAGES = ("python", "text", "console", "yaml", "sh", "mermaid")

_FILE = re.compile(r"<!-- file: (\S+) -->\n\Z")
_MAKE = re.compile(r"^make ([a-z-]+)", re.MULTILINE)
_SAID = "what the last block printed"


def pages() -> list[Path]:
    """Every page of the documentation."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def evaluate(page: Path) -> list[str]:
    """
    Run every block of a page in the current folder.

    Returns: what is wrong with it.
    """
    wrong: list[str] = []
    document = _SYBIL.parse(page)
    document.namespace["__name__"] = "__main__"
    for example in document.examples():
        try:
            example.evaluate()
        except SybilFailure as failure:
            wrong.append(str(failure))
        except Exception as error:  # an example that should have worked: the others are still worth running
            wrong.append(f"Example at {page}, line {example.line}: {type(error).__name__}: {error}")
    return wrong


def _python(document: Document) -> Iterable[Region]:
    for region in PythonCodeBlockParser(doctest_optionflags=doctest.ELLIPSIS)(document):
        if _file(document, region.start) is not None:
            region.evaluator = _write
        elif not isinstance(region.parsed, doctest.Example):
            region.evaluator = _run
        yield region


def _file(document: Document, start: int) -> str | None:
    match = _FILE.search(document.text[:start])
    return None if match is None else match[1]


def _run(example: Example) -> None:
    with contextlib.redirect_stdout(io.StringIO()) as said:
        PythonEvaluator()(example)
    example.namespace[_SAID] = said.getvalue()


def _write(example: Example) -> str:
    name = _file(example.document, example.start)
    if name is None:
        return "say which file this is: <!-- file: NAME -->"
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(example.parsed)
    return ""


def _compare(example: Example) -> str:
    if _file(example.document, example.start) is not None:
        return _write(example)
    return _difference(example.parsed, example.namespace.get(_SAID, "")) or ("" if example.parsed.strip() else "nothing is shown")


def _difference(shown: str, said: str) -> str:
    """What the page should say; a line `...` on it stands for any number of lines."""
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n" for line in shown.strip().splitlines())
    same = re.fullmatch(pattern, said.strip() + "\n" if said.strip() != "" else "") is not None
    return "" if same else f"the page says:\n{shown}\nit is:\n{said}"


def _console(example: Example) -> str:
    wrong = ""
    for block in re.split(r"^\$ ", example.parsed, flags=re.MULTILINE)[1:]:
        command, _, shown = block.partition("\n")
        difference = _difference(shown, shell(command))
        wrong += f"$ {command}\n{difference}" if difference != "" else ""
    return wrong


def shell(command: str) -> str:
    """What a command prints, on both streams."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    surroundings = {**os.environ, "PATH": path, "NO_COLOR": "1", "COLUMNS": "80"}
    run = subprocess.run(
        command, shell=True, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return run.stdout


def _known_target(example: Example) -> str:
    makefile = (ROOT / "Makefile").read_text()
    unknown = [target for target in _MAKE.findall(example.parsed) if f"\n{target}:" not in makefile]
    return f"no target of make: {unknown}" if unknown != [] else ""


_SYBIL = Sybil(
    parsers=[
        _python,
        CodeBlockParser("text", _compare),
        CodeBlockParser("console", _console),
        CodeBlockParser("yaml", _write),
        CodeBlockParser("sh", _known_target),
    ],
    pattern="*.md",
)
