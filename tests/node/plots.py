"""The stories: every way for a pod to end that the records we began with lack, and one for each row of the fault matrix."""

from __future__ import annotations

from typing import Any

from tests.node.story import Gone, Said, Story, container, exited, pod, restarted, script, stop, waiting
from tests.node.watching import Json

__all__ = ["STORIES"]

# Kubernetes reads `$$` as `$`. PID 1 of a container sees no signal without a handler, hence the traps; `wait` lets them in at once.
# Two seconds, since Kubernetes' clock ticks in seconds: what comes first is to be seen.
LISTENS = "trap 'sleep 2; exit {}' TERM; echo ready; sleep 1000 & wait"
DEAF = "trap '' TERM; echo ready; sleep 1000 & wait"
READY = Said("main", "ready")
SHARED: Json = {"volumeMounts": [{"name": "shared", "mountPath": "/shared"}]}
NAMED: Json = {"metadata": {"annotations": {"kubectl.kubernetes.io/default-container": "main"}}}
VOLUME: Json = {"volumes": [{"name": "shared", "emptyDir": {}}]}


def listens(code: int, name: str = "main", **more: Any) -> Json:
    """A container that answers TERM with this exit code."""
    return script(LISTENS.format(code), name, **more)


def counting(text: str, name: str = "main", **more: Any) -> Json:
    """A container whose script knows in `$n` which of its runs this is, from 1."""
    return script(f"echo >> /shared/{name}; n=$(wc -l < /shared/{name}); {text}", name, **SHARED, **more)


def sidecar(text: str, name: str = "side", **more: Any) -> Json:
    """A restartable init container."""
    return script(text, name, restartPolicy="Always", **more)


def rule(action: str, *codes: int) -> Json:
    """A rule of restartPolicyRules."""
    return {"action": action, "exitCodes": {"operator": "In", "values": list(codes)}}


EXITS = (
    Story("exit-255", pod(script("exit 255")), ("Failed", "Exit", "255")),
    Story("exit-127", pod(script("no-such-command")), ("Failed", "Exit", "127")),
    Story("child-killed-by-term", pod(script("sh -c 'kill -TERM $$$$'; exit $?")), ("Failed", "Exit", "143")),
    Story("child-crashed", pod(script("sh -c 'kill -SEGV $$$$'; exit $?")), ("Failed", "Exit", "139")),
    Story(
        "out-of-memory",
        pod(container("main", "tail", "/dev/zero", resources={"limits": {"memory": "24Mi"}})),
        ("Failed", "OOMKilled", "137"),
        row="P7",
    ),
    Story(
        "out-of-memory-in-a-child",
        pod(script("tail /dev/zero; exit 7", resources={"limits": {"memory": "24Mi"}})),
        ("Failed", "OOMKilled", "7"),
        row="P7",
    ),
    Story("bad-workdir", pod(script("exit 0", workingDir="/bin/sh")), ("Failed", "StartError", "128")),
    Story(
        "message-from-log",
        pod(script("echo last words; exit 5", terminationMessagePolicy="FallbackToLogsOnError")),
        ("Failed", "Exit", "5"),
    ),
    Story(
        "poststart-fails",
        pod(script("sleep 1000", lifecycle={"postStart": {"exec": {"command": ["false"]}}})),
        ("Failed", "Exit", "137"),
    ),
    Story(
        "liveness-kills",
        pod(listens(0, livenessProbe={"exec": {"command": ["false"]}, "periodSeconds": 1, "failureThreshold": 1})),
        ("Succeeded",),
    ),
    Story("two-fail-later-first", pod(script("sleep 8; exit 4", "a"), script("exit 5", "b")), ("Failed", "Exit", "5")),
    Story(
        "main-named-sidecar-runs",
        {**NAMED, **pod(script("exit 6"), listens(0, "side"))},
        ("Failed", "Exit", "6"),
        (stop(exited()),),
        row="P8",
    ),
    Story("main-named-sidecar-fails", {**NAMED, **pod(script("sleep 2"), script("exit 9", "side"))}, ("Succeeded",), row="P8"),
)

INITS = (
    Story(
        "init-order",
        pod(script("exit 0"), initContainers=[script("sleep 1", "one"), sidecar("sleep 1000"), script("exit 0", "two")]),
        ("Succeeded",),
        row="P9",
    ),
    Story(
        "init-bad-command",
        pod(script("exit 0"), initContainers=[container("init", "no-such-command")]),
        ("Failed", "InitFailed", "128"),
    ),
    Story(
        "init-killed",
        pod(script("exit 0"), initContainers=[script("sh -c 'kill -KILL $$$$'; exit $?", "init")]),
        ("Failed", "InitFailed", "137"),
    ),
    Story(
        "init-out-of-memory",
        pod(script("exit 0"), initContainers=[container("init", "tail", "/dev/zero", resources={"limits": {"memory": "24Mi"}})]),
        ("Failed", "InitFailed", "137"),
    ),
    Story(
        "init-second-fails",
        pod(script("exit 0"), initContainers=[script("exit 0", "one"), script("exit 4", "two")]),
        ("Failed", "InitFailed", "4"),
    ),
    Story(
        "init-fails-once",
        pod(script("exit 0"), restart="OnFailure", initContainers=[counting("[ $n = 2 ]", "init")], **VOLUME),
        ("Succeeded",),
    ),
    Story(
        "init-fails-beside-sidecar",
        pod(script("exit 0"), initContainers=[sidecar("sleep 1000"), script("exit 4", "init")]),
        ("Failed", "InitFailed", "4"),
        row="P9",
    ),
    Story(
        "init-stopped-exits-3",
        pod(script("exit 0"), initContainers=[listens(3, "init")]),
        ("Stopped",),
        (stop(Said("init", "ready")),),
        Gone(),
    ),
    Story(
        "init-deadline",
        pod(script("exit 0"), initContainers=[script("sleep 1000", "init")], activeDeadlineSeconds=2),
        ("Failed", "DeadlineExceeded"),
        row="P15",
    ),
)

