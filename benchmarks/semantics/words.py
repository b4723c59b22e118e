"""Verdicts, expectations and sources in words: said once, for the page and for the document."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["VERDICTS", "Mark", "command", "expectation", "mark", "number", "sizes", "source_link"]


class Mark(NamedTuple):
    """How a verdict is shown: a sign of one or two letters, the word itself, and its kind, by which it is coloured."""

    sign: str
    word: str
    kind: str


#: word -> sign, what it means.
VERDICTS: Mapping[str, tuple[str, str]] = {
    "pass": ("✓", "what came out is what the user wanted"),
    "fail": ("✗", "something else came out"),
    "refused": ("⊘", "the system refused, with an error, what the user wanted"),
    "unclear": ("◐", "it rightly refused, but its error does not name what is wrong"),
    "n.a.": ("\u2013", "users of this system cannot say this; it is not counted"),
    "crashed": ("!", "the program that calls the system ended; it is not counted"),
    "not run": ("·", "the system could not be installed, or was not run on this case"),
}
_OTHER = "…"

#: What a case calls a project -> where its threads are.
_TRACKERS: Mapping[str, str] = {
    "airflow": "apache/airflow",
    "argo": "argoproj/argo-workflows",
    "argo-workflows": "argoproj/argo-workflows",
    "astronomer": "astronomer/astronomer",
    "clickhouse-operator": "Altinity/clickhouse-operator",
    "cloud-on-k8s": "elastic/cloud-on-k8s",
    "dagster": "dagster-io/dagster",
    "datadog-operator": "DataDog/datadog-operator",
    "deepmerge": "toumorokoshi/deepmerge",
    "drone-runner-kube": "drone-runners/drone-runner-kube",
    "flyte": "flyteorg/flyte",
    "flytekit": "flyteorg/flytekit",
    "helm": "helm/helm",
    "imgproxy-helm": "imgproxy/imgproxy-helm",
    "istio": "istio/istio",
    "jenkins": "jenkinsci/kubernetes-plugin",
    "json-merge-patch": "OpenDataServices/json-merge-patch",
    "k8s-device-plugin": "NVIDIA/k8s-device-plugin",
    "kubeblocks": "apecloud/kubeblocks",
    "kubectl": "kubernetes/kubectl",
    "kubernetes": "kubernetes/kubernetes",
    "kubernetes-client": "kubernetes-client/python",
    "kubernetes-client/python": "kubernetes-client/python",
    "kubernetes-plugin": "jenkinsci/kubernetes-plugin",
    "kubespawner": "jupyterhub/kubespawner",
    "kustomize": "kubernetes-sigs/kustomize",
    "kyverno": "kyverno/kyverno",
    "prefect": "PrefectHQ/prefect",
    "prefect-helm": "PrefectHQ/prefect-helm",
    "prefect-kubernetes": "PrefectHQ/prefect-kubernetes",
    "pulumi-kubernetes": "pulumi/pulumi-kubernetes",
    "pulumi-kubernetes-operator": "pulumi/pulumi-kubernetes-operator",
    "python": "kubernetes-client/python",
    "spark-k8s-operator": "stackabletech/spark-k8s-operator",
    "structured-merge-diff": "kubernetes-sigs/structured-merge-diff",
    "tekton": "tektoncd/pipeline",
    "temporal-operator": "alexandrevilain/temporal-operator",
    "z2jh": "jupyterhub/zero-to-jupyterhub-k8s",
    "zero-to-jupyterhub-k8s": "jupyterhub/zero-to-jupyterhub-k8s",
    "zenml": "zenml-io/zenml",
}
_THREAD = re.compile(r"([\w.-]+(?:/[\w.-]+)?)#(\d+)")
_GITLAB = {"gitlab": "gitlab-org/gitlab-runner", "gitlab-runner": "gitlab-org/gitlab-runner"}
_PAGE = re.compile(r"https://[\w.~:/?#@!$&'()*+,;=%-]+")


def mark(word: str, among: Sequence[str] = ()) -> Mark:
    """
    How a verdict is shown; the word of a reported case by as many of its letters as tell it from the case's other words.

    >>> mark("pass").sign, mark("replaced", ["replaced", "appended"]).sign, mark("replaced", ["replaced", "reversed"]).sign
    ('✓', 're', 'rep')
    """
    if word in VERDICTS:
        return Mark(VERDICTS[word][0], word, {"n.a.": "none", "not run": "none"}.get(word, word))
    if word == "other":
        return Mark(_OTHER, word, "told")
    enough = (word[:end] for end in range(2, len(word)) if not any(each != word and each.startswith(word[:end]) for each in among))
    return Mark(next(enough, word), word, "told")


def source_link(source: str) -> str | None:
    """
    Where a source can be read, if this is known.

    >>> source_link("airflow#42040")
    'https://github.com/apache/airflow/issues/42040'
    """
    if _PAGE.fullmatch(source) is not None:
        return source
    thread = _THREAD.fullmatch(source)
    if thread is None:
        return None
    project, number = thread.groups()
    if project in _GITLAB:
        return f"https://gitlab.com/{_GITLAB[project]}/-/issues/{number}"
    repository = _TRACKERS.get(project, project if "/" in project else None)
    return None if repository is None else f"https://github.com/{repository}/issues/{number}"


def command(system: str, case: str) -> str:
    """What anybody types to see one cell made again."""
    return f".venv/bin/python -m benchmarks.semantics show {system} {case}"


def expectation(check: Mapping[str, Any]) -> str:
    """
    One check of a case in words.

    >>> expectation({"path": ".spec.containers", "keys": ["main", "log"]})
    '.spec.containers has just main, log, in this order'
    """
    form = next((form for form in _FORMS if form in check), None)
    return _short(check) if form is None else _FORMS[form](check)


def _keys(check: Mapping[str, Any]) -> str:
    order = "any order" if check.get("order") == "any" else "this order"
    named = ", ".join(map(_plain, check["keys"]))
    return f"{check['path']} is empty" if named == "" else f"{check['path']} has just {named}{_by(check)}, in {order}"


def _before(check: Mapping[str, Any]) -> str:
    first, second = map(_plain, check["before"])
    return f"in {check['path']}, {first} is before {second}{_by(check)}"


def _refused(check: Mapping[str, Any]) -> str:
    words = [" or ".join(map(_plain, word if isinstance(word, list) else [word])) for word in check["refused"]]
    return "it is refused" if words == [] else f"it is refused, and the error names {', and '.join(words)}"


def _any(check: Mapping[str, Any]) -> str:
    return "either " + "; or ".join(", and ".join(map(expectation, alternative)) for alternative in check["any"])


_FORMS: Mapping[str, Any] = {
    "any": _any,
    "equals": lambda check: f"{check['path']} is {_short(check['equals'])}",
    "absent": lambda check: f"{check['path']} is absent",
    "keys": _keys,
    "before": _before,
    "rest": lambda check: "all else is as in the template",
    "result": lambda check: "the result is the template",
    "refused": _refused,
    "inputs": lambda check: "nothing writes into the inputs, and the result shares no mutable node with them",
}


def _by(check: Mapping[str, Any]) -> str:
    return f" (by {check['by']})" if "by" in check and check["by"] != "name" else ""


def _plain(value: Any) -> str:
    return value if isinstance(value, str) and value != "" else _short(value)


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def number(value: float | None) -> str:
    """
    Three figures, never an exponent; nothing where there is nothing.

    >>> number(0.01234), number(12.34), number(12345.6), number(None)
    ('0.0123', '12.3', '12,300', '')
    """
    if value is None:
        return ""
    if value >= 1000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{float(f'{value:.3g}'):.10f}".rstrip("0").rstrip(".")


def sizes(count: int, one: str, many: str) -> str:
    """
    A count with its noun.

    >>> sizes(1, "case", "cases"), sizes(2, "case", "cases")
    ('1 case', '2 cases')
    """
    return f"{count} {one if count == 1 else many}"
