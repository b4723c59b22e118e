"""
The node's cgroups: made before it starts, removed after it has ended.

Version 1 has a tree for each controller, version 2 one for all.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["make", "remove", "trees", "unwritable"]

ROOT = Path("/sys/fs/cgroup")
CONTROLLERS = ("cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "systemd", "hugetlb", "net_cls")


def trees() -> list[Path]:
    """The roots of the trees a node lives in."""
    if (ROOT / "cgroup.controllers").exists():
        return [ROOT]
    return [ROOT / name for name in CONTROLLERS if (ROOT / name / "tasks").exists()]


def unwritable() -> str | None:
    """Why no cgroup can be made here, or None."""
    if not trees():
        return f"there are no cgroups under {ROOT}"
    blocked = [str(tree) for tree in trees() if not os.access(tree, os.W_OK)]
    return f"cgroups cannot be made in {', '.join(blocked)}" if blocked else None


def make(group: str) -> None:
    """Make the node's cgroup in every tree; a cpuset (version 1) is born empty, and nothing could run in it."""
    for tree in trees():
        (tree / group).mkdir()
        for name in ("cpuset.cpus", "cpuset.mems"):
            if (tree / "tasks").exists() and (tree / name).exists():
                (tree / group / name).write_text((tree / name).read_text())


def remove(group: str) -> list[Path]:
    """Remove the node's cgroups, innermost first; returns those that would not go (a process that is still dying)."""
    left = []
    # runc makes one in a mixed machine's unified tree as well, which is none of ours.
    for top in [ROOT / group, *ROOT.glob(f"*/{group}")]:
        for folder, _, _ in os.walk(top, topdown=False):
            try:
                Path(folder).rmdir()
            except OSError:
                left.append(Path(folder))
    return left
