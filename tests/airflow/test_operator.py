"""A KubernetesPodOperator's arguments: the pod is the provider's, but for its noise and the differences that have names."""

from __future__ import annotations

import inspect
import json
import os
import re
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from kubernetes.client import ApiClient, V1Container, V1EnvVar, V1Pod, V1PodSpec, V1Volume, V1VolumeMount

from podcompose import COMPOSE, Composition, OverrideError, Problem, Template, TemplateError, compose
from podcompose.airflow import AIRFLOW, from_operator
from podcompose.airflow.operator_arguments import ARGUMENTS, ELSEWHERE, GONE, LAYERS
from tests import environments
from tests.airflow.operator_cases import CASES, DIFFERENCES, Arguments, Secret, covered, made, subsets

#: How many subsets of all arguments, beside the table.
COUNT = int(os.environ.get("PODCOMPOSE_CASES", "20000")) // 40
NAMED = {"namespace": "n", "name": "p"}

#: What the operator writes although nobody asked for it.
NOISE: dict[str, Any] = {
    "metadata.annotations": {},
    "metadata.labels": {},
    "spec.affinity": {},
    "spec.hostNetwork": False,
    "spec.imagePullSecrets": [],
    "spec.initContainers": [],
    "spec.nodeSelector": {},
    "spec.securityContext": {},
    "spec.tolerations": [],
    "spec.volumes": [],
    "spec.containers.0.args": [],
    "spec.containers.0.command": [],
    "spec.containers.0.env": [],
    "spec.containers.0.envFrom": [],
    "spec.containers.0.ports": [],
    "spec.containers.0.terminationMessagePolicy": "File",
    "spec.containers.0.volumeMounts": [],
}


def typed(question: Arguments) -> Arguments:
    """The arguments with models of the client that is installed here."""
    return {
        name: made(value, lambda kind, wire: ApiClient()._ApiClient__deserialize(wire, kind), Secret)
        for name, value in question.items()
    }


def composed(dialect: Any = COMPOSE, **arguments: Any) -> Composition:
    """The pod that the operator asks for."""
    asked = from_operator(dialect=dialect, **arguments)
    return compose(asked.template or {}, *asked.overrides, dialect=dialect)


def overridden(**arguments: Any) -> dict[str, Any]:
    """What the arguments say themselves."""
    value: dict[str, Any] = from_operator(**arguments).overrides[-1].value
    return value


def main(**arguments: Any) -> dict[str, Any]:
    """What the arguments say of the container."""
    container: dict[str, Any] = overridden(**arguments)["spec"]["containers"][0]
    return container


def problems(**arguments: Any) -> list[Problem]:
    """What is wrong with the arguments."""
    with pytest.raises((OverrideError, TemplateError)) as caught:
        from_operator(**arguments)
    return list(caught.value.problems)


def at(pod: Any, path: str) -> Any:
    """The value at a path of names and places; `...` where there is none."""
    for step in path.split("."):
        if isinstance(pod, list):
            pod = pod[int(step)]
        elif step in pod:
            pod = pod[step]
        else:
            return ...
    return pod


class Provider(NamedTuple):
    """What the provider says of its operator."""

    parameters: list[str]
    cases: list[tuple[Arguments, Any]]
    differences: dict[str, Any]


@pytest.fixture(scope="module")
def provider() -> Provider:
    """Its parameters, and the pods of the cases, of subsets and of the differences, from its own environment."""
    cases = [*CASES.values(), *subsets(COUNT, seed=int(os.environ.get("PODCOMPOSE_SEED", "0")))]
    questions = [*cases, *(question for question, *_ in DIFFERENCES.values())]
    text = "".join(json.dumps({**NAMED, **question}) + "\n" for question in questions)
    python = environments.python_of("airflow", environments.AIRFLOW)
    parameters, *said = environments.run_in(python, "-m", "tests.airflow.provider.operator", text=text).splitlines()
    pods = [json.loads(pod) for pod in said]
    return Provider(
        json.loads(parameters),
        list(zip(cases, pods, strict=False)),
        dict(zip(DIFFERENCES, pods[len(cases) :], strict=True)),
    )


