"""Go libraries in process, asked and timed through the Go program of tests/oracle: a command's own time is that of its start."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lines import Refusal

__all__ = ["Program", "clock"]

KEPT = 64
BATCH_S = 0.003
ONE_WAY = "the library takes bytes and gives bytes: both times are of that"


class Program:
    """A running Go program that answers JSON lines; in JSON without white space, for it times the reading of just these bytes."""

    def __init__(self, command: Path) -> None:
        self._process = subprocess.Popen([str(command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, **request: Any) -> Any:
        """What it answers; its error, or its panic, is a refusal."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(request, separators=(",", ":")).encode() + b"\n")
        stdin.flush()
        answer = json.loads(stdout.readline())
        if "panic" in answer:
            raise Refusal(f"panic: {answer['panic']}")
        if "error" in answer:
            raise Refusal(answer["error"])
        return answer["ok"]

    def versions(self, *modules: str) -> dict[str, str]:
        """Of the Go modules that it is built from."""
        known: Mapping[str, str] = self.ask(op="modules")
        return {module: known[module].removeprefix("v") for module in modules}


def clock(program: Callable[[], Program], merge: str) -> Callable[[Any, Any, str, float], dict[str, Any]]:
    """How one of the program's merges is timed and weighed, for a driver."""

    def timed(template: Any, override: Any, spelling: str, seconds: float) -> dict[str, Any]:
        running, question = program(), {"original": template, "patch": override, "merge": merge}
        batches = _batches(lambda n: running.ask(op="bench", n=n, **question), seconds)
        whole = [batch["bytes_ns"] / 1e3 for batch in batches]
        parsed = [batch["maps_ns"] / 1e3 for batch in batches if "maps_ns" in batch]
        weight = running.ask(op="weigh", n=KEPT, **question)["bytes"]
        answer = {"in_process_us": parsed or whole, "json_us": whole, "result_bytes": weight}
        return answer if parsed != [] else {**answer, "note": ONE_WAY}

    return timed


def _batches(run: Callable[[int], Any], seconds: float) -> Sequence[Any]:
    """Batches long enough to be timed, for so many seconds each way, three at least."""
    size, batches = 1, list[Any]()
    run(size)
    end = time.perf_counter() + 2 * seconds
    while time.perf_counter() < end or len(batches) < 3:
        start = time.perf_counter()
        batch = run(size)
        if time.perf_counter() - start < BATCH_S and size < 1024:
            size *= 2
        else:
            batches.append(batch)
    return batches
