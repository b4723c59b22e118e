"""Why moving from Airflow's merge to podcompose's changes a place, and what that means to whoever moves: rule after rule."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Literal, NamedTuple, get_args

from podcompose.airflow.differences import ABSENT, Gap
from podcompose.airflow.reconcile import EXTENDED, counts
from podcompose.core.diff import shown
from podcompose.core.hints import listed
from podcompose.core.json import Json, JsonMap, same
from podcompose.core.path import Key, Path, format_path
from podcompose.core.quantity import quantity
from podcompose.core.select import locate
from podcompose.schema.pod import POD

__all__ = ["GROUPS", "Group", "Misplaced", "Story", "Verdict", "judge", "misplaced"]

#: harmless: to Kubernetes it is the same; improved: what was written now counts, or what was refused is not; to be looked at: the
#: pod does something else than it did, which may or may not be what was meant.
Group = Literal["to be looked at", "improved", "harmless"]
GROUPS: tuple[Group, ...] = get_args(Group)

Verdict = tuple[Group, str]


class Misplaced(NamedTuple):
    """A container of an override that Airflow merged into one of another name, which stood in its place."""

    into: str
    name: str
    #: Whether the pod had a container of that name.
    known: bool


class Story(NamedTuple):
    """What led to two manifests: enough to say why they differ."""

    #: What the overrides say, in their order; only those that are laid over by the dialects.
    patches: tuple[Json, ...]
    misplaced: tuple[Misplaced, ...]
    #: Where the two differed before the hooks; None where there are none.
    unhooked: tuple[Path, ...] | None
    #: The pod as podcompose composes it.
    after: JsonMap


def judge(gap: Gap, story: Story) -> Verdict:
    """The group of a difference, and why it is there: the first rule that knows."""
    return next(verdict for rule in _RULES if (verdict := rule(gap, story)) is not None)


def misplaced(airflow: Json, compose: Json, patch: Json) -> Iterator[Misplaced]:
    """The containers of a patch that stand in the place of one of another name, in what came of the pod by then in both ways."""
    known = _names_of(compose)
    for into, name in zip(_names_of(airflow), _names_of(patch), strict=False):
        if into != name:
            yield Misplaced(into, name, name in known)


def _names_of(manifest: Json) -> list[str]:
    """The names of a manifest's containers, in their order."""
    raw = locate(manifest, ("spec", "containers"), POD)
    containers = manifest["spec"]["containers"] if raw is not None else []
    return [str(one.get("name")) for one in containers if type(one) is dict] if type(containers) is list else []


def said(path: Path, story: Story) -> Json:
    """What the last override that mentions a path says of it; ABSENT where none does."""
    words = (_said_by(patch, path) for patch in reversed(story.patches))
    return next((word for word in words if word is not ABSENT), ABSENT)


def _said_by(patch: Json, path: Path) -> Json:
    raw = locate(patch, path, POD)
    for step in raw if raw is not None else ():
        patch = patch[step]
    return patch if raw is not None else ABSENT


def _by_hook(gap: Gap, story: Story) -> Verdict | None:
    if story.unhooked is None or any(_touch(gap.path, path) for path in story.unhooked):
        return None
    if story.unhooked == ():
        return "harmless", "both are the same before the hook, which does not leave the same twice"
    return "to be looked at", "both are the same before the hook, which leaves something else in a pod that differs elsewhere"


def _touch(path: Path, other: Path) -> bool:
    length = min(len(path), len(other))
    return path[:length] == other[:length]


def _by_order(gap: Gap, story: Story) -> Verdict | None:
    if gap.kind != "order":
        return None
    name = gap.path[-1]
    if name == "initContainers":
        return "to be looked at", "init containers run in their order, which is now another"
    if name == "containers" and gap.before[:1] != gap.after[:1]:
        return "to be looked at", "another container is the first now, which is the main one to kubectl and to Airflow"
    if name == "env" and "$(" in json.dumps(_value(story.after, gap.path)):
        return "to be looked at", "the order is another, and a `$(NAME)` only sees the variables before it"
    return "harmless", "only the order is another, which means nothing here"


def _by_place(gap: Gap, story: Story) -> Verdict | None:
    """Containers that Airflow matched by their places."""
    touched = [pair for pair in story.misplaced if _name_in(gap.path) in (pair.into, pair.name)]
    if touched == []:
        return None
    merged = listed(dict.fromkeys(f"the override's {pair.name!r} into the template's {pair.into!r}" for pair in touched))
    why = f"Airflow went by place, and merged {merged}; now containers are matched by name"
    strangers = [pair for pair in touched if not pair.known]
    return ("improved", why) if strangers == [] else ("to be looked at", f"{why}, and {_apart(strangers, story)}")


def _name_in(path: Path) -> str | None:
    """The name of the container that a path leads into."""
    key = path[2] if path[:2] == ("spec", "containers") and len(path) > 2 else None
    return str(key.fields[0][1]) if isinstance(key, Key) else None


def _apart(strangers: Sequence[Misplaced], story: Story) -> str:
    """What became of containers that the template does not have."""
    names = dict.fromkeys(pair.name for pair in strangers)
    bare = [name for name in names if _value(story.after, (*_container(name), "image")) is None]
    told = f"the template has no {listed(map(repr, names))}, which is a container of its own"
    meant = listed(dict.fromkeys(repr(pair.into) for pair in strangers))
    return told if bare == [] else f"{told}, without the image that the API server asks for (is {meant} meant?)"


def _container(name: str) -> Path:
    return ("spec", "containers", Key((("name", name),)))


def _value(manifest: JsonMap, path: Path) -> Json:
    """What stands at a path of a pod, which holds no null; None where nothing does."""
    value = _said_by(manifest, path)
    return None if value is ABSENT else value


