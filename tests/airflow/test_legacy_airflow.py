"""The legacy dict converted by the Airflows of old themselves, each in an environment of its own: the same, but for their noise."""

from __future__ import annotations

import copy
import json
import os
import random
import re
import warnings
from functools import cache
from typing import Any, NamedTuple

import pytest

from podcompose import OverrideError
from podcompose.airflow import from_executor_config
from podcompose.airflow.legacy_keys import KEYS, knows
from podcompose.airflow.wire import spelled
from podcompose.core.json import same
from tests.airflow.legacy_cases import AFFINITY
from tests.environments import python_of, run_in


class Release(NamedTuple):
    """An Airflow to ask: what is installed for it, where its generator is, and which of our versions it is."""

    version: str
    wanted: tuple[str, ...]
    module: str


#: The client of that time, and what it imports; nothing of Airflow's own requirements.
CLIENT = (
    "kubernetes==12.0.1",
    "certifi",
    "charset-normalizer",
    "cachetools",
    "google-auth<2.30",
    "idna",
    "oauthlib",
    "pyasn1",
    "pyasn1-modules",
    "python-dateutil",
    "PyYAML",
    "requests",
    "requests-oauthlib",
    "rsa",
    "setuptools<80",
    "six",
    "urllib3<2",
    "websocket-client",
)
RELEASES = {
    "1.10.12": Release("1.10.12", ("apache-airflow==1.10.12", *CLIENT), "airflow.kubernetes.pod_generator"),
    "1.10.15": Release("1.10.15", ("apache-airflow==1.10.15", *CLIENT), "airflow.kubernetes.pod_generator"),
    "2.0.0": Release("2.0", ("apache-airflow==2.0.0", *CLIENT), "airflow.kubernetes.pod_generator"),
    "provider 9.0.0": Release(
        "2.0", ("apache-airflow-providers-cncf-kubernetes==9.0.0", *CLIENT), "airflow.providers.cncf.kubernetes.pod_generator"
    ),
}

#: How many dicts each release is asked, of PODCOMPOSE_CASES (20,000, a night's million).
COUNT = int(os.environ.get("PODCOMPOSE_CASES", "20000")) // 20
SEED = os.environ.get("PODCOMPOSE_SEED", "0")

