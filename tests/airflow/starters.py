"""Values for the parameters of the starters: one of each that is no default, and strategies for all."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from podcompose.airflow.starters import STARTERS, Parameter, starter_parameters
from podcompose.airflow.starters.kinds import Amount, Choice, Flag, Number
from podcompose.core.quantity import quantity

__all__ = ["OTHER", "choices", "given", "other"]

_LABEL = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
_NAME = st.lists(_LABEL, min_size=1, max_size=3).map(".".join)
_WORD = st.from_regex(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,20}[A-Za-z0-9])?", fullmatch=True)
_PART = st.from_regex(r"[a-zA-Z0-9_][-a-zA-Z0-9_]{0,8}", fullmatch=True)
_PATH = st.lists(_PART, min_size=1, max_size=3).map("/".join)
_IMAGE = st.builds(
    lambda host, path, tag: f"{host}/{path.lower().strip('_-')}a:{tag}",
    st.sampled_from(["registry.example.com", "localhost:5000", "apache"]),
    st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True),
    st.from_regex(r"[a-zA-Z0-9][-a-zA-Z0-9_.]{0,10}", fullmatch=True),
)
_REPO = st.builds(
    lambda form, host, path: form.format(host=host, path=path),
    st.sampled_from(
        ["https://{host}/{path}.git", "ssh://git@{host}:2222/{path}", "git@{host}:{path}.git", "http://{host}:3000/{path}"]
    ),
    _NAME,
    _PATH,
)
_AMOUNT = st.builds(
    lambda number, unit: f"{number}{unit}", st.integers(1, 999), st.sampled_from(["", "k", "Ki", "M", "Mi", "G", "Gi"])
)
_CORES = st.one_of(st.integers(1, 64).map(str), st.integers(1, 64000).map(lambda number: f"{number}m"), st.just("1.5"))
_TEXTS = {
    "DNS label": _LABEL,
    "object name": _NAME,
    "key": st.from_regex(r"[a-zA-Z0-9][-._a-zA-Z0-9]{0,10}", fullmatch=True).filter(lambda text: ".." not in text),
    "label value": _WORD,
    "image": _IMAGE,
    "URL": st.builds(lambda host, path: f"https://{host}/{path}", _NAME, _PATH),
    "git URL": _REPO,
    "git ref": st.one_of(_PATH, st.just("v1.2.3"), st.just("feature/x")),
    "folder": _PATH,
}

#: For each parameter a value that is not its default.
OTHER: dict[str, Any] = {
    "release": "prod-2",
    "airflow": "2",
    "image": "registry.example.com:5000/team/airflow:2.11.2-1@sha256:" + "0a" * 32,
    "pull_policy": "Always",
    "pull_secret": "registry.example",
    "service_account": "tasks",
    "config_map": "own-airflow-cfg",
    "api_server": "https://airflow.example.com/base/execution/",
    "fernet_secret": "own-fernet",
    "metadata_secret": "own-database",
    "user": 1001,
    "group": 0,
    "logs_claim": "all-logs",
    "repo": "ssh://git@git.example.org:2222/team/dags.git",
    "ref": "v1.2.3",
    "subpath": "a/b c",
    "depth": 0,
    "git_sync": "3",
    "git_sync_image": "mirror.example.com/git-sync:v4.4.0",
    "credentials_secret": "git-user",
    "ssh_secret": "git-key",
    "ssh_key": "id_ed25519",
    "known_hosts": "git-hosts",
    "claim": "shared-dags",
    "cpu_request": "1.5",
    "cpu_limit": "2500m",
    "memory_request": "100M",
    "memory_limit": "1.5Gi",
    "pool": "GPU_1",
    "local_settings": "own-settings",
    "env": "more-env",
    "grace": 0,
    "probe": False,
}


def other(name: str, **chosen: Any) -> dict[str, Any]:
    """A value that is no default for every parameter of a starter that these choices have a use for."""
    known = [one.name for one in starter_parameters(name)]
    values = {one: value for one, value in {**OTHER, **chosen}.items() if one in known}
    without = {"fernet_secret", "metadata_secret"} if values["airflow"] == "3" else {"api_server"}
    return {one: value for one, value in values.items() if one not in without}


def choices(name: str) -> list[dict[str, Any]]:
    """Airflow 2 and 3 times git-sync 3 and 4, as far as a starter has them."""
    known = [one.name for one in starter_parameters(name)]
    return [
        {"airflow": airflow} | ({"git_sync": git_sync} if git_sync is not None else {})
        for airflow in ("2", "3")
        for git_sync in (("3", "4") if "git_sync" in known else (None,))
    ]


def _value(parameter: Parameter) -> st.SearchStrategy[Any]:
    kind = parameter.kind
    if isinstance(kind, Choice):
        return st.sampled_from(kind.words)
    if isinstance(kind, Flag):
        return st.booleans()
    if isinstance(kind, Number):
        return st.integers(kind.least, kind.most)
    if isinstance(kind, Amount):
        return _CORES if kind.name == "cores" else _AMOUNT
    return _TEXTS[kind.name]


@st.composite
def given(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A starter and any valid values for some of its parameters."""
    name = draw(st.sampled_from(sorted(STARTERS)))
    values = {one.name: draw(_value(one)) for one in starter_parameters(name) if draw(st.booleans())}
    for needless in {"fernet_secret", "metadata_secret"} if values.get("airflow", "3") == "3" else {"api_server"}:
        values.pop(needless, None)
    if "ssh_secret" in values:
        values.pop("credentials_secret", None)
    else:
        values.pop("ssh_key", None)
    for resource in ("cpu", "memory"):
        sides = [values.pop(f"{resource}_{side}", None) for side in ("request", "limit")]
        if None not in sides:
            low, high = sorted(map(str, sides), key=quantity)
            values |= {f"{resource}_request": low, f"{resource}_limit": high}
    return name, values
