"""The stories in which others have a hand: evictions, preemption, deletions, finalizers, kubelets that are away."""

from __future__ import annotations

from typing import Any

from tests.node.plots import DEAF, READY, listens
from tests.node.settings import NODE_NAME
from tests.node.story import ANY, ENDED, Act, Gone, Said, Story, When, condition, evict, exited, pod, running, script, stop, waiting
from tests.node.watching import Json

__all__ = ["STORIES"]


def wanting(slot: str, main: Json, **spec: Any) -> Json:
    """A pod that needs the one slot of this name, which the node gets in `slots`."""
    return pod({**main, "resources": {"limits": {f"podcompose.test/{slot}": "1"}}}, **spec)


def slots(slot: str) -> Act:
    """The node has one slot of this name."""
    status = {"capacity": {f"podcompose.test/{slot}": "1"}}
    return Act(ANY, "PATCH", f"/api/v1/nodes/{NODE_NAME}/status", {"status": status}, ours=False)


def preempt(slot: str) -> tuple[Act, Act]:
    """A more important pod wants the slot."""
    important: Json = {
        "metadata": {"name": f"important-{slot}"},
        "value": 1000,
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
    }
    other = wanting(slot, script("sleep 1000"), priorityClassName=f"important-{slot}", grace=0)
    body: Json = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"preemptor-{slot}"}, **other}
    return (
        Act(ANY, "POST", "/apis/scheduling.k8s.io/v1/priorityclasses", important, ours=False),
        Act(READY, "POST", "pods", body, ours=False),
    )


def deleted_by_others(name: str, expected: tuple[str, ...], manifest: Json, when: When = READY, grace: int | None = None) -> Story:
    """Somebody else deletes the pod."""
    return Story(name, manifest, expected, (stop(when, grace, ours=False),), Gone(), row="P11")


def evicted(name: str, expected: tuple[str, ...], manifest: Json, when: When = READY) -> Story:
    """The pod is evicted through the API."""
    return Story(name, manifest, expected, (evict(when),), Gone(), row="P4")


def preempted(name: str, slot: str, expected: tuple[str, ...], main: Json) -> Story:
    """The pod has to make room."""
    return Story(name, wanting(slot, main), expected, (slots(slot), *preempt(slot)), Gone(), row="P5")


def kept(manifest: Json) -> Json:
    """The pod, with a finalizer that keeps it."""
    return {**manifest, "metadata": {"finalizers": ["podcompose.test/keep"]}}


LET_GO = Act(ENDED, "PATCH", "pod", {"metadata": {"finalizers": None}}, ours=False)
UNSCHEDULED = condition("PodScheduled", "False")
NOWHERE: Json = {"nodeSelector": {"podcompose.test/no": "such-node"}}
DELETED = ("Deleted",)

EVICTIONS = (
    evicted("evicted-exits-3", ("Failed", "Evicted", "3"), pod(listens(3))),
    evicted("evicted-exits-0", ("Succeeded",), pod(listens(0))),
    evicted("evicted-deaf", ("Failed", "Evicted", "137"), pod(script(DEAF), grace=2)),
    evicted("evicted-pending", DELETED, pod(script("exit 0"), **NOWHERE), UNSCHEDULED),
    evicted(
        "evicted-in-init", ("Failed", "Evicted"), pod(script("exit 0"), initContainers=[listens(3, "init")]), Said("init", "ready")
    ),
    evicted("evicted-after-the-end", ("Failed", "Exit", "3"), pod(script("exit 3")), ENDED),
    preempted("preempted-exits-3", "a", ("Failed", "Preempted", "3"), listens(3)),
    preempted("preempted-exits-0", "b", ("Succeeded",), listens(0)),
)

DELETIONS = (
    deleted_by_others("others-delete-exits-3", DELETED, pod(listens(3))),
    deleted_by_others("others-delete-exits-0", ("Succeeded",), pod(listens(0))),
    deleted_by_others("others-delete-deaf", DELETED, pod(script(DEAF), grace=2)),
    deleted_by_others("others-delete-at-once", DELETED, pod(script(DEAF)), grace=0),
    deleted_by_others("others-delete-pending", DELETED, pod(script("exit 0"), **NOWHERE), UNSCHEDULED),
    deleted_by_others(
        "others-delete-in-init", DELETED, pod(script("exit 0"), initContainers=[listens(3, "init")]), Said("init", "ready")
    ),
    deleted_by_others("others-delete-crash-loop", DELETED, pod(script("exit 3"), restart="Always"), waiting("CrashLoopBackOff")),
    deleted_by_others("others-delete-after-the-end", ("Failed", "Exit", "3"), pod(script("exit 3")), ENDED),
)

