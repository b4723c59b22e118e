"""The laws: podcompose holds the judged ones, each catches a broken merge, and the generated pods are their generator's."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.semantics.case import LAWS, read_cases
from benchmarks.semantics.generate import corpus, text
from benchmarks.semantics.laws import FEWEST, GENERATED, REPORTED, LawVerdict, check, read_lines
from benchmarks.semantics.mentions import keyed_lists, unmentioned
from podcompose import COMPOSE, MergeError, merge
from podcompose.core.path import format_path
from podcompose.schema.pod import POD

LINES = read_lines()
JUDGED = [law for law in LAWS if law not in REPORTED]

Merge = Callable[[Any, Any], Any]


def answering(merging: Merge, **said: list[str]) -> Callable[[Any, Any], Any]:
    """A driver in this process: it answers with what the merge gives, and says of its inputs what it is told to say."""

    def ask(template: Any, override: Any) -> Any:
        try:
            manifest = merging(copy.deepcopy(template), copy.deepcopy(override))
        except MergeError as error:
            return {"status": "refused", "text": str(error)}
        return {"status": "ok", "manifest": manifest, "changed": [], "shared": [], **said}

    return ask


def ours(template: Any, override: Any) -> Any:
    """COMPOSE."""
    return merge(template, override, COMPOSE)


def adding(template: Any, override: Any) -> Any:
    """A merge that adds a label of its own."""
    return ours(ours(template, override), {"metadata": {"labels": {"own": "yes"}}})


def appending(template: Any, override: Any) -> Any:
    """A merge that appends the override's containers to those that are there."""
    merged = shallow(template, override)
    merged["spec"]["containers"] = [*template["spec"]["containers"], *override.get("spec", {}).get("containers", [])]
    return merged


def shallow(template: Any, override: Any) -> Any:
    """A merge of the fields of the spec, and nothing below them."""
    return {**template, **override, "spec": {**template["spec"], **override.get("spec", {})}}


def turning(template: Any, override: Any) -> Any:
    """A merge that turns the containers round."""
    merged = ours(template, override)
    merged["spec"]["containers"] = merged["spec"]["containers"][::-1]
    return merged


def turned_again(template: Any, override: Any) -> Any:
    """The same pod with its fields in another order."""
    return dict(reversed(ours(template, override).items()))


BROKEN = {
    "identity": (answering(adding), "empty override changes the template: .metadata.labels"),
    "idempotence": (answering(appending), "once more changes the result: .spec.containers is "),
    "inputs": (answering(ours, changed=["template"]), "writes into the template"),
    "aliasing": (answering(ours, shared=["template", "override"]), "shares mutable nodes with the template and the override"),
    "frame": (answering(shallow), "which the override does not mention"),
    "order": (answering(turning), ".spec.containers was in the order main, "),
    "determinism": (answering(turned_again), "different bytes: the same pod, in another order"),
}


@pytest.mark.parametrize("law", JUDGED)
def test_compose_holds_every_judged_law(law: str) -> None:
    """On all pods that tell anything of the law, none refused."""
    verdict = check(law, LINES, answering(ours))
    assert verdict == LawVerdict("pass", verdict.of, verdict.of)
    assert verdict.of > 20


@pytest.mark.parametrize("law", JUDGED)
def test_a_broken_merge_is_caught(law: str) -> None:
    """With the smallest pod that shows it, and the reason."""
    broken, why = BROKEN[law]
    verdict = check(law, LINES, answering(ours) if law == "determinism" else broken, broken)
    assert verdict.word == "fail"
    assert verdict.held < verdict.of
    assert verdict.counterexample is not None
    assert why in verdict.counterexample["why"]
    assert {"id", "template", "override", "manifest", "why"} <= verdict.counterexample.keys()


def test_what_had_to_come_out_is_told_where_it_is_not_the_template() -> None:
    """So that one sees what differs; and of the overrides, those that were asked."""
    empty, again = (check(law, LINES, answering(adding if law == "identity" else appending)) for law in ("identity", "idempotence"))
    joined = check("associativity", LINES, answering(ours)).counterexample
    assert empty.counterexample is not None
    assert again.counterexample is not None
    assert joined is not None
    assert (empty.counterexample["override"], "wanted" in empty.counterexample) == ({}, False)
    assert again.counterexample["wanted"] == appending(again.counterexample["template"], again.counterexample["override"])
    assert joined["wanted"] == ours(ours(joined["template"], joined["override"]), joined["second"])
    assert "second" not in again.counterexample
    other = check("determinism", LINES, answering(ours), answering(adding)).counterexample
    assert other is not None
    assert "different bytes: .metadata.labels" in other["why"]


def test_the_counterexample_is_the_smallest() -> None:
    """Of all pods that fail, it is the one with the shortest template and override."""
    found = check("identity", LINES, answering(adding)).counterexample
    smallest = min(LINES, key=lambda line: len(str(line["template"])) + len(str(line["override"])))
    assert found is not None
    assert len(str(found["template"])) <= len(str(smallest["template"])) + 200


def test_associativity_is_reported() -> None:
    """It holds for a merge that takes the second override alone, and not for COMPOSE, where a new container is named last."""
    assert check("associativity", LINES, answering(lambda template, override: override or template)).word == "holds"
    assert check("associativity", LINES, answering(ours)).word == "does not hold"


def test_too_few_pods_are_no_verdict() -> None:
    """A system that can say next to nothing is not judged, and the reason is told."""
    verdict = check("frame", LINES[: FEWEST - 1], answering(ours))
    assert verdict.word == "n.a."
    assert f"{FEWEST - 1} of the generated pods can tell" in verdict.reason
    refusing = check("frame", LINES, lambda *given: {"status": "refused", "text": "too hard"})
    assert (refusing.word, refusing.of, refusing.refused) == ("n.a.", 0, len(LINES))
    assert refusing.reason.endswith("refused: too hard")


