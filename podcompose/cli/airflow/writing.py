"""Several files written together: all of them, or none; none over another, and a private one never seen by anybody else."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click

__all__ = ["File", "write_files"]

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


class File(NamedTuple):
    """A file to be; `private` is for the owner's eyes only, from its first moment."""

    name: str
    text: str
    private: bool = False


def write_files(folder: Path, files: Sequence[File], *, force: bool, keep: Path) -> list[Path]:
    """
    Write files into a folder, which is made where it is missing; with `force` over those that are there, but never over `keep`.

    Raises: click.ClickException: nothing was written.
    """
    paths = [folder / file.name for file in files]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in paths:
            _refuse(path, force, keep)
        with contextlib.ExitStack() as stack:
            made = [stack.enter_context(_written(folder, file)) for file in files]
            for temporary, path in zip(made, paths, strict=True):
                stack.enter_context(_published(temporary, path, force))
    except OSError as cause:
        names = [Path(name) for name in (cause.filename, cause.filename2) if isinstance(name, (str, os.PathLike))]
        path = next((path for path in paths if path in names), folder)
        raise click.ClickException(f"{path}: cannot be written: {cause.strerror}") from cause
    return paths


def _refuse(path: Path, force: bool, keep: Path) -> None:
    if os.path.lexists(path) and keep.exists() and path.exists() and path.samefile(keep):
        raise click.ClickException(f"{path} is the file that is read; choose another folder")
    if path.is_dir() and not path.is_symlink():
        raise click.ClickException(f"{path} is a folder")
    if os.path.lexists(path) and not force:
        raise click.ClickException(f"{path} is there already; --force writes over it")


@contextlib.contextmanager
def _written(folder: Path, file: File) -> Iterator[Path]:
    """A new file under a name that nobody guesses, gone if anything goes wrong."""
    path = folder / f".{file.name}.{secrets.token_hex(8)}"
    try:
        with open(os.open(path, _NEW, 0o600 if file.private else 0o666), "w", encoding="utf-8", newline="\n") as stream:
            stream.write(file.text)
        yield path
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _published(temporary: Path, path: Path, force: bool) -> Iterator[None]:
    """
    A file under its name, which is taken from what has it, itself and not what it links to, only by force.

    The name is as it was before if anything goes wrong later.
    """
    aside = temporary.with_name(f"{temporary.name}.before") if force and os.path.lexists(path) else None
    if aside is None:
        # Not yet the file: nobody else can take the name any more.
        os.close(os.open(path, _NEW, 0o600))
    else:
        os.rename(path, aside)
    try:
        os.replace(temporary, path)
        yield
    except BaseException:
        path.unlink(missing_ok=True) if aside is None else os.replace(aside, path)
        raise
    if aside is not None:
        aside.unlink()
