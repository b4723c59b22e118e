"""
Orders as the scripts of fronts, and a task as the shell text that sets its variables and its arguments.

Every text of a task becomes one shell word: what is literal in single quotes, a reference as an expansion by the shell there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import assert_never

from podcompose.run.warm.hosting import Ask, Order, Quit, Run, Stop, Task, Void
from podcompose.run.warm.shell.program import FRONT, OUTPUT, SUPERVISOR

__all__ = ["key_of", "output_script", "script", "supervisor"]

_QUIT = "quit"
_REFERENCE = re.compile(r"\$(?:\$|\(([^)]*)\))")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: What one shell or another has of its own under this name, in the environment or not: never set as a shell variable.
_SHELLS_OWN = re.compile(
    r"_|BASHOPTS|BASHPID|COLUMNS|DIRSTACK|EPOCHREALTIME|EPOCHSECONDS|EUID|EXECIGNORE|FUNCNAME|FUNCNEST"
    r"|GLOBIGNORE|GROUPS|HISTCMD|HISTFILE|HISTSIZE|IFS|IGNOREEOF|LINENO|LINES|MAILCHECK|OLDPWD|OPTARG"
    r"|OPTERR|OPTIND|PIPESTATUS|POSIXLY_CORRECT|PPID|PS1|PS2|PS4|PWD|RANDOM|REPLY|SECONDS|SHELLOPTS|SHLVL"
    r"|SRANDOM|TMOUT|UID"
)


def supervisor(root: str) -> list[str]:
    """
    The command of the idle container.

    Shapes: `root` is the folder it may write in, an absolute path; no `$(VAR)` is in the command, and nothing else that Kubernetes
            would change.
    """
    return ["sh", "-c", SUPERVISOR, "podcompose", root]


def script(order: Order, root: str, *, stays: bool = False) -> bytes:
    """
    What is fed to a `sh` in the container: it does the order, prints what Reports reads, and exits; or `stays`, for another.

    Raises: ValueError: a key that is none, or a NUL in a text, which no process can be given.
    """
    match order:
        case Run():
            return _front(root, order.task.key, "run", "-", _task(order.task, order.forget), stays=stays)
        case Stop():
            return _front(root, order.key, "stop", _seconds(order.grace_s).replace(".", "_"), stays=stays)
        case Ask() | Void():
            return _front(root, order.key, "ask" if isinstance(order, Ask) else "void", "-", stays=stays)
        case Quit():
            return _front(root, _QUIT, "quit", "-", stays=stays)
        case _:
            assert_never(order)


def key_of(order: Order) -> str:
    """
    What the lines that answer an order are known by.

    >>> key_of(Ask("abc")), key_of(Quit())
    ('abc', 'quit')
    """
    match order:
        case Run():
            return order.task.key
        case Quit():
            return _QUIT
        case _:
            return order.key


def output_script(key: str, root: str) -> bytes:
    """What is fed to a `sh` in the container to print what the task of this key wrote: bytes as they are, nothing besides."""
    return _script({"_pc_r": root, "_pc_k": _key(key)}, OUTPUT)


def _front(root: str, key: str, verb: str, grace: str, task: str = "", *, stays: bool) -> bytes:
    body = FRONT if stays else f"{FRONT}exit 0\n"
    return _script({"_pc_r": root, "_pc_k": _key(key), "_pc_v": verb, "_pc_a": grace, "_pc_w": task}, body)


def _script(variables: Mapping[str, str], body: str) -> bytes:
    """In braces: a shell that gets a part of it only does nothing."""
    heads = "".join(f"{name}={_quoted(value)}\n" for name, value in variables.items())
    return f"{{\n{heads}{body}}}\n".encode("utf-8", "surrogateescape")


def _key(key: str) -> str:
    if re.fullmatch("[a-z2-7]+", key) is None:
        raise ValueError(f"a task's key is of a-z and 2-7, not {key!r}")
    return key


def _seconds(seconds: float) -> str:
    """Whole seconds without a point: not every `sleep` knows fractions."""
    return str(int(seconds)) if seconds == int(seconds) else f"{seconds:.3f}"


def _task(task: Task, forget: Iterable[str]) -> str:
    """The first line is for the supervisor, the others for the child that becomes the task."""
    deadline = "-" if task.deadline_s is None else _seconds(task.deadline_s)
    lines = [" ".join(["#", deadline, _seconds(task.grace_s), *map(_key, forget)])]
    helpers: dict[str, str] = {}
    for number, (name, value) in enumerate(task.env):
        word = _word(value, helpers)
        if _is_plain(name):
            lines.append(f"export {name}={word}")
        else:
            helpers[name] = f"_pc_v{number}"
            lines.append(f"_pc_v{number}={word}")
    lines.append(" ".join(["set --", *(_word(text, helpers) for text in task.argv)]))
    return "\n".join([*lines, *_odd(helpers), "_pc_ok=1", ""])


def _odd(helpers: Mapping[str, str]) -> list[str]:
    """What starts the program where variables have names that are not the shell's to set."""
    if not helpers:
        return []
    words = " ".join(f'{_quoted(name + "=")}"${variable}"' for name, variable in helpers.items())
    return ["_pc_odd=1", f'_pc_odd() {{ exec "$_pc_env" $_pc_signals -- {words} "$@" 2>&1; }}']


def _word(text: str, helpers: Mapping[str, str]) -> str:
    """One shell word that gives the text with its references expanded."""
    pieces = []
    end = 0
    for found in _REFERENCE.finditer(text):
        pieces += [_literal(text[end : found.start()]), _reference(found, helpers)]
        end = found.end()
    return "".join([*pieces, _literal(text[end:])]) or "''"


def _reference(found: re.Match[str], helpers: Mapping[str, str]) -> str:
    name = found[1]
    if name is None:
        return "'$'"
    if name in helpers:
        return f'"${{{helpers[name]}}}"'
    return f'"${{{name}-\\$({name})}}"' if _is_plain(name) else _quoted(found[0])


def _is_plain(name: str) -> bool:
    """Whether a shell can have it as a variable like any other."""
    return (
        _IDENTIFIER.fullmatch(name) is not None and _SHELLS_OWN.fullmatch(name) is None and not name.startswith(("BASH_", "_pc_"))
    )


def _literal(text: str) -> str:
    return _quoted(text) if text else ""


def _quoted(text: str) -> str:
    if "\0" in text:
        raise ValueError("a NUL cannot be given to a process")
    return "'" + text.replace("'", "'\\''") + "'"