def quiet(pod: Any, ours: Any) -> Any:
    """The provider's pod without its noise, where ours has none there, and in our order."""
    del pod["metadata"]["labels"]["airflow_version"]
    for path, value in NOISE.items():
        if at(pod, path) == value and at(ours, path) is ...:
            holder, _, name = path.rpartition(".")
            del at(pod, holder)[name]
    if pod["spec"]["containers"] == [{"name": "base"}] and "containers" not in ours["spec"]:
        del pod["spec"]["containers"]
    return _named(pod)


def _named(pod: Any) -> Any:
    """A pod whose volumes of secrets are called by where they are mounted, and stand in the order of their names."""
    containers = pod["spec"].get("containers", [])
    mounts = [mount for container in containers for mount in container.get("volumeMounts", [])]
    called = {mount["name"]: f"secret at {mount['mountPath']}" for mount in mounts if mount["name"].startswith("secretvol")}
    for named in [*mounts, *pod["spec"].get("volumes", [])]:
        named["name"] = called.get(named["name"], named["name"])
    for holder in [*containers, pod["spec"]]:
        for field in ("volumeMounts", "volumes"):
            if field in holder:
                holder[field].sort(key=lambda one: one["name"])
    return pod


def test_the_pod_is_the_provider_s(provider: Provider, record_property: Any) -> None:
    """Over a table of arguments and subsets of all of them, the composition is the provider's pod without its noise."""
    wrong = []
    for case, theirs in provider.cases:
        ours = {"apiVersion": "v1", "kind": "Pod", **composed(**NAMED | typed(case)).manifest}
        if quiet(theirs, ours) != _named(ours):
            wrong.append((case, theirs, ours))
    record_property(
        "tally", f"the operator, the provider: {len(CASES)} cases, {COUNT:,} subsets: {len(provider.cases) - len(wrong):,} equal"
    )

    assert len(CASES) >= 40
    assert wrong[:1] == []


def test_with_the_dialect_of_airflow() -> None:
    """Composed as Airflow did, what is appended is there once too: no list is given whole where the dialect appends."""
    case = typed(CASES["a template and everything that is appended"])
    sources = composed(AIRFLOW, **case).manifest["spec"]["containers"][0]["envFrom"]

    assert sources == composed(**case).manifest["spec"]["containers"][0]["envFrom"]
    assert len(sources) == 6


@pytest.mark.parametrize("name", DIFFERENCES)
def test_differences(provider: Provider, name: str) -> None:
    """Where our pod is another, the difference has a name, and both sides are known."""
    question, path, theirs, ours = DIFFERENCES[name]
    pod = provider.differences[name]
    arguments = {key: value for key, value in {**NAMED, **typed(question)}.items() if key not in ELSEWHERE}

    assert at(composed(**arguments).manifest, path) == ours
    assert at(pod, path) == theirs or (theirs is ... and at(pod, path) != ours)


def test_every_parameter_of_the_provider_is_known(provider: Provider) -> None:
    """Each parameter of the newest operator shapes the pod here, or is known not to."""
    ours = {name for name in inspect.signature(from_operator).parameters if name not in ("dialect", "unknown", "others")}

    assert set(provider.parameters) == ours | set(ELSEWHERE) - {"task_id"}
    assert ours == {*ARGUMENTS, *LAYERS}
    assert covered() == set(ARGUMENTS) - {"namespace"}
    assert set(GONE.values()) <= ours
    assert not set(GONE) & (ours | set(ELSEWHERE))


def test_what_is_not_given_is_not_mentioned() -> None:
    """An operator without arguments says how its pods are restarted, and nothing else."""
    asked = from_operator()

    assert asked.template is None
    assert [override.value for override in asked.overrides] == [{"spec": {"restartPolicy": "Never"}}]


