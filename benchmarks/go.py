"""Kubernetes' own merge in Go, timed by the Go program of tests/oracle."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

from benchmarks import pods
from benchmarks.jobs import Job
from tests.oracle.driver import program

__all__ = ["Go"]


class Go:
    """The running program, asked in JSON without white space: it times the reading of just these bytes."""

    def __enter__(self) -> Go:
        """Start it."""
        self._process = subprocess.Popen([str(program())], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_: object) -> None:
        """End it: it stops at the end of its input."""
        with self._process:
            pass

    def ask(self, op: str, loops: int = 0) -> Any:
        """One answer about the pods that are measured."""
        request = {"op": op, "original": pods.TEMPLATE, "patch": pods.OVERRIDE, "n": loops}
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(request, separators=(",", ":")).encode() + b"\n")
        stdin.flush()
        return json.loads(stdout.readline())["ok"]

    def jobs(self) -> Iterator[Job]:
        """strategicpatch from bytes to bytes, and from maps to maps (which it writes into; their copies are not timed)."""
        given, expected = _env_by_name(self.ask("strategic")), _env_by_name(pods.composed())
        if given != expected:
            raise AssertionError(f"Go gives {given}, not {expected}")
        yield Job("Go bytes to bytes", lambda loops: self.ask("bench", loops)["bytes_ns"] * loops / 1e9)
        yield Job("Go maps to maps", lambda loops: self.ask("bench", loops)["maps_ns"] * loops / 1e9)


def _env_by_name(pod: Any) -> Any:
    """A strategic merge patch puts what is new first."""
    for container in pod["spec"]["containers"]:
        container["env"].sort(key=lambda variable: variable["name"])
    return pod
