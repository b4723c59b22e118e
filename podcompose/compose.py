"""The pipeline: a template, overrides and hooks become one pod, as one left fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Protocol, TypeVar, overload

from podcompose.check import mentioned, names_taken, without_image
from podcompose.composition import Composition
from podcompose.core.json import JsonMap
from podcompose.core.merge import Checked, Laid, check, lay, plainly
from podcompose.dialect import COMPOSE, Dialect, keeping
from podcompose.encode import independent
from podcompose.errors import HookError, MergeError, OverrideError, PodComposeError, Problem, TemplateError
from podcompose.hook import CodeHook, Hook, Ran, as_hooks, run_hook
from podcompose.intake import Origin, take
from podcompose.override import Override, as_override
from podcompose.stages import lay_override
from podcompose.template import Template

__all__ = ["compose", "merge"]

Unknown = Literal["error", "keep"] | None


class Pod(Protocol):
    """What every client's V1Pod has."""

    metadata: Any
    spec: Any


P = TypeVar("P", bound=Pod)


def compose(
    template: Any,
    *overrides: Any,
    hook: Hook | Sequence[Hook] | None = None,
    dialect: Dialect = COMPOSE,
    unknown: Unknown = None,
) -> Composition:
    """
    Compose one pod: the template, each override laid over it in order, then each hook.

    Shapes: template: Template, V1Pod or mapping; override: Override, V1Pod or mapping; hook: a callable V1Pod -> V1Pod | None,
            its name "package.module:function", a patch as data, or a sequence of these.
    Raises: TemplateError, OverrideError, HookError: the first stage's whose turn it is, with every problem of them all.
    Laws:   identity, frame, idempotence, purity, typed = mapping, fold order = stage order (tests/laws).
    Source: docs/merge.md says how a stage is merged, and where that differs from kubectl.

    >>> template = {"spec": {"containers": [{"name": "base", "image": "busybox"}]}}
    >>> override = {"spec": {"containers": [{"name": "base", "command": ["date"]}]}}
    >>> compose(template, override).manifest["spec"]["containers"]
    [{'name': 'base', 'image': 'busybox', 'command': ['date']}]
    """
    dialect = keeping(dialect, unknown)
    errors: list[PodComposeError] = []
    admin, checked = _template(template, dialect, errors)
    laid, patches = _overridden(overrides, checked, dialect, errors)
    hooks = _hooks(hook, errors)
    laid, ran = _hooked(laid, hooks, dialect, checked, errors)
    if errors == []:
        strays = without_image(laid.manifest, checked.manifest, [*patches, *ran], dialect)
        strays += names_taken(laid.manifest, [*patches, *ran], dialect)
    else:
        # What the overrides say of containers can be judged although they do not fit, if it is known what all of them say.
        known = len(patches) == len(overrides) and hooks == () and all(patch.kind == "patch" for patch in patches)
        strays = without_image(mentioned(patches), checked.manifest, patches, dialect) if known else []
    if strays != []:
        errors.append((OverrideError if strays[0].stage == "override" else HookError)(strays))
    if errors != [] or admin is None:
        raise _together(errors)
    return Composition(laid.manifest, admin, patches, ran, dialect, laid.exponents)


def _template(template: Any, dialect: Dialect, errors: list[PodComposeError]) -> tuple[Template | None, Checked]:
    try:
        admin = template if isinstance(template, Template) else Template.from_pod(template, dialect=dialect)
        return admin, admin.checked(dialect)
    except TemplateError as error:
        errors.append(error)
        return None, Checked({}, {}, False, [])


def _overridden(
    overrides: tuple[Any, ...], checked: Checked, dialect: Dialect, errors: list[PodComposeError]
) -> tuple[Laid, tuple[Override, ...]]:
    """Lay each override over what those before it made; one that is wrong is noted and left out."""
    manifest, exponents, patches = checked.manifest, checked.exponents, list[Override]()
    for place, given in enumerate(overrides, 1):
        plain_enough = type(given) is dict and dialect.engine == "structural" and dialect.unknown == "error"
        packed = Override.packed(given) if plain_enough else None
        if packed is not None:
            # Most mappings are plain and right, and the merge judges them: nothing else need look at them.
            plain = plainly(lay, manifest, given, dialect, checked.indexes)
            if plain is not None and plain.found == []:
                manifest, exponents = plain.manifest, exponents or plain.exponents
                patches.append(packed)
                continue
        try:
            patches.append(as_override(given))
        except OverrideError as error:
            errors.append(OverrideError(_numbered(problem, place, len(overrides)) for problem in error.problems))
            continue
        if errors != [] and patches[-1].kind == "json-patch":
            continue  # its paths lead into a pod that does not come about
        laid = lay_override(manifest, patches[-1], dialect, checked.indexes)
        if laid.found == []:
            manifest, exponents = laid.manifest, exponents or laid.exponents
        else:
            errors.append(_error(OverrideError, patches[-1], laid, place, len(overrides)))
    return Laid(manifest, exponents, []), tuple(patches)


