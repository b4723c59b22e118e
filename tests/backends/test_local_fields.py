"""What is done with each field: the table is whole, and tells of nothing else."""

from __future__ import annotations

from podcompose.backends.local import FIELDS
from podcompose.backends.local.judge import judge
from podcompose.schema.pod import POD

#: Structs whose fields have lines of their own, by the struct that holds them.
_TOLD = {"Pod": "Pod", "PodSpec": "PodSpec", "Container": "Container", "EnvVar": "EnvVar", "EnvVarSource": "EnvVarSource"}
_INNER = {"Container.lifecycle": "Lifecycle", "EnvVar.valueFrom": "EnvVarSource"}


def test_every_field_of_a_pod_has_its_line() -> None:
    """No field of a Pod, its spec, its containers and their variables is without a verdict; none is invented."""
    fields = set()
    for told, struct in _TOLD.items():
        for name in POD.types[struct]:
            inner = _INNER.get(f"{told}.{name}")
            if inner == "EnvVarSource":
                continue
            fields |= {f"{told}.{name}"} if inner is None else {f"{told}.{name}.{one}" for one in POD.types[inner]}

    assert fields == set(FIELDS)


def test_what_is_not_honoured_says_why() -> None:
    """Every other verdict has its reason."""
    assert [name for name, rule in FIELDS.items() if rule.verdict != "honoured" and rule.why == ""] == []


def test_a_value_that_asks_for_nothing_is_no_finding() -> None:
    """Null, empty lists and maps, and what is so anyway."""
    container = {"name": "a", "command": ["true"], "volumeMounts": [], "securityContext": {}, "tty": False, "ports": None}

    assert judge({"spec": {"containers": [container], "setHostnameAsFQDN": False, "priority": 0}}) == ([], [])


def test_all_findings_are_told_at_once() -> None:
    """Refusals and warnings, of containers and init containers, and fields nobody knows."""
    bad = {"name": "a", "image": "i", "lifecycle": {"preStop": {"sleep": {"seconds": 1}}}, "colour": "red"}
    rules = [{"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [1]}}]
    env = [
        {"name": "F", "valueFrom": {"fieldRef": {"fieldPath": "spec.hostname"}}},
        {"name": "K", "valueFrom": {"fileKeyRef": {"path": "x", "key": "k", "volumeName": "v"}}},
    ]
    good = {
        "name": "a",
        "command": ["true"],
        "livenessProbe": {"exec": {"command": ["x"]}},
        "env": env,
        "restartPolicyRules": rules,
    }
    problems, warnings = judge({"spec": {"initContainers": [good], "containers": [bad]}, "status": {"phase": "Running"}})

    assert [problem.path for problem in problems] == [
        '.spec.initContainers[name="a"].env[name="K"].valueFrom.fileKeyRef',
        '.spec.containers[name="a"].lifecycle.preStop',
        '.spec.initContainers[name="a"]',
        '.spec.initContainers[name="a"].restartPolicyRules',
        '.spec.initContainers[name="a"].env[name="F"].valueFrom.fieldRef.fieldPath',
        '.spec.containers[name="a"]',
        '.spec.containers[name="a"].command',
    ]
    assert [warning.partition(":")[0] for warning in warnings] == [
        ".status",
        '.spec.initContainers[name="a"].livenessProbe',
        '.spec.containers[name="a"].colour',
    ]


def test_a_pod_without_containers_is_wrong() -> None:
    """As the API server says."""
    assert [problem.code for problem in judge({"spec": {}})[0]] == ["no-containers"]
