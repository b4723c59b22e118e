"""The merge of server-side apply: typed.Merge, with the schema of the Pod, in the Go program of tests/oracle."""

from __future__ import annotations

from typing import Any

from golang import Program, clock
from lines import Driver, missing, serve

from tests.oracle.driver import GoMissingError, program

MODULES = ("sigs.k8s.io/structured-merge-diff/v6", "k8s.io/client-go")


def main() -> None:
    """Answer lines; without Go, say so."""
    try:
        running = Program(program())
    except GoMissingError as error:
        missing(str(error))
        return

    def merge(template: Any, override: Any) -> Any:
        return running.ask(op="apply", original=template, patch=override)

    serve(Driver(running.versions(*MODULES), _read, merge, lambda result: result, time=clock(lambda: running, "apply")))


def _read(template: Any, override: Any, spelling: str) -> tuple[Any, Any]:
    return template, override


if __name__ == "__main__":
    main()
