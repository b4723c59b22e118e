"""
Airflow's own merge: JSON lines in, JSON lines out.

A question is a list of pods in wire form; the answer {"ok": pod, "read": [pod, ...]} is what `reconcile_pods` makes of them in
turn, and what the client's models hold of each; or {"error": text}.
"""

from __future__ import annotations

import json
import sys
from functools import reduce

from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
from kubernetes.client import Configuration

# Every model holds the client's settings, and Airflow copies models deeply: nearly all of its time. No pod depends on them.
Configuration.__deepcopy__ = lambda self, memo: self


def answer(question):
    """One question answered."""
    try:
        pods = [PodGenerator.deserialize_model_dict(pod) for pod in question]
        read = [PodGenerator.serialize_pod(pod) for pod in pods]
        return {"ok": PodGenerator.serialize_pod(reduce(PodGenerator.reconcile_pods, pods)), "read": read}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))
