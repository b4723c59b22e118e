"""What systems answered before: kept line by line as it comes, so that a run that was broken off goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["Memory"]


class Memory:
    """Answers by question, in a file of JSON lines that only grows; `file=None` keeps nothing."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._known: dict[str, Any] = {}
        if file is not None and file.exists():
            for line in file.read_text().splitlines():
                self._remember(line)

    def _remember(self, line: str) -> None:
        try:
            key, answer = json.loads(line)
        except ValueError:  # the last line of a run that was killed
            return
        self._known[key] = answer

    def of(self, question: Mapping[str, Any], ask: Callable[[Mapping[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        """The answer: the known one, else the one that `ask` gives, and keeps. A crash is not kept."""
        key = hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()[:24]
        if key not in self._known:
            answer = ask(question)
            if answer["status"] == "crashed":
                return answer
            self._known[key] = answer
            self._keep(key, answer)
        return dict(self._known[key])

    def _keep(self, key: str, answer: Any) -> None:
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a") as file:
                file.write(json.dumps([key, answer]) + "\n")