SIDECARS = (
    Story("sidecar-ends-with-0", pod(script("sleep 3"), initContainers=[sidecar("exit 0")]), ("Succeeded",), row="P9"),
    Story("sidecar-crashes", pod(script("sleep 3"), initContainers=[sidecar("exit 9")]), ("Succeeded",), row="P9"),
    Story(
        "sidecar-and-main-fail",
        pod(script("sleep 1; exit 3"), initContainers=[sidecar("exit 9")]),
        ("Failed", "Exit", "3"),
        row="P9",
    ),
    Story(
        "sidecar-deaf-past-deadline",
        pod(script("exit 0"), initContainers=[sidecar(DEAF)], activeDeadlineSeconds=4, grace=6),
        ("Succeeded",),
        row="P9",
        alone=True,
    ),
    Story(
        "sidecar-stopped", pod(listens(0), initContainers=[sidecar("sleep 1000")]), ("Stopped",), (stop(READY),), Gone(), row="P9"
    ),
)

RESTARTS = (
    Story("fails-once", pod(counting("[ $n = 2 ]"), restart="OnFailure", **VOLUME), ("Succeeded",), row="P10"),
    Story(
        "fails-twice-then-stopped",
        pod(script("exit 3"), restart="OnFailure"),
        ("Stopped",),
        (stop(restarted(1)),),
        Gone(),
        row="P10",
    ),
    Story(
        "always-ends-with-0",
        pod(script("exit 0"), restart="Always"),
        ("Stopped",),
        (stop(waiting("CrashLoopBackOff")),),
        Gone(),
        row="P10",
    ),
    Story(
        "rule-restarts",
        pod(counting("[ $n = 2 ] || exit 42", restartPolicy="Never", restartPolicyRules=[rule("Restart", 42)]), **VOLUME),
        ("Succeeded",),
        row="P10",
    ),
    Story(
        "rule-does-not-apply",
        pod(script("exit 3", restartPolicy="Never", restartPolicyRules=[rule("Restart", 42)])),
        ("Failed", "Exit", "3"),
        row="P10",
    ),
    Story(
        "rule-then-failure",
        pod(counting("[ $n = 2 ] && exit 7; exit 42", restartPolicy="Never", restartPolicyRules=[rule("Restart", 42)]), **VOLUME),
        ("Failed", "Exit", "7"),
        row="P10",
    ),
    Story(
        "restart-all",
        pod(
            counting("[ $n = 2 ] || exit 42", restartPolicy="Never", restartPolicyRules=[rule("RestartAllContainers", 42)]),
            script("sleep 4", "other"),
            **VOLUME,
        ),
        ("Succeeded",),
        row="P10",
    ),
    Story("container-onfailure", pod(counting("[ $n = 2 ]", restartPolicy="OnFailure"), **VOLUME), ("Succeeded",), row="P10"),
    Story(
        "container-never-in-always",
        pod(script("exit 3", restartPolicy="Never"), restart="Always"),
        ("Failed", "Exit", "3"),
        row="P10",
    ),
    Story(
        "container-always-in-never",
        pod(script("exit 3", restartPolicy="Always")),
        ("Stopped",),
        (stop(restarted(1)),),
        Gone(),
        row="P10",
    ),
    Story(
        "one-restarts-one-fails",
        pod(script("exit 3"), counting("[ $n = 2 ]", "other", restartPolicy="OnFailure"), **VOLUME),
        ("Failed", "Exit", "3"),
        row="P10",
    ),
)

DEADLINES = (
    Story("deadline-exits-0", pod(listens(0), activeDeadlineSeconds=3), ("Failed", "DeadlineExceeded"), row="P15"),
    Story("deadline-deaf", pod(script(DEAF), grace=2, activeDeadlineSeconds=2), ("Failed", "DeadlineExceeded"), row="P15"),
    Story(
        "deadline-crash-loop",
        pod(script("exit 3"), restart="OnFailure", activeDeadlineSeconds=4),
        ("Failed", "DeadlineExceeded"),
        row="P15",
    ),
    Story(
        "deadline-one-of-two",
        pod(script("exit 0", "a"), script("sleep 1000", "b"), activeDeadlineSeconds=3),
        ("Failed", "DeadlineExceeded"),
        row="P15",
    ),
    Story("deadline-after-the-end", pod(script("exit 0"), activeDeadlineSeconds=600), ("Succeeded",), row="P15"),
    Story(
        "deadline-then-stopped",
        pod(listens(3), grace=10, activeDeadlineSeconds=2),
        ("Failed", "DeadlineExceeded"),
        (stop(Said("main", "ready")),),
        Gone(),
        row="P15",
    ),
)

STORIES = (*EXITS, *INITS, *SIDECARS, *RESTARTS, *DEADLINES)
