"""What is remarkable about a configuration: contradictions, secrets, values that could not be taken as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from podcompose.airflow.migration.options import OPTIONS
from podcompose.airflow.migration.parts import Pod
from podcompose.airflow.migration.pod import NO_IMAGE
from podcompose.airflow.migration.reading import Given, Settings
from podcompose.airflow.migration.secrets import refers, told_by_its_end
from podcompose.airflow.migration.sources import Source, connection, dags_source, key_secrets, secret_reference, with_password
from podcompose.airflow.migration.words import LEFT_OUT, UNUSED

__all__ = ["Remark", "remarks"]


class Remark(NamedTuple):
    """What has become of an option, and why."""

    status: Literal["moved", "changed", "dropped", "contradictory", "secret", "kept"]
    why: str


Remarks = Iterator[tuple[Given, Remark]]

_USED_ALONE = "1.10 ignored it: `pod_template_file` is set, and that file was taken alone"


def remarks(settings: Settings, pod: Pod) -> list[tuple[Given, Remark]]:
    """Everything remarkable, also of options that are missed; of an option the first remark counts."""
    if settings["pod_template_file"].there:
        return [*_ignored(settings), *_image(settings)]
    judges = (_dags, _logs, _git, _image, _connection, _names, _start)
    return [*_sealed(pod), *_maps(settings, pod), *(said for judge in judges for said in judge(settings))]


def _sealed(pod: Pod) -> Remarks:
    for key, given in pod.sealed.items():
        whole = (
            "; what `$(...)` in it stands for is to be written out, for nothing in a Secret is replaced"
            if refers(given.text)
            else ""
        )
        there = f"read from the key `{key}` of the Secret `{pod.secret}`{whole}"
        if given.hidden != "":
            how = f"1.10 had it from a {given.hidden}, which nobody asks here: put its answer there by hand"
            yield given, Remark("secret", f"{there}; {how}")
        elif given.section == "kubernetes_environment_variables":
            yield given, Remark("secret", f"{there}; by its name or its value it looks like a secret: if it is none, write it back")
        elif given.occurs:
            file = "; a file of SQLite is on no worker: they want a database" if given.text.startswith("sqlite:") else ""
            yield given, Remark("secret", f"{there}; 1.10 wrote it in clear{file}")
        else:
            yield given, Remark("secret", f"{there}, where it is still to be put: the cfg does not have it")


def _ignored(settings: Settings) -> Remarks:
    """With a template file the rest was not looked at, but for the image."""
    image = ("worker_container_repository", "worker_container_tag")
    maps = [given for section in settings.maps.values() for given in section]
    options = [
        (option, settings.one[option.section, option.name])
        for option in OPTIONS
        if option.fate == "pod" and option.section == "kubernetes" and option.name not in image
    ]
    ignored = [*(given for option, given in options if given.occurs and given.there), *maps]
    yield from ((given, Remark("dropped", _USED_ALONE)) for given in ignored)
    yield from _start(settings)
    told = any(given.occurs and given.there and given.text != option.default for option, given in options) or maps != []
    why = "it goes on being the template; the one made here has only the image: take that file instead"
    others = "; 1.10 took it alone and ignored the other options of the pod" if told else ""
    yield settings["pod_template_file"], Remark("contradictory" if told else "kept", why + others)
    yield from _connection(settings)


def _dags(settings: Settings) -> Remarks:
    source = dags_source(settings)
    if source == "nowhere":
        yield from _no_dags(settings)
    elif settings["dags_in_image"].occurs and settings["dags_in_image"].there:
        where = "no volume of dags: the image has them" if source == "image" else "the image has no dags"
        yield settings["dags_in_image"], Remark("moved", where)
    for name in _LOSERS[source]:
        if settings[name].there:
            yield settings[name], Remark("contradictory", f"dags come from one place, and 1.10 took {_WINNER[source]}")


_LOSERS: Mapping[Source, tuple[str, ...]] = {
    "image": ("dags_volume_claim", "dags_volume_host", "git_repo"),
    "claim": ("dags_volume_host", "git_repo"),
    "host": ("git_repo",),
    "git": (),
    "nowhere": (),
}
_WINNER: Mapping[Source, str] = {
    "image": "the image's (`dags_in_image`)",
    "claim": "the claim's (`dags_volume_claim`)",
    "host": "the host path's (`dags_volume_host`)",
}
_GIT = ("git_repo", "git_branch", "git_dags_folder_mount_point")


def _no_dags(settings: Settings) -> Remarks:
    choice = f"`dags_in_image`, `dags_volume_claim`, `dags_volume_host`, or `{'`, `'.join(_GIT)}` together"
    yield (
        settings["dags_in_image"],
        Remark("contradictory", f"nothing says where the dags are: 1.10 wanted {choice}; here they are taken to be in the image"),
    )
    missing = ", ".join(f"`{name}`" for name in _GIT if not settings[name].there)
    for name in _GIT:
        if settings[name].there:
            yield settings[name], Remark("contradictory", f"git-sync clones the dags only with {missing} beside it")


def _logs(settings: Settings) -> Remarks:
    if settings["logs_volume_claim"].there and settings["logs_volume_host"].there:
        yield (
            settings["logs_volume_host"],
            Remark("contradictory", "logs go to one place, and 1.10 took the claim (`logs_volume_claim`)"),
        )


def _git(settings: Settings) -> Remarks:
    secret = settings["git_sync_credentials_secret"]
    for name in ("git_user", "git_password"):
        if settings[name].there and settings["git_repo"].there and not with_password(settings):
            why = "1.10 did not start with a password and a key for SSH: the key (`git_ssh_key_secret_name`) is taken"
            yield settings[name], Remark("contradictory", why)
        elif settings[name].there and secret.there and dags_source(settings) == "git":
            yield settings[name], Remark("contradictory", "`git_sync_credentials_secret` says it too, and has the last word")
        elif settings[name].there and dags_source(settings) != "git":
            yield settings[name], Remark("secret", f"not in the pod: {UNUSED['git']}")
    if secret.there and not with_password(settings) and dags_source(settings) == "git":
        yield (
            secret,
            Remark(
                "contradictory", "there is a key for SSH too (`git_ssh_key_secret_name`): both stand in the pod, as 1.10 wrote them"
            ),
        )


def _image(settings: Settings) -> Remarks:
    repository, tag = settings["worker_container_repository"], settings["worker_container_tag"]
    if not repository.there:
        yield repository, Remark("contradictory", f"not given: `{NO_IMAGE}` stands where the image belongs")
        if tag.there:
            yield tag, Remark("contradictory", UNUSED["repository"])
    elif not tag.there:
        yield repository, Remark("changed", "without `worker_container_tag`; 1.10 wrote a `:` behind it, which no node can pull")


def _connection(settings: Settings) -> Remarks:
    option = settings["core.sql_alchemy_conn"]
    if option.occurs and option.there and (settings["pod_template_file"].there or connection(settings) != option):
        yield option, Remark("secret", f"not in this pod: {UNUSED['connection']}")
    for name in ("dags_folder", "base_log_folder"):
        if settings["pod_template_file"].there and settings[f"core.{name}"].occurs:
            yield settings[f"core.{name}"], Remark("kept", _USED_ALONE)


def _maps(settings: Settings, pod: Pod) -> Remarks:
    placed = {given for raw, givens in pod.origins.items() if raw[:2] == ("spec", "containers") for given in givens}
    for given in settings.maps["kubernetes_environment_variables"]:
        if given not in placed:
            why = "in `base` another value of that name takes its place: Airflow's own, or that of [kubernetes_secrets]"
            yield given, Remark("contradictory", why)
    for given in settings.maps["kubernetes_secrets"]:
        reference = secret_reference(given)
        if reference is None:
            yield given, Remark("dropped", "not of the form `secret=key`; 1.10 did not start with it")
        elif given not in placed:
            yield (
                given,
                Remark("contradictory", "another entry has that name: 1.10 wrote names in upper case, and the last one counts"),
            )
        elif "=".join(reference) != given.text:
            yield given, Remark("changed", "blanks around the names taken out")
    for section in ("kubernetes_labels", "kubernetes_annotations", "kubernetes_node_selectors"):
        for given in settings.maps[section]:
            if told_by_its_end(given.name, given.text):
                yield given, Remark("secret", LEFT_OUT)


def _names(settings: Settings) -> Remarks:
    for name in ("image_pull_secrets", "env_from_configmap_ref", "env_from_secret_ref"):
        if settings[name].there and ",".join(settings.names(name)) != settings[name].text:
            yield settings[name], Remark("changed", "blanks, empty names and repetitions taken out")
    annotations = settings["worker_annotations"]
    if annotations.there:
        why = "1.10.15 did not read it; its upgrade check speaks of it"
        own = settings.json("worker_annotations")
        hidden = [key for key, value in own.items() if type(value) is str and told_by_its_end(key, value)]
        yield (
            annotations,
            Remark("changed", why) if hidden == [] else Remark("secret", f"{why}; `{'`, `'.join(hidden)}` {LEFT_OUT}"),
        )


def _start(settings: Settings) -> Remarks:
    given = settings["gcp_service_account_keys"]
    if given.there:
        made = ", ".join(f"`{name}`" for name in key_secrets(given)) or "none: write `name=path`, with commas between"
        why = f"1.10 created a Secret for each when it started, and nothing does any more: their skeletons are there ({made})"
        yield given, Remark("dropped", f"{why}; fill them with `kubectl create secret generic NAME --from-file=key.json=PATH`")
