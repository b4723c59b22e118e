"""The protocol of drivers, held by lines.py; what the drivers of this environment say; models as people write them."""

from __future__ import annotations

import copy
import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import deepmerge
import pytest

from benchmarks.semantics.case import SPELLINGS
from benchmarks.semantics.systems import DRIVERS, System, read_systems
from podcompose.core.path import parse_path

TEMPLATE: Any = {"metadata": {"name": "job"}, "spec": {"containers": [{"name": "main", "image": "a:1"}]}}
SYSTEMS = read_systems()

#: A system that does what its override says, and the driver that calls it; they lie in two folders, as in life.
SYSTEM = """
import enum
import os

Mode = enum.Enum("Mode", "FAST SLOW")


class Sealed:
    __slots__ = ("pod",)

    def __init__(self, pod):
        self.pod = pod


class Pod:
    openapi_types = {"spec": "object"}

    def __init__(self, spec):
        self.spec = spec


def lay_over(template, override):
    print("merging")
    if isinstance(template, Sealed):
        template.pod["seen"] = True
        return template
    if "shout" in override:
        os.system("echo shouting")
    if "refuse" in override:
        raise ValueError("there is no field colour")
    if "refuse an object" in override:
        raise ValueError(object())
    if "choose" in override:
        override["choose"] = Mode.FAST
        return {"spec": Pod({"containers": []}), "mode": override["choose"]}
    if "write" in override:
        template["spec"]["containers"].append({"name": "log"})
        override["seen"] = True
    if "model" in override:
        return Pod(template["spec"])
    return template if "share" in override else {"spec": {"containers": []}}
"""
DRIVER = """
import copy

from lines import Driver, NotSayable, Refusal, serve
from system import Sealed, lay_over


def read(template, override, spelling):
    if "unsayable" in override:
        raise NotSayable("nobody says this here")
    if "in words" in override:
        raise Refusal("no, by the driver's own words")
    if "seal" in override:
        return Sealed(template), override
    return (template["nothing of the kind"] if "slip" in override else template), override


def write(result):
    if isinstance(result, Sealed):
        return result.pod
    if isinstance(result, dict) and "mode" in result:
        return {"mode": result["mode"].name}
    return result if isinstance(result, dict) else {"spec": result.spec}


serve(Driver({"toy": "1.2"}, read, lay_over, write, ["toy.client"]))
"""


class Talk:
    """A driver's process, asked line by line."""

    def __init__(self, command: Sequence[str], folder: Path, path: str = "") -> None:
        self.command, self.folder, self.path = command, folder, path

    def ask(self, *questions: Any) -> tuple[Any, list[Any], subprocess.CompletedProcess[str]]:
        """Who it says it is, its answers, and how it ended."""
        lines = "".join(json.dumps({"id": number, "spelling": "mapping", **each}) + "\n" for number, each in enumerate(questions))
        ran = subprocess.run(
            [sys.executable, *self.command],
            cwd=self.folder,
            env={"PYTHONPATH": self.path},
            input=lines,
            capture_output=True,
            text=True,
            check=False,
        )
        hello, *answers = [json.loads(line) for line in ran.stdout.splitlines()]
        return hello, answers, ran

    def merge(self, template: Any, override: Any, spelling: str = "mapping") -> Any:
        """Its answer to one merge."""
        question = {"op": "merge", "template": template, "override": override, "spelling": spelling}
        return self.ask(question)[1][0]


@pytest.fixture
def toy(tmp_path: Path) -> Talk:
    """The toy system's driver."""
    drivers, library = tmp_path / "drivers", tmp_path / "library"
    drivers.mkdir()
    library.mkdir()
    shutil.copy(DRIVERS / "lines.py", drivers)
    (drivers / "toy.py").write_text(DRIVER)
    (library / "system.py").write_text(SYSTEM)
    return Talk(["toy.py"], drivers, str(library))


def merging(*words: str) -> Any:
    """The question for a merge whose override says these words."""
    return {"op": "merge", "template": TEMPLATE, "override": dict.fromkeys(words, True)}


