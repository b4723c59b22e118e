"""A `pod_mutation_hook` of an `airflow_local_settings.py`: found, run and judged as Airflow's users are used to."""

from __future__ import annotations

import functools
import os
import pickle
import sys
import threading
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from podcompose import HookError, Problem, compose
from podcompose.airflow import load_pod_mutation_hook

POD: dict[str, Any] = {"spec": {"containers": [{"name": "base", "image": "i"}]}}
Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def unpolluted() -> Iterator[None]:
    """Whatever a test loads, this process knows nothing of it afterwards."""
    path, modules = list(sys.path), set(sys.modules)
    yield

    assert sys.path == path
    strays = {name for name in set(sys.modules) - modules if name.partition(".")[0] in _NAMES}
    assert strays == set()


_NAMES = ("airflow_local_settings", "my_helpers", "more_helpers", "my_package", "hooks")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a local settings file, or a file beside it."""

    def written(text: str, name: str = "airflow_local_settings.py", folder: str = "config") -> Path:
        path = tmp_path / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return written


def composed(settings: Any, pod: dict[str, Any] = POD) -> Any:
    """What the hook of these settings makes of a pod."""
    return compose(pod, hook=load_pod_mutation_hook(settings)).manifest


def problem(error: HookError) -> Problem:
    """The only one."""
    (only,) = error.problems
    return only


def refused(settings: Any, pod: dict[str, Any] = POD) -> Problem:
    """Why a hook cannot be loaded or run."""
    with pytest.raises(HookError) as caught:
        composed(settings, pod)
    return problem(caught.value)


IN_PLACE = """
from kubernetes.client import models as k8s


def pod_mutation_hook(pod: k8s.V1Pod):
    pod.metadata.annotations["a"] = "b"
    pod.spec.containers[0].env.append(k8s.V1EnvVar(name="A", value="1"))
    pod.spec.node_selector = {"pool": "workers"}
