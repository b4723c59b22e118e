"""What moving from Airflow's merge to podcompose's changes of a pod, field by field, and why: `compare`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from podcompose.airflow.client import as_read
from podcompose.airflow.comparison import Comparison, Difference
from podcompose.airflow.differences import gaps
from podcompose.airflow.executor_config import CONFIG_KEYS, read_executor_config
from podcompose.airflow.reasons import Misplaced, Story, judge, misplaced
from podcompose.airflow.reconcile import AIRFLOW
from podcompose.compose import compose
from podcompose.composition import Composition
from podcompose.core.hints import close
from podcompose.core.json import JsonMap
from podcompose.dialect import COMPOSE, Dialect
from podcompose.errors import Finding, HookError, OverrideError, PodComposeError, Problem, TemplateError
from podcompose.hook import Hook, as_hooks
from podcompose.intake import Document, Origin, file_name, from_text, from_value, read_text
from podcompose.override import Override, as_override
from podcompose.template import Template

__all__ = ["Viewed", "compare", "compare_viewed", "viewed"]


class Viewed(NamedTuple):
    """A template as both ways see it, read once for many comparisons."""

    name: str
    #: What podcompose takes; None where it takes nothing.
    strict: Template | None
    #: What Airflow's client held of it; None where it could not be read.
    lenient: Template | None
    problems: tuple[Problem, ...] = ()
    failures: tuple[Problem, ...] = ()


def compare(template: Any, override: Any = None, hook: Hook | Sequence[Hook] | None = None) -> Comparison:
    """
    Compose as Airflow did and as podcompose does, and say what differs and why.

    Nothing of a template, an override or a hook is raised: what one of the two ways refuses is part of the answer.

    Shapes: template: Template, a file's path, V1Pod or mapping; override: Override, V1Pod, mapping or executor_config, or a
            sequence of these; hook: as `compose` takes it; it runs once on either pod.
    Laws:   no differences if and only if the two manifests are equal; each leaf that differs is in one (tests/airflow).

    >>> containers = [{"name": "base", "image": "busybox"}]
    >>> template = {"spec": {"hostNetwork": True, "containers": containers}}
    >>> print(compare(template, {"spec": {"hostNetwork": False}}))
    1 difference: 1 improved
    improved
      .spec.hostNetwork true -> false: the override's false now wins
    """
    return compare_viewed(viewed(template), override, hook)


def viewed(template: Any) -> Viewed:
    """A template as both ways see it."""
    if isinstance(template, Template):
        return _both(template.document, template.origin)
    if isinstance(template, (str, os.PathLike)):
        origin = Origin("template", "", file_name(template))
        try:
            return _both(from_text(read_text(str(origin.source), origin, TemplateError)), origin)
        except TemplateError as error:
            hint = "read text with Template.from_yaml" if "\n" in str(template) else None
            problems = tuple(replace(problem, suggestion=hint) for problem in error.problems)
            return Viewed(str(origin.source), None, None, problems, problems)
    return _both(from_value(template), Origin("template"))


def _both(document: Document, origin: Origin) -> Viewed:
    strict, problems = _template(document, origin, COMPOSE)
    if document.value == {} and document.found != ():
        return Viewed(_called(origin), None, None, problems, problems)
    found: list[Finding] = []
    manifest = as_read(document.value, found)
    # Of a pod that is no text nobody knows whether it was ever read, and may lack what others give it.
    failures = [finding for finding in found if document.marks != {}]
    lenient, refused = _template(Document(manifest, document.marks), origin, AIRFLOW)
    return Viewed(_called(origin), strict, lenient, problems, (*origin.problems(failures, document.marks), *refused))


def _called(origin: Origin) -> str:
    return origin.who or origin.source or "template"


def _template(document: Document, origin: Origin, dialect: Dialect) -> tuple[Template | None, tuple[Problem, ...]]:
    try:
        return Template(document, origin.who, origin.source, dialect), ()
    except TemplateError as error:
        return None, error.problems


def compare_viewed(original: Viewed, override: Any = None, hook: Hook | Sequence[Hook] | None = None) -> Comparison:
    """`compare`, with a template that is read already."""
    overrides, unread = _overrides(override)
    unusable = (*unread, *_unfound(hook))
    usable = hook if unusable == () else None
    ours, problems = _composed(original.strict, overrides, usable, COMPOSE)
    theirs, failures = _composed(original.lenient, overrides, usable, AIRFLOW)
    foreign = tuple(_foreign(overrides))
    ours = ours if unusable == () else None
    theirs = theirs if unusable == foreign == () else None
    problems = tuple(dict.fromkeys((*original.problems, *unusable, *problems)))
    known = {(problem.code, problem.path) for problem in problems}
    only = [failure for failure in (*original.failures, *foreign, *failures) if (failure.code, failure.path) not in known]
    return Comparison(theirs, ours, _differences(theirs, ours), problems, tuple(dict.fromkeys(only)))


def _overrides(given: Any) -> tuple[list[Override], tuple[Problem, ...]]:
    """The overrides that can be read, and what is wrong with the others."""
    several = isinstance(given, Sequence) and not isinstance(given, (str, bytes))
    read: list[Override] = []
    problems: list[Problem] = []
    for one in given if several else (given,):
        try:
            override = _override(one)
            read += [override] if override is not None else []
        except OverrideError as error:
            problems += error.problems
    return read, tuple(problems)


def _override(given: Any) -> Override | None:
    if isinstance(given, Mapping) and _is_config(given):
        return read_executor_config(given).override
    return None if given is None else as_override(given)


def _is_config(given: Mapping[Any, Any]) -> bool:
    """Whether a mapping has a key that stands in an executor_config and in no pod, typos among them."""
    try:
        keys = [key for key in given if isinstance(key, str)]
    except Exception:  # a stranger's mapping: who reads it says what is wrong
        return False
    return any(key.endswith("Executor") or close(key, CONFIG_KEYS) is not None for key in keys)


def _foreign(overrides: Sequence[Override]) -> Iterator[Problem]:
    """The overrides that say what no V1Pod can."""
    for override in overrides:
        if override.kind != "patch" or override.delete != ():
            what = "deletes" if override.kind == "patch" else override.kind.replace("-", " ")
            yield override.origin.problem(Finding("airflow-refuses", ".", f"Airflow has no {what}: a V1Pod cannot say this"), {})


def _unfound(hook: Hook | Sequence[Hook] | None) -> tuple[Problem, ...]:
    """What is wrong with the hooks themselves."""
    try:
        as_hooks(hook)
    except HookError as error:
        return error.problems
    return ()


def _composed(
    template: Template | None, overrides: Sequence[Override], hook: Hook | Sequence[Hook] | None, dialect: Dialect
) -> tuple[Composition | None, tuple[Problem, ...]]:
    """The pod composed, and what is wrong; over no template, what is wrong with the overrides alone."""
    try:
        if template is not None:
            return compose(template, *overrides, hook=hook, dialect=dialect), ()
        compose({}, *overrides, dialect=dialect)
    except PodComposeError as error:
        alone = ("no-image", "failed-operation") if template is None else ()
        return None, tuple(problem for problem in error.problems if problem.code not in alone)
    return None, ()


def _differences(theirs: Composition | None, ours: Composition | None) -> tuple[Difference, ...]:
    if theirs is None or ours is None:
        return ()
    before, after = theirs.manifest, ours.manifest
    found = gaps(before, after)
    if found == ():
        return ()
    story = _story(theirs, ours, after)
    return tuple(Difference.of(gap, *judge(gap, story)) for gap in found)


def _story(theirs: Composition, ours: Composition, after: JsonMap) -> Story:
    from podcompose.history import stages

    count = len(ours.overrides) + 1
    left, right = (
        [stage.after for stage in stages(one.template, one.overrides, one.hooks, one.dialect)[:count]] for one in (theirs, ours)
    )
    patches = [override.document.value if override.kind == "patch" else None for override in ours.overrides]
    moved: list[Misplaced] = [
        pair for at, patch in enumerate(patches) if patch is not None for pair in misplaced(left[at], right[at], patch)
    ]
    unhooked = tuple(gap.path for gap in gaps(left[-1], right[-1])) if ours.hooks != () else None
    return Story(tuple(patch for patch in patches if patch is not None), tuple(moved), unhooked, after)
