"""The process of a driver: started when it is asked, and again after a crash; its end is the end of all that it started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import IO, Any

from benchmarks.semantics.systems import DRIVERS, ROOT, NotInstalledError, System

__all__ = ["BROKEN_OFF", "Asked", "BrokenOffError", "surroundings"]

HOME = ROOT / "build" / "semantics" / "home"
#: An answer that takes longer is a crash; the first one has the imports in it.
PATIENCE_S = 180.0
#: A driver that has nothing more to read ends by itself, in so many seconds.
END_S = 5.0
#: Once it is set, nothing is asked any more, and what was asked is not waited for.
BROKEN_OFF = threading.Event()
_LOOK_S = 0.1
#: The status of an answer -> what it has besides, and of what type: of a merge, and of times.
_FORMS: Mapping[str, Mapping[str, tuple[str, type]]] = {
    "merge": {"ok": ("manifest", object), "refused": ("text", str), "n.a.": ("reason", str)},
    "time": {"ok": ("in_process_us", list), "refused": ("text", str), "n.a.": ("reason", str)},
}


class BrokenOffError(RuntimeError):
    """The run was broken off."""


class Asked:
    """
    A driver that answers questions, one at a time.

    `hello` is what it says of itself. A driver that ends, is silent for too long, or says what is no answer, gives the answer
    `crashed`, with the last of what it wrote to its standard error; the question after that starts a new one.
    """

    def __init__(self, system: System, *, seed: int = 1) -> None:
        self._system, self._seed = system, seed
        self._process: subprocess.Popen[str] | None = None
        self._late = False
        self.hello: Mapping[str, Any] = {}

    def __enter__(self) -> Asked:
        """Start it; NotInstalledError where it says that it is missing, or ends before it has said who it is."""
        command = self._system.start()
        self._log, self._late = tempfile.TemporaryFile(), False
        self._process = subprocess.Popen(
            command,
            cwd=DRIVERS,
            env=surroundings(self._system, self._seed),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        try:
            self.hello = self._hello()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End it: by itself, where nothing went wrong and it does so soon."""
        if self._process is not None and kind is None:
            with suppress(subprocess.TimeoutExpired):
                self._process.communicate(timeout=END_S)
        self._end()

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Its answer; BrokenOffError."""
        try:
            if self._process is None:
                self.__enter__()
        except NotInstalledError as error:
            return {"status": "crashed", "text": str(error)}
        line = self._answer(json.dumps(question) + "\n")
        answer = None if line is None else _object(line)
        if answer is not None and _answers(answer, question):
            return answer
        said = self._last_words() if line is None else f"the driver gave no answer, but: {line.strip()[:500]}"
        self._end()
        return {"status": "crashed", "text": said}

    def _hello(self) -> dict[str, Any]:
        """Who it says it is; what a library prints while it is imported is passed over."""
        with self._patience() as (_, said):
            hello = next((hello for hello in map(_object, said) if hello is not None), None)
        if hello is None or "missing" in hello:
            raise NotInstalledError(self._last_words() if hello is None else str(hello["missing"]))
        return hello

    def _answer(self, line: str) -> str | None:
        with self._patience() as (asked, said):
            try:
                asked.write(line)
                asked.flush()
            except BrokenPipeError:
                return None
            return said.readline() or None

    @contextmanager
    def _patience(self) -> Iterator[tuple[IO[str], IO[str]]]:
        """Its two ends, for so long; BrokenOffError."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        done = threading.Event()
        threading.Thread(target=self._watch, args=(self._process, done), daemon=True).start()
        try:
            yield self._process.stdin, self._process.stdout
        finally:
            done.set()
        if BROKEN_OFF.is_set():
            raise BrokenOffError("the run was broken off")

    def _watch(self, process: subprocess.Popen[str], done: threading.Event) -> None:
        end = time.monotonic() + PATIENCE_S
        while not done.wait(_LOOK_S):
            if BROKEN_OFF.is_set() or time.monotonic() > end:
                self._late = True
                _kill(process)
                return

    def _last_words(self) -> str:
        """How it ended, and the last of what it wrote to its standard error."""
        assert self._process is not None
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_S)
        how = f"was silent for {PATIENCE_S:g} s" if self._late else f"ended with {self._process.returncode}"
        self._log.seek(0)
        said = self._log.read().decode(errors="replace").strip().splitlines()[-12:]
        return "\n".join([f"the driver {how}", *said]).replace(f"{ROOT}/", "")

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        _kill(process)
        for pipe in (process.stdin, process.stdout, self._log):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()
        process.wait()


def _kill(process: subprocess.Popen[str]) -> None:
    """It, and what it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _answers(answer: Mapping[str, Any], question: Mapping[str, Any]) -> bool:
    """Whether it is one, and to this question."""
    name, kind = _FORMS[question["op"]].get(str(answer.get("status")), ("", object))
    return name in answer and isinstance(answer[name], kind) and answer.get("id") == question["id"]


def _object(line: str) -> dict[str, Any] | None:
    """The JSON object that a line is, if it is one."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def surroundings(system: System, seed: int = 1) -> dict[str, str]:
    """
    The environment of a driver: nothing of the caller's Python, and the hash seed.

    What has no environment of its own finds this checkout; what has one gets a home of its own, for some write there when imported.
    """
    own = ("PYTHON", "PYTEST", "AIRFLOW", "DAGSTER", "PREFECT")
    mine = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    if system.environment == "none":
        return {**mine, "PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT)}
    HOME.mkdir(parents=True, exist_ok=True)
    return {**mine, "PYTHONHASHSEED": str(seed), "HOME": str(HOME)}
