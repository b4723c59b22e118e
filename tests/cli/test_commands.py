"""What the commands do with what they are given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from podcompose import Override, Template, compose
from podcompose.yaml import read
from tests.cli.conftest import Run


def pod(run: Run, *args: str) -> dict[str, object]:
    """The pod that `podcompose compose` writes."""
    status, out, err = run("compose", "t.yaml", *args, "--output", "json")
    assert (status, err) == (0, "")
    value: dict[str, object] = json.loads(out)
    return value


def label(run: Run, *args: str) -> object:
    """The label that the patches of these tests fight over."""
    metadata = pod(run, *args)["metadata"]
    assert isinstance(metadata, dict)
    return metadata["labels"].get("tier")


def test_both_formats_are_the_library_s_pod_with_its_kind(run: Run) -> None:
    """YAML and JSON say the same: the composed manifest, with apiVersion and kind where the template lacks them."""
    composed = compose(Template.from_file("t.yaml"), Override.from_file("o.yaml")).manifest
    as_yaml = run("compose", "t.yaml", "-o", "o.yaml")

    assert read(as_yaml.out).value == {"apiVersion": "v1", "kind": "Pod", **composed} == pod(run, "-o", "o.yaml")


def test_patches_of_every_kind_are_laid_in_the_order_given(run: Run) -> None:
    """The order of the command line is the order of the overrides, across all their options."""
    Path("o1.yaml").write_text("metadata: {labels: {tier: o1}}")
    Path("m.yaml").write_text("metadata: {labels: {tier: m}}")
    Path("j.yaml").write_text("[{op: add, path: /metadata/labels/tier, value: j}]")
    options = {
        "o1": ("-o", "o1.yaml"),
        "m": ("--merge-patch", "m.yaml"),
        "j": ("--json-patch", "j.yaml"),
        None: ("--delete", ".metadata.labels.tier"),
    }
    for last in options:
        rest = [option for name, option in options.items() if name != last]
        for order in (rest, rest[::-1]):
            assert label(run, *(part for option in order for part in option), *options[last]) == last


def test_a_list_of_operations_is_a_json_patch(run: Run) -> None:
    """A file with a list of operations needs no option to be a JSON patch; any other list is a mistake."""
    Path("j.json").write_text(
        '[{"op": "test", "path": "/metadata/name", "value": "worker"}, {"op": "remove", "path": "/metadata/labels/tier"}]'
    )
    Path("list.yaml").write_text("- spec: {}\n")

    assert label(run, "-o", "j.json") is None
    assert "leave out the `- `" in run("compose", "t.yaml", "-o", "list.yaml").err


def test_a_failing_operation_is_named(run: Run) -> None:
    """A JSON patch whose test fails is refused, with the operation and its line."""
    Path("j.yaml").write_text("- {op: test, path: /metadata/name, value: other}\n")
    status, out, err = run("compose", "t.yaml", "-o", "me=j.yaml")

    assert (status, out) == (1, "")
    assert err.startswith("j.yaml:1:3: .metadata.name: operation 0 (test /metadata/name) failed: ")


def test_a_name_says_who(run: Run) -> None:
    """NAME=FILE names the override; a `/` before the `=` makes it part of the file's name."""
    Path("a=b.yaml").write_text(Path("o.yaml").read_text())

    assert "override team-a (o.yaml): " in run("diff", "t.yaml", "-o", "team-a=o.yaml").out
    assert "override (./a=b.yaml): " in run("diff", "t.yaml", "-o", "./a=b.yaml").out
    assert "template admin (t.yaml:" in run("explain", "admin=t.yaml", ".metadata.name").out


@pytest.mark.parametrize("hook", ["hooks.py:mutate", "hooks:mutate", "./hooks.py:mutate"])
def test_a_hook_is_a_function_of_a_file_or_of_a_package(run: Run, hook: str) -> None:
    """A hook in the current folder is found by file and by module, and explains itself."""
    ran = run("explain", "t.yaml", "--hook", hook)

    assert "nodeName: n1" in ran.out
    assert "hooks:mutate" in ran.out
    assert "hooks.py:1" in ran.out


