"""
The parameters of the starters, as data: what each may be, what it is without being said, and where its value goes.

Sources: git-sync's variables: kubernetes/git-sync, main.go at 04ea5e4 and v3-to-v4.md at d259d92 (4), README.md at 0010daf (3);
names and paths: the templates that the Kubernetes provider 10.25 ships, and Airflow's Helm chart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from podcompose.airflow.starters.forms import BYTES, CORES, IMAGE, KEY, LABEL, NAME, REF, REPO, SUBPATH, URL, WORD
from podcompose.airflow.starters.kinds import Choice, Flag, Kind, Number, Value
from podcompose.core.json import Json

__all__ = ["CLAIM", "COMMON", "EVERYTHING", "EVERYTHING_RELEASE", "GIT", "RELEASE", "Parameter", "Place", "volume"]


class Place(NamedTuple):
    """Where a value goes, if the map or list around that place is there; `form` is what is put there, with the value for `{}`."""

    path: str
    form: Json = "{}"
    #: True where Kubernetes wants text, whatever the value is.
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """
    One thing to say about a starter.

    Shapes: `name` as in Python, the command line takes dashes too; `default` None: left out, or made of `release`.
    """

    name: str
    kind: Kind
    default: Value | None
    meaning: str
    places: tuple[Place, ...] = ()
    #: What else has to be said for this to go anywhere.
    needs: str = ""


_BASE = ".spec.containers[name=base]"
_GIT = ".spec.initContainers[name=git-sync]"


def _secret(variable: str, form: str) -> Place:
    return Place(f"{_BASE}.env[name={variable}].valueFrom.secretKeyRef.name", form)


def volume(name: str, field: str, form: str = "{}") -> Place:
    """A place in a volume."""
    return Place(f".spec.volumes[name={name}].{field}", form)


_DATABASE = ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW_CONN_AIRFLOW_DB")
_API_SERVER = f"{_BASE}.env[name=AIRFLOW__CORE__EXECUTION_API_SERVER_URL].value"
RELEASE = Parameter(
    "release",
    LABEL,
    "airflow",
    "the name of the Helm release: Secrets, ConfigMaps, claims, the ServiceAccount and the API server are named after it",
    (
        Place(".metadata.labels.release"),
        Place(".spec.serviceAccountName", "{}-worker-serviceaccount"),
        Place(_API_SERVER, "http://{}-api-server:8080/execution/"),
        _secret("AIRFLOW__CORE__FERNET_KEY", "{}-fernet-key"),
        *(_secret(variable, "{}-airflow-metadata") for variable in _DATABASE),
        volume("airflow-config", "configMap.name", "{}-airflow-config"),
    ),
)
COMMON = (
    Parameter("airflow", Choice(("2", "3")), "3", "the major version of Airflow"),
    Parameter(
        "image",
        IMAGE,
        None,
        "the worker's image; without it apache/airflow:3.3.2, or 2.11.2 for airflow=2",
        (Place(f"{_BASE}.image"),),
    ),
    Parameter(
        "pull_policy",
        Choice(("IfNotPresent", "Always", "Never")),
        "IfNotPresent",
        "when a node fetches the worker's image",
        (Place(f"{_BASE}.imagePullPolicy"),),
    ),
    Parameter(
        "pull_secret",
        NAME,
        None,
        "the Secret for a private registry",
        (Place(".spec.imagePullSecrets", [{"$patch": "replace"}, {"name": "{}"}]),),
    ),
    Parameter(
        "service_account",
        NAME,
        None,
        "the ServiceAccount; without it RELEASE-worker-serviceaccount (newer charts: RELEASE-worker)",
        (Place(".spec.serviceAccountName"),),
    ),
    Parameter(
        "config_map",
        NAME,
        None,
        "the ConfigMap with airflow.cfg; without it RELEASE-airflow-config",
        (volume("airflow-config", "configMap.name"),),
    ),
    Parameter(
        "api_server",
        URL,
        None,
        "where Airflow 3's execution API is; without it http://RELEASE-api-server:8080/execution/",
        (Place(_API_SERVER),),
        "airflow=3",
    ),
    Parameter(
        "fernet_secret",
        NAME,
        None,
        "the Secret with the key fernet-key, for Airflow 2; without it RELEASE-fernet-key",
        (_secret("AIRFLOW__CORE__FERNET_KEY", "{}"),),
        "airflow=2",
    ),
    Parameter(
        "metadata_secret",
        NAME,
        None,
        "the Secret whose key `connection` is the database's URL, for Airflow 2; without it RELEASE-airflow-metadata "
        "(newer charts: RELEASE-metadata)",
        tuple(_secret(variable, "{}") for variable in _DATABASE),
        "airflow=2",
    ),
    Parameter(
        "user", Number(1, 2**31 - 1), 50000, "the number of the user that tasks run as", (Place(".spec.securityContext.runAsUser"),)
    ),
    Parameter("group", Number(0, 2**31 - 1), 50000, "the group that volumes belong to", (Place(".spec.securityContext.fsGroup"),)),
    Parameter(
        "logs_claim",
        NAME,
        None,
        "the PersistentVolumeClaim that logs are written to; without it they go with the pod",
        (volume("airflow-logs", "persistentVolumeClaim.claimName"),),
    ),
)
GIT = (
    Parameter(
        "repo",
        REPO,
        "https://git.example.com/team/dags.git",
        "the repository with the dags, on any host, over https or ssh",
        (Place(f"{_GIT}.env[name=GITSYNC_REPO].value"), Place(f"{_GIT}.env[name=GIT_SYNC_REPO].value")),
    ),
    Parameter(
        "ref",
        REF,
        "main",
        "the branch or tag to fetch; with git-sync 4 also a whole commit hash",
        (Place(f"{_GIT}.env[name=GITSYNC_REF].value"), Place(f"{_GIT}.env[name=GIT_SYNC_BRANCH].value")),
    ),
    Parameter(
        "subpath",
        SUBPATH,
        "dags",
        "the folder of the repository that holds the dags; empty for all of it",
        (Place(f"{_BASE}.volumeMounts[mountPath=/opt/airflow/dags].subPath", "repo/{}"),),
    ),
    Parameter(
        "depth",
        Number(0, 2**31 - 1),
        1,
        "how many commits to fetch; 0 for all",
        tuple(Place(f"{_GIT}.env[name={variable}].value", is_text=True) for variable in ("GITSYNC_DEPTH", "GIT_SYNC_DEPTH")),
    ),
    Parameter("git_sync", Choice(("3", "4")), "4", "the major version of git-sync, and so the names of its variables"),
    Parameter(
        "git_sync_image",
        IMAGE,
        None,
        "git-sync's image; without it registry.k8s.io/git-sync/git-sync:v4.7.1, or v3.6.9 for git-sync=3",
        (Place(f"{_GIT}.image"),),
    ),
    Parameter(
        "credentials_secret",
        NAME,
        None,
        "for https: the Secret with the keys GITSYNC_USERNAME and GITSYNC_PASSWORD (git-sync=3: GIT_SYNC_...)",
        tuple(
            Place(f"{_GIT}.env[name={variable}].valueFrom.secretKeyRef.name")
            for variable in ("GITSYNC_USERNAME", "GITSYNC_PASSWORD", "GIT_SYNC_USERNAME", "GIT_SYNC_PASSWORD")
        ),
    ),
    Parameter(
        "ssh_secret", NAME, None, "for ssh: the Secret with the private key", (volume("git-sync-ssh-key", "secret.secretName"),)
    ),
    Parameter(
        "ssh_key",
        KEY,
        "gitSshKey",
        "the key of that Secret",
        (Place(f"{_GIT}.volumeMounts[mountPath=/etc/git-secret/ssh].subPath"),),
        "ssh-secret=NAME",
    ),
    Parameter(
        "known_hosts",
        NAME,
        None,
        "for ssh: the ConfigMap whose key known_hosts holds the git server's public keys; without it any server is believed",
        (volume("git-sync-known-hosts", "configMap.name"),),
    ),
)
CLAIM = (
    Parameter(
        "claim",
        NAME,
        None,
        "the PersistentVolumeClaim with the dags; without it RELEASE-dags",
        (volume("airflow-dags", "persistentVolumeClaim.claimName"),),
    ),
    Parameter(
        "subpath",
        replace(SUBPATH, pattern=SUBPATH.pattern.removeprefix("|"), wanted=SUBPATH.wanted.replace("repository", "volume")),
        None,
        "the folder of the volume that holds the dags; without it all of it",
        (Place(f"{_BASE}.volumeMounts[mountPath=/opt/airflow/dags].subPath"),),
    ),
)
_RESOURCES = tuple(
    Parameter(
        f"{resource}_{side}",
        kind,
        default,
        f"{meaning} {'a task is sure of' if side == 'request' else 'a task may use'}",
        (Place(f"{_BASE}.resources.{side}s.{resource}"),),
    )
    for resource, kind, meaning, defaults in (
        ("cpu", CORES, "the cores", ("500m", "2")),
        ("memory", BYTES, "the memory", ("1Gi", "1Gi")),
    )
    for side, default in zip(("request", "limit"), defaults, strict=True)
)


def _env_from(name: str) -> list[Json]:
    return [{kind: {"name": name, "optional": True}} for kind in ("secretRef", "configMapRef")]


EVERYTHING_RELEASE = (
    Place(".spec.imagePullSecrets", [{"$patch": "replace"}, {"name": "{}-registry"}]),
    Place(f"{_BASE}.envFrom", _env_from("{}-env")),
    _secret("AIRFLOW_CONN_WAREHOUSE", "{}-connections"),
    volume("airflow-local-settings", "configMap.name", "{}-airflow-config"),
    volume("airflow-logs", "persistentVolumeClaim.claimName", "{}-logs"),
)
EVERYTHING = (
    *_RESOURCES,
    Parameter(
        "pool",
        WORD,
        "airflow",
        "the nodes to run on: those with the label `pool` of this value; a taint of that name and value is tolerated",
        (
            Place(".spec.nodeSelector.pool"),
            Place(".spec.tolerations", [{"key": "pool", "operator": "Equal", "value": "{}", "effect": "NoSchedule"}]),
        ),
    ),
    Parameter(
        "local_settings",
        NAME,
        None,
        "the ConfigMap with airflow_local_settings.py; without it the one with airflow.cfg",
        (volume("airflow-local-settings", "configMap.name"),),
    ),
    Parameter(
        "env",
        NAME,
        None,
        "the Secret and the ConfigMap (one name) whose keys become environment variables, where they are there; else RELEASE-env",
        (Place(f"{_BASE}.envFrom", _env_from("{}")),),
    ),
    Parameter(
        "grace",
        Number(0, 2**31 - 1),
        600,
        "for how many seconds a task that is stopped may clean up",
        (Place(".spec.terminationGracePeriodSeconds"),),
    ),
    Parameter("probe", Flag(), True, "whether the pod is ended where the volume of its logs hangs"),
)
