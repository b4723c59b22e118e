"""
Airflow's own merge: JSON lines in, JSON lines out.

A question is a list of pods in wire form; the answer {"ok": pod, "read": [pod, ...]} is what `reconcile_pods` makes of them in
turn, and what the client's models hold of each; or {"error": text}.
"""

from __future__ import annotations

import json
import pickle
import sys
from functools import reduce
from types import SimpleNamespace

from airflow.providers.cncf.kubernetes import pod_generator
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
from kubernetes.client import ApiClient, Configuration

SETTINGS = Configuration()
CLIENT = ApiClient(configuration=SETTINGS)


def settings():
    """The one value that all models hold."""
    return SETTINGS


# Airflow makes a client for each pod that it reads or writes, and copies all models deeply several times, each with the settings of
# the client: nearly all of its time. No pod depends on that: one client will do, and pickle copies as deeply, ten times as fast.
Configuration.__reduce_ex__ = lambda self, protocol: (settings, ())
pod_generator.ApiClient = lambda configuration=None: CLIENT
pod_generator.copy = SimpleNamespace(deepcopy=lambda value: pickle.loads(pickle.dumps(value, -1)))


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