def _hooks(hook: Hook | Sequence[Hook] | None, errors: list[PodComposeError]) -> tuple[CodeHook | Override, ...]:
    if hook is None:
        return ()
    try:
        return as_hooks(hook)
    except HookError as error:
        errors.append(error)
        return ()


def _hooked(
    laid: Laid, hooks: tuple[CodeHook | Override, ...], dialect: Dialect, checked: Checked, errors: list[PodComposeError]
) -> tuple[Laid, tuple[Ran | Override, ...]]:
    """Let each hook have its word; where something is wrong already, code is not run, and data is only judged."""
    ran: list[Ran | Override] = []
    for place, hook in enumerate(hooks, 1):
        if isinstance(hook, Override) and (errors == [] or hook.kind != "json-patch"):
            after = lay_override(laid.manifest, hook, dialect, checked.indexes)
            if after.found != []:
                errors.append(_error(HookError, hook, after, place, len(hooks)))
                continue
            laid = after._replace(exponents=laid.exponents or after.exponents)
            ran.append(hook)
        elif isinstance(hook, CodeHook) and errors == []:
            laid = run_hook(hook, laid.manifest, dialect)
            ran.append(Ran(hook, laid.manifest))
    return laid, tuple(ran)


def _error(error: type[PodComposeError], patch: Override, laid: Laid, place: int, count: int) -> PodComposeError:
    problems = patch.origin.problems(laid.found, patch.document.marks)
    return error(_numbered(problem, place, count) for problem in problems)


def _numbered(problem: Problem, place: int, count: int) -> Problem:
    """A problem of a stage without a name: told by its number, where there are several."""
    return replace(problem, who=f"#{place}") if problem.who == "" and count > 1 else problem


def _together(errors: list[PodComposeError]) -> PodComposeError:
    """One error with all problems, of the class of the earliest stage."""
    ranks = (TemplateError, OverrideError, HookError)
    errors = sorted(errors, key=lambda error: ranks.index(type(error)))
    together = type(errors[0])([problem for error in errors for problem in error.problems])
    together.__cause__ = errors[0].__cause__
    return together


@overload
def merge(
    original: Template | Mapping[str, Any], patch: Mapping[str, Any], dialect: Dialect = ..., *, unknown: Unknown = ...
) -> JsonMap: ...
@overload
def merge(original: P, patch: P, dialect: Dialect = ..., *, unknown: Unknown = ...) -> P: ...
def merge(original: Any, patch: Any, dialect: Dialect = COMPOSE, *, unknown: Unknown = None) -> Any:
    """
    Merge `patch` into `original` as Kubernetes would, and return a new pod.

    Shapes: Template or mapping, and a mapping, in wire JSON: a dict that shares nothing with either. V1Pod and V1Pod: a V1Pod.
    Raises: MergeError: every problem found on either side.
    Laws:   identity, idempotence, frame, last writer wins (tests/laws).
    Source: COMPOSE and APPLY: sigs.k8s.io/structured-merge-diff, typed.Merge; STRATEGIC: k8s.io/apimachinery, strategicpatch;
            docs/merge.md lists every difference.

    >>> merge({"metadata": {"labels": {"a": "1", "b": "2"}}}, {"metadata": {"labels": {"b": None, "c": "3"}}})
    {'metadata': {'labels': {'a': '1', 'c': '3'}}}
    """
    dialect = keeping(dialect, unknown)
    problems: list[Problem] = []
    checked, typed = _original(original, dialect, problems)
    laid = _laid(checked, patch, dialect, problems)
    if problems != []:
        raise MergeError(problems)
    if typed:
        from podcompose.models import to_model

        return to_model(laid.manifest)
    # What was checked here and now is nobody else's; a template's own tree is.
    return independent(laid.manifest) if isinstance(original, Template) or dialect.engine != "structural" else laid.manifest


def _original(original: Any, dialect: Dialect, problems: list[Problem]) -> tuple[Checked, bool]:
    """The original judged, and whether it is a V1Pod."""
    if isinstance(original, Template):
        return _of_template(original, dialect, problems), False
    if type(original) is dict and dialect.engine == "structural":
        # Most mappings are plain and right, and the judge copies: nothing else need look at them.
        plain = plainly(check, original, dialect)
        if plain is not None and plain.found == []:
            return plain, False
    document = take(original)
    problems += Origin("original").problems(document.found, document.marks)
    checked = check(document.value, dialect)
    if document.found == ():
        problems += Origin("original").problems(checked.found, document.marks)
    return checked, not isinstance(original, Mapping) and document.found == ()


def _laid(checked: Checked, patch: Any, dialect: Dialect, problems: list[Problem]) -> Laid:
    if type(patch) is dict and dialect.engine == "structural":
        plain = plainly(lay, checked.manifest, patch, dialect, checked.indexes)
        if plain is not None and plain.found == []:
            return plain
    document = take(patch)
    laid = lay(checked.manifest, document.value, dialect, checked.indexes)
    problems += Origin("patch").problems(document.found if document.found != () else laid.found, document.marks)
    return laid


def _of_template(template: Template, dialect: Dialect, problems: list[Problem]) -> Checked:
    try:
        return template.checked(dialect)
    except TemplateError as error:
        problems += error.problems
        return Checked({}, {}, False, [])
