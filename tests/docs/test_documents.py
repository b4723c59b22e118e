"""The documentation says what is: every block of every page runs, every link leads somewhere."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.documents import LANGUAGES, ROOT, evaluate, pages

PAGES = pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))

_FENCE = re.compile(r"^ *(```+)(.*)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the examples, to run in and to import from."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


@PAGES
@pytest.mark.usefixtures("folder")
def test_every_block_runs(page: Path) -> None:
    """Each block of the page does what the page says it does."""
    wrong = evaluate(page)

    assert wrong == [], "\n".join(wrong)


@PAGES
def test_every_block_is_of_a_kind_that_is_checked(page: Path) -> None:
    """No block of the page escapes the tests by its language."""
    openings = [info.strip() for _, info in _FENCE.findall(page.read_text())][::2]

    assert [info for info in openings if info not in LANGUAGES] == []


@PAGES
def test_every_link_leads_somewhere(page: Path) -> None:
    """Each link to a file of this repository, and to a heading in it, leads to one."""
    dead = [link for link in _LINK.findall(_prose(page.read_text())) if not link.startswith("https://") and not _leads(link, page)]

    assert dead == []


def _prose(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def _leads(link: str, page: Path) -> bool:
    name, _, heading = link.partition("#")
    target = (page.parent / name).resolve() if name != "" else page
    return target.exists() and (heading == "" or heading in _anchors(target))


def _anchors(page: Path) -> set[str]:
    titles = _HEADING.findall(_prose(page.read_text()))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
