"""
The pods of Airflow's own KubernetesPodOperator: JSON lines in, JSON lines out.

A question is the operator's arguments, the answer its pod; the first answer is the names of all its parameters.
"""

from __future__ import annotations

import inspect
import json
import sys

# Airflow writes its log to standard output.
out, sys.stdout = sys.stdout, sys.stderr

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator  # noqa: E402
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator  # noqa: E402
from airflow.providers.cncf.kubernetes.secret import Secret  # noqa: E402
from kubernetes.client import ApiClient, Configuration  # noqa: E402

from tests.airflow.operator_cases import made  # noqa: E402

# Every model holds the client's settings, and Airflow copies models deeply: nearly all of its time. No pod depends on them.
Configuration.__deepcopy__ = lambda self, memo: self


def answer(question):
    """The pod, as a dry run of the operator makes it."""
    given = made(question, lambda name, wire: ApiClient()._ApiClient__deserialize(wire, name), Secret)
    operator = KubernetesPodOperator(**{"task_id": "task", "namespace": "n", "name": "p", "random_name_suffix": False, **given})
    return PodGenerator.serialize_pod(operator.build_pod_request_obj(None, dry_run=True))


parameters = list(inspect.signature(KubernetesPodOperator.__init__).parameters)
print(json.dumps([name for name in parameters if name not in ("self", "kwargs")]), file=out)
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), file=out)
