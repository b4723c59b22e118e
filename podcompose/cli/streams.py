"""Standard output, and what can be wrong with it."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

import click

from podcompose.cli.screen import Line, look, printed

__all__ = ["BROKEN_PIPE", "abandon", "emit", "show"]

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


def _unwritable(why: str) -> click.ClickException:
    return click.ClickException(f"standard output cannot be written: {why}")


def abandon(stream: Any) -> None:
    """Let what is left in the buffer go nowhere, or Python would try again at its end, and complain."""
    with contextlib.suppress(OSError, ValueError, io.UnsupportedOperation):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