def test_what_is_not_sayable_is_not_counted() -> None:
    """The law is judged on the others."""

    def ask(template: Any, override: Any) -> Any:
        narrow = set(override.get("spec", {})) <= {"containers"}
        return answering(ours)(template, override) if narrow else {"status": "n.a.", "reason": "no setting for it"}

    verdict = check("frame", LINES, ask)
    assert verdict.word == "pass"
    assert FEWEST <= verdict.of < len(LINES)


def test_a_crash_is_no_verdict() -> None:
    """The first one ends the asking; of a law that is reported it means that the program joins no overrides."""
    asked: list[Any] = []

    def ask(template: Any, override: Any) -> Any:
        asked.append(template)
        return {"status": "crashed", "text": "KeyError"}

    assert check("identity", LINES, ask) == LawVerdict("crashed", reason="KeyError")
    assert check("associativity", LINES, ask).word == "n.a."
    assert len(asked) == 2


def test_a_driver_that_does_not_look_at_its_inputs_is_not_judged_on_them() -> None:
    """An answer without `changed` says nothing of it."""
    verdict = check("inputs", LINES, lambda template, override: {"status": "ok", "manifest": template})
    assert verdict.word == "n.a."


def test_the_generated_pods_are_those_of_the_generator() -> None:
    """To the byte."""
    assert GENERATED.read_text(encoding="utf-8") == text()


def test_the_generated_overrides_are_plain() -> None:
    """No null and no directive, nothing empty, and every id once."""
    assert len({line["id"] for line in corpus()}) == len(LINES)
    for line in LINES:
        for override in (line["override"], line["second"]):
            assert override != {}
            assert not {"null", "$patch"} & set(json.dumps(override).replace('"', " ").replace(",", " ").replace("}", " ").split())


def test_the_generated_pods_mount_volumes_that_they_have() -> None:
    """Template and result name a volume for every mount, so that a server takes them."""
    for line in LINES:
        for pod in (line["template"], ours(line["template"], line["override"])):
            volumes = {volume["name"] for volume in pod["spec"].get("volumes", ())}
            mounts = {mount["name"] for one in pod["spec"]["containers"] for mount in one.get("volumeMounts", ())}
            assert mounts <= volumes


@pytest.mark.parametrize(
    ("template", "override", "left"),
    [
        ({"hostname": "a", "hostIPC": None}, {"subdomain": "b"}, [".spec.hostname"]),
        ({"hostname": "a"}, {"hostname": None}, []),
        ({"tolerations": [{"key": "a"}]}, {"tolerations": []}, []),
        ({"tolerations": [{"key": "a"}]}, {}, [".spec.tolerations"]),
        ({"nodeSelector": {"a": "1"}}, {"nodeSelector": {"b": "2"}}, []),
        ({"securityContext": {"runAsUser": 1}}, {"securityContext": {"fsGroup": 2}}, [".spec.securityContext.runAsUser"]),
        (
            {"containers": [{"name": "a", "env": [{"name": "A", "value": "1"}]}, {"name": "b"}]},
            {"containers": [{"name": "a", "env": [{"name": "A", "valueFrom": {}}]}]},
            ['.spec.containers[name="b"].name'],
        ),
        (
            {"containers": [{"name": "a", "ports": [{"containerPort": 53}, {"containerPort": 80, "name": "http"}]}]},
            {"containers": [{"name": "a", "ports": [{"containerPort": 53, "protocol": "UDP"}]}]},
            [
                '.spec.containers[name="a"].ports[containerPort=80,protocol="TCP"].containerPort',
                '.spec.containers[name="a"].ports[containerPort=80,protocol="TCP"].name',
            ],
        ),
        ({"volumes": [{"name": "a", "emptyDir": {}}]}, {}, ['.spec.volumes[name="a"].name', '.spec.volumes[name="a"].emptyDir']),
    ],
)
def test_what_an_override_leaves_unmentioned(template: Any, override: Any, left: list[str]) -> None:
    """Leaves by Kubernetes' keys; nothing under an atomic value that is named, nor of a port that just one merge keeps."""
    found = [format_path(path) for path, _ in unmentioned({"spec": template}, {"spec": override})]
    assert found == left


def test_keyed_lists_are_found_below_elements() -> None:
    """With the keys of the template, and those that the override names."""
    template = {"spec": {"containers": [{"name": "a", "env": [{"name": "X"}, {"name": "Y"}]}]}}
    override = {"spec": {"containers": [{"name": "a", "env": [{"name": "Y"}, {"name": "Z"}]}]}}
    found = [(format_path(each.path), each.keys, each.named) for each in keyed_lists(template, override)]
    assert found == [
        (".spec.containers", [("a",)], [("a",)]),
        ('.spec.containers[name="a"].env', [("X",), ("Y",)], [("Y",)]),
    ]


def test_there_is_a_case_for_every_law() -> None:
    """Named after it, and saying what it states; the one that is reported says so."""
    cases = {case.law: case for case in read_cases() if case.law is not None}
    assert tuple(cases) == LAWS
    for law, case in cases.items():
        assert (case.id, case.judged) == (f"laws/{law}", law not in REPORTED)
        assert case.note != ""


def test_two_merges_know_the_same_keys_where_order_is_judged() -> None:
    """Every list by which the corpus is judged on order has a key in both tables of Kubernetes."""
    names = {
        field for struct in POD.types.values() for field, known in struct.items() if known.merge == "keyed" and known.patch_key
    }
    for line in LINES:
        assert {str(each.path[-1]) for each in keyed_lists(line["template"], line["override"])} <= names
