"""
Container images, made by this module: one layer, one archive in the form `ctr images import` reads; nothing is pulled.

A node needs two: a sandbox image, whose one process does nothing but hold the pod's namespaces, and one with a shell in it.
Both are the same static busybox.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["BUSYBOX", "PAUSE", "Image", "busybox", "pause", "write"]

BUSYBOX = "localhost/busybox:1"
PAUSE = "localhost/pause:1"
# In Go's words, which images use.
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
USERS = {"etc/passwd": b"root:x:0:0:root:/root:/bin/sh\n", "etc/group": b"root:x:0:\n"}
FOLDERS = ("bin", "etc", "tmp", "proc", "sys", "dev", "root")


@dataclass(frozen=True, slots=True)
class Image:
    """An image to be written: its name, what it starts, its files and its links (link -> target)."""

    name: str
    command: Sequence[str]
    files: Mapping[str, bytes]
    links: Mapping[str, str]


def busybox(program: Path) -> Image:
    """
    The image pods name: a shell and every command this busybox has.

    It starts the shell itself (`Cmd`, no `Entrypoint`).
    """
    names = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout.split()
    links = {f"bin/{name}": "busybox" for name in names if name != "busybox"}
    return Image(BUSYBOX, ["sh"], {"bin/busybox": program.read_bytes(), **USERS}, links)


def pause(program: Path) -> Image:
    """The sandbox image: a process that sleeps for ever; the runtime ends it by KILL, so it need not listen."""
    return Image(PAUSE, ["/bin/sleep", str(2**31 - 1)], {"bin/busybox": program.read_bytes()}, {"bin/sleep": "busybox"})


def write(image: Image, target: Path) -> None:
    """Write the archive; the same image gives the same bytes."""
    layer = _layer(image)
    settings = json.dumps(_settings(image, layer)).encode()
    layer_name, settings_name = f"{_digest(layer)}/layer.tar", f"{_digest(settings)}.json"
    contents = json.dumps([{"Config": settings_name, "RepoTags": [image.name], "Layers": [layer_name]}]).encode()
    with tarfile.open(target, "w") as archive:
        for name, data in ((settings_name, settings), (layer_name, layer), ("manifest.json", contents)):
            _add(archive, name, data, 0o644)


def _layer(image: Image) -> bytes:
    """The image's one layer: folders, files, links."""
    room = io.BytesIO()
    with tarfile.open(fileobj=room, mode="w", format=tarfile.PAX_FORMAT) as layer:
        for name in FOLDERS:
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
            layer.addfile(entry)
        for name, data in image.files.items():
            _add(layer, name, data, 0o755 if name.startswith("bin/") else 0o644)
        for name, target in image.links.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, target, 0o777
            layer.addfile(entry)
    return room.getvalue()


def _settings(image: Image, layer: bytes) -> dict[str, object]:
    """The image's description, as the runtime reads it."""
    epoch = "1970-01-01T00:00:00Z"
    return {
        "architecture": MACHINES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "created": epoch,
        "config": {"Cmd": list(image.command), "Env": ["PATH=/bin:/usr/bin"], "WorkingDir": "/"},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_digest(layer)}"]},
        "history": [{"created": epoch, "created_by": "podcompose"}],
    }


def _add(archive: tarfile.TarFile, name: str, data: bytes, mode: int) -> None:
    """One file into an archive."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), mode
    archive.addfile(entry, io.BytesIO(data))


def _digest(data: bytes) -> str:
    """What names data in an image."""
    return hashlib.sha256(data).hexdigest()
