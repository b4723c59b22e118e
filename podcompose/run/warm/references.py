"""
Which `$(VAR)` of a task the kubelet would expand; the others are escaped, so that whoever runs the task leaves them alone.

The kubelet expands a variable's value by the variables before it and those of services, a command by all of the container. It knows
nothing of what an image sets (PATH, say), which the program that runs in the pod sees as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

__all__ = ["settled_argv", "settled_env"]

#: `$$`, a whole reference, or a `$` alone.
_REFERENCE = re.compile(r"\$(?:\$|\(([^)]*)\))")
_SERVICE = re.compile(r"[A-Z0-9_]+_(SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)")
#: Of images and runtimes; with `envFrom`, whose names nobody knows here, any other may be there.
_NOT_OURS = frozenset({"PATH", "HOME", "HOSTNAME", "TERM", "PWD", "SHLVL", "OLDPWD", "TMPDIR", "USER", "LANG"})


def settled_env(env: Iterable[tuple[str, str | None]], *, env_from: bool = False) -> tuple[tuple[str, str], ...]:
    """
    The literal variables, in order; None stands for a value that the pod has from elsewhere.

    Shapes: `env_from`: the container has `envFrom` too, whose variables are there before all of these.

    >>> settled_env([("A", "$(B) $(PATH)"), ("B", None), ("C", "$(A) $(B) $$(A)")])
    (('A', '$$(B) $$(PATH)'), ('C', '$(A) $(B) $$(A)'))
    """
    known: set[str] = set()
    settled = []
    entries = list(env)
    later = {name for name, value in entries if value is None}
    for name, value in entries:
        if value is not None:
            settled.append((name, _settled(value, lambda one: one in known or (one not in later and _is_there(one, env_from)))))
        known.add(name)
    return tuple(settled)


def settled_argv(argv: Iterable[str], names: Iterable[str], *, env_from: bool) -> tuple[str, ...]:
    """
    A command, by the names of the container's variables.

    >>> settled_argv(["echo", "$(A)", "$(PATH)", "$(DB_SERVICE_HOST)"], ["A"], env_from=False)
    ('echo', '$(A)', '$$(PATH)', '$(DB_SERVICE_HOST)')
    """
    known = frozenset(names)
    return tuple(_settled(text, lambda one: one in known or _is_there(one, env_from)) for text in argv)


def _is_there(name: str, env_from: bool) -> bool:
    return _is_service(name) or (env_from and name not in _NOT_OURS)


def _is_service(name: str) -> bool:
    return _SERVICE.fullmatch(name) is not None


def _settled(text: str, expands: Callable[[str], bool]) -> str:
    def escaped(found: re.Match[str]) -> str:
        name = found[1]
        return found[0] if name is None or expands(name) else found[0].replace("$", "$$")

    return _REFERENCE.sub(escaped, text) if "$(" in text else text
