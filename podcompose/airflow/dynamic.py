"""The executor's dynamic pod: what Airflow's KubernetesExecutor adds to a template for one try of one task."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from podcompose.core.json import JsonMap, well_formed
from podcompose.errors import OverrideError, Problem, a
from podcompose.override import Override

__all__ = ["executor_pod", "safe_label_value"]

_CONTAINER = "base"
_LONGEST = 63
_HASH = 9
#: What Kubernetes takes for the name of a pod; it is its hostname too, and so no longer than a label.
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", re.ASCII)

#: What an argument may be, besides None where that is its default.
_TEXT, _NUMBER = (str,), (int,)
_KINDS: Mapping[str, tuple[type, ...]] = {
    "dag_id": _TEXT,
    "task_id": _TEXT,
    "run_id": _TEXT,
    "try_number": _NUMBER,
    "map_index": _NUMBER,
    "logical_date": (datetime,),
    "image": _TEXT,
    "namespace": _TEXT,
    "scheduler_job_id": (int, str),
    "airflow_version": _TEXT,
    "pod_id": _TEXT,
    "base_container_name": _TEXT,
}
_REQUIRED = ("dag_id", "task_id", "try_number", "map_index", "base_container_name")
_WORDS: Mapping[type, str] = {str: "a string", int: "an integer", datetime: "a datetime"}


def executor_pod(
    *,
    dag_id: str,
    task_id: str,
    run_id: str | None = None,
    try_number: int = 1,
    map_index: int = -1,
    logical_date: datetime | None = None,
    args: Sequence[str] | None = (),
    image: str | None = None,
    namespace: str | None = None,
    scheduler_job_id: int | str | None = None,
    airflow_version: str | None = None,
    pod_id: str | None = None,
    base_container_name: str = _CONTAINER,
) -> Override:
    """
    The override that Airflow's KubernetesExecutor makes of one try of one task; the same arguments make the same bytes.

    Labels and annotations are those of its newest provider; what is not given is not mentioned. The annotations hold the ids as
    they are. The name is made of the ids and of a digest of all of them; with `pod_id`, it is that, where it can be a pod's name.

    Shapes: any text is an id. `map_index` below 0 is a task that is not mapped. `airflow_version` also says whether the date is
            called `logical_date` (3, and where it is not given) or `execution_date` (1 and 2). `base_container_name` is the
            container the task runs in: a template whose is not called `base` says `template.main_container`.
    Raises: OverrideError: an argument of another type, or no Unicode text.
    Laws:   names and labels are valid; ids that differ have other names, and other labels but for 36 bits of chance.
    Source: PodGenerator.construct_pod of apache-airflow-providers-cncf-kubernetes 10.25.

    >>> override = executor_pod(dag_id="etl", task_id="load", run_id="manual__1", args=["airflow", "version"])
    >>> override.value["metadata"]["name"]
    'etl-load-2bgjokfncg'
    >>> override.value["metadata"]["labels"]
    {'dag_id': 'etl', 'task_id': 'load', 'try_number': '1', 'kubernetes_executor': 'True', 'run_id': 'manual__1'}
    """
    given = dict(locals())
    problems = _judged(given)
    if problems != []:
        raise OverrideError(problems)
    ids = {"dag_id": _plain(dag_id), "task_id": _plain(task_id), "try_number": str(try_number)}
    ids |= {"map_index": str(map_index)} if map_index >= 0 else {}
    date_key = "execution_date" if (airflow_version or "").startswith(("1.", "2.")) else "logical_date"
    dated = {} if logical_date is None else {date_key: logical_date.isoformat()}
    run = {} if run_id is None else {"run_id": _plain(run_id)}
    metadata: JsonMap = {
        "name": _name(ids | dated | run, pod_id),
        "labels": _labels(ids, airflow_version, scheduler_job_id, dated, run),
        "annotations": {**ids, **dated, **run},
    }
    if namespace is not None:
        metadata["namespace"] = namespace
    return Override({"metadata": metadata, "spec": {"containers": [_container(base_container_name, image, args)]}}, name="executor")


def _plain(text: str) -> str:
    """A string that prints as what it is: a member of an enumeration would not."""
    return str.__str__(text)


def _container(name: str, image: str | None, args: Sequence[str] | None) -> JsonMap:
    container: JsonMap = {"name": _plain(name), "env": [{"name": "AIRFLOW_IS_K8S_EXECUTOR_POD", "value": "True"}]}
    if image is not None:
        container["image"] = image
    if args is not None and len(args) > 0:
        container["args"] = list(args)
    return container


def _labels(
    ids: Mapping[str, str], version: str | None, worker: int | str | None, dated: Mapping[str, str], run: Mapping[str, str]
) -> dict[str, str]:
    labels = {name: safe_label_value(value) for name, value in ids.items() if name != "map_index"}
    labels["kubernetes_executor"] = "True"
    if version is not None:
        labels["airflow_version"] = safe_label_value(version.replace("+", "-"))
    if worker is not None:
        labels["airflow-worker"] = safe_label_value(str(worker))
    if "map_index" in ids:
        labels["map_index"] = ids["map_index"]
    labels |= {name: value.replace(":", "_").replace("+", "_plus_") for name, value in dated.items()}
    return labels | {name: safe_label_value(value) for name, value in run.items()}


def safe_label_value(text: str) -> str:
    """
    Any text as the value of a label: itself where it is one, else what is left of it and 9 characters of its MD5, as in Airflow.

    Nothing that Kubernetes takes is left of some texts; Airflow's value begins with a dash then, which Kubernetes refuses.

    Shapes: at most 63 characters; Unicode text.

    >>> safe_label_value("etl"), safe_label_value("my dag"), safe_label_value("日")
    ('etl', 'mydag-40365f84e', 'x-3edddd85a')
    """
    safe = re.sub("[^a-zA-Z0-9_.-]", "", text).strip("_.-")
    if safe == text and len(safe) <= _LONGEST:
        return safe
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:_HASH]
    return f"{safe[: _LONGEST - _HASH - 1] or 'x'}-{digest}"


def _name(ids: Mapping[str, str], pod_id: str | None) -> str:
    if pod_id is not None and len(pod_id) <= _LONGEST and _NAME.fullmatch(pod_id) is not None:
        return pod_id
    from podcompose.run.naming import named  # all of `run` comes with it

    # As JSON, so that no two sets of ids make one text.
    everything = json.dumps([sorted(ids.items()), pod_id]).encode()
    digest = base64.b32encode(hashlib.sha256(everything).digest()).decode().lower()
    return named(f"{ids['dag_id']}-{ids['task_id']}" if pod_id is None else pod_id, digest)


def _judged(given: Mapping[str, object]) -> list[Problem]:
    """What is wrong with the arguments."""
    found = _judged_list(given["args"])
    for name, kinds in _KINDS.items():
        value = given[name]
        if value is None and name not in _REQUIRED:
            continue
        if not isinstance(value, kinds) or isinstance(value, bool):
            wanted = " or ".join(_WORDS[kind] for kind in kinds)
            found.append(_problem("wrong-type", name, f"expected {wanted}, got {a(type(value).__name__)}"))
        elif isinstance(value, int) and value.bit_length() > 63:
            found.append(_problem("out-of-range", name, f"an integer of {value.bit_length()} bits; Kubernetes has 64-bit integers"))
        elif isinstance(value, str) and not well_formed(str.__str__(value)):
            found.append(_problem("bad-text", name, f"{value!a:.80} holds a lone surrogate, which is no Unicode text"))
    return found


def _judged_list(args: object) -> list[Problem]:
    if args is None:
        return []
    if isinstance(args, (str, bytes, bytearray)) or not isinstance(args, Sequence):
        message = f"expected a list of strings, got {a(type(args).__name__)}"
        return [_problem("wrong-type", "args", message, f"write a list: [{args!r:.40}]" if isinstance(args, str) else None)]
    return [
        _problem("wrong-type", f"args[{place}]", f"expected a string, got {a(type(one).__name__)}", f'quote it: "{one!s:.40}"')
        for place, one in enumerate(args)
        if not isinstance(one, str)
    ]


def _problem(code: str, path: str, message: str, suggestion: str | None = None) -> Problem:
    return Problem(code, path, message, "override", "executor", suggestion=suggestion)