def test_false_zero_and_empty_text_are_said() -> None:
    """What Airflow took for nothing is something; an empty list or map is the operator's default, and is not."""
    said = overridden(
        hostnetwork=False, automount_service_account_token=False, termination_grace_period=0, hostname="", tolerations=[], labels={}
    )

    assert said == {
        "spec": {
            "automountServiceAccountToken": False,
            "hostNetwork": False,
            "hostname": "",
            "terminationGracePeriodSeconds": 0,
            "restartPolicy": "Never",
        }
    }


def test_env_vars_in_all_forms() -> None:
    """A map, a list of models, a list of maps; None is a variable without a value."""
    wanted = [{"name": "A", "value": "1"}, {"name": "B"}]

    assert main(env_vars={"A": "1", "B": None})["env"] == wanted
    assert main(env_vars=[V1EnvVar(name="A", value="1"), {"name": "B"}])["env"] == wanted
    assert main(env_vars=(V1EnvVar(name="A", value="1"), V1EnvVar(name="B")))["env"] == wanted


def test_none_in_a_map_of_text_is_empty_text() -> None:
    """As in the provider's labels; null would delete."""
    said = overridden(labels={"a": None}, annotations={"b": None}, node_selector={"c": None})

    assert (said["metadata"], said["spec"]["nodeSelector"]) == ({"labels": {"a": ""}, "annotations": {"b": ""}}, {"c": ""})


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("my-pod", "my-pod"),
        ("My_Pod", "my-pod"),
        ("etl.load/1", "etl-load-1"),
        ("_a_", "a"),
        ("{{ ds }}_x", "{{ ds }}_x"),
        ("_", "_"),
    ],
)
def test_the_name_is_written_as_the_operator_writes_it(name: str, wanted: str) -> None:
    """What `execute` makes of it before there is a pod; text with Jinja in it is text."""
    manifest = composed(name=name).manifest

    assert manifest["metadata"] == {"name": wanted}


@pytest.mark.parametrize("argument", ["cmds", "env_vars", "labels", "hostnetwork", "tolerations"])
def test_jinja_in_place_of_something_else_than_text(argument: str) -> None:
    """The suggestion is to render it."""
    with pytest.raises(OverrideError) as caught:
        from_operator(**{argument: "{{ params.it }}"})
    (found,) = caught.value.problems

    assert (found.path, found.suggestion) == (argument, "render it first: it is taken as it is")


@pytest.mark.parametrize(
    ("argument", "value", "path"),
    [
        ("env_from", [None], "env_from[0]"),
        ("configmaps", ["a", None], "configmaps[1]"),
        ("init_containers", [{"name": "a", "image": "i", "command": ["a", None]}], "init_containers[0].command[1]"),
    ],
)
def test_none_in_a_list_is_an_error(argument: str, value: Any, path: str) -> None:
    """None is no element of a list, however deep it stands."""
    with pytest.raises(OverrideError) as error:
        from_operator(image="i", **{argument: value})

    assert [problem.path for problem in error.value.problems] == [path]


def test_none_says_nothing() -> None:
    """Whatever the argument."""
    arguments: dict[str, Any] = dict.fromkeys([*ARGUMENTS, *LAYERS])

    assert composed(**arguments).manifest == {"spec": {"restartPolicy": "Never"}}


def test_jinja_is_taken_as_it_is() -> None:
    """Text is text, rendered or not."""
    assert main(image="{{ var.value.image }}", arguments=["{{ ds }}"]) == {
        "name": "base",
        "image": "{{ var.value.image }}",
        "args": ["{{ ds }}"],
    }


