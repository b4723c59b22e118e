"""
The pod of the options: what 1.10.15's WorkerConfiguration.as_pod made of them, in every field that was right there.

Not repeated: envFrom written twice, a pod without a name, empty lists and maps, `type: ""` of a host path, secrets in clear.
"""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import join
from typing import Any

from podcompose.airflow.migration.git import git_sync, git_volumes, image
from podcompose.airflow.migration.parts import Part, compact
from podcompose.airflow.migration.reading import Given, Settings
from podcompose.airflow.migration.secrets import told_by_its_end
from podcompose.airflow.migration.sources import (
    CONNECTION,
    connection,
    dags_source,
    filled,
    last_of_each,
    mount,
    private,
    secret_reference,
    valued,
    variable,
)
from podcompose.core.json import JsonMap

__all__ = ["NAME", "NO_IMAGE", "pod_parts"]

#: A template's name is never the pod's: the executor gives every pod its own.
NAME = "placeholder-name"
#: Stands where the cfg has no image: the API server wants one in a template, whatever the executor or a task puts there.
NO_IMAGE = "dummy_image"

_DAGS_FOLDER = "AIRFLOW__CORE__DAGS_FOLDER"
_FS_GROUP = 65533
_DAGS, _LOGS, _CFG, _SETTINGS = "airflow-dags", "airflow-logs", "airflow-config", "airflow-local-settings"


def pod_parts(settings: Settings) -> dict[str, Any]:
    """The pod, in parts; with a `pod_template_file`, which 1.10 took alone, only the image, which it took beside it."""
    head = {"apiVersion": "v1", "kind": "Pod"}
    if settings["pod_template_file"].there:
        container = {"name": "base", "image": _image(settings)}
        return {**head, "metadata": {"name": NAME}, "spec": {"containers": [container], "restartPolicy": "Never"}}
    metadata = compact(name=NAME, labels=_map(settings, "kubernetes_labels"), annotations=_annotations(settings))
    return {**head, "metadata": metadata, "spec": _spec(settings)}


def _spec(settings: Settings) -> dict[str, Any]:
    account = settings["worker_service_account_name"]
    pull = settings["image_pull_secrets"]
    return compact(
        initContainers=[git_sync(settings)] if dags_source(settings) == "git" else [],
        containers=[_container(settings)],
        restartPolicy="Never",
        serviceAccountName=valued(account) if account.there else Part("default"),
        securityContext=_security(settings),
        nodeSelector=_map(settings, "kubernetes_node_selectors"),
        affinity=_json(settings, "affinity"),
        tolerations=_json(settings, "tolerations"),
        imagePullSecrets=[Part({"name": name}, (pull,)) for name in settings.names("image_pull_secrets")],
        volumes=[_dags_volume(settings)] * _has_dags(settings) + list(_other_volumes(settings)),
    )


def _container(settings: Settings) -> dict[str, Any]:
    return compact(
        name="base",
        image=_image(settings),
        imagePullPolicy=valued(filled(settings, "worker_container_image_pull_policy")),
        env=last_of_each([*_env(settings).values(), *_env_of_secrets(settings)]),
        envFrom=list(_env_from(settings)),
        volumeMounts=list(_mounts(settings)),
    )


def _image(settings: Settings) -> Part:
    there = settings["worker_container_repository"].there
    return image(settings, "worker_container_repository", "worker_container_tag") if there else Part(NO_IMAGE)


def _security(settings: Settings) -> dict[str, Part]:
    key = settings["git_ssh_key_secret_name"]
    found: dict[str, Part] = {}
    for field, option in (("runAsUser", "run_as_user"), ("fsGroup", "fs_group")):
        number = settings.number(option)
        if number is not None:
            found[field] = Part(number, (settings[option],))
    return found if "fsGroup" in found or not key.there else {**found, "fsGroup": Part(_FS_GROUP, (key,))}


def _map(settings: Settings, section: str) -> dict[str, Part]:
    """The entries of a section; a secret cannot be given from a Secret here, and is left out."""
    return {given.name: valued(given) for given in settings.maps[section] if not told_by_its_end(given.name, given.text)}


def _annotations(settings: Settings) -> dict[str, Part]:
    option = settings["worker_annotations"]
    own: JsonMap = settings.json("worker_annotations") or {}
    shown = {key: Part(value, (option,)) for key, value in own.items() if type(value) is not str or not told_by_its_end(key, value)}
    return {**shown, **_map(settings, "kubernetes_annotations")}