def test_a_driver_says_who_it_is_before_it_is_asked(toy: Talk) -> None:
    """Its version, its packages and what its users import; the end of the questions is its end."""
    hello, answers, ran = toy.ask()

    assert (hello, answers, ran.returncode) == (
        {"version": "1.2", "packages": {"toy": "1.2"}, "modules": ["toy.client"]},
        [],
        0,
    )


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ((), {"status": "ok", "manifest": {"spec": {"containers": []}}, "changed": [], "shared": []}),
        (("share",), {"status": "ok", "manifest": TEMPLATE, "changed": [], "shared": ["template"]}),
        (("model",), {"status": "ok", "manifest": {"spec": TEMPLATE["spec"]}, "changed": [], "shared": ["template"]}),
        (("refuse",), {"status": "refused", "text": "ValueError: there is no field colour"}),
        (("refuse an object",), {"status": "refused", "text": "ValueError: <object object>"}),
        (("in words",), {"status": "refused", "text": "no, by the driver's own words"}),
        (("unsayable",), {"status": "n.a.", "reason": "nobody says this here"}),
    ],
)
def test_an_answer(toy: Talk, words: tuple[str, ...], answer: Any) -> None:
    """A result, a refusal, or that nobody can say this; each with the id of its question."""
    assert toy.ask(merging(), merging(*words))[1][1] == {"id": 1, **answer}


def test_inputs_that_were_written_into(toy: Talk) -> None:
    """Whoever writes into an input is named, of both of them."""
    answer = toy.ask(merging("write"))[1][0]

    assert (answer["changed"], answer["shared"]) == (["template", "override"], [])


def test_what_a_library_prints_is_no_answer(toy: Talk) -> None:
    """It goes to the standard error."""
    _, answers, ran = toy.ask(merging(), merging())

    assert len(answers) == 2
    assert ran.stderr.splitlines() == ["merging", "merging"]


def test_what_a_command_prints_is_no_answer(toy: Talk) -> None:
    """Neither what the library starts, nor what writes past Python."""
    _, answers, ran = toy.ask(merging("shout"))

    assert [answer["status"] for answer in answers] == ["ok"]
    assert ran.stderr.splitlines() == ["merging", "shouting"]


def test_inputs_that_one_cannot_look_into(toy: Talk) -> None:
    """What was read to make them is looked at, and what is made of the result."""
    answer = toy.ask(merging("seal"))[1][0]

    assert (answer["changed"], answer["shared"]) == (["template"], ["template"])


def test_a_choice_is_no_node_that_anybody_writes_into(toy: Talk) -> None:
    """The members of an enumeration are the same everywhere."""
    answer = toy.ask(merging("choose"))[1][0]

    assert (answer["changed"], answer["shared"]) == (["override"], [])


def test_a_mistake_of_the_driver_is_no_refusal(toy: Talk) -> None:
    """It ends the process, and what was not answered is not answered."""
    _, answers, ran = toy.ask(merging(), merging("slip"), merging())

    assert [answer["id"] for answer in answers] == [0]
    assert ran.returncode != 0
    assert "KeyError: 'nothing of the kind'" in ran.stderr


def test_times(toy: Talk) -> None:
    """Microseconds of a merge, in process and from JSON to JSON, of three batches at least, and the memory of a result."""
    answer = toy.ask({**merging(), "op": "time", "seconds": 0.01})[1][0]

    assert (answer["id"], answer["status"]) == (0, "ok")
    assert all(len(answer[name]) >= 3 and min(answer[name]) > 0 for name in ("in_process_us", "json_us"))
    assert answer["result_bytes"] > 0


@pytest.mark.parametrize(("word", "status"), [("refuse", "refused"), ("unsayable", "n.a.")])
def test_what_cannot_be_merged_cannot_be_timed(toy: Talk, word: str, status: str) -> None:
    """It is refused, or not sayable, as it is where it is merged."""
    assert toy.ask({**merging(word), "op": "time", "seconds": 0.01})[1][0]["status"] == status


