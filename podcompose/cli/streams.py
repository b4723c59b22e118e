"""Standard output, and what can be wrong with it."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

import click

from podcompose.cli.screen import Line, look, printed

__all__ = ["BROKEN_PIPE", "abandon", "complain", "emit", "fail", "show"]

#: What a shell reports of a program that wrote to a pipe nobody reads.
BROKEN_PIPE = 141


def show(lines: Callable[[int | None], Iterable[Line]]) -> None:
    """Text for people, in the encoding of their terminal; what that cannot spell is escaped, as YAML and JSON would."""
    stream = sys.stdout
    if stream is None:
        raise _unwritable("it is closed")
    seen = look(stream)
    text = printed(lines(seen.width), seen.colour)
    emit(text.encode(stream.encoding or "utf-8", "backslashreplace"))


def emit(data: bytes) -> None:
    """Write it all to standard output, or say why not."""
    stream = sys.stdout
    if stream is None:
        raise _unwritable("it is closed")
    try:
        stream.buffer.write(data)
        stream.buffer.flush()
    except BrokenPipeError:
        abandon(stream)
        raise click.exceptions.Exit(BROKEN_PIPE) from None
    except OSError as cause:
        abandon(stream)
        raise _unwritable(cause.strerror or str(cause)) from cause


def complain(error: click.ClickException) -> None:
    """Tell standard error, if anybody listens there."""
    if sys.stderr is None:
        return
    try:
        error.show()
        sys.stderr.flush()
    except OSError:
        abandon(sys.stderr)


def fail(error: click.ClickException, status: int) -> NoReturn:
    """Tell what is wrong, and end with a status of its own."""
    complain(error)
    raise click.exceptions.Exit(status) from error


def _unwritable(why: str) -> click.ClickException:
    return click.ClickException(f"standard output cannot be written: {why}")


def abandon(stream: Any) -> None:
    """Let what is left in the buffer go nowhere, or Python would try again at its end, and complain."""
    with contextlib.suppress(OSError, ValueError, io.UnsupportedOperation):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
