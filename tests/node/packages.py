"""
What a node is made of besides Kubernetes itself, from Debian: containerd, runc, the CNI plugins and a static busybox.

The packages are unpacked into `build/node/` and not installed, so the machine stays as it is; the second run finds them there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

__all__ = ["NodeMissingError", "command", "unpacked"]

CACHE = Path(__file__).parent.parent.parent / "build" / "node"
PACKAGES = ("containerd", "runc", "containernetworking-plugins", "busybox-static")
FOLDERS = ("usr/bin", "usr/sbin", "bin", "sbin", "usr/lib/cni")


class NodeMissingError(RuntimeError):
    """This machine cannot hold a node; the text says what is missing, to be said aloud by whoever skips."""


def unpacked() -> Path:
    """The folder the packages are unpacked in; they are fetched where it is not there yet."""
    digest = hashlib.sha256("\n".join(PACKAGES).encode()).hexdigest()[:12]
    target = CACHE / f"debian-{digest}"
    if not target.exists():
        _fetch(target)
    return target


def command(name: str) -> Path:
    """One command of the packages, wherever the distribution keeps it."""
    found = [unpacked() / folder / name for folder in FOLDERS if (unpacked() / folder / name).exists()]
    if not found:
        raise NodeMissingError(
            f"the packages {', '.join(PACKAGES)} hold no command {name!r}; remove {unpacked()} to fetch them anew"
        )
    return found[0]


def _fetch(target: Path) -> None:
    """Fetch and unpack into a folder of its own, then rename: two runs may do so at once."""
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise NodeMissingError(f"a real node needs Debian's packages {', '.join(PACKAGES)}, and there is no {tool} here")
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    fresh.mkdir(parents=True)
    try:
        _download(fresh)
        for package in sorted(fresh.glob("*.deb")):
            _must(["dpkg-deb", "-x", package.name, "."], fresh)
            package.unlink()
        _take_place(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _download(folder: Path) -> None:
    """The packages as they are known here; the list of packages is asked for anew where it does not have them."""
    download = ["apt-get", "download", "-q", *PACKAGES]
    if subprocess.run(download, cwd=folder, capture_output=True).returncode != 0:
        _must(["apt-get", "update", "-q"], folder)
        _must(download, folder)


def _must(line: Sequence[str], folder: Path) -> None:
    """Run a command whose failure means: no node here."""
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise NodeMissingError(f"a real node needs Debian's packages: `{' '.join(line)}` failed: {done.stderr[-600:].strip()}")


def _take_place(fresh: Path, target: Path) -> None:
    """Put the folder where it belongs; another run that was faster has put the same there."""
    try:
        fresh.rename(target)
    except OSError:
        if not target.exists():
            raise
