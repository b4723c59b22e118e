"""
Airflow's Kubernetes provider: the pod of a worker (KubernetesExecutor) or of a task (KubernetesPodOperator).

executor: `KubernetesExecutor.execute_async` takes the task's `executor_config` through `PodGenerator.from_obj`, reads the template
anew for each pod (`get_base_pod_from_template` in executors/kubernetes_executor_utils.py), and `PodGenerator.construct_pod` reduces
[template, its own pod, pod_override] with `PodGenerator.reconcile_pods`. The executor's own pod in the middle has the name, the
namespace, labels, and of the first container image, arguments and a variable: it says nothing of the merge, and is left out.

operator: `KubernetesPodOperator.build_pod_request_obj` (operators/pod.py) merges the template, `full_pod_spec` and the other
arguments in this order. The arguments given here are those without which it would write over the template: the name of the first
container, no random suffix of the name; and a namespace where the pod has none, for else it asks a connection.
"""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any

HOME = tempfile.TemporaryDirectory()
# Airflow writes its settings to a folder when it is imported, and its log of every pod to the standard output.
os.environ.update(AIRFLOW_HOME=HOME.name, AIRFLOW__LOGGING__LOGGING_LEVEL="WARNING")

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator  # noqa: E402
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator  # noqa: E402
from lines import Driver, NotSayable, serve  # noqa: E402
from typed import constructed, manifest_of  # noqa: E402

PACKAGES = ("apache-airflow-providers-cncf-kubernetes", "apache-airflow", "kubernetes")


def read(template: Any, override: Any, spelling: str) -> tuple[Any, Any]:
    """What is in the template's file, and the V1Pod that a user writes in Python."""
    return template, constructed(override)


def executor(template: Any, override: Any) -> Any:
    """As for a task with `executor_config={"pod_override": override}`."""
    worker = PodGenerator.deserialize_model_dict(template)
    return PodGenerator.reconcile_pods(worker, PodGenerator.from_obj({"pod_override": override}))


def operator(template: Any, override: Any) -> Any:
    """As for `KubernetesPodOperator(pod_template_dict=template, full_pod_spec=override)`."""
    containers = template.get("spec", {}).get("containers", [])
    if containers == []:
        raise NotSayable("the template has no container, and a task is in one")
    namespaces = (template.get("metadata", {}).get("namespace"), getattr(override.metadata, "namespace", None))
    task = KubernetesPodOperator(
        task_id="task",
        pod_template_dict=template,
        full_pod_spec=override,
        base_container_name=containers[0]["name"],
        random_name_suffix=False,
        namespace="default" if namespaces == (None, None) else None,
    )
    return task.build_pod_request_obj(dry_run=True)


MERGES = {"executor": executor, "operator": operator}
MODULES = {
    "executor": ["airflow.providers.cncf.kubernetes.pod_generator", "kubernetes.client"],
    "operator": ["airflow.providers.cncf.kubernetes.operators.pod", "kubernetes.client"],
}

serve(Driver(PACKAGES, read, MERGES[sys.argv[1]], manifest_of, MODULES[sys.argv[1]]))
