"""The Python of a manifest: it runs, and says the same, for any pod and any installed client."""

from __future__ import annotations

import copy
import os
import subprocess
from typing import Any

import pytest
from hypothesis import event, given
from kubernetes.client import models as k8s

from podcompose.airflow import from_executor_config
from podcompose.airflow.python_source import override_source
from podcompose.airflow.wire import spelled
from podcompose.core.json import same
from podcompose.testing import pods
from tests.clients.test_clients import environment
from tests.environments import ROOT


def pasted(source: str) -> Any:
    """The executor_config that a source makes."""
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    return namespace["executor_config"]


@given(pods())
def test_any_pod(pod: Any) -> None:
    """What is printed makes an override that says the same: a V1Pod, or a mapping where the client has no words for it."""
    manifest = spelled(pod)
    before = copy.deepcopy(manifest)
    config = pasted(override_source(manifest))
    override = from_executor_config(config)
    event(type(config["pod_override"]).__name__)

    assert override is not None
    assert same(override.value, {**before, "spec": {"containers": [], **before["spec"]}} if "spec" in before else before)
    assert same(manifest, before)


def test_it_is_wrapped() -> None:
    """What fits in a line stays in one; what does not has an entry a line, as formatters write it."""
    mount = {"name": "example-kubernetes-test-volume", "mountPath": "/foo/", "readOnly": True}
    manifest = {"spec": {"containers": [{"name": "base", "volumeMounts": [mount, {"name": "b", "mountPath": "/b"}]}]}}

    assert (
        override_source(manifest)
        == """\
from kubernetes.client import models as k8s

executor_config={
    "pod_override": k8s.V1Pod(
        spec=k8s.V1PodSpec(
            containers=[
                k8s.V1Container(
                    name="base",
                    volume_mounts=[
                        k8s.V1VolumeMount(
                            name="example-kubernetes-test-volume",
                            mount_path="/foo/",
                            read_only=True,
                        ),
                        k8s.V1VolumeMount(name="b", mount_path="/b"),
                    ],
                ),
            ],
        ),
    ),
}
"""
    )


@pytest.mark.parametrize("text", ["", "'", '"', "\\", "\n\r\t\x00", "é\u2028😀", "{x}", "%s", "#"])
def test_any_text(text: str) -> None:
    """Every text comes back as it was."""
    config = pasted(override_source({"metadata": {"annotations": {text + "key": text}}}))

    assert config["pod_override"].metadata.annotations == {text + "key": text}


@pytest.mark.parametrize(
    "manifest",
    [
        {"spec": {"fieldOfTomorrow": 1}},
        {"spec": {"volumes": [{"name": "a", "csi": {"readOnly": True}}]}},
        {"spec": {"nodeSelector": {"a": None}}},
        {"spec": {"nodeSelector": {"$patch": "delete"}, "hostNetwork": None}},
    ],
)
def test_what_the_client_has_no_words_for(manifest: Any) -> None:
    """It is written as a mapping, which says everything."""
    assert pasted(override_source(manifest)) == {"pod_override": manifest}


@pytest.mark.parametrize("manifest", [{}, {"metadata": {}}, {"spec": {"containers": []}}])
def test_what_says_nothing(manifest: Any) -> None:
    """It is a pod that says nothing."""
    pod = pasted(override_source(manifest))["pod_override"]

    assert isinstance(pod, k8s.V1Pod)


@pytest.mark.parametrize("version", ["28.1.0", "36.0.*"])
def test_older_clients(version: str) -> None:
    """With the oldest client and the last of plain classes, too, every case of every legacy key passes."""
    command = [str(environment(version)), "-m", "pytest", "tests/airflow/test_legacy.py", "-p", "no:cacheprovider", "--color=no"]
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | {"PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout + run.stderr
    assert " passed" in run.stdout
