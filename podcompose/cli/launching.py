"""The command that launches pods and follows them."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from podcompose.cli.composing import Composer, Ordered, Refused, reading
from podcompose.cli.exits import NOT_LAUNCHED, UNKNOWN, exit_status
from podcompose.cli.inputs import named
from podcompose.cli.streams import BROKEN_PIPE, emit, fail
from podcompose.cli.targets import KUBERNETES_OPTIONS, Target, optioned
from podcompose.composition import Composition

if TYPE_CHECKING:
    from podcompose.cli.progress import Display, Screen
    from podcompose.cli.running import Ended, Session

__all__ = ["run_command"]

_SIGPIPE = 13
_AT_ONCE = 32
_OPTIONS = (
    click.option("--backend", type=click.Choice(["local", "kubernetes"]), default="local", show_default=True, help="Where to run."),
    click.option("--id", "launch_id", metavar="ID", help="The launch id: of one id there is one pod.  [default: a new one]"),
    click.option("--many", metavar="FILE|N", help="N pods alike, or one for each {id, override} of a list or of lines of JSON."),
    click.option("--max-in-flight", type=click.IntRange(1), help="How many at once.  [default: 32, with --warm its N]"),
    click.option("--warm", type=click.IntRange(1), metavar="N", help="With --many: N pods at most, each for one after another."),
    click.option("--image-grace", type=click.FloatRange(0), default=60.0, show_default=True, help="Seconds to get images in."),
    *KUBERNETES_OPTIONS,
    click.option("--dry-run", is_flag=True, help="Ask whether it could be launched, and write what would be sent."),
    click.option("--json", "as_json", is_flag=True, help="Write outcomes as JSON, one a line; logs go to standard error."),
)


class _Asked(NamedTuple):
    """The options of `run`."""

    target: Target
    launch_id: str
    pods: tuple[tuple[str, Composition], ...]
    many: bool
    max_in_flight: int
    image_grace: float
    as_json: bool
    #: How many pods are kept warm, and the name of their pool; None: each task has its own pod.
    warm: int | None = None
    pool: str = ""

    def open(self) -> Any:
        """Where the pods go."""
        if self.warm is None:
            return self.target.open(self.max_in_flight)
        from podcompose.cli.warm import warmed

        return warmed(self.target.open(self.max_in_flight + self.warm), self.warm, self.pool)


@click.command("run", cls=Ordered, short_help="Launch the composed pod, and wait for its outcome.")
@reading
@optioned(_OPTIONS)
@click.pass_context
def run_command(ctx: click.Context, composer: Composer, /, **given: Any) -> int:
    """
    Compose a pod, launch it once, follow it to its end.

    Standard output is the main container's; what becomes of the pod is told on standard error. The exit status is the container's,
    or says what came between: 120 not known, 121 deleted, 122 by the cluster, 124 too late, 125 not launched, 126 not started.
    Ctrl-C stops the pod; once more leaves it.

    \b
    Examples:
      podcompose run worker.yaml -o team-a.yaml
      podcompose run worker.yaml --backend kubernetes --id dag/run/task/1
      podcompose run worker.yaml --many 100 --max-in-flight 10
      podcompose run worker.yaml --many tasks.yaml --warm 8
    """
    try:
        asked = _asked(ctx, composer, given)
        return _dry_run(asked) if given["dry_run"] else _run(asked)
    except Refused as error:
        fail(error, NOT_LAUNCHED)


def _asked(ctx: click.Context, composer: Composer, given: dict[str, Any]) -> _Asked:
    from podcompose.cli.batches import many_pods
    from podcompose.cli.warm import pool_name

    if given["warm"] is not None and given["many"] is None:
        raise click.UsageError("--warm needs --many: one task gains nothing by a pod that could take another.", ctx)
    target = Target(given["backend"], given["namespace"], given["context"], given["kubeconfig"])
    launch_id = _new_id(ctx.params["template"]) if given["launch_id"] is None else given["launch_id"]
    many = given["many"]
    if many is None:
        pods: tuple[tuple[str, Composition], ...] = ((launch_id, composer.composed()),)
    else:
        pods = many_pods(composer, many, launch_id, given["launch_id"] is not None)
    at_once = next(number for number in (given["max_in_flight"], given["warm"], _AT_ONCE) if number is not None)
    options = (at_once, given["image_grace"], given["as_json"], given["warm"])
    pool = "" if many is None else pool_name(many, launch_id, given["launch_id"] is not None)
    return _Asked(target, launch_id, pods, many is not None, *options, pool)


def _new_id(template: str) -> str:
    """A launch id of its own, that tells what and when."""
    stem = Path(named(template)[1]).stem.strip("-")
    return f"{'pod' if stem == '' else stem}/{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def _run(asked: _Asked) -> int:
    from podcompose.cli.progress import Screen
    from podcompose.cli.running import Session, Work
    from podcompose.run import Policy

    screen = Screen(sys.stderr)
    ended: list[Ended] = []
    work = Work(asked.pods, asked.many, asked.max_in_flight, Policy(image_grace_s=asked.image_grace))
    output = _Output(screen, asked.as_json)

    def result(one: Ended) -> None:
        ended.append(one)
        if asked.as_json:
            output.json(one, exit_status(one.outcome, session.signalled))

    backend = asked.open()
    session = Session(
        backend,
        work,
        _display(asked, backend, screen),
        write=lambda data: None if output.write(data) else session.interrupt(_SIGPIPE),
        tell=screen.line,
        result=result,
    )
    session.run()
    if asked.warm is not None:
        _tell_of_pool(asked, backend, screen.line)
    return _status(asked, session, ended, screen.line)


def _display(asked: _Asked, backend: Any, screen: Screen) -> Display:
    from podcompose.cli.progress import Many, One
    from podcompose.cli.warm import working

    if not asked.many:
        return One(screen)
    if asked.warm is None:
        return Many(screen, len(asked.pods))
    first = backend.explain(asked.pods[0][1])
    if not first.warm:
        screen.line(str(first), "yellow")
    return Many(screen, len(asked.pods), "tasks", lambda: working(backend.stats()))


def _tell_of_pool(asked: _Asked, backend: Any, tell: Callable[[str], object]) -> None:
    """What the pool has done; and what it has left in the cluster."""
    from podcompose.cli.warm import left_over, summary
    from podcompose.run.naming import WARM_POOL

    stats = backend.stats()
    tell(summary(stats))
    left = left_over(stats, asked.target.kubectl(backend.namespace, "delete", "pods", "-l", f"{WARM_POOL}={asked.pool}"))
    if asked.target.kind == "kubernetes" and left != "":
        tell(left)


class _Output:
    """Standard output: the container's, or JSON; once nobody reads it, it is let go."""

    def __init__(self, screen: Any, as_json: bool) -> None:
        self._screen = screen
        self._as_json = as_json
        self._gone = False

    def write(self, data: bytes) -> bool:
        """A piece of the log; False the first time that nobody reads it."""
        if self._gone:
            return True
        self._screen.clear()
        try:
            if self._as_json and sys.stderr is not None:
                sys.stderr.buffer.write(data)
                sys.stderr.buffer.flush()
            else:
                emit(data)
                self._screen.passed(data)
        except click.exceptions.Exit:
            self._gone = True
            return False
        return True

    def json(self, ended: Ended, status: int) -> None:
        """One outcome, on a line of its own."""
        from podcompose.cli.words import as_json

        self._screen.clear()
        emit(json.dumps(as_json(ended.launch_id, ended.ref, ended.outcome, status)).encode() + b"\n")


