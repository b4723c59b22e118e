"""The page of results in a real browser: by mouse, by keyboard, by ear, on a phone, on paper; and it asks nobody for anything."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.semantics.page.render import render
from tests.semantics.browser import BrowserMissingError, browser
from tests.semantics.made_up import HOSTILE, results

SCREENSHOTS = Path(__file__).parents[2] / "build" / "semantics" / "screenshots"
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
#: Enough for most tests; as many as there are in earnest, for those of the whole.
FEW, MANY = 40, 150
CASE, SYSTEM = "falsy-values-win/case-7", "dagster-deep"
DESKTOP, PHONE = {"width": 1400, "height": 950}, {"width": 390, "height": 844}

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for the tests of this module: it must be gone before others start an event loop of their own."""
    try:
        with browser() as started:
            yield started
    except BrowserMissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page."""
    return _written(tmp_path_factory.mktemp("page") / "semantics.html", results(FEW))


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, with as many cases as in earnest."""
    return _written(tmp_path_factory.mktemp("full") / "semantics.html", results(MANY))


@pytest.fixture
def opened(chromium: Browser, file: Path) -> Iterator[Open]:
    """Opens the page; nothing may be requested but the file, and nothing may go wrong on the console."""
    wrong: list[str] = []
    contexts = []

    def start(*, path: Path = file, link: str = "", media: str = "light", phone: bool = False, script: bool = True) -> Page:
        context = chromium.new_context(
            viewport=PHONE if phone else DESKTOP,
            color_scheme=media,
            java_script_enabled=script,
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on(
            "request", lambda request: None if request.url.startswith(path.as_uri()) else wrong.append(f"request: {request.url}")
        )
        page.goto(path.as_uri() + link)
        return page

    yield start
    for context in contexts:
        context.close()

    assert wrong == []


def _written(path: Path, given: Any) -> Path:
    path.write_text(render(given))
    return path


def test_page_is_one_file_of_moderate_size() -> None:
    """150 cases on 22 systems are less than three megabytes."""
    assert len(render(results(MANY)).encode()) < 3_000_000


def test_same_results_give_the_same_bytes() -> None:
    """The page depends on the results alone."""
    given = results(cases=20)

    assert render(copy.deepcopy(given)) == render(given)


def test_every_case_and_system_is_a_cell(opened: Open, full: Path) -> None:
    """All rows are there, and each has a cell for every system."""
    page = opened(path=full)

    expect(page.locator("#matrix tbody tr")).to_have_count(MANY)
    expect(page.locator("#matrix tbody td button")).to_have_count(MANY * 22)
    _kept(page, "desktop-light")


def test_nobody_is_blamed_where_nobody_is_judged(opened: Open) -> None:
    """In the rows of reported cases no cell has the colour of a verdict, a refusal neither."""
    page = opened()
    page.select_option("#kind", "reported")
    kinds = page.locator("#matrix tbody tr:visible td button").evaluate_all(
        "cells => [...new Set(cells.map(cell => cell.className))]"
    )

    assert sorted(kinds) == ["none", "told"]


def test_filters_narrow_the_rows_and_say_so(opened: Open) -> None:
    """Group, text, verdict and kind take rows away, and the number that is left is announced."""
    page = opened()
    page.select_option("#group", "falsy values win")
    page.fill("#text", "case-7 sidecar")

    expect(page.locator("#matrix tbody tr:visible")).to_have_count(1)
    expect(page.get_by_role("status").first).to_have_text(f"1 of {FEW} cases are shown.")

    page.get_by_role("button", name="Clear", exact=True).click()
    page.select_option("#kind", "reported")

    expect(page.locator("#matrix tbody tr:visible")).to_have_count(sum(not case["judged"] for case in results(FEW)["cases"]))

    page.select_option("#kind", "judged")
    page.select_option("#verdict", "crashed")

    expect(page.locator("#matrix tbody tr:visible").first.locator(".crashed").first).to_be_visible()


def test_only_rows_where_systems_differ(opened: Open) -> None:
    """With the systems of podcompose alone, which agree, no judged row is left."""
    page = opened()
    page.get_by_text("Systems (22 of 22)").click()
    page.get_by_role("button", name="none", exact=True).click()
    for name in ("podcompose, COMPOSE", "podcompose, APPLY"):
        page.get_by_label(name, exact=True).check()
    page.select_option("#kind", "judged")
    page.get_by_label("only where systems differ").check()

    expect(page.locator("#shown")).to_have_text(f"0 of {FEW} cases are shown, for 2 of 22 systems.")
    expect(page.locator("#matrix thead th:visible")).to_have_count(4)


def test_sorting_goes_up_down_and_back(opened: Open) -> None:
    """A head sorts by its column, then the other way, then as it was; which way it is is said."""
    page = opened()
    head = page.get_by_role("columnheader", name="Dagster, DEEP")
    first = page.locator("#matrix tbody tr").first
    order = first.get_attribute("data-case")
    head.get_by_role("button").click()

    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(first.locator("td").nth(6)).to_have_text(re.compile("pass"))

    head.get_by_role("button").click()

    expect(head).to_have_attribute("aria-sort", "descending")
    expect(first.locator("td").nth(6)).not_to_have_text(re.compile("pass"))

    head.get_by_role("button").click()

    assert head.get_attribute("aria-sort") is None
    assert order == first.get_attribute("data-case")


def test_cell_opens_by_mouse_and_tells_everything(opened: Open) -> None:
    """A click shows the wish, the template, the override, what came out as a difference, and the command."""
    page = opened()
    page.locator(f'#matrix tbody tr:has-text("{CASE}") td button').nth(5).click()
    dialog = page.get_by_role("dialog")

    expect(dialog).to_contain_text("The user changes the image of the sidecar")
    expect(dialog).to_contain_text('.spec.containers[name="log"].image is "registry.example/team/log:7"')
    expect(dialog.get_by_label("The template", exact=True)).to_contain_text("image: registry.example/team/log:1")
    expect(dialog.get_by_label("The override")).to_contain_text("image: registry.example/team/log:7")
    expect(dialog.locator("del", has_text=re.compile("^- .*log:1$"))).to_be_visible()
    expect(dialog.locator("ins", has_text=re.compile(r"^\+ .*log:7$"))).to_be_visible()
    expect(dialog.get_by_label("The command")).to_have_text(f".venv/bin/python -m benchmarks.semantics show {SYSTEM} {CASE}")
    _kept(page, "dialog")


def test_unchanged_lines_are_shown_when_asked_for(opened: Open) -> None:
    """A long run of lines as in the template is one button, which opens it."""
    page = opened(link=f"#{SYSTEM}/{CASE}")
    before = page.locator(".diff span").count()
    page.locator(".diff button").first.click()

    assert page.locator(".diff span").count() > before


def test_command_is_copied(opened: Open) -> None:
    """The copy button puts the command where it can be pasted, and says so."""
    page = opened(link=f"#{SYSTEM}/{CASE}")
    page.get_by_role("button", name="Copy", exact=True).click()

    expect(page.get_by_text("Copied.")).to_be_visible()
    assert f".venv/bin/python -m benchmarks.semantics show {SYSTEM} {CASE}" == page.evaluate("navigator.clipboard.readText()")


def test_keyboard_alone_is_enough(opened: Open) -> None:
    """Tab reaches the matrix once, arrows move in it, Enter opens, arrows go on to other cells, Esc leads back to the cell."""
    page = opened()
    page.locator("#filter button[type=reset]").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")

    expect(page.locator("#matrix tbody tr").nth(1).locator("td button").nth(1)).to_be_focused()

    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")

    expect(dialog.get_by_role("heading", level=2)).to_have_text(re.compile("^podcompose, APPLY: A sidecar gets image 1,"))

    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")

    expect(dialog.get_by_role("heading", level=2)).to_have_text(re.compile("^podcompose, STRATEGIC: A sidecar gets image 2,"))

    page.keyboard.press("Escape")

    expect(dialog).not_to_be_visible()
    expect(page.locator("#matrix tbody tr").nth(2).locator("td button").nth(2)).to_be_focused()


def test_heads_are_reached_by_keyboard(opened: Open) -> None:
    """Above the first row are the heads, and Enter sorts."""
    page = opened()
    page.locator("#matrix tbody td button").nth(5).focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")

    expect(page.get_by_role("columnheader", name="Dagster, DEEP")).to_have_attribute("aria-sort", "ascending")
    assert page.locator("#matrix button[tabindex='0']").count() == 1


def test_cell_says_whose_it_is(opened: Open) -> None:
    """Who hears the page is told the verdict, the system and the case."""
    page = opened()
    page.locator("#matrix tbody tr").first.locator("td button").first.focus()

    expect(page.get_by_role("button", name=re.compile("^pass: podcompose, COMPOSE, A sidecar gets image 0"))).to_be_focused()


@pytest.mark.parametrize("word", ["pass", "fail", "refused", "unclear", "n.a.", "crashed", "replaced"])
def test_link_leads_to_a_cell_of_any_verdict(opened: Open, word: str) -> None:
    """The address of a cell opens it, whatever its verdict, and the address is gone when it is closed."""
    case, system = _cell_with(word)
    page = opened(link=f"#{system}/{case}")
    dialog = page.get_by_role("dialog")

    expect(dialog.locator(".verdict")).to_contain_text(word)
    expect(dialog.locator("#cell-about")).to_contain_text(case)

    page.get_by_role("button", name="Close").click()

    assert "#" not in page.url


def test_law_shows_its_counterexample(opened: Open) -> None:
    """A law that does not hold shows on how many pods it held, and the smallest on which it did not."""
    case, system = _cell_with("fail", law=True)
    page = opened(link=f"#{system}/{case}")

    expect(page.get_by_role("dialog")).to_contain_text("It held on 58 of 60 generated pods.")
    expect(page.get_by_role("dialog")).to_contain_text("The smallest counterexample")
    expect(page.locator(".diff ins").first).to_be_visible()


def test_unknown_link_opens_nothing(opened: Open) -> None:
    """An address of no cell is a page like any other."""
    page = opened(link="#nobody/nothing%zz")

    expect(page.get_by_role("dialog")).not_to_be_visible()


def test_matrix_shows_what_the_server_says(opened: Open) -> None:
    """The same cells, by choice, with the API server's answer in the place of the verdict."""
    page = opened()
    page.select_option("#shows", "server")

    expect(page.locator("#matrix tbody td button", has_text="API server: refused").first).to_be_visible()
    expect(page.locator("#matrix tbody td button", has_text=re.compile("pass"))).to_have_count(0)


def test_phone_scrolls_one_way_only(opened: Open) -> None:
    """On a narrow screen nothing is wider than it, neither the page nor an opened cell."""
    page = opened(phone=True)

    assert _overflow(page) <= 0
    page.evaluate("document.getElementById('cases').scrollIntoView()")
    _kept(page, "phone")
    page.locator("#matrix tbody td button").nth(3).click()

    assert _overflow(page) <= 0
    assert page.evaluate("(body => body.scrollWidth - body.clientWidth)(document.getElementById('cell-body'))") <= 0
    _kept(page, "phone-dialog")


def test_print_has_all_rows_and_no_controls(opened: Open) -> None:
    """On paper are all cases, filtered or not, and nothing to press."""
    page = opened()
    page.fill("#text", "case-7 sidecar")
    page.emulate_media(media="print")

    expect(page.locator("#matrix tbody tr:visible")).to_have_count(FEW)
    expect(page.locator("#filter")).not_to_be_visible()
    _kept(page, "print")
    page.pdf(path=SCREENSHOTS / "print.pdf", prefer_css_page_size=True, print_background=True)


def test_without_a_script_the_matrix_is_there(opened: Open) -> None:
    """Who allows no scripts sees every verdict, and no control that would do nothing."""
    page = opened(script=False)

    expect(page.locator("#matrix tbody td button")).to_have_count(FEW * 22)
    expect(page.locator("#matrix tbody tr").first).to_contain_text("pass")
    expect(page.locator("#filter")).not_to_be_visible()


def test_hostile_text_is_text(opened: Open, tmp_path: Path) -> None:
    """Whatever a case, a system or an answer says is shown, and never taken for markup, style or script."""
    page = opened(path=_written(tmp_path / "hostile.html", _hostile(results(cases=6, systems=4))))
    page.locator("#matrix tbody td button").nth(3).click()

    expect(page.get_by_role("dialog")).to_contain_text("</script><img src=x")
    assert page.evaluate("[window.harmed, document.images.length]") == [None, 0]


@pytest.mark.parametrize("media", ["light", "dark"])
@pytest.mark.parametrize("link", ["", f"#{SYSTEM}/change-by-name/case-0"], ids=["page", "cell"])
def test_no_barrier_is_found(opened: Open, media: str, link: str, tmp_path: Path) -> None:
    """axe finds no violation, in light and in dark, on the page and in an opened cell."""
    page = opened(path=_written(tmp_path / "few.html", results(cases=9, systems=12)), link=link, media=media)
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations', 'passes']})")
    _kept(page, f"axe-{media}{'-cell' if link else ''}")

    assert len(found["passes"]) > 20
    assert [(each["id"], [node["html"][:200] for node in each["nodes"]][:3]) for each in found["violations"]] == []


def _kept(page: Page, name: str) -> None:
    """A picture for those who want to look."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def _overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def _cell_with(word: str, *, law: bool = False) -> tuple[str, str]:
    """The first cell of this verdict that is, or is not, one of a law."""
    found = results(FEW)
    laws = {case["id"] for case in found["cases"] if case["law"] is not None}
    return next(
        (case, system)
        for case, cells in found["cells"].items()
        if (case in laws) == law
        for system, cell in cells.items()
        if cell["verdict"] == word and system != "zenml"
    )


def _hostile(value: Any, name: str = "") -> Any:
    """The same with hostile text wherever somebody writes prose."""
    if isinstance(value, dict):
        return {key: _hostile(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_hostile(each, name) for each in value]
    prose = (
        "title",
        "intent",
        "note",
        "sources",
        "why",
        "text",
        "name",
        "call",
        "user",
        "version",
        "image",
        "group",
        "groups",
        "cpu",
        "docs",
    )
    return json.loads(json.dumps(f"{value} {HOSTILE}")) if isinstance(value, str) and name in prose else value
