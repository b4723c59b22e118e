"""What a session does about signals, moment by moment, over a backend in memory."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from podcompose import compose
from podcompose.backends import MemoryBackend
from podcompose.backends.memory import Runs
from podcompose.cli.progress import One, Screen
from podcompose.cli.running import Ended, Session, Work
from podcompose.run import Launched

POD = compose({"spec": {"restartPolicy": "Never", "containers": [{"name": "base", "image": "busybox"}]}})


class Slow(MemoryBackend):
    """A backend whose launch is interrupted, and goes on once somebody has heard of it."""

    heard: threading.Event

    def launch(self, *args: Any, **options: Any) -> Launched:
        """Signal this process, wait until that is heard, launch."""
        os.kill(os.getpid(), signal.SIGINT)
        assert self.heard.wait(30)
        return super().launch(*args, **options)


def session(backend: MemoryBackend, told: list[str], ended: list[Ended], heard: threading.Event) -> Session:
    """One pod, with all that is told."""

    def tell(line: str) -> None:
        told.append(line)
        heard.set()

    return Session(backend, Work((("a", POD),)), One(Screen(None)), write=lambda _: None, tell=tell, result=ended.append)


def test_a_signal_during_the_launch_stops_the_pod_that_comes_of_it() -> None:
    """Who interrupts a launch is told that it is not known yet whether there is a pod; once there is, it is stopped."""
    backend = Slow(fates=Runs())
    backend.heard = threading.Event()
    told: list[str] = []
    ended: list[Ended] = []
    session(backend, told, ended, backend.heard).run()

    assert [one.outcome.kind for one in ended] == ["Stopped"]
    assert told == ["stopping the pod, as soon as it is known whether there is one; Ctrl-C once more leaves without waiting"]


def test_nothing_goes_on_once_a_pod_was_left() -> None:
    """After the second signal no thread is left, no outcome is told, and the handlers of before are back."""
    told: list[str] = []
    ended: list[Ended] = []
    before = signal.getsignal(signal.SIGINT)
    leaving = session(MemoryBackend(fates=Runs()), told, ended, threading.Event())
    leaving.interrupt(signal.SIGINT)
    leaving.interrupt(signal.SIGINT)
    leaving.run()

    assert (ended, leaving.left, signal.getsignal(signal.SIGINT)) == ([], {"a": None}, before)
    assert [thread.name for thread in threading.enumerate() if thread.name == "podcompose-run"] == []
