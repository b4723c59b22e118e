"""What was answered before: kept line by line as it comes, so that a run that was broken off goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections import UserDict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["Lines", "answered"]


class Lines(UserDict[str, Any]):
    """
    A map in a file of JSON lines that only grows, the last line of a key counts; `file=None` keeps nothing.

    Each line is written at once, so that two runs may write into one file; what is no such line is passed over. `anew`: what the
    file has already is passed over, too.
    """

    def __init__(self, file: Path | None, *, anew: bool = False) -> None:
        super().__init__()
        self._file = file
        # The last line may be half of one, of a run that was killed.
        self._gap = b"" if file is None or not file.exists() or file.read_bytes()[-1:] in (b"", b"\n") else b"\n"
        if file is not None and not anew and file.exists():
            self.data.update(_entries(file))

    def __setitem__(self, key: str, value: Any) -> None:
        """Remember it, and keep it."""
        self.data[key] = value
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("ab", buffering=0) as file:
                file.write(self._gap + f"{json.dumps([key, value])}\n".encode())
            self._gap = b""


def _entries(file: Path) -> Iterator[tuple[str, Any]]:
    for line in file.read_bytes().splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str):
            yield entry[0], entry[1]


def answered(known: Lines, question: Mapping[str, Any], ask: Callable[[Mapping[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """The answer to a question: the known one, else the one that `ask` gives, which is kept. A crash is not kept."""
    key = hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()[:24]
    if key not in known:
        answer = ask(question)
        if answer["status"] == "crashed":
            return answer
        known[key] = answer
    return dict(known[key])