@pytest.mark.parametrize("name", ["always_merger", "merge_or_raise", "conservative_merger"])
def test_deepmerge_says_what_deepmerge_says(name: str) -> None:
    """The driver adds nothing and takes nothing away; that the template is written into, and its nodes go on, is found."""
    override = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "log"}]}}
    answer = Talk(["deepmerge_merger.py", name], DRIVERS).merge(TEMPLATE, override)

    assert answer["manifest"] == getattr(deepmerge, name).merge(copy.deepcopy(TEMPLATE), override)
    assert (answer["changed"], answer["shared"]) == (["template"], ["template", "override"])


def test_deepmerge_refuses_in_its_own_words() -> None:
    """The merger that raises names what it cannot merge."""
    answer = Talk(["deepmerge_merger.py", "merge_or_raise"], DRIVERS).merge(TEMPLATE, {"metadata": {"name": "other"}})

    assert answer["status"] == "refused"
    assert answer["text"].startswith("InvalidMerge: ")


@pytest.mark.parametrize(("given", "manifest"), [("template", TEMPLATE), ("override", {"spec": {}})])
def test_dummies(given: str, manifest: Any) -> None:
    """One gives back the template, the other the override."""
    assert Talk(["dummy.py", given], DRIVERS).merge(TEMPLATE, {"spec": {}})["manifest"] == manifest


@pytest.mark.parametrize("dialect", ["COMPOSE", "APPLY", "STRATEGIC"])
def test_podcompose_is_asked_for_a_dialect(dialect: str) -> None:
    """A mapping and a JSON patch are read, and nothing that was given is written into or shared."""
    talk = Talk(["podcompose_dialect.py", dialect], DRIVERS, str(DRIVERS.parents[2]))
    pod = {"apiVersion": "v1", "kind": "Pod", **TEMPLATE}
    path = "/spec/containers/0/image"
    answers = [
        talk.merge(pod, {"spec": {"containers": [{"name": "main", "image": "a:2"}]}}),
        talk.merge(pod, [{"op": "replace", "path": path, "value": "a:2"}], "json-patch"),
    ]

    assert all(answer["manifest"]["spec"]["containers"] == [{"name": "main", "image": "a:2"}] for answer in answers)
    assert all((answer["changed"], answer["shared"]) == ([], []) for answer in answers)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The drivers' module of models."""
    monkeypatch.syspath_prepend(str(DRIVERS))
    return importlib.import_module("typed")


@pytest.mark.parametrize(
    ("manifest", "word"),
    [
        ({"spec": {"containers": [], "hostNetwrok": True}}, "host_netwrok"),
        ({"spec": {"containers": [{"name": "main", "imgae": "a:1"}]}}, "imgae"),
        ({"metdata": {"name": "job"}}, "metdata"),
    ],
)
def test_models_refuse_a_keyword_that_there_is_not(typed: Any, manifest: Any, word: str) -> None:
    """As somebody writes it in Python, and by its name."""
    with pytest.raises(importlib.import_module("lines").Refusal, match=word):
        typed.constructed(manifest)


def test_models_are_written_in_snake_case(typed: Any) -> None:
    """Wire names become keywords at every depth, and come out as they went in; free maps are left alone."""
    manifest = {
        "metadata": {"labels": {"hostNetwork": "x"}},
        "spec": {"containers": [{"name": "main", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}], "hostNetwork": False},
    }
    pod = typed.constructed(manifest)

    assert (pod.spec.host_network, pod.spec.containers[0].volume_mounts[0].mount_path) == (False, "/data")
    assert typed.manifest_of(pod) == manifest


def test_a_spec_of_no_containers_is_written_with_none(typed: Any) -> None:
    """A model of a spec cannot be made without containers: who has no wish for them writes an empty list."""
    assert typed.manifest_of(typed.constructed({"spec": {"hostNetwork": True}})) == {
        "spec": {"containers": [], "hostNetwork": True}
    }


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.id)
def test_a_description_names_what_there_is(system: System) -> None:
    """The spellings it reads, the driver it starts, and paths of what it adds."""
    assert set(system.reads) <= {*SPELLINGS}
    assert (DRIVERS / system.command[1]).exists()
    assert all(parse_path(path) != () and why != "" for path, why in system.adds.items())
