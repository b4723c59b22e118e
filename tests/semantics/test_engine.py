"""The engine: what is remembered, what crashed, what cannot be installed, and which verdicts changed."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.semantics.asking import BROKEN_OFF, BrokenOffError
from benchmarks.semantics.case import Case
from benchmarks.semantics.engine import run_system
from benchmarks.semantics.memory import Lines, answered
from benchmarks.semantics.results import assembled, changes, committed, written
from benchmarks.semantics.systems import ROOT, NotInstalledError, System, locked, read_systems

POD: Any = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "job"},
    "spec": {"containers": [{"name": "main", "image": "a:1"}]},
}
CASE = Case(
    "g/x",
    "g",
    "title",
    "intent",
    POD,
    {"mapping": {"metadata": {"labels": {"a": "b"}}}},
    [{"result": "template"}],
    None,
    None,
    (),
    "",
)
SYSTEMS = {system.id: system for system in read_systems()}
DUMMY = next(system for system in SYSTEMS.values() if system.id == "dummy-ignores")


def run(system: System, *cases: Case) -> Any:
    """A system's cells of these cases."""
    return run_system(system, cases or (CASE,), [], lambda cell: None, kept=None)


def test_a_cell_is_asked_for_and_judged() -> None:
    """The dummy that ignores the override gives the template."""
    ran = run(DUMMY)

    assert (ran.problem, ran.cells["g/x"].verdict.word, ran.cells["g/x"].answer["manifest"]) == (None, "pass", POD)


def test_an_environment_that_is_not_there_is_said() -> None:
    """A system that cannot be installed has no cells, and the reason."""
    ran = run(replace(DUMMY, environment="nowhere"))

    assert (ran.cells, ran.problem) == ({}, "could not be installed: there is no nowhere.txt")


def test_a_package_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be installed is a problem with the installer's words, and no crash of the run."""
    (tmp_path / "odd.txt").write_text("podcompose-that-nobody-wrote==1\n")
    monkeypatch.setattr("benchmarks.semantics.systems.ENVIRONMENTS", tmp_path)

    problem = run(replace(DUMMY, environment="odd")).problem

    assert "podcompose-that-nobody-wrote" in problem
    assert "\n" not in problem
    assert str(ROOT) not in problem


def test_a_driver_that_ends_is_a_crash_and_the_next_case_is_asked() -> None:
    """A driver that dies on one case answers the next."""
    dying = replace(CASE, id="g/dies", overrides={"mapping": None}, template=None)
    system = replace(SYSTEMS["compose"], command=("python", "-c", _DIES))
    ran = run(system, replace(CASE, id="g/1"), dying, replace(CASE, id="g/2"))

    assert [cell.verdict.word for cell in ran.cells.values()] == ["pass", "crashed", "pass"]
    assert "ended with 3" in ran.cells["g/dies"].answer["text"]
    assert "oh dear" in ran.cells["g/dies"].answer["text"]


_DIES = """
import json, sys
print(json.dumps({"version": "1"}), flush=True)
for line in sys.stdin:
    question = json.loads(line)
    if question["template"] is None:
        sys.exit(sys.stderr.write("oh dear") and 3)
    print(json.dumps({"id": 1, "status": "ok", "manifest": question["template"]}), flush=True)
"""


def saying(program: str) -> System:
    """A system whose driver says who it is, and then answers the first question as this program does."""
    return replace(SYSTEMS["compose"], command=("python", "-c", f"{_HELLO}{program}"))


_HELLO = """
import json, os, subprocess, sys, time
print(json.dumps({"version": "1"}), flush=True)
question = json.loads(sys.stdin.readline())
"""


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("print('garbage', flush=True)", "gave no answer, but: garbage"),
        ("print('[1, 2]', flush=True)", "gave no answer, but: [1, 2]"),
        ("print(json.dumps({'id': 1}), flush=True)", 'gave no answer, but: {"id": 1}'),
        ("print(json.dumps({'id': 1, 'status': 'fine'}), flush=True)", '"fine"'),
        ("print(json.dumps({'id': 7, 'status': 'ok', 'manifest': {}}), flush=True)", '"id": 7'),
        ("print(json.dumps({'id': 1, 'status': 'ok'}), flush=True)", '"ok"'),
        ("print(json.dumps({'id': 1, 'status': 'refused'}), flush=True)", '"refused"'),
        ("print(json.dumps({'id': 1, 'status': 'refused', 'text': None}), flush=True)", '"refused"'),
        ("print(json.dumps({'id': 1, 'status': ['ok'], 'manifest': {}}), flush=True)", '"ok"'),
        ("sys.stdout.buffer.write(bytes([255, 254, 10]))", "gave no answer"),
        ("sys.exit('oh dear')", "ended with 1\noh dear"),
    ],
)
def test_what_is_no_answer_is_a_crash(program: str, said: str) -> None:
    """It is shown, and the run goes on."""
    cells = run(saying(program), CASE, replace(CASE, id="g/y")).cells

    assert [cell.verdict.word for cell in cells.values()] == ["crashed", "crashed"]
    assert said in cells["g/x"].answer["text"]


