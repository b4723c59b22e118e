"""The pods that are measured, and what composing them must give."""

from __future__ import annotations

from typing import Any

__all__ = ["OVERRIDE", "TEMPLATE", "composed", "hook", "hooked", "override", "template"]

JsonMap = dict[str, Any]


def _container(variables: int) -> JsonMap:
    return {
        "name": "base",
        "image": "registry.example.com/worker:2.10.1",
        "imagePullPolicy": "IfNotPresent",
        "args": ["worker", "--queue", "default"],
        "env": [_variable(place) for place in range(variables)],
        "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "runAsNonRoot": True},
        "volumeMounts": [
            {"name": "dags", "mountPath": "/opt/worker/dags", "readOnly": True},
            {"name": "logs", "mountPath": "/opt/worker/logs"},
            {"name": "settings", "mountPath": "/opt/worker/worker.cfg", "subPath": "worker.cfg", "readOnly": True},
        ],
    }


def _variable(place: int) -> JsonMap:
    if place % 4 == 3:
        return {"name": f"WORKER_{place}", "valueFrom": {"secretKeyRef": {"name": "worker-secrets", "key": f"key-{place}"}}}
    return {"name": f"WORKER_{place}", "value": f"the value of variable {place}"}


_SYNC: JsonMap = {
    "name": "git-sync",
    "image": "registry.example.com/git-sync:v4.2.3",
    "env": [{"name": "GITSYNC_REPO", "value": "https://git.example.com/dags.git"}, {"name": "GITSYNC_ONE_TIME", "value": "true"}],
    "volumeMounts": [{"name": "dags", "mountPath": "/git"}],
}


def template(variables: int = 11) -> JsonMap:
    """The admin's pod: one container with so many variables and 3 mounts, and an init container; 2.1 kB with 11 variables."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "worker-template",
            "namespace": "jobs",
            "labels": {"app": "worker", "component": "task", "tier": "batch"},
            "annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"},
        },
        "spec": {
            "restartPolicy": "Never",
            "serviceAccountName": "worker",
            "terminationGracePeriodSeconds": 60,
            "nodeSelector": {"pool": "batch"},
            "tolerations": [{"key": "batch", "operator": "Exists", "effect": "NoSchedule"}],
            "securityContext": {"runAsUser": 50000, "fsGroup": 50000},
            "initContainers": [_SYNC],
            "containers": [_container(variables)],
            "volumes": [
                {"name": "dags", "emptyDir": {}},
                {"name": "logs", "persistentVolumeClaim": {"claimName": "logs"}},
                {"name": "settings", "configMap": {"name": "worker-settings", "defaultMode": 420}},
            ],
        },
    }


def override(task: int = 0, *, env: bool = True) -> JsonMap:
    """What one task of a team changes, each task's its own; 0.4 kB. Without `env`, it leaves the variables alone."""
    change: JsonMap = {
        "metadata": {
            "name": f"etl-{task}",
            "labels": {"team": "etl", "task": f"load-{task}"},
            "annotations": {"worker.example.com/try": "1"},
        },
        "spec": {
            "nodeSelector": {"disk": "ssd"},
            "containers": [
                {
                    "name": "base",
                    "image": "registry.example.com/etl:7",
                    "args": ["run", f"--task={task}"],
                    "env": [{"name": "WORKER_1", "value": "another value"}, {"name": "TASK", "value": f"{task}"}],
                    "resources": {"limits": {"memory": "8Gi"}},
                }
            ],
        },
    }
    if not env:
        del change["spec"]["containers"][0]["env"]
    return change


def composed(variables: int = 11, task: int = 0) -> JsonMap:
    """What `override(task)` makes of `template(variables)`, said once more by hand."""
    pod = template(variables)
    change = override(task)
    pod["metadata"]["name"] = change["metadata"]["name"]
    pod["metadata"]["labels"] |= change["metadata"]["labels"]
    pod["metadata"]["annotations"] |= change["metadata"]["annotations"]
    pod["spec"]["nodeSelector"]["disk"] = "ssd"
    (base,) = pod["spec"]["containers"]
    base["image"], base["args"] = "registry.example.com/etl:7", ["run", f"--task={task}"]
    base["env"][1]["value"] = "another value"
    base["env"].append({"name": "TASK", "value": f"{task}"})
    base["resources"]["limits"]["memory"] = "8Gi"
    return pod


def hook(pod: Any) -> None:
    """The admin's last word, as code: a label and a scheduler."""
    pod.metadata.labels["audited"] = "yes"
    pod.spec.scheduler_name = "batch-scheduler"


def hooked() -> JsonMap:
    """What `hook` makes of `composed()`, said once more by hand."""
    pod = composed()
    pod["metadata"]["labels"]["audited"] = "yes"
    pod["spec"]["schedulerName"] = "batch-scheduler"
    return pod


TEMPLATE = template()
OVERRIDE = override()
