"""
Every option of an airflow.cfg that had to do with the pods of Airflow 1.10's KubernetesExecutor, as data.

Source: airflow 1.10.15, config_templates/default_airflow.cfg, executors/kubernetes_executor.py and
kubernetes/worker_configuration.py; for where options live now, the provider apache-airflow-providers-cncf-kubernetes 10.25.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["EXECUTOR_SECTIONS", "MAPS", "OPTIONS", "SENSITIVE", "Fate", "MapSection", "Option", "Shape", "known"]

#: What has become of an option: part of the pod; the executor's, in the cfg of Airflow 2 and 3 too; an option of Airflow 2 or
#: later only; or one that had Secrets created when the executor started.
Fate = Literal["pod", "executor", "later", "start"]
Shape = Literal["text", "names", "number", "truth", "json map", "json list"]

_BASE = '.spec.containers[name="base"]'
_GIT = '.spec.initContainers[name="git-sync-clone"]'
_GIT_ENV = f"{_GIT}.env"
_DAGS, _LOGS = '.spec.volumes[name="airflow-dags"]', '.spec.volumes[name="airflow-logs"]'
_DAGS_MOUNT = "the mount of `airflow-dags`"


class Option(NamedTuple):
    """One option: what 1.10.15 took where it was not written, and what it becomes, as docs/airflow-migrate.md has it."""

    section: str
    name: str
    becomes: str
    shape: Shape = "text"
    #: `{home}` stands for AIRFLOW_HOME.
    default: str = ""
    fate: Fate = "pod"
    #: When it has a say: a word of `report.UNUSED`; "" is always.
    only: str = ""


class MapSection(NamedTuple):
    """A section whose options are the entries of a map."""

    name: str
    becomes: str


MAPS = (
    MapSection("kubernetes_node_selectors", "`.spec.nodeSelector`"),
    MapSection("kubernetes_annotations", "`.metadata.annotations`"),
    MapSection("kubernetes_labels", "`.metadata.labels`"),
    MapSection("kubernetes_environment_variables", f"`{_BASE}.env`, and the env of git-sync"),
    MapSection("kubernetes_secrets", f"`{_BASE}.env`, each a secretKeyRef"),
)

#: Sections of Airflow 2 and 3: nothing in them is a pod's.
EXECUTOR_SECTIONS = ("kubernetes_executor", "local_kubernetes_executor", "celery_kubernetes_executor", "kubernetes_logs")

_K = "kubernetes"
_POD = (
    Option(_K, "worker_container_repository", f"`{_BASE}.image`, before the `:`"),
    Option(_K, "worker_container_tag", f"`{_BASE}.image`, behind the `:`", only="repository"),
    Option(_K, "worker_container_image_pull_policy", f"`{_BASE}.imagePullPolicy`", default="IfNotPresent"),
    Option(_K, "image_pull_secrets", "`.spec.imagePullSecrets`", "names"),
    Option(_K, "worker_service_account_name", "`.spec.serviceAccountName`; `default` where it is empty"),
    Option(_K, "run_as_user", "`.spec.securityContext.runAsUser`", "number", "50000"),
    Option(_K, "fs_group", "`.spec.securityContext.fsGroup`; 65533 where there is a key for SSH", "number"),
    Option(_K, "affinity", "`.spec.affinity`", "json map"),
    Option(_K, "tolerations", "`.spec.tolerations`", "json list"),
    Option(_K, "worker_annotations", "`.metadata.annotations`, where [kubernetes_annotations] does not have the key", "json map"),
    Option(_K, "airflow_configmap", '`.spec.volumes[name="airflow-config"]`, mounted as AIRFLOW_HOME/airflow.cfg'),
    Option(
        _K,
        "airflow_local_settings_configmap",
        '`.spec.volumes[name="airflow-local-settings"]`, mounted as AIRFLOW_HOME/config/airflow_local_settings.py',
    ),
    Option(_K, "env_from_configmap_ref", f"`{_BASE}.envFrom`, a configMapRef for each", "names"),
    Option(_K, "env_from_secret_ref", f"`{_BASE}.envFrom`, a secretRef for each, once", "names"),
)
_DAGS_AND_LOGS = (
    Option(_K, "dags_in_image", "no volume `airflow-dags` where it is true", "truth", "False"),
    Option(_K, "dags_volume_claim", f"`{_DAGS}.persistentVolumeClaim.claimName`", only="claim"),
    Option(_K, "dags_volume_host", f"`{_DAGS}.hostPath.path`", only="host"),
    Option(_K, "dags_volume_subpath", f"the subPath of {_DAGS_MOUNT}", only="volume"),
    Option(_K, "dags_volume_mount_point", f"the mountPath of {_DAGS_MOUNT}", only="volume"),
    Option(_K, "logs_volume_claim", f"`{_LOGS}.persistentVolumeClaim.claimName`"),
    Option(_K, "logs_volume_host", f"`{_LOGS}.hostPath.path`", only="logs host"),
    Option(_K, "logs_volume_subpath", "the subPath of the mount of `airflow-logs`"),
)
_GIT_OPTIONS = (
    Option(_K, "git_repo", f"`{_GIT_ENV}`, GIT_SYNC_REPO", only="git"),
    Option(_K, "git_branch", f"`{_GIT_ENV}`, GIT_SYNC_BRANCH", only="git"),
    Option(
        _K,
        "git_sync_root",
        f"`{_GIT_ENV}`, GIT_SYNC_ROOT, and where git-sync has `airflow-dags` mounted",
        default="/git",
        only="git",
    ),
    Option(_K, "git_sync_dest", f"`{_GIT_ENV}`, GIT_SYNC_DEST, and in AIRFLOW__CORE__DAGS_FOLDER", default="repo", only="git"),
    Option(_K, "git_sync_depth", f"`{_GIT_ENV}`, GIT_SYNC_DEPTH", default="1", only="git"),
    Option(_K, "git_sync_rev", f"`{_GIT_ENV}`, GIT_SYNC_REV", only="git"),
    Option(_K, "git_subpath", "the end of AIRFLOW__CORE__DAGS_FOLDER", only="folder"),
    Option(
        _K,
        "git_dags_folder_mount_point",
        f"the mountPath of {_DAGS_MOUNT}, and the beginning of AIRFLOW__CORE__DAGS_FOLDER",
    ),
    Option(_K, "git_user", f"`{_GIT_ENV}`, GIT_SYNC_USERNAME, from a Secret", only="git"),
    Option(_K, "git_password", f"`{_GIT_ENV}`, GIT_SYNC_PASSWORD, from a Secret", only="git"),
    Option(
        _K, "git_sync_credentials_secret", f"`{_GIT_ENV}`, GIT_SYNC_USERNAME and GIT_SYNC_PASSWORD, from that Secret", only="git"
    ),
    Option(_K, "git_ssh_key_secret_name", '`.spec.volumes[name="git-sync-ssh-key"]`, and GIT_SYNC_SSH and its kin for git-sync'),
    Option(
        _K, "git_ssh_known_hosts_configmap_name", '`.spec.volumes[name="git-sync-known-hosts"]`, and GIT_KNOWN_HOSTS for git-sync'
    ),
    Option(_K, "git_sync_container_repository", f"`{_GIT}.image`, before the `:`", default="k8s.gcr.io/git-sync", only="git"),
    Option(_K, "git_sync_container_tag", f"`{_GIT}.image`, behind the `:`", default="v3.1.1", only="git"),
    Option(_K, "git_sync_init_container_name", f"`{_GIT}.name`", default="git-sync-clone", only="git"),
    Option(_K, "git_sync_run_as_user", f"`{_GIT}.securityContext.runAsUser`", "number", "65533", only="git"),
)
_CORE = (
    Option("core", "airflow_home", "the folder of the mounts of airflow.cfg and airflow_local_settings.py", only="home"),
    Option(
        "core", "dags_folder", f"the mountPath of {_DAGS_MOUNT} from a claim or a host path", default="{home}/dags", only="dags"
    ),
    Option("core", "base_log_folder", "the mountPath of the mount of `airflow-logs`", default="{home}/logs"),
    Option("core", "sql_alchemy_conn", f"`{_BASE}.env`, AIRFLOW__CORE__SQL_ALCHEMY_CONN, from a Secret", only="connection"),
)
_EXECUTOR = (
    Option(_K, "pod_template_file", "1.10 took that file alone", fate="executor"),
    Option(_K, "namespace", "the executor's", default="default", fate="executor"),
    Option(_K, "multi_namespace_mode", "the executor's", default="False", fate="executor"),
    Option(_K, "delete_worker_pods", "the executor's", default="True", fate="executor"),
    Option(_K, "delete_worker_pods_on_failure", "the executor's", default="False", fate="executor"),
    Option(_K, "worker_pods_creation_batch_size", "the executor's", default="1", fate="executor"),
    Option(_K, "in_cluster", "the executor's", default="True", fate="executor"),
    Option(_K, "cluster_context", "the executor's", fate="executor"),
    Option(_K, "config_file", "the executor's", fate="executor"),
    Option(_K, "kube_client_request_args", "the executor's", fate="executor"),
    Option(_K, "delete_option_kwargs", "the executor's", fate="executor"),
    Option(_K, "gcp_service_account_keys", "a Secret for each, which 1.10 created when it started", fate="start"),
)
_LATER = tuple(
    Option(_K, name, "the executor's, since Airflow 2", fate="later")
    for name in (
        "enable_tcp_keepalive",
        "tcp_keep_idle",
        "tcp_keep_intvl",
        "tcp_keep_cnt",
        "verify_ssl",
        "ssl_ca_cert",
        "multi_namespace_mode_namespace_list",
        "worker_pod_pending_fatal_container_state_reasons",
        "worker_pods_pending_timeout",
        "worker_pods_pending_timeout_check_interval",
        "worker_pods_pending_timeout_batch_size",
        "worker_pods_queued_check_interval",
        "api_client_retry_configuration",
        "logs_task_metadata",
        "task_publish_max_retries",
    )
)

#: The whole list, in the order of the documentation.
OPTIONS = (*_POD, *_DAGS_AND_LOGS, *_GIT_OPTIONS, *_CORE, *_EXECUTOR, *_LATER)

#: The options whose value 1.10 also took from a command (`_cmd`) or a secrets backend (`_secret`).
SENSITIVE = frozenset({("core", "sql_alchemy_conn"), ("core", "fernet_key"), ("kubernetes", "git_password")})

_KNOWN = {(option.section, option.name): option for option in OPTIONS}


def known(section: str, name: str) -> Option | None:
    """
    The option of that name, if 1.10 or a later Airflow has it.

    >>> known("kubernetes", "run_as_user").default
    '50000'
    """
    return _KNOWN.get((section, name))