@pytest.mark.parametrize("program", ["time.sleep(60)", "subprocess.run(['sleep', '60'])"])
def test_a_driver_that_is_silent_for_too_long_is_a_crash(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended with all that it started, and the run goes on."""
    monkeypatch.setattr("benchmarks.semantics.asking.PATIENCE_S", 0.5)
    cell = run(saying(program)).cells["g/x"]

    assert (cell.verdict.word, cell.answer["text"]) == ("crashed", "the driver was silent for 0.5 s")


def test_a_driver_that_does_not_read_is_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the question is too long for a pipe."""
    monkeypatch.setattr("benchmarks.semantics.asking.PATIENCE_S", 0.5)
    system = saying("print(json.dumps({'id': 1, 'status': 'n.a.', 'reason': ''}), flush=True); time.sleep(60)")
    long = replace(CASE, id="g/long", template={**POD, "metadata": {"annotations": {"a": "x" * 1_000_000}}})

    assert run(system, CASE, long).cells["g/long"].verdict.word == "crashed"


def test_a_driver_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is nothing more to ask, it is not waited for."""
    monkeypatch.setattr("benchmarks.semantics.asking.END_S", 0.2)
    ran = run(saying("print(json.dumps({'id': 1, 'status': 'ok', 'manifest': question['template']}), flush=True); time.sleep(60)"))

    assert (ran.cells["g/x"].verdict.word, ran.seconds < 30) == ("pass", True)


def test_a_driver_that_never_says_who_it_is_is_a_system_that_is_not_here() -> None:
    """With its last words."""
    ran = run(replace(SYSTEMS["compose"], command=("python", "-c", "import nothing_of_this_name")))

    assert (ran.cells, (ran.problem or "").splitlines()) == ({}, [ran.problem])
    assert ran.problem.endswith("ModuleNotFoundError: No module named 'nothing_of_this_name'")


def test_what_a_library_prints_when_it_is_imported_is_passed_over() -> None:
    """A driver says who it is with the first line that is an object."""
    system = replace(SYSTEMS["compose"], command=("python", "-c", f"print('Welcome!'); print(7){_DIES}"))

    assert run(system).hello == {"version": "1"}


def test_a_run_that_is_broken_off_asks_nothing_more() -> None:
    """Not even the driver that is just thinking is waited for."""
    threading.Timer(0.5, BROKEN_OFF.set).start()
    start = time.monotonic()
    try:
        with pytest.raises(BrokenOffError):
            run(saying("time.sleep(60)"))
    finally:
        BROKEN_OFF.clear()

    assert time.monotonic() - start < 30


def test_a_driver_that_is_just_starting_is_ended(tmp_path: Path) -> None:
    """A run that is broken off leaves none behind."""
    mark = tmp_path / "pid"
    starting = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    threading.Timer(0.5, BROKEN_OFF.set).start()
    try:
        with pytest.raises(BrokenOffError):
            run(replace(SYSTEMS["compose"], command=("python", "-c", starting)))
    finally:
        BROKEN_OFF.clear()

    assert not Path("/proc", mark.read_text()).exists()


def test_a_case_that_the_users_of_a_system_cannot_say() -> None:
    """Without a spelling that the system reads, a case is not for it."""
    cell = run(DUMMY, replace(CASE, overrides={"another-system": []})).cells["g/x"]

    assert (cell.verdict.word, cell.spelling) == ("n.a.", None)


def test_what_was_answered_is_not_asked_again(tmp_path: Path) -> None:
    """A run that was broken off, even in the middle of a line, goes on where it was; a crash is asked for again."""
    file, asked = tmp_path / "answers.jsonl", list[Any]()

    def ask(question: Any) -> dict[str, Any]:
        asked.append(question["n"])
        return {"status": "crashed" if question["n"] == 2 else "ok"}

    for number in (1, 1, 2):
        answered(Lines(file), {"n": number}, ask)
    file.write_text(file.read_text() + '["half a li')
    for number in (1, 2, 3):
        answered(Lines(file), {"n": number}, ask)
    answered(Lines(file), {"n": 3}, ask)

    assert asked == [1, 2, 2, 3]


def test_what_is_no_answer_in_what_is_kept_is_passed_over(tmp_path: Path) -> None:
    """Whatever came into the file; of two answers to one question, the last counts."""
    file = tmp_path / "answers.jsonl"
    file.write_bytes(b'7\n[1]\n[1, 2]\n{"a": 1}\n\xff\xfe\nnull\n["a", 1]\n["a", 2]\n\n["b", 3')

    assert dict(Lines(file)) == {"a": 2}


def test_lines_are_written_at_once(tmp_path: Path) -> None:
    """Two runs that write into one file do not write into one line."""
    one, other = Lines(tmp_path / "lines"), Lines(tmp_path / "lines")
    written = [
        threading.Thread(target=lambda of=of, name=name: [of.update({f"{name}{n}": name * 20_000}) for n in range(50)])
        for name, of in (("a", one), ("b", other))
    ]
    for thread in written:
        thread.start()
    for thread in written:
        thread.join()

    assert dict(Lines(tmp_path / "lines")) == {**one, **other}
    assert len(one) + len(other) == 100


def test_to_ask_anew_forgets_nothing_else(tmp_path: Path) -> None:
    """The answers to other questions lie there as before."""
    file = tmp_path / "answers.jsonl"
    Lines(file).update({"a": 1, "b": 2})
    anew = Lines(file, anew=True)
    anew["a"] = 3

    assert (dict(anew), dict(Lines(file))) == ({"a": 3}, {"a": 3, "b": 2})


def test_what_is_kept_of_whom(tmp_path: Path) -> None:
    """The answers of a system are kept, by its driver and its versions; those of others go. Ours are asked each time."""
    for name in ("dummy-ignores.00ff.1.jsonl", "compose.00ff.1.jsonl"):
        (tmp_path / name).touch()
    run_system(DUMMY, [CASE], [], lambda cell: None, kept=tmp_path)
    run_system(SYSTEMS["compose"], [CASE], [], lambda cell: None, kept=tmp_path)
    kept = {file.name for file in tmp_path.iterdir()}

    assert kept == {f"dummy-ignores.{DUMMY.digest(run(DUMMY).hello)}.1.jsonl", "compose.00ff.1.jsonl"}
    assert DUMMY.digest({"version": "1"}) != DUMMY.digest({"version": "2"})
    assert DUMMY.digest({}) == replace(DUMMY, adds={".spec": "why"}, user="another text").digest({})
    assert DUMMY.digest({}) != replace(DUMMY, command=("python", "dummy.py", "override")).digest({})


def test_a_verdict_that_changed_is_named() -> None:
    """Each cell with another verdict, each case that came, each that went, each system that came."""
    cells = {"g/x": {"a": _cell("pass"), "b": _cell("fail")}, "g/old": {}}
    before = {"systems": [{"id": "a"}, {"id": "b"}, {"id": "not run this time"}], "cells": cells}
    cells = {"g/x": {"a": _cell("fail", "it is gone"), "b": _cell("fail"), "c": _cell("pass")}, "g/new": {}}
    after = {"systems": [{"id": "a"}, {"id": "b"}, {"id": "c"}], "cells": cells}

    assert changes(before, after) == ["g/new came", "g/old went", "the system c came", "g/x in a: pass -> fail: it is gone"]


def _cell(word: str, *why: str) -> Any:
    return {"verdict": word, "why": list(why)}


@pytest.mark.parametrize("text", [None, "", "{"])
def test_where_nothing_is_committed(text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of a checkout, or without git, there may be nothing to compare with."""
    monkeypatch.setattr("benchmarks.semantics.results.RESULTS", tmp_path / "results.json")
    monkeypatch.setenv("PATH", str(tmp_path))
    if text is not None:
        (tmp_path / "results.json").write_text(text)

    assert committed() is None


def test_results_are_written_a_line_a_cell() -> None:
    """What is written can be read again, and a cell is one line."""
    results = assembled([run(DUMMY)], [CASE], {}, None, None)
    text = written(results)

    assert json.loads(text) == results
    assert any(line.strip().startswith('"dummy-ignores": {"verdict": "pass"') for line in text.splitlines())


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=lambda system: system.id)
def test_a_description(system: System) -> None:
    """Every system says what is called, for whom, where it is documented, and every package of its environment is pinned."""
    pins = [] if system.environment == "none" else locked(system.environment)

    assert all(text != "" for text in (system.name, system.project, system.call, system.user))
    assert system.docs.startswith("https://")
    assert all("==" in pin for pin in pins)


def test_no_lock_no_environment() -> None:
    """An environment without its list of pinned packages is none."""
    with pytest.raises(NotInstalledError, match=r"there is no nothing\.txt"):
        locked("nothing")
