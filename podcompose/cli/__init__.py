"""
The command line: `podcompose compose | explain | diff`.

It needs click and rich, the extra `cli`. This module needs neither, so that without them it can say so.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

__all__ = ["main"]

_EXTRA = {"click": "cli", "rich": "cli"}
_INTERRUPTED = 130


def main(args: Sequence[str] | None = None) -> int:
    """
    Run one command; `args` are the process's own where none are given.

    Returns: the exit status: 0; 1 for a refused input; 2 for usage, or where an extra is missing; 130 if interrupted.
    Raises:  nothing.
    """
    try:
        from podcompose.cli.commands import run

        return run(args)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except ImportError as error:
        return _missing(error)
    except Exception as error:  # people are shown a sentence, never a traceback
        return _broken(error)


def _missing(error: ImportError) -> int:
    package = (error.name or "").partition(".")[0]
    extra = _EXTRA.get(package)
    if extra is None:
        return _broken(error)
    _say(f"podcompose: {package} is not installed; run: pip install 'podcompose[{extra}]'")
    return 2


def _broken(error: Exception) -> int:
    _say(f"podcompose: this is a bug of podcompose, please report it: {type(error).__name__}: {error}")
    if os.environ.get("PODCOMPOSE_TRACEBACK"):
        raise error
    _say("podcompose: PODCOMPOSE_TRACEBACK=1 shows where")
    return 1


def _say(line: str) -> None:
    """Tell stderr, if anybody listens there."""
    with suppress(OSError, ValueError):
        print(line, file=sys.stderr)
