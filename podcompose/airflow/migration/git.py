"""git-sync: the init container that clones the dags, and its volumes."""

from __future__ import annotations

from collections.abc import Iterator

from podcompose.airflow.migration.parts import Part, compact
from podcompose.airflow.migration.reading import Settings
from podcompose.airflow.migration.sources import filled, last_of_each, mount, private, valued, variable, with_password

__all__ = ["git_sync", "git_volumes", "image"]

_MODE = 0o440
_KEY, _HOSTS = "git-sync-ssh-key", "git-sync-known-hosts"


def git_sync(settings: Settings) -> Part:
    """The init container, in 1.10's own words of git-sync v3."""
    user = settings["git_sync_run_as_user"]
    number = settings.number("git_sync_run_as_user")
    container = compact(
        name=valued(filled(settings, "git_sync_init_container_name")),
        image=image(settings, "git_sync_container_repository", "git_sync_container_tag"),
        env=last_of_each(_env(settings)),
        volumeMounts=list(_mounts(settings)),
        securityContext=None if number is None else {"runAsUser": Part(number, (user,))},
    )
    return Part(container, (settings["git_repo"],))


def image(settings: Settings, repository: str, tag: str) -> Part:
    """`repository:tag`, or what there is of it."""
    first, second = filled(settings, repository), settings[tag]
    if not second.there:
        return valued(first)
    return Part(f"{first.text}:{second.text}", (first, second))


def _env(settings: Settings) -> Iterator[Part]:
    for name, option in (("REPO", "git_repo"), ("BRANCH", "git_branch")):
        yield variable(f"GIT_SYNC_{name}", settings[option])
    for name, option in (("ROOT", "git_sync_root"), ("DEST", "git_sync_dest")):
        yield variable(f"GIT_SYNC_{name}", filled(settings, option))
    # An empty depth is no default: git-sync takes it for none, and clones everything.
    yield variable("GIT_SYNC_DEPTH", settings["git_sync_depth"])
    yield Part({"name": "GIT_SYNC_ONE_TIME", "value": "true"})
    yield variable("GIT_SYNC_REV", settings["git_sync_rev"])
    for given in settings.maps["kubernetes_environment_variables"]:
        yield variable(given.name, given)
    if with_password(settings):
        for name, option in (("USERNAME", "git_user"), ("PASSWORD", "git_password")):
            if settings[option].there:
                yield private(f"GIT_SYNC_{name}", settings[option])
    yield from _env_of_secret(settings)
    yield from _env_of_ssh(settings)


def _env_of_secret(settings: Settings) -> Iterator[Part]:
    given = settings["git_sync_credentials_secret"]
    for name in ("GIT_SYNC_USERNAME", "GIT_SYNC_PASSWORD") if given.there else ():
        yield Part({"name": name, "valueFrom": {"secretKeyRef": {"name": given.text, "key": name}}}, (given,))


def _env_of_ssh(settings: Settings) -> Iterator[Part]:
    key, hosts = settings["git_ssh_key_secret_name"], settings["git_ssh_known_hosts_configmap_name"]
    if key.there:
        for name, value in (("GIT_SSH_KEY_FILE", "/etc/git-secret/ssh"), ("GIT_SYNC_ADD_USER", "true"), ("GIT_SYNC_SSH", "true")):
            yield Part({"name": name, "value": value}, (key,))
    yield Part({"name": "GIT_KNOWN_HOSTS", "value": "true" if hosts.there else "false"}, (hosts,) if hosts.there else ())
    if hosts.there:
        yield Part({"name": "GIT_SSH_KNOWN_HOSTS_FILE", "value": "/etc/git-secret/known_hosts"}, (hosts,))


def _mounts(settings: Settings) -> Iterator[Part]:
    yield mount("airflow-dags", valued(filled(settings, "git_sync_root")), read_only=False)
    key, hosts = settings["git_ssh_key_secret_name"], settings["git_ssh_known_hosts_configmap_name"]
    if key.there:
        yield mount(_KEY, Part("/etc/git-secret/ssh"), sub_path=Part("ssh"), of=[key])
    if hosts.there:
        yield mount(_HOSTS, Part("/etc/git-secret/known_hosts"), sub_path=Part("known_hosts"), of=[hosts])


def git_volumes(settings: Settings) -> Iterator[Part]:
    """The key for SSH and the known hosts, which 1.10 gave every pod that had their options."""
    key, hosts = settings["git_ssh_key_secret_name"], settings["git_ssh_known_hosts_configmap_name"]
    if key.there:
        items = [{"key": "gitSshKey", "path": "ssh", "mode": _MODE}]
        yield Part({"name": _KEY, "secret": {"secretName": key.text, "items": items}}, (key,))
    if hosts.there:
        yield Part({"name": _HOSTS, "configMap": {"name": hosts.text, "defaultMode": _MODE}}, (hosts,))
