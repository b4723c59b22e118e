"""The admin's last word, as code: it is given the composed pod, typed, and may change it in place."""

from __future__ import annotations

from kubernetes.client import V1Capabilities, V1Pod, V1SecurityContext


def harden(pod: V1Pod) -> None:
    """Every container without privileges, and GPU pods in a sandbox."""
    containers = [*(pod.spec.init_containers or []), *pod.spec.containers]
    for container in containers:
        container.security_context = V1SecurityContext(
            allow_privilege_escalation=False,
            capabilities=V1Capabilities(drop=["ALL"]),
        )
    if any("nvidia.com/gpu" in ((one.resources and one.resources.limits) or {}) for one in containers):
        pod.spec.runtime_class_name = "nvidia"
