"""Which backend a pod goes to: a function of the pod and its launch id, or the name of a label, an annotation or a field."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeAlias

from podcompose.core.hints import close, listed
from podcompose.core.json import JsonMap
from podcompose.core.path import Key, Member, Segment, parse_path
from podcompose.errors import Problem, a

__all__ = ["Route", "by", "no_such", "route_of", "routed"]

Route: TypeAlias = "str | Callable[[JsonMap], str | None] | Callable[[JsonMap, str], str | None]"
"""What says where a pod goes: see `Router`."""

_Asked: TypeAlias = Callable[[JsonMap, str], Any]


def by(key: str, names: Mapping[str, str] | None = None) -> Callable[[JsonMap], str | None]:
    """
    A route by a label, else an annotation of that name, or by a field if the key is a path (which begins with a dot).

    Shapes: `names` says which backend each value means; a value it does not have is for the router's `default`. Without it the
            value is the backend's name.
    Raises: PathError; TypeError: the key is no text, or empty, or the names are no mapping.

    >>> route = by("queue", {"gpu": "kubernetes", "kubernetes": "kubernetes"})
    >>> route({"metadata": {"labels": {"queue": "gpu"}}}), route({"metadata": {"labels": {"queue": "default"}}}), route({})
    ('kubernetes', None, None)
    >>> by('.spec.containers[name="base"].image')({"spec": {"containers": [{"name": "base", "image": "busybox"}]}})
    'busybox'
    """
    if not isinstance(key, str) or key == "":
        raise TypeError(f"a route is by the name of a label or annotation, or by a path, not {key!r}")
    if names is not None and not isinstance(names, Mapping):
        raise TypeError(f"names are a mapping of values to backends, not {a(type(names).__name__)}")
    paths = [parse_path(key)] if key.startswith(".") else [("metadata", kind, key) for kind in ("labels", "annotations")]

    def route(pod: JsonMap) -> str | None:
        found = next((value for value in (_at(pod, path) for path in paths) if value is not None), None)
        if names is None or found is None:
            return found
        return names.get(found) if isinstance(found, str) else None

    return route


def route_of(route: Route) -> _Asked:
    """
    A route as a function of the pod and its launch id; one that takes the pod alone is given only that.

    Raises: TypeError: it is no route.
    """
    if isinstance(route, str):
        named = by(route)
        return lambda pod, launch_id: named(pod)
    if not callable(route):
        raise TypeError(f"a route is a function, or the name of a label or annotation, not {a(type(route).__name__)}")
    asked: Any = route
    return asked if _takes_two(asked) else lambda pod, launch_id: asked(pod)


def routed(route: _Asked, pod: JsonMap, launch_id: str, names: Collection[str], default: str | None) -> str | Problem:
    """The backend that a route names, or what is wrong with its answer."""
    try:
        answer = route(pod, launch_id)
    except Exception as error:  # a stranger's code: whatever it raises refuses this launch, and ends no scheduler
        return Problem("route-raised", "", f"the route raised {type(error).__name__}: {error}{_line(error)}", suggestion=_WHAT)
    answer = default if answer is None else answer
    if isinstance(answer, str) and answer in names:
        return answer
    if inspect.iscoroutine(answer):
        answer.close()
    return no_such(answer, names)


def no_such(answer: Any, names: Collection[str]) -> Problem:
    """
    What to say of an answer that is no backend's name.

    >>> print(no_such("kubernets", ["kubernetes", "local"]))
    the route gave 'kubernets', and the backends are kubernetes, local; did you mean 'kubernetes'?
    """
    there = f"the backends are {listed(names)}"
    if answer is None:
        fix = "give the router a `default`, or the pod what the route looks for"
        return Problem("no-such-backend", "", f"the route gave nothing for this pod, and {there}", suggestion=fix)
    if not isinstance(answer, str):
        message = f"the route gave {a(type(answer).__name__)}, and {there}"
        return Problem("no-such-backend", "", message, suggestion="a route gives the name of a backend")
    guess = close(answer, names)
    fix = "name one of them" if guess is None else f"did you mean {guess!r}?"
    return Problem("no-such-backend", "", f"the route gave {answer!r}, and {there}", suggestion=fix)


_WHAT = "a route gets the pod as wire JSON, in which anything may be missing"


def _takes_two(route: Callable[..., Any]) -> bool:
    """Whether a function takes a second argument that must be given, or any number of them."""
    try:
        parameters = inspect.signature(route).parameters.values()
    except (TypeError, ValueError):
        return False
    positional = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    needed = [one for one in positional if one.default is one.empty]
    return any(one.kind is one.VAR_POSITIONAL for one in parameters) or len(needed) > 1 or _names_it(positional)


def _names_it(positional: list[inspect.Parameter]) -> bool:
    """Whether a second argument that may be left out is meant for the launch id."""
    return len(positional) > 1 and positional[1].name == "launch_id"


def _line(error: Exception) -> str:
    """Where it was raised, as far as that is known."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return "" if traceback is None else f" ({traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno})"


def _at(value: Any, path: tuple[Segment, ...]) -> Any:
    """What stands at a path; None where nothing does."""
    for segment in path:
        if isinstance(segment, (Key, Member)):
            value = next((one for one in value if _is(one, segment)), None) if type(value) is list else None
        elif isinstance(segment, int):
            value = value[segment] if type(value) is list and segment < len(value) else None
        else:
            value = value.get(segment) if type(value) is dict else None
    return value


def _is(element: Any, segment: Key | Member) -> bool:
    if isinstance(segment, Member):
        return bool(element == segment.value)
    return type(element) is dict and all(element.get(name) == value for name, value in segment.fields)