"""


@pytest.mark.parametrize("kind", [str, Path, lambda path: f"{path}:pod_mutation_hook", os.path.relpath])
def test_a_file_by_its_path(write: Write, kind: Callable[[Path], Any]) -> None:
    """A file is named by text or path, relative or not, and says which file it is."""
    settings = kind(write(IN_PLACE))
    composition = compose(POD, hook=load_pod_mutation_hook(settings))

    assert composition.manifest == {
        "metadata": {"annotations": {"a": "b"}},
        "spec": {
            "nodeSelector": {"pool": "workers"},
            "containers": [{"name": "base", "image": "i", "env": [{"name": "A", "value": "1"}]}],
        },
    }
    said = str(composition.explain("metadata.annotations.a"))
    assert f"hook airflow_local_settings:pod_mutation_hook ({str(settings).removesuffix(':pod_mutation_hook')}:5)" in said


@pytest.mark.parametrize("package", ["", "my_package."])
def test_a_module_by_its_dotted_name(write: Write, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """As in Airflow, a module that is on sys.path is found by name, in a package or not."""
    write("", "__init__.py", "config/my_package")
    folder = write(IN_PLACE, folder=f"config/{package.replace('.', '/')}").parent
    monkeypatch.syspath_prepend(folder.parent if package != "" else folder)
    name = f"{package}airflow_local_settings"
    try:
        made = composed(name) if package != "" else compose(POD, hook=load_pod_mutation_hook()).manifest
    finally:
        for known in (name, "my_package"):
            sys.modules.pop(known, None)
        monkeypatch.undo()

    assert made["metadata"] == {"annotations": {"a": "b"}}


def test_a_function_of_another_name(write: Write) -> None:
    """`:name` behind the file asks for another function, also one inside a class."""
    path = write(
        "class Hooks:\n    @staticmethod\n    def gpu(pod): pod.spec.node_name = 'g'\ndef cpu(pod): pod.spec.node_name = 'c'\n"
    )

    assert composed(f"{path}:Hooks.gpu")["spec"]["nodeName"] == "g"
    assert composed(f"{path}:cpu")["spec"]["nodeName"] == "c"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x = 1\ndef pod_mutation_hook(pod:\n", 2, "it cannot be run: SyntaxError: "),
        ("x = 1\n\n1 / 0\n", 3, "it cannot be run: ZeroDivisionError: division by zero"),
        ("def f():\n    raise ValueError('no')\n\nf()\n", 2, "it cannot be run: ValueError: no"),
        ("import sys\nsys.exit(3)\n", 2, "it cannot be run: SystemExit: 3"),
        ("import sys\n\nimport no_such_thing\n", 3, "it cannot be run: ModuleNotFoundError: No module named 'no_such_thing'"),
        ("x = 1\npod_mutation_hook = 'harden'\n", 2, "'pod_mutation_hook' cannot be called: it is a str"),
        ("pod_mutation_hook = None\n", 1, "'pod_mutation_hook' cannot be called: it is a NoneType"),
        ("from json import __doc__ as pod_mutation_hook\n", 1, "'pod_mutation_hook' cannot be called: it is a str"),
    ],
)
def test_a_file_that_cannot_be_used(write: Write, text: str, line: int, message: str) -> None:
    """What is wrong with a file is told with its line, at once."""
    path = write(text)
    found = refused(path)

    assert (found.code, found.stage, found.source, found.line) == ("hook-not-found", "hook", str(path), line)
    assert found.message.startswith(message)


def test_a_neighbour_that_cannot_be_used(write: Write) -> None:
    """The line of the import is told, and where in the other file it failed."""
    write("import os\n\nTEAM = os.environ['NO_SUCH_VARIABLE']\n", "my_helpers.py")
    found = refused(write("import os\nimport my_helpers\ndef pod_mutation_hook(pod): ...\n"))

    assert (found.line, found.message) == (2, "it cannot be run: KeyError: 'NO_SUCH_VARIABLE' (my_helpers.py:3)")


def test_a_function_written_with_a_dot(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """The suggestion has the colon."""
    monkeypatch.syspath_prepend(write(IN_PLACE, "hooks.py").parent)
    found = refused("hooks.pod_mutation_hook")
    del sys.modules["hooks"]
    monkeypatch.undo()

    assert (found.code, found.suggestion) == ("hook-not-found", "did you mean 'hooks:pod_mutation_hook'?")


def test_a_module_that_cannot_be_used(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that is imported by name tells its file and line too; one that is not there, where Airflow looks."""
    path = write("\n\n1 / 0\n")
    monkeypatch.syspath_prepend(path.parent)
    found, missing = refused("airflow_local_settings"), refused("no_such_settings")
    monkeypatch.undo()

    assert (found.source, found.line) == (str(path), 3)
    assert missing.suggestion is not None
    assert "$AIRFLOW_HOME/config" in missing.suggestion


def test_no_such_file(write: Write, tmp_path: Path) -> None:
    """A file that is missing is unreadable, with the name that was probably meant; a folder is no file."""
    path = write("")
    found, folder = refused(path.with_name("airflow_local_setings.py")), refused(str(tmp_path / "config") + "/")

    assert (found.code, found.suggestion) == ("unreadable", f"did you mean '{path}'?")
    assert (folder.code, folder.suggestion) == ("unreadable", f"name the file in it: {path}")


@pytest.mark.parametrize(
    ("text", "line", "suggestion"),
    [
        ("", None, None),
        ("x = 1\n\ndef pod_mutaton_hook(pod): pass\n", 3, "did you mean 'pod_mutaton_hook'?"),
        ("def mutate(pod): pass\ndef Pod_Mutation_Hook(pod): pass\n", 2, "did you mean 'Pod_Mutation_Hook'?"),
        ("def policy(task): pass\n", None, "'policy' is about tasks"),
        (
            "def task_policy(task): pass\ndef task_instance_mutation_hook(ti): pass\n",
            None,
            "'task_policy' is about tasks, 'task_instance_mutation_hook' is about task instances",
        ),
    ],
)
def test_no_such_function(write: Write, text: str, line: int | None, suggestion: str | None) -> None:
    """Airflow runs no hook and says nothing; here it is an error, and the other functions of local settings are known."""
    found = refused(write(text))

    assert found.message == "it has no 'pod_mutation_hook'; Airflow says nothing then, and runs no hook"
    assert (found.line, found.suggestion) == (line, suggestion)


def test_a_function_that_all_leaves_out(write: Write) -> None:
    """Airflow takes what `__all__` names, where there is one."""
    text = "__all__ = ['policy']\ndef policy(task): pass\ndef pod_mutation_hook(pod): pass\n"
    found = refused(write(text))

    assert (found.message, found.line) == ("its `__all__` leaves 'pod_mutation_hook' out, so Airflow never ran it", 1)
    assert composed(write(text.replace("'policy'", "'policy', 'pod_mutation_hook'"))) == POD