#: What people wrote, by key, that was right in every version that knew it.
WRITTEN: dict[str, list[Any]] = {
    "name": ["mine", "a" * 40],
    "namespace": ["default"],
    "labels": [{"release": "stable"}, {}],
    "annotations": [{"a": "b", "c/d": ""}, {}],
    "image": ["airflow/ci:latest", "i"],
    "image_pull_policy": ["Always", "Never"],
    "cmds": [["airflow"], []],
    "args": [["run", "a b"], []],
    "envs": [{"A": "1", "B": ""}, [{"name": "A", "value": "1"}], {}],
    "configmaps": [["a"], ["a", "b"], []],
    "ports": [[{"name": "http", "containerPort": 80}], []],
    "resources": [{"requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}}],
    "request_cpu": ["500m", 1, 0.5],
    "request_memory": ["128Mi"],
    "request_ephemeral_storage": ["1Gi"],
    "limit_cpu": ["1", 2],
    "limit_memory": ["1Gi"],
    "limit_ephemeral_storage": ["2Gi"],
    "limit_gpu": [1, "2"],
    "ephemeral-storage": ["1Gi"],
    "volume_mounts": [[{"name": "a", "mountPath": "/a"}], [{"name": "b", "mountPath": "/b", "subPath": "c", "readOnly": True}], []],
    "volumes": [[{"name": "a", "hostPath": {"path": "/tmp/"}}, {"name": "b", "emptyDir": {}}], []],
    "init_containers": [[{"name": "a", "image": "i", "resources": {"limits": {"cpu": 1}}}]],
    "restart_policy": ["Never"],
    "image_pull_secrets": ["a", "a,b"],
    "service_account_name": ["worker"],
    "hostnetwork": [True, False],
    "dnspolicy": ["Default"],
    "schedulername": ["volcano"],
    "priority_class_name": ["high"],
    "node_selectors": [{"gpu": "yes"}, {}],
    "affinity": [AFFINITY, {}],
    "tolerations": [[{"key": "dedicated", "operator": "Equal", "value": "airflow"}], []],
    "security_context": [{"runAsUser": 1000, "fsGroup": 0}, {}],
    "extract_xcom": [True, False],
}

#: What cannot be asked over JSON, or what no release did right: the cases of `test_legacy` and `BROKEN` have them.
UNASKED = {"pod", "pod_template_file", "gcp_service_account_key"}

#: What Airflow writes into every pod, whoever asked for it: these lists when they are empty, and a false hostNetwork.
NOISE_IN_CONTAINER = ("env", "envFrom", "command", "args", "ports", "volumeMounts")
NOISE_IN_SPEC = ("volumes", "imagePullSecrets")


class Broken(NamedTuple):
    """What did not work in a release, with what it did instead, and what it says here; None where that is an error, too."""

    release: str
    given: dict[str, Any]
    there: str
    here: dict[str, Any] | None


def base(**fields: Any) -> dict[str, Any]:
    """A manifest of the container that Airflow runs tasks in."""
    return {"spec": {"containers": [{"name": "base", **fields}]}}


ANNOTATED = {"metadata": {"annotations": {"iam.cloud.google.com/service-account": "k"}}}
BROKEN = [
    *(Broken(release, {"gcp_service_account_key": "k"}, "TypeError", ANNOTATED) for release in RELEASES),
    *(
        Broken(release, {"resources": {side: {"cpu": "1"}}}, "KeyError", base(resources={side: {"cpu": "1"}}))
        for release in ("1.10.12", "1.10.15")
        for side in ("requests", "limits")
    ),
    *(
        Broken(release, {"resources": {"limits": {}}, "request_cpu": "1"}, "TypeError", None)
        for release in ("2.0.0", "provider 9.0.0")
    ),
    *(Broken(release, {"limit_gpu": 1}, "TypeError", None) for release in ("2.0.0", "provider 9.0.0")),
    *(Broken(release, {"ephemeral-storage": "1Gi"}, "TypeError", None) for release in ("1.10.12", "1.10.15")),
    *(Broken(release, {"securityContext": {"runAsUser": 1}}, "TypeError", None) for release in RELEASES),
    *(Broken(release, {"image_pull_secrets": ["a"]}, "AttributeError", None) for release in RELEASES),
    *(
        Broken(
            release, {"configmaps": "ab"}, '[{"configMapRef": {"name": "a"}}, ', base(envFrom=[{"configMapRef": {"name": "ab"}}])
        )
        for release in RELEASES
    ),
    Broken("1.10.12", {"pod": {"metadata": {}}, "image": "i"}, "AirflowConfigException", None),
]


def asked(release: Release, dicts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What that Airflow makes of each dict."""
    python = python_of(f"legacy/{release.wanted[0].partition('==')[2]}", release.wanted, "--no-deps")
    lines = "\n".join(json.dumps({"KubernetesExecutor": given}) for given in dicts)
    return [json.loads(line) for line in run_in(python, "tests/airflow/old/convert.py", release.module, text=lines).splitlines()]


def ours(given: dict[str, Any], version: str) -> dict[str, Any]:
    """What podcompose makes of a dict."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        override = from_executor_config({"KubernetesExecutor": given}, version=version)
    assert override is not None
    return dict(override.value)


def generated(version: str, count: int) -> list[dict[str, Any]]:
    """Dicts of keys that the version knew; `resources` excludes what would say it again, None is not given."""
    chance = random.Random(f"{SEED}/{version}")
    names = [name for name in WRITTEN if knows(version, KEYS[name])]
    dicts = []
    for _ in range(count):
        chosen = [name for name in names if chance.random() < chance.choice((0.1, 0.4))]
        if "resources" in chosen:
            chosen = [name for name in chosen if KEYS[name].kind != "quantity"]
        given = {name: None if chance.random() < 0.05 else chance.choice(WRITTEN[name]) for name in chosen}
        dicts.append(copy.deepcopy(given) | ({} if given != {} else {"image": "i"}))
    return dicts


def quiet(pod: dict[str, Any]) -> dict[str, Any]:
    """A pod without Airflow's noise, and with its quantities as text."""
    pod = spelled({name: value for name, value in pod.items() if name not in ("apiVersion", "kind")})
    spec, metadata = dict(pod.get("spec", {})), dict(pod.get("metadata", {}))
    containers = [_without(container, NOISE_IN_CONTAINER) for container in spec.pop("containers", [])]
    spec = _without(spec, NOISE_IN_SPEC)
    if spec.get("hostNetwork") is False:
        del spec["hostNetwork"]
    if containers not in ([], [{"name": "base"}]):
        spec["containers"] = containers
    if "name" in metadata:
        metadata["name"] = re.sub(r"-[0-9a-f]{32}$", "", metadata["name"])
    return {name: value for name, value in (("metadata", metadata), ("spec", spec)) if value != {}}


def _without(fields: dict[str, Any], noise: tuple[str, ...]) -> dict[str, Any]:
    kept = {name: value for name, value in fields.items() if not (name in noise and value == [])}
    if "resources" in kept:
        # An absent side is an empty one in 2.0.
        kept["resources"] = {side: amounts for side, amounts in kept["resources"].items() if amounts != {}}
    return kept


def test_every_key_is_asked() -> None:
    """No key of the table is left out unnamed."""
    assert set(WRITTEN) | UNASKED == set(KEYS)


@pytest.mark.parametrize("name", RELEASES)
def test_equal_to_airflow(name: str) -> None:
    """Every generated dict says what that Airflow made of it, minus the noise; quiet leaves nothing else out."""
    release = RELEASES[name]
    dicts = generated(release.version, COUNT)
    theirs = asked(release, dicts)
    pairs = [(given, answer, ours(given, release.version)) for given, answer in zip(dicts, theirs, strict=True)]
    different = [
        (given, answer, said) for given, answer, said in pairs if "ok" not in answer or not same(quiet(answer["ok"]), quiet(said))
    ]

    assert different[:1] == []


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: f"{broken.release}-{'-'.join(broken.given)}")
def test_what_was_broken(broken: Broken) -> None:
    """What failed or came out wrong there works here, or is an error that says why."""
    answer = answers(broken.release)[BROKEN.index(broken)]

    assert broken.there in json.dumps(answer)
    assert said_or_refused(broken.given, RELEASES[broken.release].version) == broken.here


@cache
def answers(release: str) -> list[dict[str, Any]]:
    """What a release makes of all that was broken anywhere."""
    return asked(RELEASES[release], [broken.given for broken in BROKEN])


def said_or_refused(given: dict[str, Any], version: str) -> dict[str, Any] | None:
    """What a dict says here; None where it is an error."""
    try:
        return ours(given, version)
    except OverrideError:
        return None


@pytest.mark.parametrize("name", RELEASES)
def test_airflow_wrote_into_the_dict(name: str) -> None:
    """Airflow took keys out of the caller's dict; here it stays as it was (`test_legacy`)."""
    (answer,) = asked(RELEASES[name], [{"request_cpu": "1", "image": "i"}])

    assert "request_cpu" not in answer["left"]["KubernetesExecutor"]
