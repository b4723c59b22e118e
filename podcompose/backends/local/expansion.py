"""`$(NAME)` in commands, arguments and the values of environment variables, as the kubelet expands it."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["expand"]

#: An operator and what may follow it: the operator again, a whole reference, or anything else.
_REFERENCE = re.compile(r"\$(?:\$|\(([^)]*)\)|.)", re.DOTALL)


def expand(text: str, variables: Mapping[str, str]) -> str:
    """
    Put the values of variables in for their references.

    What is not defined stays as it is written; `$$` is one `$`; a value that was put in is not looked at again.
    Source: k8s.io/kubernetes/third_party/forked/golang/expansion.

    >>> expand("$(A) $(B) $$(A) $A $(A", {"A": "$(A)"})
    '$(A) $(B) $(A) $A $(A'
    """

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            return "$" if found[0] == "$$" else found[0]
        return variables.get(name, found[0])

    return _REFERENCE.sub(value, text) if "$" in text else text
