"""What was said of a starter's parameters, read and judged: everything that is wrong, at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from podcompose.airflow.starters.kinds import Value, Wrong, read_value
from podcompose.airflow.starters.outlines import Outline
from podcompose.airflow.starters.parameters import Parameter
from podcompose.core import hints
from podcompose.core.quantity import quantity
from podcompose.errors import Problem, TemplateError

__all__ = ["read_parameters", "unused"]

Values = Mapping[str, "Value | None"]

#: Words that people take for a parameter's name.
_MEANT = {
    "branch": "ref",
    "claim_name": "claim",
    "git_ref": "ref",
    "git_repo": "repo",
    "gid": "group",
    "fs_group": "group",
    "pvc": "claim",
    "release_name": "release",
    "rev": "ref",
    "run_as_user": "user",
    "sub_path": "subpath",
    "tag": "ref",
    "uid": "user",
    "url": "repo",
    "version": "airflow",
}
_HASH = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")


def read_parameters(who: str, outline: Outline, given: Mapping[str, Any]) -> dict[str, Value | None]:
    """
    The value of every parameter of a starter: what was given, else its default.

    Raises: TemplateError: unknown names, wrong values, values that contradict each other; all of them.
    """
    known = {one.name: one for one in outline.parameters}
    values: dict[str, Value | None] = {one.name: one.default for one in outline.parameters}
    problems: list[Problem] = []
    for written, value in given.items():
        name = written.replace("-", "_")
        if name not in known:
            problems.append(_unknown(who, written, known))
        elif value is not None:
            read = read_value(known[name].kind, value)
            if isinstance(read, Wrong):
                problems.append(_wrong(who, name, read))
            else:
                values[name] = read
    if len({name.replace("-", "_") for name in given}) < len(given):
        problems.append(_wrong(who, "", Wrong("a parameter is given twice, with dashes and with underscores")))
    problems += [_wrong(who, name, wrong) for name, wrong in _contradictions(values)]
    if problems != []:
        raise TemplateError(problems)
    return values


def unused(who: str, parameter: Parameter) -> Problem:
    """A value was given that goes nowhere."""
    needs = f"it goes with {parameter.needs}" if parameter.needs != "" else None
    return _wrong(who, parameter.name, Wrong("nothing in this pod has a use for it", needs))


def _unknown(who: str, written: str, known: Mapping[str, Parameter]) -> Problem:
    name = written.replace("-", "_")
    meant = _MEANT.get(name.lower())
    guess = meant if meant in known else hints.close(name, known)
    dashed = hints.listed(one.replace("_", "-") for one in known)
    suggestion = f"did you mean {guess.replace('_', '-')!r}?" if guess is not None else f"there are: {dashed}"
    return Problem("unknown-parameter", "", f"it has no parameter {written!r:.80}", "starter", who, suggestion=suggestion)


def _wrong(who: str, name: str, wrong: Wrong) -> Problem:
    return Problem("bad-parameter", name.replace("_", "-"), wrong.message, "starter", who, suggestion=wrong.suggestion)


def _contradictions(values: Values) -> Iterator[tuple[str, Wrong]]:
    """What no single value shows."""
    if values.get("ssh_secret") is not None and values.get("credentials_secret") is not None:
        yield "ssh_secret", Wrong("a key and a password are both given", "leave out ssh-secret or credentials-secret")
    if values.get("git_sync") == "3" and _HASH.fullmatch(str(values.get("ref"))) is not None:
        yield "ref", Wrong("git-sync 3 fetches a branch or a tag, not a commit", "take git-sync=4")
    for resource in ("cpu", "memory"):
        request, limit = values.get(f"{resource}_request"), values.get(f"{resource}_limit")
        if request is not None and limit is not None and quantity(request) > quantity(limit):
            yield (
                f"{resource}_request",
                Wrong(f"{request} is more than the limit, {limit}", f"raise {resource}-limit, or ask for less"),
            )
