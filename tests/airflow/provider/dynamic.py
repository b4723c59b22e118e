"""
Airflow's own dynamic pod: JSON lines in, JSON lines out.

A question is {"label": text}, answered with the label's value, or the arguments of `construct_pod` but for those that are always
alike, answered with the pod.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime

from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator, make_safe_label_value
from kubernetes.client import models as k8s


def constructed(question):
    """The pod over a template that says nothing."""
    date = question.pop("logical_date")
    template = k8s.V1Pod(
        metadata=k8s.V1ObjectMeta(name="template"),
        spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base", image="template")]),
    )
    pod = PodGenerator.construct_pod(
        **question, date=date and datetime.fromisoformat(date), pod_override_object=None, base_worker_pod=template
    )
    return PodGenerator.serialize_pod(pod)


for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps(make_safe_label_value(asked["label"]) if "label" in asked else constructed(asked)))