def test_secrets_without_airflow() -> None:
    """Anything with a Secret's attributes is one; names of volumes are the same each time, and another for each volume."""
    one = SimpleNamespace(deploy_type="volume", deploy_target="/a", secret="s")
    other = SimpleNamespace(deploy_type="volume", deploy_target="/b", secret="s", key=None, items=[{"key": "k", "path": "p"}])
    env = SimpleNamespace(deploy_type="env", deploy_target="sql_conn", secret="s", key="conn")
    said = overridden(secrets=[one, other, env])
    names = [volume["name"] for volume in said["spec"]["volumes"]]

    assert said == overridden(secrets=(one, other, env))
    assert len(set(names)) == 2
    assert said["spec"]["volumes"][1]["secret"] == {"secretName": "s", "items": [{"key": "k", "path": "p"}]}
    assert said["spec"]["containers"][0]["volumeMounts"][0] == {"mountPath": "/a", "name": names[0], "readOnly": True}
    assert said["spec"]["containers"][0]["env"] == [
        {"name": "SQL_CONN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "conn"}}}
    ]


class Volume:
    """As airflow.kubernetes.volume.Volume of 1.10 and 2."""

    def __init__(self) -> None:
        self.name, self.configs = "v", {"emptyDir": {}}

    def to_k8s_client_obj(self) -> Any:
        """The client's."""
        return V1Volume(name=self.name, empty_dir={})


class PodRuntimeInfoEnv:
    """As airflow.kubernetes.pod_runtime_info_env.PodRuntimeInfoEnv."""

    def to_k8s_client_obj(self) -> Any:
        """The client's."""
        return {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}


class Stranger:
    """An object that answers nothing."""

    def __getattr__(self, name: str) -> Any:
        """Fail."""
        raise RuntimeError(name)


def test_classes_of_older_airflows() -> None:
    """Objects that convert themselves are converted, as the provider does."""
    said = overridden(volumes=[Volume()], pod_runtime_info_envs=[PodRuntimeInfoEnv()])

    assert said["spec"]["volumes"] == [{"name": "v", "emptyDir": {}}]
    assert said["spec"]["containers"][0]["env"][0]["name"] == "IP"


def test_a_template_file(tmp_path: Any) -> None:
    """A file comes before a dict, with its lines; what stands in it is who said it."""
    path = tmp_path / "pod.yaml"
    path.write_text("kind: Pod\nspec:\n  containers:\n  - {name: base, image: airflow}\n")
    composition = composed(pod_template_file=path, pod_template_dict={"spec": {"hostname": "x"}}, cmds=["c"])

    assert composition.manifest["spec"]["containers"] == [{"name": "base", "image": "airflow", "command": ["c"]}]
    assert f"({path}:4:" in str(composition.explain("spec.containers[name=base].image"))
    assert "override operator" in str(composition.explain("spec.containers[name=base].command"))


def test_over_somebody_else_s_template() -> None:
    """An operator without a template is laid over any."""
    asked = from_operator(cmds=["c"])
    template = Template.from_yaml("spec: {containers: [{name: base, image: i}]}")

    assert compose(asked.template or template, *asked.overrides).manifest["spec"]["containers"][0]["image"] == "i"


def test_nothing_of_env_from_is_lost() -> None:
    """What a template and a full pod spec take from config maps stays, as in Airflow, although the merge takes the list whole."""
    template = {"spec": {"containers": [{"name": "base", "image": "i", "envFrom": [{"configMapRef": {"name": "a"}}]}]}}
    full = {
        "spec": {"containers": [{"name": "base", "envFrom": [{"configMapRef": {"name": "b"}}, {"configMapRef": {"name": "a"}}]}]}
    }

    def sources(**arguments: Any) -> list[str]:
        made = composed(pod_template_dict=template, **arguments).manifest["spec"]["containers"][0]["envFrom"]
        return [source["configMapRef"]["name"] for source in made]

    assert sources(image="j") == ["a"]
    assert sources(configmaps=["c"]) == ["a", "c"]
    assert sources(full_pod_spec=full) == ["a", "b"]
    assert sources(full_pod_spec=full, configmaps=["c", "b"]) == ["a", "b", "c"]


def test_inputs_are_not_changed() -> None:
    """Models, maps and lists are the caller's, before and after."""
    arguments = typed(CASES["all at once"]) | {"full_pod_spec": V1Pod(spec=V1PodSpec(containers=[V1Container(name="base")]))}
    before = repr(arguments)
    first, second = from_operator(**arguments), from_operator(**arguments)
    first.overrides[0].value["spec"].clear()

    assert repr(arguments) == before
    assert first == second


def test_everything_that_is_wrong_at_once() -> None:
    """Each mistake is told by the argument's name, with what to write."""
    found = problems(
        image=7,
        cmds="echo",
        env_vars={"A": 1},
        labels={"version": 1.5},
        annotations=["a"],
        security_context={"run_as_user": 1},
        tolerations=[{"key": "a", "efect": "NoSchedule"}],
        volumes=[V1VolumeMount(name="v", mount_path="/v")],
        affinity="{{ affinity }}",
        hostnetwork="true",
        configmaps="one",
        secrets=[SimpleNamespace(deploy_type="file", secret="s"), Secret("volume", None, "s")],
        node_selectors={"a": "b"},
        get_logs=True,
        imag="x",
        do_xcom_push="yes",
        termination_grace_period=2**70,
    )
    said = {problem.path: (problem.code, problem.suggestion) for problem in found}

    assert said == {
        "image": ("wrong-type", 'quote it: "7"'),
        "cmds": ("wrong-type", 'write a list: ["echo"]'),
        'env_vars[name="A"].value': ("wrong-type", 'quote it: "1"'),
        "labels.version": ("wrong-type", 'quote it: "1.5"'),
        "annotations": ("wrong-type", 'write a map: {"key": "value"}'),
        "security_context.run_as_user": ("unknown-field", "did you mean `runAsUser`? Kubernetes writes it in camelCase"),
        "tolerations[0].efect": ("unknown-field", "did you mean `effect`?"),
        'volumes[name="v"].mountPath': ("unknown-field", "did you mean `hostPath`?"),
        "affinity": ("wrong-type", "render it first: it is taken as it is"),
        "hostnetwork": ("wrong-type", "write it without quotes: true"),
        "configmaps": ("wrong-type", 'write a list: ["one"]'),
        "secrets[0]": ("wrong-type", "Secret('env', 'TOKEN', 'my-secret', 'token')"),
        "secrets[1]": ("wrong-type", None),
        "node_selectors": ("unknown-argument", "it is called `node_selector`"),
        "imag": ("unknown-argument", "did you mean `image`?"),
        "do_xcom_push": ("wrong-type", None),
        "termination_grace_period": ("out-of-range", None),
    }
    assert {(problem.stage, problem.who) for problem in found} == {("override", "operator")}


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"base_container_name": ""}, "base_container_name"),
        ({"base_container_name": 7}, "base_container_name"),
        ({"full_pod_spec": V1PodSpec(containers=[])}, "full_pod_spec"),
        ({"full_pod_spec": {"spec": {"hostNetwrk": True}}}, "full_pod_spec.spec.hostNetwrk"),
        ({"env_vars": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}, 'env_vars[name="A"]'),
        ({"env_vars": {"A": "1"}, "secrets": [Secret("env", "A", "s", "k")]}, '.spec.containers[name="base"].env[name="A"]'),
        ({"secrets": Secret("env", "A", "s", "k")}, "secrets[0]"),
        ({"secrets": "s"}, "secrets"),
        ({"secrets": [Secret("env", "A", "s", 7)]}, "secrets[0]"),
        ({"volumes": [object()]}, "volumes[0]"),
        ({"xcom_sidecar_container_security_context": {"a": 1}}, "xcom_sidecar_container_security_context.a"),
        ({"labels": {7: "a"}}, "labels"),
        ({"name": chr(0xD800)}, "name"),
        ({"arguments": ["a", None]}, "arguments[1]"),
        ({"configmaps": [None]}, "configmaps[0]"),
        ({"base_container_name": 'a"b', "image": 1}, "image"),
        ({"env_vars": iter([])}, "env_vars"),
        ({"do_xcom_push": 1}, "do_xcom_push"),
        ({"labels": Stranger()}, "labels"),
        ({"volumes": [Stranger()]}, "volumes"),
        ({"secrets": [Stranger()]}, "secrets[0]"),
        ({"full_pod_spec": Stranger()}, "full_pod_spec"),
    ],
)
def test_odd_arguments(arguments: Arguments, path: str) -> None:
    """What is wrong with one argument is told by its name, or by its place in the pod where two arguments meet."""
    assert problems(**arguments)[0].path == path


