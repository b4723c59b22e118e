"""
What the local backend does with each field of a Pod: one table, which the documentation shows and a test holds whole.

A field that is not here is none that podcompose knows of. Where a struct has no line of its own, its fields have.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

__all__ = ["FIELDS", "Rule", "Verdict"]

Verdict = Literal["honoured", "ignored", "warned", "refused"]
"""honoured: as Kubernetes does, or nearly (`why` says how). ignored: it means nothing here. warned: it would mean something."""


class Rule(NamedTuple):
    """What is done with a field; values in `unless` ask for nothing that is not so anyway."""

    verdict: Verdict
    why: str = ""
    unless: tuple[Any, ...] = ()


def _honoured(why: str = "") -> Rule:
    return Rule("honoured", why)


def _ignored(why: str) -> Rule:
    return Rule("ignored", why)


def _warned(why: str, *unless: Any) -> Rule:
    return Rule("warned", why, unless)


def _refused(why: str, *unless: Any) -> Rule:
    return Rule("refused", why, unless)


_NO_PROBES = "nothing is probed: a container counts as ready as long as it runs"
_NO_MOUNTS = "processes of this machine see its file system; nothing can be mounted for them"
_NO_LIMITS = "nothing is limited or reserved; the values are only told where resourceFieldRef asks for them"
_NO_ISOLATION = "processes run as the user of this one, with its rights"
_HERE = "the pod runs on this machine wherever it asks to run"
_NETWORK = "processes use the network and the names of this machine"
_NO_SCHEDULER = "pods are started in the order in which they were launched"
_NO_STDIN = "standard input is empty, and there is no terminal"

FIELDS: Mapping[str, Rule] = {
    "Pod.apiVersion": _honoured(),
    "Pod.kind": _honoured(),
    "Pod.metadata": _honoured(),
    "Pod.spec": _honoured(),
    "Pod.status": _warned("a status is written by what runs the pod", {}),
    "PodSpec.activeDeadlineSeconds": _honoured("up to a second late, so that seconds tell it from an exit just before"),
    "PodSpec.affinity": _warned(_HERE),
    "PodSpec.automountServiceAccountToken": _warned("there is no service account, and no token", False),
    "PodSpec.containers": _honoured(),
    "PodSpec.dnsConfig": _warned(_NETWORK),
    "PodSpec.dnsPolicy": _ignored(_NETWORK),
    "PodSpec.enableServiceLinks": _ignored("there are no services, so no variables tell of them"),
    "PodSpec.ephemeralContainers": _refused("they are added to a pod that runs; the API server refuses them in a new one, too"),
    "PodSpec.evictionResponders": _warned("nothing is evicted"),
    "PodSpec.hostAliases": _warned(_NETWORK),
    "PodSpec.hostIPC": _ignored("every process shares this machine's"),
    "PodSpec.hostNetwork": _ignored("every process uses this machine's"),
    "PodSpec.hostPID": _ignored("every process sees this machine's"),
    "PodSpec.hostUsers": _warned(_NO_ISOLATION, True),
    "PodSpec.hostname": _warned(_NETWORK, ""),
    "PodSpec.hostnameOverride": _warned(_NETWORK, ""),
    "PodSpec.imagePullSecrets": _ignored("no image is pulled"),
    "PodSpec.initContainers": _honoured("in their order; those with restartPolicy Always are sidecars"),
    "PodSpec.nodeName": _warned(_HERE, ""),
    "PodSpec.nodeSelector": _warned(_HERE),
    "PodSpec.os": _warned("containers are processes of this machine's own system"),
    "PodSpec.overhead": _ignored(_NO_LIMITS),
    "PodSpec.preemptionPolicy": _ignored(_NO_SCHEDULER),
    "PodSpec.priority": _warned(_NO_SCHEDULER, 0),
    "PodSpec.priorityClassName": _warned(_NO_SCHEDULER, ""),
    "PodSpec.readinessGates": _warned("nobody sets such conditions; the pod counts as ready as its containers do"),
    "PodSpec.resourceClaims": _refused("there are no devices to give out"),
    "PodSpec.resources": _warned(_NO_LIMITS),
    "PodSpec.restartPolicy": _honoured("with the kubelet's back-off, 10 s doubling to 300 s"),
    "PodSpec.runtimeClassName": _warned(_NO_ISOLATION, ""),
    "PodSpec.schedulerName": _warned(_NO_SCHEDULER, "", "default-scheduler"),
    "PodSpec.schedulingGates": _refused("nobody here lifts a gate"),
    "PodSpec.schedulingGroup": _warned(_NO_SCHEDULER),
    "PodSpec.securityContext": _warned(_NO_ISOLATION),
    "PodSpec.serviceAccount": _ignored("the older name of serviceAccountName"),
    "PodSpec.serviceAccountName": _honoured("as the value of spec.serviceAccountName; it has no token"),
    "PodSpec.setHostnameAsFQDN": _warned(_NETWORK, False),
    "PodSpec.shareProcessNamespace": _ignored("every process sees this machine's"),
    "PodSpec.subdomain": _warned(_NETWORK, ""),
    "PodSpec.terminationGracePeriodSeconds": _honoured("TERM to the process group, KILL to all that is left after it"),
    "PodSpec.tolerations": _ignored("they allow a place, and ask for none"),
    "PodSpec.topologySpreadConstraints": _warned(_HERE),
    "PodSpec.volumes": _warned(_NO_MOUNTS),
    "PodSpec.workloadRef": _warned(_NO_SCHEDULER),
    "Container.args": _honoured("`$(VAR)` is expanded"),
    "Container.command": _honoured("`$(VAR)` is expanded; refused where it is missing, for an image's own command is not known"),
    "Container.env": _honoured("values, downward fields, declared resources, the backend's secrets and config maps"),
    "Container.envFrom": _honoured("from the backend's secrets and config maps"),
    "Container.image": _ignored("the command is run on this machine, with what is installed there"),
    "Container.imagePullPolicy": _ignored("no image is pulled"),
    "Container.lifecycle.postStart": _refused("hooks are not run"),
    "Container.lifecycle.preStop": _refused("hooks are not run"),
    "Container.lifecycle.stopSignal": _honoured(),
    "Container.livenessProbe": _warned(_NO_PROBES),
    "Container.name": _honoured(),
    "Container.ports": _warned("processes listen on this machine's own ports, and two pods cannot share one"),
    "Container.readinessProbe": _warned(_NO_PROBES),
    "Container.resizePolicy": _ignored("nothing is resized"),
    "Container.resources": _warned(_NO_LIMITS),
    "Container.restartPolicy": _honoured(),
    "Container.restartPolicyRules": _honoured("with the action Restart"),
    "Container.securityContext": _warned(_NO_ISOLATION),
    "Container.startupProbe": _warned(_NO_PROBES),
    "Container.stdin": _warned(_NO_STDIN, False),
    "Container.stdinOnce": _warned(_NO_STDIN, False),
    "Container.terminationMessagePath": _honoured("by another path, which PODCOMPOSE_TERMINATION_MESSAGE_PATH tells the process"),
    "Container.terminationMessagePolicy": _honoured(),
    "Container.tty": _warned(_NO_STDIN, False),
    "Container.volumeDevices": _refused(_NO_MOUNTS),
    "Container.volumeMounts": _refused(_NO_MOUNTS),
    "Container.workingDir": _honoured("without one, where the backend was made"),
    "EnvVar.name": _honoured(),
    "EnvVar.value": _honoured("`$(VAR)` is expanded"),
    "EnvVarSource.configMapKeyRef": _honoured("from the mapping given to the backend"),
    "EnvVarSource.fieldRef": _honoured(),
    "EnvVarSource.fileKeyRef": _refused(_NO_MOUNTS),
    "EnvVarSource.resourceFieldRef": _honoured("the declared values; without a limit, what this machine has"),
    "EnvVarSource.secretKeyRef": _honoured("from the mapping given to the backend"),
}