def test_a_hook_may_be_data(run: Run) -> None:
    """A YAML file as a hook is a patch that comes last, whatever kind it is."""
    Path("h.yaml").write_text("metadata: {labels: {tier: hook}}")
    Path("j.yaml").write_text("[{op: replace, path: /metadata/labels/tier, value: json}]")

    assert label(run, "--hook", "h.yaml", "-o", "o.yaml") == "hook"
    assert label(run, "--hook", "h.yaml", "--hook", "policy=j.yaml") == "json"
    assert "hook policy" in run("explain", "t.yaml", "--hook", "policy=h.yaml", ".metadata.labels.tier").out


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        ("hooks.py:nope", "hooks.py: it has no 'nope' (hook hooks.py:nope)"),
        ("hooks.py:__name__", "hooks.py: '__name__' cannot be called: it is a str"),
        ("absent.py:f", "absent.py: cannot be read: "),
        ("broken.py:f", "broken.py:2: it cannot be run: SyntaxError: "),
        ("raises.py:f", "raises.py:1: it cannot be run: ZeroDivisionError: "),
        ("exits.py:f", "exits.py:1: it cannot be run: SystemExit: 0"),
        ("exiting.py:f", "it raised SystemExit"),
        ("absent_package.module:f", "cannot be imported: ModuleNotFoundError"),
        ("word", 'write it as "package.module:function"'),
        ("absent.yaml", "absent.yaml: cannot be read: No such file or directory (hook)"),
        ("bad.yaml", "bad.yaml:1:8: .spec.hostNetwrk: a PodSpec has no field `hostNetwrk` (hook)"),
    ],
)
def test_a_hook_that_cannot_be_used_says_why(run: Run, hook: str, said: str) -> None:
    """A hook that is not there, does not run, ends the process or is wrong is refused, named, with its line."""
    Path("broken.py").write_text("x = 1\ndef f(:\n")
    Path("raises.py").write_text("1 / 0\n")
    Path("exits.py").write_text("raise SystemExit(0)\n")
    Path("exiting.py").write_text("def f(pod): raise SystemExit(0)\n")
    Path("bad.yaml").write_text("spec: {hostNetwrk: true}\n")
    status, out, err = run("compose", "t.yaml", "--hook", hook)

    assert (status, out) == (1, "")
    assert said in err


def test_what_a_hook_prints_does_not_get_into_the_manifest(run: Run) -> None:
    """Standard output is the manifest's alone: what hooks print goes to standard error."""
    Path("other.py").write_text("print('importing')\ndef f(pod): print('running')\n")
    status, out, err = run("compose", "t.yaml", "--hook", "other.py:f")

    assert (status, err) == (0, "importing\nrunning\n")
    assert out == run("compose", "t.yaml").out


def test_a_hook_s_file_may_import_its_neighbours_and_hold_dataclasses(run: Run) -> None:
    """A hook's file is a module like any other."""
    Path("sub").mkdir()
    Path("sub/neighbour.py").write_text("NODE = 'n7'\n")
    Path("sub/other.py").write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom neighbour import NODE\n"
        "@dataclass\nclass A:\n    x: int\n\ndef f(pod):\n    pod.spec.node_name = NODE\n"
    )

    assert "nodeName: n7" in run("compose", "t.yaml", "--hook", "sub/other.py:f").out


def test_the_dialect_and_unknown_fields_are_the_library_s(run: Run) -> None:
    """`--dialect` and `--unknown` are compose's arguments, for the template too."""
    Path("new.yaml").write_text("spec: {fresh: 1, containers: [{name: a}]}")
    Path("sidecar.yaml").write_text("spec: {containers: [{name: sidecar, image: i}]}")

    assert run("compose", "new.yaml").status == 1
    assert "`--unknown keep` takes it as it is" in run("compose", "new.yaml").err
    assert "fresh: 1" in run("compose", "new.yaml", "--unknown", "keep").out
    for dialect, names in (("compose", ["base", "sidecar"]), ("strategic", ["sidecar", "base"])):
        spec = pod(run, "-o", "sidecar.yaml", "--dialect", dialect)["spec"]
        assert isinstance(spec, dict)
        assert [container["name"] for container in spec["containers"]] == names


def test_the_view_in_a_pipe_is_the_library_s_view(run: Run) -> None:
    """`explain` without a path is what `Composition.explain()` prints."""
    composition = compose(Template.from_file("t.yaml"), Override.from_file("o.yaml"))

    assert run("explain", "t.yaml", "-o", "o.yaml").out == f"{composition.explain()}\n"