@pytest.mark.parametrize("line", ["from airflow.models.baseoperator import BaseOperator", "import airflow.policies"])
def test_settings_that_import_airflow(write: Write, line: str) -> None:
    """Airflow is not here: the error says so, and what to do."""
    found = refused(write(f"import os\n{line}\ndef pod_mutation_hook(pod): pass\n"))

    assert (found.line, found.message) == (2, "it cannot be run: ModuleNotFoundError: No module named 'airflow'")
    assert found.suggestion is not None
    assert found.suggestion.startswith("it imports Airflow, which is not here: ")


def test_a_hook_that_imports_airflow(write: Write) -> None:
    """Also where the hook does so when it is called."""
    found = refused(write("def pod_mutation_hook(pod):\n    from airflow.configuration import conf\n"))

    assert (found.line, found.message) == (2, "it raised ModuleNotFoundError: No module named 'airflow'")
    assert found.suggestion is not None
    assert found.suggestion.startswith("it imports Airflow, which is not here: ")


@pytest.mark.parametrize("indent", ["", "    "])
def test_settings_that_import_what_airflow_has_no_more(write: Write, monkeypatch: pytest.MonkeyPatch, indent: str) -> None:
    """Where there is an Airflow, its absence is not the reason."""
    monkeypatch.setitem(sys.modules, "airflow", types.ModuleType("airflow"))
    monkeypatch.setattr(sys.modules["airflow"], "__path__", [], raising=False)
    line = "from airflow.contrib.kubernetes.pod import Pod\n"
    text = f"{line}def pod_mutation_hook(pod): ...\n" if indent == "" else f"def pod_mutation_hook(pod):\n{indent}{line}"
    found = refused(write(text))

    assert found.suggestion is not None
    assert found.suggestion.startswith("the Airflow that is here has no such module")


def test_settings_that_import_airflow_for_types_only(write: Write) -> None:
    """What the suggestion says works."""
    text = "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import airflow\n"

    assert composed(write(text + "def pod_mutation_hook(pod: airflow.Pod): pod.spec.node_name = 'n'\n"))["spec"]["nodeName"] == "n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("def pod_mutation_hook(pod):\n    pod.metadata.labels['a'] = 'b'\n    raise LookupError('no such team')\n", 3),
        ("def team(pod):\n    raise LookupError('no such team')\n\ndef pod_mutation_hook(pod):\n    team(pod)\n", 2),
        ("import my_helpers\ndef pod_mutation_hook(pod):\n    my_helpers.team(pod)\n", 3),
        ("import my_helpers\n\n@my_helpers.logged\ndef pod_mutation_hook(pod):\n    my_helpers.team(pod)\n", 5),
        ("import my_helpers as m\npod_mutation_hook = m.logged(lambda pod: m.team(pod))\n", 2),
    ],
)
def test_a_hook_that_raises(write: Write, text: str, line: int) -> None:
    """Its file and the innermost line in it are told, also behind a decorator or a helper of another file."""
    write("def team(pod):\n    raise LookupError('no such team')\ndef logged(f):\n    return lambda pod: f(pod)\n", "my_helpers.py")
    path = write(text)
    found = refused(path)

    assert (found.code, found.source, found.line) == ("hook-raised", str(path), line)
    there = " (my_helpers.py:2)" if "my_helpers" in text else ""
    assert (found.message, found.who) == (f"it raised LookupError: no such team{there}", "airflow_local_settings:pod_mutation_hook")


def test_a_hook_of_another_file(write: Write) -> None:
    """A function that is only imported is told by the file where it stands."""
    helpers = write("def pod_mutation_hook(pod):\n    raise LookupError('no')\n", "my_helpers.py")
    found = refused(write("from my_helpers import pod_mutation_hook\n"))

    assert (found.source, found.line) == (str(helpers), 2)


