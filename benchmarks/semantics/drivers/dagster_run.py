"""
Dagster's pod of a run: the instance's `run_k8s_config` under the `dagster-k8s/config` tag of a job or run.

`K8sRunLauncher._launch_k8s_job_with_args` (dagster_k8s/launcher.py) has `K8sContainerContext.create_for_run`
(container_context.py) merge the contexts of the launcher, of the code location, of which there is none here, and of the tags, and
gives what comes out to `construct_dagster_k8s_job` (job.py). The arguments of the run are left out, for they would write over those
of the main container; `k8s_job_op` and code servers, whose configuration is merged by the same code, leave them to their users.

Users name no pod: the container that the run is in is `container_config`, all else of the spec, the other containers with it, is
`pod_spec_config`. So the first container of a template is the run's, and an override says the rest.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from dagster_k8s.container_context import K8sContainerContext
from dagster_k8s.job import (
    USER_DEFINED_K8S_CONFIG_KEY,
    DagsterK8sJobConfig,
    UserDefinedDagsterK8sConfig,
    construct_dagster_k8s_job,
    get_user_defined_k8s_config,
)
from lines import Driver, NotSayable, serve
from typed import manifest_of, served

BEHAVIOUR = sys.argv[1]
#: Whether the override says null.
SAID = {"null": False}
PARTS = {"apiVersion": "", "kind": "", "metadata": "pod_template_spec_metadata", "spec": "pod_spec_config"}
FIXED = {
    "apiVersion": "the pod is made by Dagster, which leaves its apiVersion to nobody",
    "kind": "the pod is made by Dagster, which leaves its kind to nobody",
    "name": "the pod of a run has the name of the run",
    "namespace": "the namespace of a run is that of the launcher or the code location; a tag does not set it",
}


def read(template: Any, override: Any, spelling: str) -> tuple[Any, Any]:
    """The launcher's `run_k8s_config`, and the tag; the tag verbatim, where a case has it."""
    SAID["null"] = spelling == "null"
    containers = template.get("spec", {}).get("containers", [])
    if containers == []:
        raise NotSayable("the template has no container, and a run is in one")
    for name in template.keys() - PARTS:
        raise NotSayable(f"a launcher's configuration has no place for {name}")
    main = containers[0]["name"]
    if not spelling.startswith("dagster"):
        _sayable(template, override, [each["name"] for each in containers])
        _no_map_away(template, override)
        override = _config(override, main)
    return _config(template, main), {**override, "merge_behavior": BEHAVIOUR}


def _sayable(template: Any, override: Any, names: list[str]) -> None:
    for given, said in ((template, override), (template.get("metadata", {}), override.get("metadata"))):
        for name, reason in FIXED.items():
            if isinstance(said, dict) and name in said and said[name] != given.get(name):
                raise NotSayable(reason)
    for container in _containers(override):
        if container.get("name") not in names and "image" not in container:
            raise NotSayable("the container of the run is changed in `container_config`, where it needs no name to be misspelled")


def _no_map_away(template: Any, override: Any) -> None:
    """Null takes a value away; of a map or a list there is no word for that, for both have to be there if they are named."""
    for name, value in override.items() if isinstance(override, dict) and isinstance(template, dict) else ():
        if value is None and isinstance(template.get(name), (dict, list)):
            raise NotSayable(f"{name} is to be a map or a list in its configuration, and is refused as null")
        _no_map_away(template.get(name), value)


def _containers(pod: Any) -> list[Any]:
    spec = pod.get("spec")
    containers = spec.get("containers") if isinstance(spec, dict) else None
    return [each for each in containers if isinstance(each, dict)] if isinstance(containers, list) else []


def _config(pod: Any, main: str) -> dict[str, Any]:
    """A pod as its parts are called here; a key that no pod has stays, for it may be written here, too."""
    named = [each for each in _containers(pod) if each.get("name") == main]
    if len(named) > 1:
        raise NotSayable("the container of the run has one `container_config`: it cannot be said twice")
    config = {PARTS.get(name, name): value for name, value in pod.items() if name not in ("apiVersion", "kind")}
    if named != []:
        config["container_config"] = named[0]
        config["pod_spec_config"] = _without(pod["spec"], named[0])
    return config


def _without(spec: Any, container: Any) -> Any:
    """The spec with the other containers, if there are any."""
    others = [each for each in spec["containers"] if each is not container]
    rest = {name: value for name, value in spec.items() if name != "containers"}
    return rest if others == [] else {**rest, "containers": others}


def merge(template: Any, override: Any) -> Any:
    """As `create_for_run` merges the contexts of the launcher and of the tags, and the launcher makes a job of it."""
    launcher = K8sContainerContext(run_k8s_config=UserDefinedDagsterK8sConfig.from_dict(template))
    tags = get_user_defined_k8s_config({USER_DEFINED_K8S_CONFIG_KEY: json.dumps(override)})
    context = K8sContainerContext().merge(launcher)
    context = context.merge(K8sContainerContext().merge(K8sContainerContext(run_k8s_config=tags)))
    return construct_dagster_k8s_job(
        job_config=DagsterK8sJobConfig(),
        args=None,
        job_name="dagster-run-1",
        pod_name=template.get("pod_template_spec_metadata", {}).get("name", "dagster-run-1"),
        component="run_worker",
        user_defined_k8s_config=context.run_k8s_config,
        labels={"dagster/job": "job", "dagster/run-id": "1"},
        env_vars=[{"name": "DAGSTER_RUN_JOB_NAME", "value": "job"}],
    )


def write(result: Any) -> Any:
    """The pod of the job, as the job controller makes it; as a server reads it, where the user wrote nulls."""
    pod = manifest_of(result.spec.template)
    return {"apiVersion": "v1", "kind": "Pod", **(served(pod, "V1PodTemplateSpec") if SAID["null"] else pod)}


serve(Driver(["dagster-k8s", "dagster", "kubernetes"], read, merge, write, ["dagster_k8s"]))
