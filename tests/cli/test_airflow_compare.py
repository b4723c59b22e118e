"""`podcompose airflow compare`, and `--dialect airflow`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

WORKER = """\
spec:
  hostNetwork: true
  nodeSelector: {disk: ssd}
  containers:
  - name: base
    image: busybox
    env: [{name: A, value: "1"}]
"""
CONFIGS = """\
nothing: {}
calm: {pod_override: {spec: {hostNetwork: false}}}
gpu: {pod_override: {spec: {nodeSelector: {gpu: "yes"}}}}
old: {KubernetesExecutor: {node_selectors: {gpu: "yes"}}}
"""


@pytest.fixture(autouse=True)
def inputs(folder: Path) -> None:
    """A folder with two templates, and a file of executor_configs."""
    (folder / "templates").mkdir()
    (folder / "templates" / "a.yaml").write_text(WORKER)
    (folder / "templates" / "b.yml").write_text(WORKER)
    (folder / "templates" / "notes.txt").write_text("no template")
    (folder / "configs.yaml").write_text(CONFIGS)


def compared(run: Run, *args: str) -> Any:
    """What the command writes for programs."""
    ran = run("airflow", "compare", *args, "--output", "json")
    assert ran.err == ""
    return json.loads(ran.out)


def outlooks(run: Run, *args: str) -> dict[str, str]:
    """What each config comes to."""
    return {pair["config"]: pair["outlook"] for pair in compared(run, *args)["pairs"]}


def test_the_summary_comes_first_and_each_finding_once(run: Run) -> None:
    """All templates with all configs: counts, then each finding once with the pods that have it."""
    ran = run("airflow", "compare", "templates", "--configs", "configs.yaml")

    assert (ran.status, ran.err) == (1, "")
    assert ran.out == (
        "2 templates with 4 executor_configs: 8 pods\n"
        "     2 equal\n"
        "     0 with harmless differences only\n"
        "     2 improved\n"
        "     4 to be looked at\n"
        "     0 refused by podcompose or by Airflow\n"
        "\n"
        "to be looked at\n"
        '  .spec.nodeSelector.disk absent -> "ssd": Airflow replaced .spec.nodeSelector whole; '
        "now what the override does not mention stays\n"
        "    4 pods: templates/a.yaml with gpu, old; templates/b.yml with gpu, old\n"
        "\n"
        "improved\n"
        "  .spec.hostNetwork true -> false: the override's false now wins\n"
        "    2 pods: templates/a.yaml with calm; templates/b.yml with calm\n"
    )


def test_the_status_is_0_where_nothing_is_to_be_looked_at(run: Run) -> None:
    """Equal and improved pods need nobody."""
    Path("calm.yaml").write_text("nothing: {}\ncalm: {pod_override: {spec: {hostNetwork: false}}}\n")

    assert run("airflow", "compare", "templates/a.yaml", "--configs", "calm.yaml").status == 0


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[{}, {pod_override: {spec: {hostNetwork: false}}}]", {"#1": "equal", "#2": "improved"}),
        ("pod_override: {spec: {hostNetwork: false}}", {"one": "improved"}),
        ('{"a": {"KubernetesExecutor": {"image": "x"}}, "b": null}', {"a": "equal", "b": "equal"}),
        ('{"a": {"pod_override": {"__type": "k8s.V1Pod", "__var": {"spec": {"hostNetwork": false}}}}}', {"a": "improved"}),
        ("{}", {"no executor_config": "equal"}),
    ],
)  # fmt: skip
def test_configs_are_a_map_a_list_or_one(run: Run, text: str, names: dict[str, str]) -> None:
    """Configs by name, in a list by number, or one alone by the file's name; wire form, the legacy dict, Airflow's envelopes."""
    Path("one.yaml").write_text(text)

    assert outlooks(run, "templates/a.yaml", "--configs", "one.yaml") == names


@pytest.mark.parametrize("text", ["{}", "[]"])
def test_without_configs_the_templates_are_compared_alone(run: Run, text: str) -> None:
    """No config, and yet a template that Airflow takes and podcompose does not is told."""
    Path("configs.yaml").write_text(text)
    Path("templates/c.yaml").write_text(WORKER.replace("hostNetwork", "hostNetwrk"))
    ran = run("airflow", "compare", "templates", "--configs", "configs.yaml")

    assert (ran.status, ran.out.splitlines()[0]) == (1, "3 templates with 0 executor_configs: 3 pods")
    assert "a PodSpec has no field `hostNetwrk` (template); did you mean `hostNetwork`?" in ran.out
    assert "1 pod: templates/c.yaml with no executor_config" in ran.out


def test_problems_have_their_file_and_line(run: Run) -> None:
    """What a config says wrong is found by its line, whichever form it has; the others are compared all the same."""
    Path("bad.yaml").write_text(
        "typo:\n  pod_override:\n    spec:\n      hostNetwrk: true\n"
        "key: {pod_overide: {}}\n"
        "old:\n  KubernetesExecutor:\n    imag: x\n"
        "fine: {}\n"
    )
    ran = run("airflow", "compare", "templates/a.yaml", "--configs", "bad.yaml")
    told = [line.strip() for line in ran.out.splitlines() if "podcompose refuses" in line]

    assert [line.split(": ")[1] for line in told] == ["bad.yaml:4:7", "bad.yaml:5:7", "bad.yaml:8:5"]
    assert [line.split("; ")[-1] for line in told] == [
        "did you mean `hostNetwork`?",
        "did you mean `pod_override`?",
        "did you mean `image`?",
    ]
    assert outlooks(run, "templates/a.yaml", "--configs", "bad.yaml")["fine"] == "equal"


def test_a_template_that_is_wrong_is_told_once(run: Run) -> None:
    """A problem of a template is one finding for all its pods."""
    Path("templates/a.yaml").write_text(WORKER.replace("hostNetwork", "hostNetwrk"))
    ran = run("airflow", "compare", "templates", "--configs", "configs.yaml")

    assert ran.out.count("templates/a.yaml:2:3: .spec.hostNetwrk") == 1
    assert "    4 pods: templates/a.yaml with all\n" in ran.out


def test_a_config_with_a_template_of_its_own_is_laid_over_that(run: Run) -> None:
    """pod_template_file names one of the templates by its file; what is not among them is said."""
    Path("own.yaml").write_text(
        "a: {pod_template_file: /opt/airflow/templates/b.yml}\nb: {pod_template_file: /elsewhere.yaml, pod_override: {}}\n"
    )
    pairs = compared(run, "templates", "--configs", "own.yaml")["pairs"]

    assert [(pair["template"], pair["config"], pair["outlook"]) for pair in pairs] == [
        ("templates/b.yml", "a", "equal"),
        ("/elsewhere.yaml", "b", "refused"),
    ]


def test_the_configs_may_lie_among_the_templates(run: Run) -> None:
    """The file of configs is no template."""
    Path("configs.yaml").rename("templates/configs.yaml")

    assert compared(run, "templates", "--configs", "templates/configs.yaml")["summary"]["pods"] == 8


@pytest.mark.parametrize("hook", ["airflow_local_settings.py", "airflow_local_settings.py:other", "patch.yaml"])
def test_hooks_run_on_both(run: Run, hook: str) -> None:
    """A pod_mutation_hook of a file, another function of it, or a patch; what it prints goes to standard error."""
    Path("airflow_local_settings.py").write_text(
        "def pod_mutation_hook(pod):\n    print('seen')\n    pod.spec.host_network = True\n\n"
        "def other(pod):\n    pod.spec.host_network = True\n"
    )
    Path("patch.yaml").write_text("spec: {hostNetwork: true}\n")
    ran = run("airflow", "compare", "templates/a.yaml", "--configs", "configs.yaml", "--hook", hook, "--output", "json")

    assert json.loads(ran.out)["summary"]["improved"] == 0
    assert ("seen" in ran.err) == (hook == "airflow_local_settings.py")


def test_a_hook_is_a_module_of_the_current_folder_too(process: Run) -> None:
    """A dotted name is found beside the caller, as Airflow finds it on its own path."""
    Path("airflow_local_settings.py").write_text("def pod_mutation_hook(pod):\n    pod.spec.host_network = True\n")
    ran = process(
        *("airflow", "compare", "templates/a.yaml", "--configs", "configs.yaml", "--output", "json"),
        *("--hook", "airflow_local_settings", "--hook", "airflow_local_settings:pod_mutation_hook"),
    )

    assert json.loads(ran.out)["summary"]["improved"] == 0


def test_everything_that_cannot_be_read_is_told_at_once(run: Run) -> None:
    """Templates, configs and hooks that are not there: three problems, no traceback, status 1."""
    Path("empty").mkdir()
    ran = run("airflow", "compare", "absent", "--configs", "absent.yaml", "--hook", "absent.py")
    folder = run("airflow", "compare", "empty", "--configs", "configs.yaml")

    assert (ran.status, ran.out) == (1, "")
    assert [line.partition(": ")[0] for line in ran.err.splitlines()] == ["absent", "absent.yaml", "absent.py"]
    assert "there is no template in this folder" in folder.err


@pytest.mark.parametrize(("text", "said"), [("7", "or a list, not an integer"), ("a: [", "this is no YAML"), ("a: {}\na: {}", "a")])
def test_a_file_that_holds_no_configs_is_refused(run: Run, text: str, said: str) -> None:
    """What is no map and no list, or no YAML, has its line."""
    Path("bad.yaml").write_text(text)
    ran = run("airflow", "compare", "templates", "--configs", "bad.yaml")

    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith("bad.yaml:")
    assert said in ran.err


def test_the_command_as_a_process(process: Run) -> None:
    """The installed command: its help says its exit status, --configs is asked for, colour is for terminals."""
    shown = process("airflow", "compare", "--help")
    plain = process("airflow", "compare", "templates", "--configs", "configs.yaml")
    colour = process("airflow", "compare", "templates", "--configs", "configs.yaml", FORCE_COLOR="1")

    assert "Exit status: 0 if nothing is to be" in " ".join(shown.out.split())
    assert process("airflow", "compare", "templates").status == 2
    assert (plain.status, "\x1b" in plain.out, "\x1b" in colour.out) == (1, False, True)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("compose", "hostNetwork: true"),
        ("explain", "hostNetwork: true  # template t.yaml:"),
        ("diff", 'env: [{"name": "A", "value": "1"}] -> [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]'),
    ],
)
def test_airflow_is_a_dialect_of_the_command_line(run: Run, command: str, said: str) -> None:
    """compose, explain and diff merge as Airflow did when they are asked to."""
    Path("t.yaml").write_text(WORKER)
    Path("o.yaml").write_text("spec: {hostNetwork: false, containers: [{name: base, env: [{name: A, value: '2'}]}]}\n")
    ran = run(command, "t.yaml", "-o", "o.yaml", "--dialect", "airflow")

    assert (ran.status, ran.err) == (0, "")
    assert said in ran.out


def test_an_explanation_says_what_did_not_win(run: Run) -> None:
    """An override that Airflow's merge leaves out is there, with its line and what it says."""
    Path("t.yaml").write_text(WORKER)
    Path("o.yaml").write_text("spec: {hostNetwork: false}\n")
    ran = run("explain", "t.yaml", "-o", "o.yaml", "--dialect", "airflow", ".spec.hostNetwork")

    assert ran.out.splitlines() == [
        ".spec.hostNetwork: true",
        "  template (t.yaml:2:16) set it to true",
        "  override (o.yaml:1:21) did not change it: it says false",
    ]
