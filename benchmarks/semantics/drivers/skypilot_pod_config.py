"""
SkyPilot's pod of a task: the API server's `kubernetes.pod_config` under the `config.kubernetes.pod_config` of the task.

`write_cluster_config` (sky/backends/backend_utils.py) fills the template kubernetes-ray.yml.j2 with a pod of SkyPilot's own, has
`combine_pod_config_fields_and_metadata` (sky/provision/kubernetes/utils.py) merge first the two configurations and then what comes
out into that pod, and lets `check_pod_config` refuse what is no pod. The pod is the one of a task that asks for nothing but CPUs.

The documentation has the container of the task first, under the name ray-node. So the first container of a template is called that
here, in what an admin and a user write, and has its own name again in what comes out.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from lines import Driver, NotSayable, Refusal, serve

# SkyPilot reads its configuration from the home of its user, and writes there: it gets an empty one, and reports its use to nobody.
HOME = tempfile.TemporaryDirectory()
os.environ |= {"HOME": HOME.name, "SKYPILOT_DISABLE_USAGE_COLLECTION": "1"}

from sky import clouds, skypilot_config  # noqa: E402
from sky.provision.kubernetes import utils  # noqa: E402
from sky.skylet import constants  # noqa: E402
from sky.task import Task  # noqa: E402
from sky.utils import common_utils, config_utils, yaml_utils  # noqa: E402
from typed import served  # noqa: E402

MAIN = "ray-node"
CONTEXT = "cluster"
FIXED = {
    "name": "the provisioner names the pods of a cluster",
    "namespace": "the namespace is that of the context or of `kubernetes.namespace`; a pod_config does not set it",
}
#: Of a task that asks for nothing but CPUs, on a cluster without accelerators; what is only in scripts is left empty.
VARIABLES: dict[str, Any] = {
    "cluster_name_on_cloud": "task-1",
    "num_nodes": 1,
    "user": "user",
    "original_user": "user",
    "labels": {"skypilot-cluster-name": "task-1"},
    "credentials": {},
    "initial_setup_commands": [],
    "k8s_namespace": "default",
    "k8s_context": CONTEXT,
    "k8s_service_account_name": "skypilot-service-account",
    "k8s_automount_sa_token": "true",
    "image_id": "skypilot",
    "cpus": "2",
    "memory": "8",
    "ray_port": constants.SKY_REMOTE_RAY_PORT,
    "ray_dashboard_port": constants.SKY_REMOTE_RAY_DASHBOARD_PORT,
    "volume_mount_rw_paths": [],
    "volume_mounts": [],
    "k8s_env_vars": {},
    **dict.fromkeys(
        (
            "k8s_acc_label_key",
            "k8s_acc_label_values",
            "k8s_apt_mirrors",
            "k8s_efa_count",
            "k8s_kueue_admission_timeout",
            "k8s_resource_key",
            "k8s_spot_label_key",
            "k8s_topology_label_key",
            "k8s_topology_label_value",
            "priority_class",
        )
    ),
}


def _own(host_network: bool) -> dict[str, Any]:
    """SkyPilot's own description of a cluster, before any configuration; a pod in the network of its node has another one."""
    file = Path(HOME.name) / "cluster.yaml"
    common_utils.fill_template("kubernetes-ray.yml.j2", {**VARIABLES, "k8s_host_network": host_network}, str(file))
    return yaml_utils.read_yaml(str(file))


OWN = {host_network: _own(host_network) for host_network in (False, True)}


class Pod(NamedTuple):
    """What an admin or SkyPilot has of a pod, and how the template of the case calls the container of the task."""

    manifest: Any
    main: str


def read(template: Any, override: Any, spelling: str) -> tuple[Pod, Any]:
    """The API server's pod_config, and what the file of a task overrides of its configuration."""
    said = override.get("metadata") if isinstance(override, dict) else None
    for name, reason in FIXED.items():
        if isinstance(said, dict) and name in said and said[name] != template["metadata"].get(name):
            raise NotSayable(reason)
    if "containers" not in template.get("spec", {}):
        raise NotSayable("of a pod_config that does not name the container of the task, SkyPilot's own pod is in the result")
    main = template["spec"]["containers"][0]["name"]
    task = Task.from_yaml_config({"config": {"kubernetes": {"pod_config": _called(override, main, MAIN)}}})
    (resources,) = task.resources
    return Pod(_called(template, main, MAIN), main), resources.cluster_config_overrides


def merge(template: Pod, override: Any) -> Pod:
    """As `write_cluster_config` does it, with the variables that `make_deploy_resources_variables` takes from the pod_config."""
    cloud, config = clouds.Kubernetes(), config_utils.Config(kubernetes={"pod_config": template.manifest})
    with skypilot_config.replace_skypilot_config_in_process(config):
        spec = utils.resolve_effective_pod_config(override, cloud, CONTEXT).get("spec")
        own = OWN[isinstance(spec, dict) and bool(spec.get("hostNetwork"))]
        cluster = utils.combine_pod_config_fields_and_metadata(own, override, cloud, CONTEXT)
    pod = cluster["available_node_types"]["ray_head_default"]["node_config"]
    valid, message = utils.check_pod_config(pod)
    if not valid:
        raise Refusal(f"Invalid pod_config. Details: {message}")
    return Pod(pod, template.main)


def write(result: Pod) -> Any:
    """As the provisioner reads it from the file of the cluster, and the API server from the provisioner."""
    text = yaml_utils.dump_yaml_str(result.manifest)
    return served(_called(yaml_utils.safe_load(text), MAIN, result.main))


def _called(value: Any, old: str, new: str, under: str = "") -> Any:
    """The same with another name of a container, in the list of containers and where the downward API refers to it."""
    if isinstance(value, list):
        return [_called(each, old, new, under) for each in value]
    if not isinstance(value, dict):
        return value
    field = {"containers": "name", "resourceFieldRef": "containerName"}.get(under)
    return {name: new if name == field and each == old else _called(each, old, new, name) for name, each in value.items()}


serve(Driver(["skypilot", "kubernetes"], read, merge, write, ["sky"]))
