"""What a task's `$(VAR)` become in a pod that runs already is what the kubelet would have made of them in a pod of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from podcompose.backends.local.expansion import expand
from podcompose.run.warm.references import settled_argv, settled_env

LITERAL, SOURCED, SERVICES, IMAGE = ("A", "B", "C"), ("S", "T"), ("DB_SERVICE_HOST", "DB_PORT_80_TCP_ADDR"), ("PATH", "HOME")
#: Set by an image, not by a pod; and by `envFrom`, whose names are not known before.
OTHER_OF_IMAGE, FROM_ELSEWHERE = "JAVA_HOME", "CM"
NAMES = (*LITERAL, *SOURCED, *SERVICES, *IMAGE, OTHER_OF_IMAGE, FROM_ELSEWHERE, "NOBODY", "", " A")
PIECES = ("$", "$$", "$(", ")", "(", "x", "ü\n", *(f"$({name})" for name in NAMES), "$$(A)", "$$$(A)", "$$$$(A)", "$(A")
TEXTS = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)


class Container(NamedTuple):
    """A container's variables, wherever they come from; None: a value from elsewhere."""

    env: list[tuple[str, str | None]]
    sourced: Mapping[str, str]
    services: Mapping[str, str]
    from_elsewhere: Mapping[str, str]
    image: Mapping[str, str]


@st.composite
def containers(draw: st.DrawFn) -> Container:
    """Literal variables in any order, some twice, between those of sources; services and image have what they like."""
    literal = draw(st.lists(st.tuples(st.sampled_from((*LITERAL, SERVICES[0])), TEXTS), max_size=5))
    sourced = draw(st.lists(st.sampled_from(SOURCED), unique=True))
    env: list[tuple[str, str | None]] = draw(st.permutations([*literal, *((name, None) for name in sourced)]))
    there = draw(st.sets(st.sampled_from(sourced))) if sourced != [] else set()
    services = draw(st.dictionaries(st.sampled_from(SERVICES), TEXTS))
    elsewhere = draw(st.dictionaries(st.sampled_from((FROM_ELSEWHERE, SERVICES[1])), TEXTS))
    image = {name: f"of the image: {name}" for name in (*IMAGE, *(() if elsewhere else (OTHER_OF_IMAGE,)))}
    return Container(env, {name: draw(TEXTS) for name in sorted(there)}, services, elsewhere, image)


def _substituted(text: str, known: Mapping[str, str]) -> str:
    """As Kubernetes reads a text: one character after another."""
    written, at = "", 0
    while at < len(text):
        end = text.find(")", at)
        if text[at] != "$" or at + 1 == len(text):
            written, at = written + text[at], at + 1
        elif text[at + 1] == "$":
            written, at = written + "$", at + 2
        elif text[at + 1] == "(" and end != -1:
            name = text[at + 2 : end]
            written, at = written + known.get(name, f"$({name})"), end + 1
        else:
            written, at = written + text[at : at + 2], at + 2
    return written


def _kubelet(container: Container, argv: list[str]) -> tuple[dict[str, str], list[str]]:
    """The pod's variables (not the image's) and the command, in a pod of its own."""
    earlier = dict(container.from_elsewhere)
    for name, value in container.env:
        if value is not None:
            earlier[name] = _substituted(value, {**container.services, **earlier})
        elif name in container.sourced:
            earlier[name] = container.sourced[name]
    known = {**container.services, **earlier}
    return known, [_substituted(word, known) for word in argv]


def _warm(container: Container, argv: list[str]) -> tuple[dict[str, str], list[str]]:
    """The variables and the command of a task in a pod that runs: by what is there, each variable by those before it."""
    there = {**container.image, **container.services, **container.from_elsewhere, **container.sourced}
    env_from = len(container.from_elsewhere) > 0
    for name, value in settled_env(container.env, env_from=env_from):
        there[name] = expand(value, there)
    names = [name for name, _ in container.env]
    return there, [expand(word, there) for word in settled_argv(argv, names, env_from=env_from)]


@given(containers(), st.lists(TEXTS, max_size=3))
def test_a_task_sees_what_it_would_see_in_a_pod_of_its_own(container: Container, argv: list[str]) -> None:
    """Its variables and its command are those that the kubelet would have made."""
    alone, alone_argv = _kubelet(container, argv)
    warm, warm_argv = _warm(container, argv)
    assert warm_argv == alone_argv
    assert warm == {**container.image, **alone}


def test_what_an_image_sets_is_not_the_kubelets() -> None:
    """The kubelet leaves `$(PATH)` as it is written, though the program has a PATH."""
    (_, value), argv = settled_env([("A", "$(PATH)")])[0], settled_argv(["$(PATH)", "$(A)"], ["A"], env_from=True)
    assert (expand(value, {"PATH": "/bin"}), [expand(word, {"PATH": "/bin", "A": "a"}) for word in argv]) == (
        "$(PATH)",
        ["$(PATH)", "a"],
    )