def test_a_template_that_is_wrong(tmp_path: Any) -> None:
    """A template's mistakes are the template's, told together with the arguments'."""
    path = tmp_path / "pod.yaml"
    path.write_text("spec:\n  hostNetwrk: true\n")
    with pytest.raises(TemplateError) as caught:
        from_operator(pod_template_file=path, image=7)

    assert [(problem.stage, problem.path, problem.line) for problem in caught.value.problems] == [
        ("template", ".spec.hostNetwrk", 2),
        ("override", "image", None),
    ]
    assert problems(pod_template_file=tmp_path / "absent.yaml")[0].code == "unreadable"


@pytest.mark.parametrize(("name", "wanted"), [(None, "main"), ("main", "main"), ("envoy", "envoy")])
def test_the_container_that_is_meant(name: str | None, wanted: str) -> None:
    """By default the first container of the template, where none is called base; its name stays."""
    template = {"spec": {"containers": [{"name": "main", "image": "i"}, {"name": "envoy", "image": "j"}]}}
    made = composed(pod_template_dict=template, base_container_name=name, cmds=["c"]).manifest["spec"]["containers"]

    assert [one["name"] for one in made if "command" in one] == [wanted]
    assert len(made) == 2


def test_a_container_that_is_not_there() -> None:
    """Airflow renamed the first container; here a name that no container has is a mistake."""
    template = {"spec": {"containers": [{"name": "main", "image": "i"}]}}
    (found,) = problems(pod_template_dict=template, base_container_name="base", image="j")

    assert (found.code, found.path) == ("unknown-container", "base_container_name")
    assert found.suggestion == "the operator would rename the first: write 'main'"


