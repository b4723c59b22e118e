"""The back doors of a pool whose programs are real ones: each waits for a file, and exits with the number that is in it."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from podcompose.run.naming import LAUNCH_ID, launch_label
from podcompose.run.records import PodRef
from podcompose.testing.conformance import exit_code_of, is_terminal
from tests.cluster.child import wait_for
from tests.warm.behind import find, tasks_of, with_labels, without

__all__ = ["FileDoors"]

_WAITS = 'until test -f "$DIR/$ID"; do sleep 0.02; done; exit "$(cat "$DIR/$ID")"'


class FileDoors:
    """To be filled in: what is behind the pool, and how it is written to."""

    folder: Path
    #: Where the files are as programs see them, and as the doors do; both the test's own folder where nothing is said.
    seen_at: str = ""
    files: Path | None = None

    def behind(self) -> Iterable[Any]:
        """Every pod that is really there."""
        raise NotImplementedError

    def write(self, changed: Callable[[Any], Any], uid: str) -> None:
        """Somebody else changes labels and annotations of the pod of this uid, if it is there."""
        raise NotImplementedError

    def delete(self, pod: Any) -> None:
        """Somebody else deletes a pod by force."""
        raise NotImplementedError

    def launch(self, launch_id: str, pod: Any = None, **named: Any) -> Any:
        """Launch a pod that knows whose file it waits for: that of its launch id, and of how often that was removed."""
        there: Any = self
        given = there.pod() if pod is None else pod
        main, *others = given["spec"]["containers"]
        env = [*main["env"], {"name": "ID", "value": self._file(launch_id)}]
        spec = {**given["spec"], "containers": [{**main, "env": env}, *others]}
        return there.call(there.backend.launch, {**given, "spec": spec}, launch_id=launch_id, **named)

    def pod(self) -> dict[str, Any]:
        """A shell that waits for its file."""
        env = [{"name": "DIR", "value": self.seen_at or str(self.folder)}]
        container = {"name": "base", "command": ["sh", "-c", _WAITS], "env": env}
        return {"spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "containers": [container]}}

    def pods(self) -> Iterable[dict[str, Any]]:
        """Tasks, and pods of their own."""
        return tasks_of(self.behind())

    def run(self, ref: PodRef) -> None:
        """It runs by itself, in a moment."""
        self._until(lambda pod: pod is None or pod["status"]["phase"] != "Pending", ref.uid)

    def set_status(self, uid: str, status: dict[str, Any]) -> None:
        """Let the program exit, and wait until that is written; one that is stopped ends by itself."""
        launch_id, place = self._launch_id(uid), find(self.behind(), uid)
        if launch_id is None:
            return
        if place is None or "stopped" not in place.claim:
            self.write_file(launch_id, exit_code_of(status))
        self._until(lambda pod: pod is None or is_terminal(pod), uid)

    def remove(self, uid: str) -> None:
        """Take a task off its pod, as somebody else would; delete a pod of its own."""
        launch_id = self._launch_id(uid)
        if launch_id is None:
            return
        self._removed()[launch_id] += 1
        place = find(self.behind(), uid)
        if place is not None:
            self.write(lambda pod: without(pod, place.key), place.pod["metadata"]["uid"])
        else:
            self.delete(self._pod(uid))
        self._until(lambda pod: pod is None, uid)

    def set_labels(self, uid: str, labels: dict[str, str]) -> None:
        """Rewrite what its pod has of it; a pod of its own gets them."""
        place = find(self.behind(), uid)
        if place is not None:
            self.write(lambda pod: with_labels(place._replace(pod=pod), labels), place.pod["metadata"]["uid"])
        else:
            self.write(lambda pod: {**pod, "metadata": {**pod["metadata"], "labels": dict(labels)}}, uid)

    def write_file(self, launch_id: str, code: int | None) -> None:
        """Write the file that a program waits for."""
        place = self.folder if self.files is None else self.files
        part = place / f"{self._file(launch_id)}.part"
        part.write_text(str(code))
        part.rename(place / self._file(launch_id))

    def _pod(self, uid: str) -> Any:
        return next((pod for pod in self.pods() if pod["metadata"]["uid"] == uid), None)

    def _launch_id(self, uid: str) -> str | None:
        pod = self._pod(uid)
        return None if pod is None else str(pod["metadata"]["annotations"][LAUNCH_ID])

    def _file(self, launch_id: str) -> str:
        key, test = launch_label(launch_id) if launch_id else "", zlib.crc32(str(self.folder).encode())
        return f"{key}.{test}.{self._removed()[launch_id]}"

    def _removed(self) -> Counter[str]:
        """How often each launch id was removed, in this folder."""
        known: dict[Path, Counter[str]] = self.__dict__.setdefault("_counts", {})
        return known.setdefault(self.folder, Counter())

    def _until(self, wanted: Callable[[Any], bool], uid: str) -> None:
        wait_for(lambda: wanted(self._pod(uid)), f"pod {uid} is as it is to be", 60, every=0.05)
