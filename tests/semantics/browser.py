"""
A real browser without a screen: Debian's Chromium, driven by Playwright.

The packages that the machine lacks are unpacked into `build/browser/` and not installed, so the machine stays as it is; the
second run finds them there.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.locks import locked

__all__ = ["BrowserMissingError", "browser"]

CACHE = Path(__file__).parents[2] / "build" / "browser"
PACKAGES = ("chromium-headless-shell", "fonts-dejavu-core")
_PROGRAM = "usr/lib/chromium/chromium-headless-shell"
_FONTS = "<fontconfig><dir>{0}/usr/share/fonts</dir><dir>/usr/share/fonts</dir><cachedir>{0}/cache</cachedir></fontconfig>"


class BrowserMissingError(RuntimeError):
    """This machine cannot hold a browser; the text says what is missing, to be said aloud by whoever skips."""


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser that has just been started; it ends with the block."""
    root = _unpacked()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=root / _PROGRAM, env=_surroundings(root), args=["--no-sandbox"])
        try:
            yield started
        finally:
            started.close()


def _surroundings(root: Path) -> dict[str, str | float | bool]:
    libraries = [folder for folder in root.glob("usr/lib/*-linux-gnu*") if folder.is_dir()]
    folders = [str(folder) for each in libraries for folder in (each, each / "pulseaudio")]
    return {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(folders), "FONTCONFIG_FILE": str(root / "fonts.conf")}


def _unpacked() -> Path:
    """The folder the packages are unpacked in; they are fetched where it is not there yet."""
    said = "\n".join([*PACKAGES, platform.machine()])
    target = CACHE / f"debian-{hashlib.sha256(said.encode()).hexdigest()[:12]}"
    with locked(target.with_suffix(".lock")):
        if not target.exists():
            _fetch(target)
    return target


def _fetch(target: Path) -> None:
    """Fetch and unpack into a folder of its own, then rename: a run that is broken off leaves nothing that looks whole."""
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise BrowserMissingError(f"a browser needs Debian's packages {', '.join(PACKAGES)}, and there is no {tool} here")
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    (fresh / "packages" / "partial").mkdir(parents=True)
    try:
        _download(fresh / "packages")
        for package in sorted((fresh / "packages").glob("*.deb")):
            _must(["dpkg-deb", "-x", str(package), str(fresh)])
        shutil.rmtree(fresh / "packages")
        (fresh / "fonts.conf").write_text(_FONTS.format(target))
        fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _download(folder: Path) -> None:
    """The packages and what of their needs the machine lacks; the list of packages is asked for anew where it is too old."""
    places = ["-o", f"Dir::Cache::archives={folder}", "-o", "Debug::NoLocking=1"]
    download = ["apt-get", "install", "-y", "-q", "--download-only", "--no-install-recommends", "--reinstall", *places, *PACKAGES]
    if subprocess.run(download, capture_output=True).returncode != 0:
        _must(["apt-get", "update", "-q"])
        _must(download)


def _must(line: Sequence[str]) -> None:
    """Run a command whose failure means: no browser here."""
    done = subprocess.run(line, capture_output=True, text=True)
    if done.returncode != 0:
        raise BrowserMissingError(f"a browser needs Debian's packages: `{' '.join(line)}` failed: {done.stderr[-600:].strip()}")