def test_fields_newer_than_the_schema() -> None:
    """`unknown` is compose's."""
    assert problems(security_context={"newer": 1})[0].code == "unknown-field"
    assert overridden(security_context={"newer": 1}, unknown="keep")["spec"]["securityContext"] == {"newer": 1}


def test_what_shapes_no_pod_is_told_apart() -> None:
    """An operator is taken as it stands in a dag: what is about its task or its waiting is told, and is in no pod."""
    asked = from_operator(image="busybox", **{"task_id": "t", "get_logs": True, "retries": 3})  # type: ignore[arg-type] # the point

    assert asked.overrides == from_operator(image="busybox").overrides
    assert set(asked.elsewhere) == {"task_id", "get_logs", "retries"}


def test_the_page_names_every_argument() -> None:
    """Each argument has its line in the table of those that shape a pod, or of those that do not."""
    page = (environments.ROOT / "docs" / "airflow-operator.md").read_text().partition("## The operator's arguments")[2]
    shaping, elsewhere = page.partition("| argument | where")[::2]

    def named(text: str) -> set[str]:
        rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
        return {name for row in rows for name in re.findall(r"`(\w+)`", row)}

    assert named(shaping) == {*ARGUMENTS, *LAYERS}
    assert named(elsewhere.partition("\n\n")[0]) == set(ELSEWHERE)