STOPS = (
    Story("stop-after-the-end", pod(script("exit 3")), ("Failed", "Exit", "3"), (stop(ENDED),), Gone()),
    Story("stop-one-of-two", pod(script("exit 0", "a"), listens(3)), ("Stopped",), (stop(exited("a")),), Gone()),
    Story("stop-onfailure-exits-0", pod(listens(0), restart="OnFailure"), ("Stopped",), (stop(READY),), Gone()),
    Story("stop-always-exits-0", pod(listens(0), restart="Always"), ("Stopped",), (stop(READY),), Gone()),
    Story("stop-kept-by-finalizer", kept(pod(listens(3))), ("Stopped",), (stop(READY), LET_GO), Gone(), row="P12"),
    Story("ended-kept-by-finalizer", kept(pod(script("exit 0"))), ("Succeeded",), (stop(ENDED), LET_GO), Gone(), row="P12"),
)

STARTS = (
    Story(
        "never-pull",
        pod({**script("exit 0"), "image": "localhost/none:1", "imagePullPolicy": "Never"}),
        ("Stopped",),
        (stop(waiting("ErrImageNeverPull")),),
        Gone(),
        row="P1",
        blocker="image",
    ),
    Story(
        "image-in-init-is-missing",
        pod(script("exit 0"), initContainers=[{**script("exit 0", "init"), "image": "localhost/none:1"}]),
        ("Stopped",),
        (stop(waiting("ImagePullBackOff", "init")),),
        Gone(),
        row="P1",
        blocker="image",
    ),
    Story(
        "secret-comes-late",
        pod(script('[ "$A" = b ]', env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "late", "key": "a"}}}])),
        ("Succeeded",),
        (
            Act(
                waiting("CreateContainerConfigError"),
                "POST",
                "/api/v1/namespaces/{namespace}/secrets",
                {"metadata": {"name": "late"}, "stringData": {"a": "b"}},
                ours=False,
            ),
        ),
        row="P2",
        blocker="config",
    ),
    Story(
        "gate-opens",
        pod(script("exit 0"), schedulingGates=[{"name": "podcompose.test/gate"}]),
        ("Succeeded",),
        (Act(UNSCHEDULED, "PATCH", "pod", {"spec": {"schedulingGates": None}}, ours=False),),
        row="P3",
        blocker="gate",
    ),
    Story(
        "out-of-cpu",
        pod({**script("exit 0"), "resources": {"requests": {"cpu": "1000"}}}, nodeName=NODE_NAME),
        ("Failed", "Rejected"),
        row="P14",
    ),
    Story("other-system", pod(script("exit 0"), os={"name": "windows"}, nodeName=NODE_NAME), ("Failed", "Rejected"), row="P14"),
)

TAINT: Json = {"key": "podcompose.test/lost", "effect": "NoExecute"}
NODE = f"/api/v1/nodes/{NODE_NAME}"
KUBELETS = (
    Story(
        "kubelet-away-main-ends",
        pod(script("sleep 3; exit 3")),
        ("Failed", "Exit", "3"),
        (Act(running(), "KILL", ours=False), Act(ANY, "START", ours=False)),
        row="P6",
        alone=True,
    ),
    Story(
        "kubelet-away-stopped",
        pod(listens(3)),
        ("Stopped",),
        (Act(READY, "KILL", ours=False), stop(ANY), Act(ANY, "START", ours=False)),
        Gone(),
        row="P6",
        alone=True,
    ),
    Story(
        "node-tainted",
        pod(listens(3)),
        ("Failed", "NodeLost", "3"),
        (
            Act(READY, "PATCH", NODE, {"spec": {"taints": [TAINT]}}, ours=False),
            Act(Gone(), "PATCH", NODE, {"spec": {"taints": None}}, ours=False),
        ),
        Gone(),
        row="P6",
        alone=True,
    ),
)

STORIES = (*EVICTIONS, *DELETIONS, *STOPS, *STARTS, *KUBELETS)