def _status(asked: _Asked, session: Session, ended: list[Ended], tell: Callable[[str], object]) -> int:
    """The exit status, and what is left to be said."""
    for launch_id, ref in session.left.items() if asked.warm is None or asked.target.kind == "local" else ():
        tell(_left(asked.target, launch_id, ref))
    if session.signalled == _SIGPIPE:
        return BROKEN_PIPE
    if asked.many:
        bad = any(one.outcome.kind != "Succeeded" for one in ended)
        return 1 if bad or (len(ended) < len(asked.pods) and session.signalled is None) else _signalled(session)
    if len(ended) == 0:
        return _signalled(session)
    one = ended[0]
    if one.error is None:
        return exit_status(one.outcome, session.signalled)
    return _not_launched(asked.target, one, tell)


def _signalled(session: Session) -> int:
    return 0 if session.signalled is None else 128 + session.signalled


def _not_launched(target: Target, ended: Ended, tell: Callable[[str], object]) -> int:
    from podcompose.cli.words import refused
    from podcompose.run import Unsettled

    if ended.error is not None:
        tell(refused(ended.error))
    if isinstance(ended.error, Unsettled):
        tell(f"find out later: {target.again('settle', ended.launch_id, ended.error.namespace)}")
        return UNKNOWN
    return NOT_LAUNCHED


def _left(target: Target, launch_id: str, ref: Any) -> str:
    if target.kind == "local":
        return f"left {launch_id}: its processes are ended with this command"
    namespace = None if ref is None else ref.namespace
    settle, stop = target.again("settle", launch_id, namespace), target.again("stop", launch_id, namespace)
    if ref is None:
        return f"left: whether there is a pod is not known; find out: {settle}"
    return f"left: the pod {ref} may go on; how it is: {settle}; stop it: {stop}"


def _dry_run(asked: _Asked) -> int:
    """Ask for each pod; write what would be sent."""
    from podcompose.cli.progress import Screen
    from podcompose.cli.words import refused
    from podcompose.run import LaunchError, for_launch

    tell, status = Screen(sys.stderr).line, 0
    with asked.open() as backend:
        for launch_id, pod in asked.pods:
            try:
                launched = backend.launch(pod, launch_id=launch_id, dry_run=True)
            except LaunchError as error:
                tell(refused(error))
                status = NOT_LAUNCHED
                continue
            for warning in launched.warnings:
                tell(f"warning: {warning}")
            tell(f"could be launched: pod {launched.ref}, launch id {launch_id}")
            if asked.warm is not None:
                tell(str(backend.explain(pod)))
            _show(for_launch(pod, launch_id, backend.namespace).composition, asked)
    return status


def _show(composition: Composition, asked: _Asked) -> None:
    from podcompose.yaml.reader import write

    manifest = {"apiVersion": "v1", "kind": "Pod", **composition.manifest}
    if asked.as_json:
        emit(json.dumps(manifest, ensure_ascii=False).encode() + b"\n")
    else:
        emit(("---\n" if asked.many else "").encode() + write(manifest).encode())