def _json(settings: Settings, name: str) -> Part | None:
    value = settings.json(name)
    return None if value is None or value == {} or value == [] else Part(value, (settings[name],))


def _env(settings: Settings) -> dict[str, Part]:
    """The variables by name: what Airflow sets takes the place of what the cfg wrote."""
    env = {given.name: variable(given.name, given) for given in settings.maps["kubernetes_environment_variables"]}
    env["AIRFLOW__CORE__EXECUTOR"] = Part({"name": "AIRFLOW__CORE__EXECUTOR", "value": "LocalExecutor"})
    configmap = settings["airflow_configmap"]
    if configmap.there:
        env["AIRFLOW_HOME"] = variable("AIRFLOW_HOME", settings.home, configmap)
        env[_DAGS_FOLDER] = variable(_DAGS_FOLDER, filled(settings, "core.dags_folder"), configmap)
    source = connection(settings)
    if source is not None:
        env[CONNECTION] = private(CONNECTION, source)
    point = settings["git_dags_folder_mount_point"]
    if point.there:
        dest, sub = filled(settings, "git_sync_dest"), settings["git_subpath"]
        text = join(point.text, dest.text, sub.text)
        env[_DAGS_FOLDER] = variable(_DAGS_FOLDER, point, dest, *([sub] if sub.there else []), text=text)
    return env


def _env_of_secrets(settings: Settings) -> Iterator[Part]:
    for given in settings.maps["kubernetes_secrets"]:
        reference = secret_reference(given)
        if reference is not None:
            selector = {"name": reference[0], "key": reference[1]}
            yield Part({"name": given.name.upper(), "valueFrom": {"secretKeyRef": selector}}, (given,))


def _env_from(settings: Settings) -> Iterator[Part]:
    for field, option in (("configMapRef", "env_from_configmap_ref"), ("secretRef", "env_from_secret_ref")):
        for name in settings.names(option):
            yield Part({field: {"name": name}}, (settings[option],))


def _has_dags(settings: Settings) -> bool:
    return dags_source(settings) in ("claim", "host", "git")


def _mounts(settings: Settings) -> Iterator[Part]:
    if _has_dags(settings):
        yield mount(_DAGS, valued(_dags_path(settings)), sub_path=_sub_path(settings["dags_volume_subpath"]), read_only=True)
    yield mount(_LOGS, valued(filled(settings, "core.base_log_folder")), sub_path=_sub_path(settings["logs_volume_subpath"]))
    cfg, local = settings["airflow_configmap"], settings["airflow_local_settings_configmap"]
    if cfg.there:
        yield _file(settings, _CFG, "airflow.cfg", "airflow.cfg", cfg)
    if local.there:
        volume = _CFG if local.text == cfg.text else _SETTINGS
        yield _file(settings, volume, "config/airflow_local_settings.py", "airflow_local_settings.py", local)


def _sub_path(given: Given) -> Part | None:
    return valued(given) if given.there else None


def _dags_path(settings: Settings) -> Given:
    if settings["dags_volume_mount_point"].there:
        return settings["dags_volume_mount_point"]
    return settings["git_dags_folder_mount_point"] if dags_source(settings) == "git" else filled(settings, "core.dags_folder")


def _file(settings: Settings, volume: str, path: str, key: str, option: Given) -> Part:
    """A file of a ConfigMap, mounted below AIRFLOW_HOME."""
    whole = Part(f"{settings.home.text}/{path}", (settings.home,))
    return mount(volume, whole, sub_path=Part(key), read_only=True, of=[option])


def _dags_volume(settings: Settings) -> Part:
    return _volume(_DAGS, settings["dags_volume_claim"], settings["dags_volume_host"])


def _volume(name: str, claim: Given, host: Given) -> Part:
    if claim.there:
        return Part({"name": name, "persistentVolumeClaim": {"claimName": claim.text}}, (claim,))
    if host.there:
        return Part({"name": name, "hostPath": {"path": host.text}}, (host,))
    return Part({"name": name, "emptyDir": {}})


def _other_volumes(settings: Settings) -> Iterator[Part]:
    yield _volume(_LOGS, settings["logs_volume_claim"], settings["logs_volume_host"])
    yield from git_volumes(settings)
    cfg, local = settings["airflow_configmap"], settings["airflow_local_settings_configmap"]
    if cfg.there:
        yield Part({"name": _CFG, "configMap": {"name": cfg.text}}, (cfg,))
    if local.there and local.text != cfg.text:
        yield Part({"name": _SETTINGS, "configMap": {"name": local.text}}, (local,))
