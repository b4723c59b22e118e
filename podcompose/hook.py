"""Hooks: the admin's last word, as code that is given a typed pod or as data that is laid over it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from podcompose.code import Code, described, function_of, load_module, onward
from podcompose.core.carry import carry
from podcompose.core.json import Json, JsonMap, snapshot
from podcompose.core.merge import Laid, check
from podcompose.dialect import Dialect
from podcompose.errors import Finding, HookError, OverrideError, PodComposeError, Problem, a
from podcompose.intake import Origin, model_name, read_model, wrong_kind
from podcompose.override import Override, as_override

__all__ = ["CodeHook", "Hook", "Ran", "as_hooks", "run_hook"]

#: Code: V1Pod -> V1Pod | mapping | None, the name of such ("package.module:function"), or data: a patch.
Hook: TypeAlias = "Callable[[Any], Any] | str | Override | Mapping[str, Any]"


class CodeHook(NamedTuple):
    """A hook that is code, and where that code stands."""

    function: Callable[[Any], Any]
    origin: Origin
    line: int | None
    #: What to do about a name that is not there: an attribute of a V1Pod, or a module.
    meant: Callable[[str], str | None] | None = None

    def error(self, code: str, message: str, suggestion: str | None = None, line: int | None = None) -> HookError:
        """The error of this hook."""
        stage, who, source = self.origin.stage, self.origin.who, self.origin.source
        return HookError([Problem(code, "", message, stage, who, source, line or self.line, None, suggestion)])


class Ran(NamedTuple):
    """A hook that is code, and the manifest it left: unlike a merge, it cannot be asked again."""

    hook: CodeHook
    after: JsonMap


def as_hooks(hook: Hook | Sequence[Hook] | None) -> tuple[CodeHook | Override, ...]:
    """
    Hooks in the order they are applied, those given by name imported.

    Raises: HookError: every one that cannot be used.

    >>> as_hooks("json:dumps")[0].origin.who
    'json:dumps'
    """
    made: list[CodeHook | Override] = []
    problems: list[Problem] = []
    for one in _each(hook):
        try:
            made.append(_as_hook(one))
        except PodComposeError as error:
            problems += error.problems
    if problems != []:
        raise HookError(problems)
    return tuple(made)


def _each(hook: Any) -> tuple[Any, ...]:
    if hook is None:
        return ()
    if isinstance(hook, (str, bytes, Mapping, Override)) or not isinstance(hook, Sequence):
        return (hook,)
    try:
        return tuple(hook)
    except Exception as cause:  # a stranger's sequence
        raise _not_found("", f"these hooks cannot be read: it raised {a(type(cause).__name__)}", None) from cause


def _as_hook(hook: Any) -> CodeHook | Override:
    if isinstance(hook, str):
        return _imported(hook)
    if callable(hook) and not isinstance(hook, (Override, Mapping)):
        return _code_hook(hook)
    try:
        return as_override(hook).at_stage("hook")
    except OverrideError as error:
        raise HookError([replace(problem, stage="hook") for problem in error.problems]) from error


def _code_hook(function: Callable[[Any], Any]) -> CodeHook:
    code = function if isinstance(function, Code) else described(function)
    return CodeHook(code.function, Origin("hook", code.who, code.source), code.line, code.meant)


def _imported(name: str) -> CodeHook:
    module, colon, attribute = name.partition(":")
    if colon == "" or module == "" or attribute == "":
        raise _not_found(name, "this names no function", 'write it as "package.module:function"')
    return _code_hook(function_of(load_module(module, name), attribute))


def _not_found(name: str, message: str, suggestion: str | None) -> HookError:
    return HookError([Problem("hook-not-found", "", message, "hook", name, suggestion=suggestion)])


def run_hook(hook: CodeHook, manifest: JsonMap, dialect: Dialect) -> Laid:
    """
    The manifest as the hook leaves it; what the hook's client cannot see stays.

    Raises: HookError: the hook raised, returned something else than a pod, or left something a pod cannot be.
    """
    from podcompose.models import lend

    found: list[Finding] = []
    pod, before = lend(manifest)
    returned = _call(hook, pod)
    after = _read(hook, pod if returned is None else returned, found)
    if found == []:
        left = carry(manifest, before, after, dialect.schema)
        checked = check(left, dialect)
        found += wrong_kind(left)
        if found == [] and checked.found == []:
            # What the judge did not change is better kept as it is: it shares with the manifest before.
            return Laid(checked.manifest if checked.changed else left, checked.exponents, [])
        found += checked.found
    raise HookError([_at(hook, finding) for finding in found])


def _at(hook: CodeHook, finding: Finding) -> Problem:
    problem = replace(hook.origin.problem(finding, {}), line=hook.line)
    # Clients up to 36 let a hook set any attribute of a V1Pod; 37 raises.
    stray = finding.code == "unknown-field" and len(finding.raw) == 1
    meant = hook.meant(str(finding.raw[0])) if stray and hook.meant is not None else None
    return problem if meant is None else replace(problem, suggestion=meant)


def _call(hook: CodeHook, pod: Any) -> Any:
    try:
        return hook.function(pod)
    except (Exception, SystemExit) as cause:  # a hook is a stranger's code: whatever it raises is its error, and ends no scheduler
        import traceback

        frames = [frame for frame in traceback.extract_tb(cause.__traceback__) if frame.filename == hook.origin.source]
        line = frames[-1].lineno if frames != [] else None
        message = f"it raised {type(cause).__name__}: {cause}{onward(cause, hook.origin.source)}"
        raise hook.error("hook-raised", message, _meant(hook, cause), line) from cause


def _meant(hook: CodeHook, cause: BaseException) -> str | None:
    """What was probably meant, as far as Python's own messages and the clients' tell it."""
    said = str(cause)
    lacked = re.search(r"V1Pod\b.*?has no attribute '(\w+)'", said, re.DOTALL)
    name = lacked[1] if lacked is not None else cause.name if isinstance(cause, ModuleNotFoundError) else None
    if name is not None:
        return hook.meant(name) if hook.meant is not None else None
    absent = isinstance(cause, (TypeError, AttributeError)) and "'NoneType'" in said
    return "what the pod does not have is None: write `pod.spec.volumes or []`, say, and set it" if absent else None


def _read(hook: CodeHook, returned: Any, found: list[Finding]) -> Json:
    if model_name(returned) == "V1Pod":
        return read_model(returned, found)
    if isinstance(returned, Mapping):
        return snapshot(returned, found)
    if inspect.iscoroutine(returned):
        returned.close()
    remedy = (
        "an async function is no hook"
        if inspect.isawaitable(returned)
        else "return the pod, or change it in place and return nothing"
    )
    raise hook.error("hook-returned", f"it returned {a(type(returned).__name__)}, not a pod", remedy)