def test_loading_twice(write: Write) -> None:
    """A file is run anew each time; what was loaded before stays what it was."""
    path = write("def pod_mutation_hook(pod): pod.spec.node_name = 'old'\n")
    old = load_pod_mutation_hook(path)
    path.write_text("def pod_mutation_hook(pod): pod.spec.node_name = 'new'\n")
    new = load_pod_mutation_hook(path)

    assert [compose(POD, hook=hook).manifest["spec"]["nodeName"] for hook in (old, new, old)] == ["old", "new", "old"]


@pytest.mark.parametrize("late", [False, True])
def test_files_of_one_name_and_their_neighbours(write: Write, late: bool) -> None:
    """Each sees the modules of its own folder, when it is loaded and when it is called, in any number of threads."""
    texts = (
        "from my_helpers import NODE\n\ndef pod_mutation_hook(pod):\n",
        "def pod_mutation_hook(pod):\n    from my_helpers import NODE\n",
    )
    hooks: dict[str, Any] = {}
    for folder in ("a", "b", "c"):
        write("from my_package.inner import NODE\n", "my_helpers.py", folder)
        write("", "__init__.py", f"{folder}/my_package")
        write(f"NODE = {folder!r}\n", "inner.py", f"{folder}/my_package")
        hooks[folder] = load_pod_mutation_hook(write(f"{texts[late]}    pod.spec.node_name = NODE\n", folder=folder))
    made: dict[str, set[str]] = {folder: set() for folder in hooks}

    def work(folder: str) -> None:
        for _ in range(20):
            made[folder].add(compose(POD, hook=hooks[folder]).manifest["spec"]["nodeName"])

    threads = [threading.Thread(target=work, args=(folder,)) for folder in [*hooks] * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert made == {"a": {"a"}, "b": {"b"}, "c": {"c"}}


def test_a_neighbour_does_not_shadow_what_is_installed(write: Write) -> None:
    """As on Airflow's sys.path, the folder comes last: a json.py beside the hook is not the one that it imports."""
    write("raise RuntimeError('not me')\n", "json.py")

    assert (
        composed(write("import json\ndef pod_mutation_hook(pod): pod.spec.node_name = json.dumps(1)\n"))["spec"]["nodeName"] == "1"
    )


@pytest.mark.parametrize(
    "lines",
    [
        "import pickle\nclass Team: name = 'ml'\ndef name(): return pickle.loads(pickle.dumps(Team())).name",
        "import sys\nTEAM = 'ml'\ndef name(): return sys.modules[__name__].TEAM",
        "import importlib\ndef name(): return importlib.import_module('my_' + 'helpers').TEAM",
        "import typing\nclass Team: name: 'Text'\nText = str\ndef name(): return 'm' + typing.get_type_hints(Team)['name']('l')",
        "from pathlib import Path\ndef name(): return Path(__file__).with_name('team.txt').read_text()",
    ],
)
def test_a_hook_that_looks_for_itself(write: Write, monkeypatch: pytest.MonkeyPatch, lines: str) -> None:
    """While it is called, its module is found by its name, and what stands beside it by its path; from any working directory."""
    write("TEAM = 'ml'\n", "my_helpers.py")
    write("ml", "team.txt")
    path = write(f"{lines}\ndef pod_mutation_hook(pod): pod.spec.node_name = name()\n")
    monkeypatch.chdir(path.parent)
    hook = load_pod_mutation_hook(path.name)
    monkeypatch.chdir(path.parent.parent)

    assert compose(POD, hook=hook).manifest["spec"]["nodeName"] == "ml"


def test_a_folder_that_is_on_the_path_already(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """There a neighbour is a module as any other, and is known to everybody under one name."""
    helpers = write("class Team: pass\n", "my_helpers.py")
    settings = write("from my_helpers import Team\ndef pod_mutation_hook(pod): pod.spec.node_name = Team.__name__\n")
    monkeypatch.syspath_prepend(helpers.parent)
    try:
        made = composed(settings)
        there = "my_helpers" in sys.modules
    finally:
        sys.modules.pop("my_helpers", None)
        monkeypatch.undo()

    assert (made["spec"]["nodeName"], there) == ("Team", True)


def test_a_file_with_dataclasses_and_annotations(write: Write) -> None:
    """A file is a module like any other: it knows its name and its file, and annotations are its own affair."""
    text = (
        "import dataclasses\n@dataclasses.dataclass\nclass Team:\n    name: 'str'\n\n"
        "def pod_mutation_hook(pod, team: Team = Team('x')):\n"
        "    pod.metadata.annotations.update(n=__name__, f=__file__, a=pod_mutation_hook.__annotations__['team'].__name__)\n"
    )
    path = write(text)

    assert composed(path)["metadata"]["annotations"] == {"n": "airflow_local_settings", "f": str(path), "a": "Team"}


@pytest.mark.parametrize(
    "text",
    [
        "pod_mutation_hook = lambda pod: pod.metadata.labels.setdefault('a', 'b')\n",
        "def pod_mutation_hook(pod):\n    pod.metadata.labels['a'] = 'b'\n    return True\n",
        "def pod_mutation_hook(pod):\n    pod.metadata.labels['a'] = 'b'\n    return pod.metadata.labels\n",
        "def pod_mutation_hook(pod):\n    pod.metadata.labels['a'] = 'b'\n    return pod.spec\n",
        "def pod_mutation_hook(pod):\n    pod.metadata.labels['a'] = 'b'\n    return []\n",
    ],
)
def test_what_is_no_pod_is_ignored(write: Write, text: str) -> None:
    """Airflow ignored what a hook returned: in place counts, and a warning at the hook's line says so, once."""
    path = write(text)
    hook = load_pod_mutation_hook(path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        made = [compose(POD, hook=hook).manifest["metadata"] for _ in range(3)]

    assert made == [{"labels": {"a": "b"}}] * 3
    assert "which is no pod: ignored, as Airflow ignored it" in str(caught[0].message)
    assert [(warning.filename, warning.lineno) for warning in caught] == [(str(path), 1)]


@pytest.mark.parametrize(
    "returned",
    ["pod", "V1Pod(spec=pod.spec)", "{'spec': {'nodeName': 'n', 'containers': [{'name': 'base', 'image': 'i'}]}}"],
)
def test_a_pod_that_is_returned_counts(write: Write, returned: str) -> None:
    """A V1Pod or a mapping of a pod is the pod, here."""
    text = (
        f"from kubernetes.client import V1Pod\ndef pod_mutation_hook(pod):\n    pod.spec.node_name = 'n'\n    return {returned}\n"
    )

    assert composed(write(text)) == {"spec": {"nodeName": "n", "containers": [{"name": "base", "image": "i"}]}}


@pytest.mark.parametrize("text", ["async def pod_mutation_hook(pod): pass\n", "def pod_mutation_hook(pod): yield pod\n"])
def test_functions_that_have_not_run(write: Write, text: str) -> None:
    """An async function or a generator would have done nothing in Airflow; it is refused."""
    assert refused(write(text)).code == "hook-returned"


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("pod.labels['a'] = 'b'", "pod.metadata.labels"),
        ("pod.labels = {'a': 'b'}", "pod.metadata.labels"),
        ("pod.envs['A'] = '1'", "pod.spec.containers[0].env, a list of V1EnvVar"),
        ("pod.tolerations += [{'key': 'a'}]", "pod.spec.tolerations"),
        ("pod.image = 'i'", "pod.spec.containers[0].image"),
    ],
)
def test_a_hook_for_the_old_class(write: Write, line: str, meant: str) -> None:
    """A hook for the Pod of Airflow 1.10 is told as such, with the field that it is today."""
    found = refused(write(f"def pod_mutation_hook(pod):\n    {line}\n"))

    assert found.suggestion is not None
    assert "is of the Pod class of Airflow 1.10" in found.suggestion
    assert found.suggestion.endswith(f"a V1Pod has {meant}")


@pytest.mark.parametrize(
    "line", ["pod.spec.volumes.append({})", "pod.spec.node_selector['a'] = 'b'", "for one in pod.spec.volumes: pass"]
)
def test_a_hook_that_takes_for_granted_what_is_not_there(write: Write, line: str) -> None:
    """A field that the pod does not have is None, and not an empty list, as in Airflow; the error says so."""
    found = refused(write(f"def pod_mutation_hook(pod):\n    {line}\n"))

    assert found.line == 2
    assert found.suggestion is not None
    assert found.suggestion.startswith("what the pod does not have is None")


def test_an_attribute_of_something_else_is_not_the_old_class_s(write: Write) -> None:
    """`spec.labels` is a mistake of another kind."""
    assert refused(write("def pod_mutation_hook(pod):\n    pod.spec.labels['a'] = 'b'\n")).suggestion is None


LENT = """
seen = []
def pod_mutation_hook(pod):
    seen.append((pod.metadata.labels, pod.metadata.annotations, pod.spec.containers[0].env, pod.spec.tolerations))
    pod.spec.node_name = str(seen[-1])
"""


@pytest.mark.parametrize("metadata", [{}, {"metadata": {}}, {"metadata": {"name": "p"}}])
def test_what_is_lent(write: Write, metadata: dict[str, Any]) -> None:
    """As Airflow's pods: labels and annotations are maps, env of the first container a list; what stays empty leaves no trace."""
    pod = {**metadata, **POD}
    made = composed(write(LENT), pod)

    assert made["spec"].pop("nodeName") == "({}, {}, [], None)"
    assert made == pod


@pytest.mark.parametrize(
    "lines",
    [
        "return pod",
        "return copy.deepcopy(pod)",
        "pod.spec, pod.metadata = copy.deepcopy(pod.spec), copy.deepcopy(pod.metadata)",
        "return ApiClient().sanitize_for_serialization(pod)",
        "pod.spec.containers.insert(0, V1Container(name='first', image='i'))",
        "pod.spec.containers[0].name = 'first'",
    ],
)
@pytest.mark.parametrize("env", [{}, {"env": []}])
def test_what_is_lent_leaves_no_trace(write: Write, lines: str, env: dict[str, Any]) -> None:
    """Whatever is returned, or put in the place of what was lent; an empty list of the pod's own stays."""
    imports = "import copy\nfrom kubernetes.client import ApiClient, V1Container\n"
    pod = {"spec": {"containers": [{"name": "base", "image": "i"}, {"name": "side", "image": "i", **env}]}}
    made = composed(write(f"{imports}def pod_mutation_hook(pod):\n    {lines}\n"), pod)

    assert made.get("metadata", {}) == {}
    assert ["env" in one for one in made["spec"]["containers"]][-2:] == [False, env != {}]


def test_a_pod_of_the_hook_s_own_is_not_written_to(write: Write) -> None:
    """It may be returned each time."""
    text = "from kubernetes.client import *\nPOD = V1Pod(metadata=V1ObjectMeta(labels={}), spec=V1PodSpec(containers=[]))\n"
    hook = load_pod_mutation_hook(write(text + "def pod_mutation_hook(pod):\n    POD.metadata.labels.keys()\n    return POD\n"))

    assert [compose(POD, hook=hook).manifest["spec"] for _ in range(2)] == [{"containers": []}] * 2


def test_what_was_there_stays(write: Write) -> None:
    """Empty maps and lists of the template are not the hook's to take away."""
    pod = {"metadata": {"labels": {}}, "spec": {"containers": [{"name": "base", "image": "i", "env": []}]}}

    assert composed(write("def pod_mutation_hook(pod): pass\n"), pod) == pod


def test_a_pod_without_containers(write: Write) -> None:
    """Half a pod is lent as it is."""
    assert composed(write("def pod_mutation_hook(pod): pod.metadata.labels['a'] = 'b'\n"), {}) == {
        "metadata": {"labels": {"a": "b"}}
    }


def test_callables_of_all_kinds(write: Write) -> None:
    """A partial, or an object that is called, is a hook too."""
    text = (
        "import functools\ndef node(pod, name): pod.spec.node_name = name\npod_mutation_hook = functools.partial(node, name='n')\n"
    )
    objects = "class Hook:\n    def __call__(self, pod):\n        raise LookupError('no')\npod_mutation_hook = Hook()\n"

    assert composed(write(text))["spec"]["nodeName"] == "n"
    assert refused(write(objects)).line == 3


def test_a_composition_with_such_a_hook_pickles(write: Write) -> None:
    """As with any hook that is code, what it left is kept."""
    composition = compose(POD, hook=load_pod_mutation_hook(write(IN_PLACE)))

    assert pickle.loads(pickle.dumps(composition)).diff() == composition.diff()


def test_several_hooks(write: Write) -> None:
    """A hook that was loaded stands in a sequence with others."""
    hook = load_pod_mutation_hook(write("def pod_mutation_hook(pod): pod.spec.node_name += 'b'\n"))

    assert compose(POD, hook=[{"spec": {"nodeName": "a"}}, hook, functools.partial(hook)]).manifest["spec"]["nodeName"] == "abb"