#: What Kubernetes makes of a list that names something twice, by the list's field.
_TWICE: Mapping[str, str] = {
    "env": "Kubernetes takes the last of two",
    "ports": "a port named twice is a warning, or refused",
}


def _by_repetition(gap: Gap, story: Story) -> Verdict | None:
    if gap.kind != "repeated" or len(gap.after) > 1:
        return None
    name = str(gap.path[-2])
    became = _TWICE.get(name, "the API server refuses two")
    why = f"Airflow appended the override's to the template's ({became}); now they are merged into one"
    if name == "env" and not same(gap.before[-1:], gap.after):
        return "to be looked at", f"{why}, which keeps something of the template's"
    others = json.dumps(_value(story.after, gap.path[:-1]))
    if name == "env" and f"$({gap.after[0].get('name')})" in others and not same(gap.before[:1], gap.after):
        return "to be looked at", f"{why}, which others that refer to it with $(NAME) see"
    return "improved", why


#: Structs that mean the same whether they are empty or not there; of all others (emptyDir, a label selector) that is not so.
_IDLE = frozenset(
    (
        *("Affinity", "NodeAffinity", "PodAffinity", "PodAntiAffinity", "Lifecycle", "ObjectMeta", "PodDNSConfig"),
        *("PodSecurityContext", "SecurityContext", "ResourceRequirements"),
    )
)


def _by_emptiness(gap: Gap, story: Story) -> Verdict | None:
    values = [value for value in (gap.before, gap.after) if value is not ABSENT]
    if len(values) > 1 or gap.field is None or values[0] not in ({}, []) or type(values[0]) not in (dict, list):
        return None
    if gap.field.kind == "struct" and gap.field.of not in _IDLE:
        return None
    return "harmless", "empty, which is as good as not there"


def _by_spelling(gap: Gap, story: Story) -> Verdict | None:
    """A quantity that was written as a number: Airflow's client makes text of it."""
    if type(gap.before) is str and type(gap.after) in (int, float) and gap.before == str(gap.after):
        return "harmless", "a quantity means the same as a number and as text"
    return None


def _by_null(gap: Gap, story: Story) -> Verdict | None:
    if said(gap.path, story) is not None:
        if gap.field is None and gap.before in ("", "0") and gap.after is ABSENT:
            return "to be looked at", "the template's null is not set; Airflow's client sent it, and the API server made it empty"
        return None
    return "to be looked at", "the override's null now deletes; to Airflow it was not set"


def _by_falsehood(gap: Gap, story: Story) -> Verdict | None:
    """What Airflow calls false, and left out."""
    word = said(gap.path, story)
    if len(gap.path) > _depth(gap.path) or word is ABSENT or counts(word, gap.field) or not same(word, gap.after):
        return None
    if type(word) in (list, dict):
        return "to be looked at", f"the override's {shown(word)} now wins: the template's entries are gone"
    if gap.path[-1] == "image":
        return (
            "to be looked at",
            f"the override's {shown(word)} now wins: a container without an image, which the API server refuses",
        )
    return "improved", f"the override's {shown(word)} now wins"


def _by_extension(gap: Gap, story: Story) -> Verdict | None:
    """Lists to which Airflow appended, and which Kubernetes replaces whole."""
    lists = {name for names in EXTENDED.values() for name in names}
    if gap.path[-1] not in lists or gap.field is None or gap.field.merge != "atomic" or said(gap.path, story) is ABSENT:
        return None
    return "to be looked at", "Airflow appended the override's entries to the template's; now they replace them"


def _by_replacement(gap: Gap, story: Story) -> Verdict | None:
    """Maps, structs and lists that Airflow replaced whole, and that are merged now."""
    whole = gap.path[: _depth(gap.path)]
    word = said(whole, story)
    if word is ABSENT or type(word) not in (dict, list):
        return None
    why = f"Airflow replaced {format_path(whole)} whole; now what the override does not mention stays"
    above = _above_limit(_value(story.after, whole)) if whole[-1] == "resources" else []
    if above == []:
        return "to be looked at", why
    return "to be looked at", f"{why}, and the request of {listed(above)} is above its limit, which the API server refuses"


def _above_limit(resources: Json) -> list[str]:
    """The resources of which more is requested than the limit allows."""
    requests, limits = (resources.get(side, {}) if type(resources) is dict else {} for side in ("requests", "limits"))
    above: list[str] = []
    for name in requests:
        with suppress(ValueError):  # what is no quantity has no order
            above += [name] if name in limits and quantity(requests[name]) > quantity(limits[name]) else []
    return above


def _depth(path: Path) -> int:
    """How deep Airflow looks: at fields of the spec and of the metadata, and at those of containers."""
    if path[:1] == ("spec",):
        return 4 if path[1:2] in (("containers",), ("initContainers",)) else 2
    return 2 if path[:1] == ("metadata",) else 1


def _by_null_above(gap: Gap, story: Story) -> Verdict | None:
    """Something around the place that one override deletes, and a later one says anew."""
    if any(_said_by(patch, gap.path[:length]) is None for patch in story.patches for length in range(1, len(gap.path))):
        return "to be looked at", "an override's null deletes what is around it; to Airflow it was not set"
    return None


def _by_nothing_known(gap: Gap, story: Story) -> Verdict | None:
    return "to be looked at", "the two merges differ here"


_RULES: tuple[Callable[[Gap, Story], Verdict | None], ...] = (
    _by_emptiness,
    _by_hook,
    _by_order,
    _by_place,
    _by_repetition,
    _by_spelling,
    _by_null,
    _by_falsehood,
    _by_extension,
    _by_null_above,
    _by_replacement,
    _by_nothing_known,
)
