"""
The pods that run both as processes of this machine and on a real node: everything the local backend says it honours.

Each is named by what it asks. In scripts, `$$` is one `$` to Kubernetes; PID 1 of a container sees no signal it has no handler for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from podcompose.run import Stage
from tests.node.story import Said, When, container, exited, pod, ran_twice, script
from tests.node.watching import Json

__all__ = ["CASES", "Case", "Stop"]


@dataclass(frozen=True, slots=True)
class Stop:
    """When the pod has come so far, and all this is so, we stop it."""

    when: tuple[When, ...]
    grace: float | None = None
    stage: Stage = Stage.RUNNING


@dataclass(frozen=True, slots=True)
class Case:
    """A pod, and its stop, if it does not end by itself."""

    name: str
    manifest: Json
    stop: Stop | None = None


#: On a node a container's message goes to a file of its own; on this machine a variable says to which.
MESSAGE = "${PODCOMPOSE_TERMINATION_MESSAGE_PATH:-/dev/termination-log}"
LISTENS = "trap 'sleep 2; exit {}' TERM; echo ready; sleep 1000 & wait"
DEAF = "trap '' TERM; echo ready; sleep 1000 & wait"
#: Between two runs, so that the stop meets none.
HELD_BACK = Stop((ran_twice(),))
INIT_HELD_BACK = Stop((ran_twice("init"),), stage=Stage.INITIALIZING)
INIT_READY = Stop((Said("init", "ready"),), stage=Stage.INITIALIZING)
READY = Stop((Said("main", "ready"),))


def sidecar(text: str, name: str = "side", **more: Any) -> Json:
    """A restartable init container."""
    return script(text, name, restartPolicy="Always", **more)


def env(**values: str) -> list[Json]:
    """Variables, in this order."""
    return [{"name": name, "value": value} for name, value in values.items()]


def downward(**paths: str) -> list[Json]:
    """Variables with fields of the pod."""
    return [{"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}} for name, path in paths.items()]


def rule(*codes: int) -> Json:
    """A rule of restartPolicyRules."""
    return {"action": "Restart", "exitCodes": {"operator": "In", "values": list(codes)}}


NAMED: Json = {"metadata": {"annotations": {"kubectl.kubernetes.io/default-container": "main"}}}
HANGS = script("sleep 1000", "init")
SLEEPER = sidecar("sleep 1000")
LISTENER = sidecar("trap 'exit 0' TERM; echo up; sleep 1000 & wait")
PARENT = "trap 'echo parent' TERM; sh -c \"trap 'sleep 2; exit 2' TERM; echo ready; sleep 1000 & wait\"; exit $?"


def prints(*words: str, **variables: str) -> Json:
    """A container that prints its arguments in brackets, as they reach it."""
    return container("main", "printf", "[%s]", *words, env=env(**variables))


EXITS = (
    Case("exit-0", pod(script("exit 0"))),
    Case("exit-3", pod(script("exit 3"))),
    Case("exit-255", pod(script("exit 255"))),
    Case("command-not-found", pod(script("no-such-command 2> /dev/null"))),
    Case("no-shell", pod(container("main", "false"))),
    Case("command-and-args", pod(container("main", "sh", "-c", args=["echo $0 $#; exit 4", "a", "b c", ""]))),
    Case("odd-arguments", pod(container("main", "printf", "[%s]", "", " ", "a\nb", "é漢", "*", "'\"\\"))),
    Case("both-streams", pod(script("echo out; sleep 1; echo err >&2; exit 1"))),
    Case("no-newline-at-the-end", pod(container("main", "printf", "abc"))),
    Case("much-output", pod(script("seq 1 20000"))),
    Case("orphans-are-ended", pod(script("sleep 1000 & exit 6"))),
    Case("empty-standard-input", pod(script("cat; exit 7"))),
)

SIGNALS = (
    Case("child-killed-by-term", pod(script("sh -c 'kill -TERM $$$$'; exit $?"))),
    Case("child-killed-by-kill", pod(script("sh -c 'kill -KILL $$$$'; exit $?"))),
    Case("child-crashed", pod(script("sh -c 'kill -SEGV $$$$'; exit $?"))),
    Case("exit-137-of-its-own", pod(script("exit 137"))),
    Case("signals-itself", pod(script("kill -TERM $$$$; exit 5"))),
    Case("signals-itself-with-a-handler", pod(script("trap 'exit 8' USR1; kill -USR1 $$$$; exit 5"))),
)

BAD_COMMANDS = (
    Case("no-such-command", pod(container("main", "no-such-command"))),
    Case("no-such-file", pod(container("main", "/no/such/file"))),
    Case("a-folder-as-command", pod(container("main", "/bin"))),
    Case("not-executable", pod(container("main", "/etc/passwd"))),
    Case("a-file-as-workdir", pod(script("exit 0", workingDir="/etc/passwd"))),
    Case("bad-command-in-one-of-two", pod(container("main", "no-such-command"), script("exit 0", "other"))),
    Case("bad-command-in-init", pod(script("exit 0"), initContainers=[container("init", "no-such-command")])),
)

INITS = (
    Case("inits-in-order", pod(script("exit 0"), initContainers=[script("sleep 1", "one"), script("sleep 1", "two")])),
    Case("init-fails", pod(script("exit 0"), initContainers=[script("exit 4", "init"), script("exit 0", "never")])),
    Case("second-init-fails", pod(script("exit 0"), initContainers=[script("exit 0", "one"), script("exit 5", "two")])),
    Case("init-killed", pod(script("exit 0"), initContainers=[script("sh -c 'kill -KILL $$$$'; exit $?", "init")])),
    Case(
        "init-restarts",
        pod(script("exit 0"), restart="OnFailure", initContainers=[script("exit 4", "init")]),
        INIT_HELD_BACK,
    ),
    Case(
        "stopped-in-init",
        pod(script("exit 0"), initContainers=[script(LISTENS.format(3), "init")]),
        Stop((Said("init", "ready"),), stage=Stage.INITIALIZING),
    ),
)

SIDECARS = (
    Case("sidecar", pod(script("sleep 5"), initContainers=[LISTENER])),
    Case("sidecar-fails-on-term", pod(script("sleep 5"), initContainers=[sidecar("trap 'exit 9' TERM; sleep 1000 & wait")])),
    Case("sidecar-deaf", pod(script("sleep 3; exit 3"), grace=1, initContainers=[sidecar(DEAF)])),
    Case("sidecar-ends-by-itself", pod(script("sleep 6"), initContainers=[sidecar("exit 0")])),
    Case("sidecar-crashes", pod(script("sleep 6; exit 2"), initContainers=[sidecar("exit 9")])),
    Case("sidecar-before-init", pod(script("exit 0"), initContainers=[sidecar("sleep 1000"), script("sleep 1", "init")], grace=1)),
    Case(
        "init-fails-beside-sidecar",
        pod(script("exit 0"), initContainers=[SLEEPER, script("exit 4", "init")], grace=1),
    ),
    Case("two-sidecars", pod(script("exit 0"), grace=1, initContainers=[sidecar("sleep 1000", "a"), sidecar("sleep 1000", "b")])),
    Case(
        "stopped-with-sidecar",
        pod(script(LISTENS.format(0)), initContainers=[LISTENER]),
        Stop((Said("main", "ready"), Said("side", "up"))),
    ),
)

SEVERAL = (
    Case("two-succeed", pod(script("exit 0", "a"), script("sleep 1", "b"))),
    Case("one-of-two-fails", pod(script("exit 0", "a"), script("exit 3", "b"))),
    Case("both-fail", pod(script("sleep 12; exit 4", "a"), script("exit 5", "b"))),
    Case("five-containers", pod(*(script(f"exit {number}", f"c{number}") for number in range(5)))),
    Case("one-of-two-stopped", pod(script("exit 0", "a"), script(LISTENS.format(3))), Stop((Said("main", "ready"), exited("a")))),
    Case(
        "main-is-named",
        {
            "metadata": {"annotations": {"kubectl.kubernetes.io/default-container": "main"}},
            **pod(script("exit 6"), script("sleep 3", "b")),
        },
    ),
)

RESTARTS = (
    Case("on-failure-succeeds", pod(script("exit 0"), restart="OnFailure")),
    Case("on-failure-fails", pod(script("exit 3"), restart="OnFailure"), HELD_BACK),
    Case("always-after-success", pod(script("exit 0"), restart="Always"), HELD_BACK),
    Case("container-restarts-in-never", pod(script("exit 3", restartPolicy="OnFailure")), HELD_BACK),
    Case("container-ends-in-always", pod(script("exit 3", restartPolicy="Never"), restart="Always")),
    Case("rule-restarts", pod(script("exit 42", restartPolicy="Never", restartPolicyRules=[rule(42)])), HELD_BACK),
    Case("rule-does-not-apply", pod(script("exit 3", restartPolicy="Never", restartPolicyRules=[rule(42)]))),
)

DEADLINES = (
    Case("deadline", pod(script("sleep 1000"), activeDeadlineSeconds=6, grace=1)),
    Case("deadline-exits-0", pod(script(LISTENS.format(0)), activeDeadlineSeconds=6)),
    Case("deadline-deaf", pod(script(DEAF), activeDeadlineSeconds=6, grace=2)),
    Case("deadline-in-init", pod(script("exit 0"), initContainers=[HANGS], activeDeadlineSeconds=6, grace=1)),
    Case("deadline-of-a-crash-loop", pod(script("exit 3"), restart="OnFailure", activeDeadlineSeconds=8)),
    Case("deadline-not-reached", pod(script("exit 3"), activeDeadlineSeconds=600)),
)

STOPS = (
    Case("stop-exits-0", pod(script(LISTENS.format(0))), READY),
    Case("stop-exits-3", pod(script(LISTENS.format(3))), READY),
    Case("stop-deaf", pod(script(DEAF), grace=1), READY),
    Case("stop-with-a-grace-of-its-own", pod(script(DEAF), grace=600), Stop((Said("main", "ready"),), 1)),
    Case(
        "stop-reaches-children",
        pod(script(PARENT), grace=5),
        READY,
    ),
    Case("stop-always", pod(script(LISTENS.format(0)), restart="Always"), READY),
)

EXPANSION = (
    Case("expands-in-command", pod(container("main", "sh", "-c", "echo $(A) $(B)", env=env(A="1", B="2")))),
    Case("expands-in-args", pod(container("main", "printf", args=["[%s]", "$(A)", "$(A)$(A)", "x$(A)y"], env=env(A="a b")))),
    Case(
        "does-not-expand-the-unknown",
        pod(prints("$(NO)", "$(", "$()", "$(A", "$A", "$", A="1")),
    ),
    Case(
        "does-not-expand-the-escaped",
        pod(prints("$$(A)", "$$$(A)", "$$$$(A)", "$$", "$$A", "a$$", A="1")),
    ),
    Case("expands-only-once", pod(prints("$(A)", A="$(B)", B="2"))),
    Case("expands-in-order", pod(script('printf "[%s]" "$A" "$B" "$C"', env=env(A="$(C)", B="$(A)-b", C="$(B)-c")))),
    Case(
        "expands-odd-names",
        pod(
            container(
                "main", "printf", "[%s]", "$(a.b)", "$(a-b)", env=[{"name": "a.b", "value": "1"}, {"name": "a-b", "value": "2"}]
            )
        ),
    ),
    Case(
        "an-empty-value",
        pod(script('printf "[%s]" "${A-unset}" "${B-unset}" "$(A)"', env=[{"name": "A", "value": ""}, {"name": "B"}])),
    ),
    Case("a-value-of-many-lines", pod(script('printf "[%s]" "$A"', env=env(A="a\n  b\n\n漢")))),
)

DOWNWARD = (
    Case(
        "fields-of-the-pod",
        {
            "metadata": {"labels": {"team": "a"}, "annotations": {"note": "b c"}},
            **pod(
                script(
                    'printf "[%s]" "$NAME" "$SPACE" "$TEAM" "$NOTE"',
                    env=downward(
                        NAME="metadata.name",
                        SPACE="metadata.namespace",
                        TEAM="metadata.labels['team']",
                        NOTE="metadata.annotations['note']",
                    ),
                )
            ),
        },
    ),
    Case("a-field-in-another-value", pod(script('printf "%s" "$B"', env=[*downward(A="metadata.namespace"), *env(B="in $(A)")]))),
    Case("a-label-that-is-missing", pod(script('printf "[%s]" "${A-unset}"', env=downward(A="metadata.labels['no']")))),
    Case(
        "addresses-are-there", pod(script('[ -n "$IP" ] && [ -n "$NODE" ]', env=downward(IP="status.podIP", NODE="spec.nodeName")))
    ),
    Case(
        "declared-resources",
        pod(
            script(
                'printf "[%s]" "$A" "$B"',
                resources={"limits": {"cpu": "1500m", "memory": "64Mi"}},
                env=[
                    {"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
                    {"name": "B", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}},
                ],
            )
        ),
    ),
)

PLACES = (
    Case("workdir", pod(script("pwd", workingDir="/tmp"))),
    Case("message", pod(script(f"echo last words > {MESSAGE}; exit 4"))),
    Case("message-of-a-success", pod(script(f"printf 'all done' > {MESSAGE}"))),
    Case("message-from-the-log", pod(script("echo first; echo last; exit 4", terminationMessagePolicy="FallbackToLogsOnError"))),
    Case("no-message-from-the-log-of-a-success", pod(script("echo fine", terminationMessagePolicy="FallbackToLogsOnError"))),
    Case("a-long-message", pod(script(f"seq 1 2000 > {MESSAGE}; exit 4"))),
)

CASES = (
    *EXITS,
    *SIGNALS,
    *BAD_COMMANDS,
    *INITS,
    *SIDECARS,
    *SEVERAL,
    *RESTARTS,
    *DEADLINES,
    *STOPS,
    *EXPANSION,
    *DOWNWARD,
    *PLACES,
)
