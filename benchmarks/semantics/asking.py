"""The process of a driver: started when it is asked, and again after a crash."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from threading import Timer
from types import TracebackType
from typing import Any

from benchmarks.semantics.systems import DRIVERS, ROOT, NotInstalledError, System

__all__ = ["LOGS", "Asked", "surroundings"]

LOGS = ROOT / "build" / "semantics" / "logs"
#: An answer that takes longer is a crash; the first one has the imports in it.
PATIENCE_S = 180.0


class Asked:
    """
    A driver that answers questions, one at a time.

    `hello` is what it says of itself. A driver that ends, or is silent for too long, gives the answer `crashed`, with the last of
    what it wrote to its standard error; the question after that starts a new one.
    """

    def __init__(self, system: System, *, seed: int = 1) -> None:
        self._system, self._seed = system, seed
        self._process: subprocess.Popen[str] | None = None
        self._log = LOGS / f"{system.id}.{seed}.log"
        self.hello: Mapping[str, Any] = {}

    def __enter__(self) -> Asked:
        """Start it; NotInstalledError."""
        command = self._system.start()
        LOGS.mkdir(parents=True, exist_ok=True)
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                command,
                cwd=DRIVERS,
                env=surroundings(self._system, self._seed),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        hello = self._line()
        self.hello = {} if hello is None else json.loads(hello)
        if "missing" in self.hello:
            self.__exit__(None, None, None)
            raise NotInstalledError(self.hello["missing"])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End it."""
        if self._process is not None:
            if kind is not None:
                self._process.kill()
            self._process.communicate()
            self._process = None

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Its answer."""
        if self._process is None:
            self.__enter__()
        process = self._process
        assert process is not None
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            return self._crashed()
        line = self._line()
        return self._crashed() if line is None else dict(json.loads(line))

    def _line(self) -> str | None:
        assert self._process is not None
        assert self._process.stdout is not None
        patience = Timer(PATIENCE_S, self._process.kill)
        patience.start()
        try:
            return self._process.stdout.readline() or None
        finally:
            patience.cancel()

    def _crashed(self) -> dict[str, Any]:
        assert self._process is not None
        self._process.kill()
        self._process.communicate()
        code, self._process = self._process.returncode, None
        said = self._log.read_text(errors="replace").strip().splitlines()[-12:]
        return {"status": "crashed", "text": "\n".join([f"the driver ended with {code}", *said]).replace(str(ROOT), "")}


def surroundings(system: System, seed: int = 1) -> dict[str, str]:
    """
    The environment of a driver: nothing of the caller's Python, and the hash seed.

    What has no environment of its own finds this checkout; what has one gets a home of its own, for some write there when imported.
    """
    own = ("PYTHON", "PYTEST", "AIRFLOW", "DAGSTER", "PREFECT")
    mine = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    if system.environment == "none":
        return {**mine, "PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT)}
    home = LOGS.with_name("home")
    home.mkdir(parents=True, exist_ok=True)
    return {**mine, "PYTHONHASHSEED": str(seed), "HOME": str(home)}
