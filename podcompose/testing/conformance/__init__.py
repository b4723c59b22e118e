"""
The conformance suite: with it a backend is proven, a stranger's as well as ours.

    from podcompose.testing.conformance import BackendSuite

    class TestMyBackend(BackendSuite):
        supports_adopt = False                       # what it cannot do; tests that need it are skipped by this name
        def make(self): ...                          # a new backend, in the empty directory self.folder
        def pods(self): ...                          # back doors: behind the backend, by none of its methods
        def set_status(self, uid, status): ...
        def remove(self, uid): ...

Needs pytest and hypothesis. `examples/directory_backend.py` is a backend of about 150 lines that is proven so.
"""

from podcompose.testing.conformance.asynchronous import AsyncBackendSuite
from podcompose.testing.conformance.doors import Doors, needs
from podcompose.testing.conformance.life import Status, ended, exit_code_of, is_terminal, running, scheduled
from podcompose.testing.conformance.memory import Memory, Stored
from podcompose.testing.conformance.reader import Reader
from podcompose.testing.conformance.rules import ContractError
from podcompose.testing.conformance.suite import BackendSuite

__all__ = [
    "AsyncBackendSuite",
    "BackendSuite",
    "ContractError",
    "Doors",
    "Memory",
    "Reader",
    "Status",
    "Stored",
    "ended",
    "exit_code_of",
    "is_terminal",
    "needs",
    "running",
    "scheduled",
]
