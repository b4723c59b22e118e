"""
The arguments of Airflow's KubernetesPodOperator, as data: where in a pod each goes, and what becomes of those that shape none.

Source: KubernetesPodOperator.__init__ and build_pod_request_obj of apache-airflow-providers-cncf-kubernetes 10.25; the operators
        of 1.10.3 to 9.0.0 for the names that are gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

__all__ = ["ARGUMENTS", "ELSEWHERE", "GONE", "LAYERS", "TASK", "Argument", "elsewhere"]

#: value: as it is; texts: a map whose None is ""; env: a map is a list of name and value; names: a list, or text with commas;
#: references: names of config maps; name: text that the operator makes the name of a pod.
Shape = Literal["value", "texts", "env", "names", "references", "name"]


class Argument(NamedTuple):
    """Where an argument goes: a path in the pod, or in the main container where it begins with `container`."""

    place: tuple[str, ...]
    shape: Shape = "value"


#: Laid over what the layers below say, in this order.
ARGUMENTS: Mapping[str, Argument] = {
    "name": Argument(("metadata", "name"), "name"),
    "namespace": Argument(("metadata", "namespace")),
    "labels": Argument(("metadata", "labels"), "texts"),
    "annotations": Argument(("metadata", "annotations"), "texts"),
    "image": Argument(("container", "image")),
    "cmds": Argument(("container", "command")),
    "arguments": Argument(("container", "args")),
    "ports": Argument(("container", "ports")),
    "image_pull_policy": Argument(("container", "imagePullPolicy")),
    "container_resources": Argument(("container", "resources")),
    "volume_mounts": Argument(("container", "volumeMounts")),
    "env_vars": Argument(("container", "env"), "env"),
    "pod_runtime_info_envs": Argument(("container", "env")),
    "env_from": Argument(("container", "envFrom")),
    "configmaps": Argument(("container", "envFrom"), "references"),
    "container_security_context": Argument(("container", "securityContext")),
    "termination_message_policy": Argument(("container", "terminationMessagePolicy")),
    "runtime_class_name": Argument(("spec", "runtimeClassName")),
    "node_selector": Argument(("spec", "nodeSelector"), "texts"),
    "affinity": Argument(("spec", "affinity")),
    "tolerations": Argument(("spec", "tolerations")),
    "init_containers": Argument(("spec", "initContainers")),
    "host_aliases": Argument(("spec", "hostAliases")),
    "image_pull_secrets": Argument(("spec", "imagePullSecrets"), "names"),
    "service_account_name": Argument(("spec", "serviceAccountName")),
    "automount_service_account_token": Argument(("spec", "automountServiceAccountToken")),
    "hostnetwork": Argument(("spec", "hostNetwork")),
    "hostname": Argument(("spec", "hostname")),
    "subdomain": Argument(("spec", "subdomain")),
    "security_context": Argument(("spec", "securityContext")),
    "dnspolicy": Argument(("spec", "dnsPolicy")),
    "dns_config": Argument(("spec", "dnsConfig")),
    "schedulername": Argument(("spec", "schedulerName")),
    "priority_class_name": Argument(("spec", "priorityClassName")),
    "volumes": Argument(("spec", "volumes")),
    "active_deadline_seconds": Argument(("spec", "activeDeadlineSeconds")),
    "termination_grace_period": Argument(("spec", "terminationGracePeriodSeconds")),
}

#: Arguments that shape a pod otherwise than by one place in it.
LAYERS = (
    "pod_template_file",
    "pod_template_dict",
    "full_pod_spec",
    "base_container_name",
    "secrets",
    "do_xcom_push",
    "xcom_sidecar_container_security_context",
)

_BACKEND = "say it where the KubernetesBackend is made"
_WAITING = "`podcompose.run.Policy` has the time limits of a launch"
_LOGS = "`backend.logs` has the logs"
_FINISH = "what becomes of a pod that ended is said after its outcome"
_AIRFLOW = "it is about Airflow's own process"

#: Arguments that shape no pod, and where what they say is said here.
ELSEWHERE: Mapping[str, str] = {
    "base_container_status_polling_interval": _WAITING,
    "callbacks": _AIRFLOW,
    "cluster_context": _BACKEND,
    "config_file": _BACKEND,
    "container_logs": _LOGS,
    "container_name_log_prefix_enabled": _LOGS,
    "deferrable": _AIRFLOW,
    "durable": "a launch id finds its pod again",
    "get_logs": _LOGS,
    "in_cluster": _BACKEND,
    "init_container_logs": _LOGS,
    "is_delete_operator_pod": _FINISH,
    "kubernetes_conn_id": _BACKEND,
    "log_events_on_failure": "an outcome tells the cause",
    "log_events_on_startup": "a record tells the stage and what blocks it",
    "log_formatter": _LOGS,
    "log_pod_spec_on_failure": "a composition knows its manifest",
    "logging_interval": _LOGS,
    "on_finish_action": _FINISH,
    "on_kill_action": _FINISH,
    "poll_interval": _WAITING,
    "progress_callback": _LOGS,
    "random_name_suffix": "a launch id names the pod",
    "reattach_on_restart": "a launch id finds its pod again",
    "schedule_timeout_seconds": _WAITING,
    "skip_on_exit_code": "an outcome tells the exit code",
    "startup_check_interval_seconds": _WAITING,
    "startup_timeout_seconds": _WAITING,
    "task_id": "executor_pod takes the ids of a task",
    "trigger_kwargs": _AIRFLOW,
}

#: The arguments of every operator of Airflow, which say when a task runs and what becomes of it (BaseOperator of Airflow 3.3.2).
TASK = frozenset(
    [
        "allow_nested_operators",
        "dag",
        "default_args",
        "depends_on_past",
        "doc",
        "doc_json",
        "doc_md",
        "doc_rst",
        "doc_yaml",
        "email",
        "email_on_failure",
        "email_on_retry",
        "end_date",
        "execution_timeout",
        "executor",
        "executor_config",
        "ignore_first_depends_on_past",
        "inlets",
        "logger_name",
        "map_index_template",
        "max_active_tis_per_dag",
        "max_active_tis_per_dagrun",
        "max_retry_delay",
        "multiple_outputs",
        "on_execute_callback",
        "on_failure_callback",
        "on_retry_callback",
        "on_skipped_callback",
        "on_success_callback",
        "outlets",
        "owner",
        "params",
        "pool",
        "pool_slots",
        "post_execute",
        "pre_execute",
        "priority_weight",
        "queue",
        "render_template_as_native_obj",
        "retries",
        "retry_delay",
        "retry_exponential_backoff",
        "retry_policy",
        "run_as_user",
        "sla",
        "start_date",
        "task_display_name",
        "task_group",
        "trigger_rule",
        "wait_for_downstream",
        "wait_for_past_depends_before_skipping",
        "weight_rule",
    ]
)


def elsewhere(name: str) -> str | None:
    """
    Where an argument that shapes no pod is said here; None for any other.

    >>> elsewhere("get_logs"), elsewhere("image")
    ('`backend.logs` has the logs', None)
    """
    return "it is about the task, and its scheduler's" if name in TASK else ELSEWHERE.get(name)


#: Names of older operators, of pods and of the legacy executor_config, and what an operator calls them.
GONE: Mapping[str, str] = {
    "args": "arguments",
    "command": "cmds",
    "configmap": "configmaps",
    "containerResources": "container_resources",
    "dns_policy": "dnspolicy",
    "env": "env_vars",
    "envs": "env_vars",
    "extract_xcom": "do_xcom_push",
    "host_network": "hostnetwork",
    "node_selectors": "node_selector",
    "pod_override": "full_pod_spec",
    "pod_spec": "full_pod_spec",
    "resources": "container_resources",
    "scheduler_name": "schedulername",
    "service_account": "service_account_name",
    "termination_grace_period_seconds": "termination_grace_period",
    "xcom_push": "do_xcom_push",
}
