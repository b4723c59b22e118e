"""Where the dags come from, and the small parts that everything is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from podcompose.airflow.migration.options import known
from podcompose.airflow.migration.parts import Part
from podcompose.airflow.migration.reading import Given, Settings
from podcompose.airflow.migration.secrets import has_password, looks_secret, only_refers

__all__ = [
    "CONNECTION",
    "Source",
    "connection",
    "dags_source",
    "filled",
    "key_secrets",
    "last_of_each",
    "mount",
    "private",
    "secret_reference",
    "valued",
    "variable",
    "with_password",
]

Source: TypeAlias = Literal["image", "claim", "host", "git", "nowhere"]

CONNECTION = "AIRFLOW__CORE__SQL_ALCHEMY_CONN"


def dags_source(settings: Settings) -> Source:
    """Where 1.10 took the dags from: the image, else a claim, else a host path, else git, which needs three options."""
    if settings.truth("dags_in_image"):
        return "image"
    if settings["dags_volume_claim"].there:
        return "claim"
    if settings["dags_volume_host"].there:
        return "host"
    git = all(settings[name].there for name in ("git_repo", "git_branch", "git_dags_folder_mount_point"))
    return "git" if git else "nowhere"


def with_password(settings: Settings) -> bool:
    """Whether git-sync is given `git_user` and `git_password`: a key for SSH, which cannot be beside them, wins."""
    return not settings["git_ssh_key_secret_name"].there


def filled(settings: Settings, name: str) -> Given:
    """An option, or its default where it is empty and nothing would work without it."""
    given = settings[name]
    option = known(given.section, name.removeprefix("core."))
    if given.there or option is None:
        return given
    return Given(given.section, option.name, option.default.replace("{home}", settings.home.text), "default")


def valued(given: Given) -> Part:
    """The text of an option."""
    return Part(given.text, (given,))


def variable(name: str, given: Given, *more: Given, text: str | None = None) -> Part:
    """An environment variable; from the Secret where its value looks like a secret."""
    value = given.text if text is None else text
    if given.hidden != "" or looks_secret(name, value):
        return sealed(name, given)
    return Part({"name": name, "value": value}, (given, *more))


def private(name: str, given: Given) -> Part:
    """A variable that is a secret whatever it looks like; only where it refers to others it has to stay where it is."""
    if only_refers(given.text):
        return Part({"name": name, "value": given.text}, (given,))
    return sealed(name, given)


def sealed(name: str, given: Given) -> Part:
    """An environment variable whose value is in the Secret; options have keys with dashes, variables their own names."""
    key = name if given.section == "kubernetes_environment_variables" else _plain(given).replace("_", "-")
    return Part({"name": name, "valueFrom": Part(None, (given,), key)}, (given,))


def _plain(given: Given) -> str:
    return given.name.removesuffix("_cmd").removesuffix("_secret") if given.hidden != "" else given.name


def mount(
    volume: str, path: Part, *, sub_path: Part | None = None, read_only: bool | None = None, of: Iterable[Given] = ()
) -> Part:
    """A volume mount; its own options are those that made it be there."""
    fields: dict[str, Any] = {"name": volume, "mountPath": path}
    if sub_path is not None:
        fields["subPath"] = sub_path
    if read_only is not None:
        fields["readOnly"] = read_only
    return Part(fields, tuple(of))


def last_of_each(variables: Iterable[Part]) -> list[Part]:
    """Variables of different names: of those with one name, Kubernetes takes the last."""
    listed = list(variables)
    names = [part.value["name"] for part in listed]
    return [part for place, part in enumerate(listed) if names[place] not in names[place + 1 :]]


def secret_reference(given: Given) -> tuple[str, str] | None:
    """The Secret and the key of an entry of [kubernetes_secrets]; None where it is not `secret=key`."""
    parts = [part.strip() for part in given.text.split("=")]
    return (parts[0], parts[1]) if len(parts) == 2 and "" not in parts and not has_password(given.text) else None


def key_secrets(given: Given) -> list[str]:
    """
    The Secrets that `gcp_service_account_keys` asks for: `name=path`, as 1.10 read it, or `name:path`, as it was documented.

    >>> key_secrets(Given("kubernetes", "gcp_service_account_keys", "a=/keys/a.json, b:/keys/b.json"))
    ['a', 'b']
    """
    pairs = [re.match(r"([^=:]+)[=:]", one.strip()) for one in given.text.split(",")]
    return list(dict.fromkeys(pair[1].strip() for pair in pairs if pair is not None))


def connection(settings: Settings) -> Given | None:
    """What the workers' connection to the database comes from, where the pod brings it along; None where something else does."""
    secrets = settings.maps["kubernetes_secrets"]
    if settings["airflow_configmap"].there or any(
        given.name.upper() == CONNECTION and secret_reference(given) is not None for given in secrets
    ):
        return None
    variables = settings.maps["kubernetes_environment_variables"]
    own = [given for given in variables if given.name == CONNECTION and given.text != ""]
    option = settings["core.sql_alchemy_conn"]
    return own[0] if own != [] and not option.there else option