def test_a_path_has_its_whole_history(run: Run) -> None:
    """`explain` with paths shows each field's value and every step to it, gone fields too."""
    image, url = ".spec.containers[name=base].image", ".spec.containers[name=base].env[name=URL].value"
    composition = compose(Template.from_file("t.yaml"), Override.from_file("o.yaml"))
    status, out, err = run("explain", "t.yaml", "-o", "o.yaml", image, url, ".spec.nodeName")

    assert (status, err) == (0, "")
    assert out == f"{composition.explain(image)}\n{composition.explain(url)}\n.spec.nodeName: not in the pod\n"
    assert "removed it: `valueFrom` took its place" in out


def test_paths_that_no_pod_has_are_all_refused(run: Run) -> None:
    """A misspelt path is refused with a suggestion; a file in a path's place is wrong usage."""
    status, out, err = run("explain", "t.yaml", ".spec.hostNetwrk", ".spec..")

    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 2
    assert run("explain", "t.yaml", "o.yaml").status == 2


def test_diff_names_every_stage_and_change(run: Run) -> None:
    """`diff` shows each stage's changes by path and key, whole; a stage without any says so."""
    Path("same.yaml").write_text("metadata: {name: worker}")
    status, out, err = run(
        "diff", "t.yaml", "-o", "a=o.yaml", "-o", "b=same.yaml", "--delete", ".metadata.labels.tier", "--hook", "hooks.py:mutate"
    )

    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "override a (o.yaml): 3 changes",
        '  ~ .spec.containers[name="base"].image: "busybox" -> "python"',
        '  - .spec.containers[name="base"].env[name="URL"].value: "plain"',
        '  + .spec.containers[name="base"].env[name="URL"].valueFrom: {"fieldRef": {"fieldPath": "spec.nodeName"}}',
        "override b (same.yaml): no changes",
        "override --delete: 1 change",
        '  - .metadata.labels.tier: "batch"',
        "hook hooks:mutate (hooks.py): 1 change",
        '  + .spec.nodeName: "n1"',
    ]


def test_kubectl_s_dash_o_is_recognised(run: Run) -> None:
    """`-o json` is what kubectl's users type for the format: they are told its name here."""
    status, _, err = run("compose", "t.yaml", "-o", "json")

    assert status == 2
    assert "the format is --output json" in err


def test_what_can_be_judged_without_the_broken_input_is(run: Run) -> None:
    """A template that cannot be read does not hide what is wrong with the overrides, nor invent anything."""
    Path("broken.yaml").write_text("spec: [")
    Path("bad.yaml").write_text("spec: {hostNetwrk: true, containers: [{name: basf}]}")
    Path("j.yaml").write_text("[{op: remove, path: /metadata/labels/tier}]")
    Path("basf.yaml").write_text("spec: {containers: [{name: basf}]}")

    _, _, err = run("compose", "t.yaml", "-o", "basf.yaml", "-o", "broken.yaml")
    assert [line.split(":")[0] for line in err.splitlines()] == ["broken.yaml"]
    _, _, err = run("compose", "broken.yaml", "-o", "bad.yaml", "-o", "j.yaml")
    assert [line.split(":")[0] for line in err.splitlines()] == ["broken.yaml", "bad.yaml"]
    _, _, err = run("compose", "t.yaml", "-o", "bad.yaml", "-o", "broken.yaml")
    assert sorted(line.split(":")[0] for line in err.splitlines()) == ["bad.yaml", "broken.yaml"]


def test_problems_cannot_write_to_the_terminal(run: Run) -> None:
    """Control characters of an input are shown, not obeyed, and a problem stays one line."""
    Path("evil.yaml").write_text('spec: {"\\e[2J\\n": 1}')
    _, _, err = run("compose", "evil.yaml")

    assert "\x1b" not in err
    assert "\\u001b[2J" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("name", ["compose", "explain", "diff", "run"])
def test_every_help_has_an_example(run: Run, name: str) -> None:
    """The help of each command shows a line to type."""
    status, out, _ = run(name, "--help")

    assert status == 0
    assert f"podcompose {name} worker.yaml" in out
