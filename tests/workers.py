"""
Which tests one worker runs, one after the other, where several run side by side.

Not by the mark `xdist_group`: xdist 3.8 ignores it, without a word, where pytest is 9.2.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

__all__ = ["Together", "scope"]

#: What is dear to start, and shared: a control plane, a node; kubectl's answers about YAML.
TOGETHER = ("tests/cluster/", "tests/node/", "tests/differential/test_yaml.py")


def scope(nodeid: str) -> str:
    """
    What the test is kept together with, or its own name.

    >>> scope("tests/node/test_node.py::test_it"), scope("tests/unit/test_it.py::test_it")
    ('tests/node/', 'tests/unit/test_it.py::test_it')
    """
    return next((start for start in TOGETHER if nodeid.startswith(start)), nodeid)


class Together(LoadScopeScheduling):
    """What is kept together comes first, each on one worker; every other test goes wherever there is time."""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)
