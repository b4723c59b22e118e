"""
A stranger's function, found by file or by name.

A file finds the modules beside it by name, as it would if its folder were on `sys.path`; nobody else does, before or after.
"""

from __future__ import annotations

import importlib
import inspect
import os
import re
import sys
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from podcompose.core import hints
from podcompose.errors import HookError, Problem, a
from podcompose.intake import Origin, read_text

if TYPE_CHECKING:
    import ast

__all__ = ["Code", "Loaded", "described", "function_of", "load_file", "load_module", "onward"]

#: Words of a file whose module, or another that it does not name, is probably looked up by name while its functions run.
_LOOKED_UP = frozenset({"dataclass", "get_type_hints", "importlib", "modules", "multiprocessing", "pickle", "pydantic"})

#: What a module of a file's folder is called is the interpreter's; while one file sees its folder, no other may.
_ONE_AT_A_TIME = threading.RLock()


@dataclass(frozen=True, slots=True)
class Code:
    """A function, and what errors and explanations call it; called as the function is."""

    function: Callable[[Any], Any]
    who: str
    source: str | None
    line: int | None
    #: What to do about a name that is not there: an attribute of a V1Pod, or a module.
    meant: Callable[[str], str | None] | None = None

    def __call__(self, pod: Any) -> Any:
        """Call the function."""
        return self.function(pod)


class Loaded(NamedTuple):
    """A module that was run, and how it was asked for."""

    module: types.ModuleType
    asked: str
    #: What messages call it.
    named: str
    source: str | None
    #: The modules beside it, where it may want them; None where its functions are called as they are.
    beside: tuple[str, dict[str, types.ModuleType]] | None = None

    def error(self, message: str, suggestion: str | None = None, line: int | None = None) -> HookError:
        """An error of this module."""
        return _not_found(self.asked, message, self.source, line, suggestion)


def described(function: Callable[[Any], Any], who: str | None = None) -> Code:
    """
    A function with its name, file and line, as far as it tells.

    >>> import json
    >>> described(json.dumps).who
    'json:dumps'
    """
    try:
        inner = _innermost(function)
        method = inner if hasattr(inner, "__code__") else getattr(type(inner), "__call__", inner)  # noqa: B004 # its code is wanted
        code = getattr(method, "__code__", None)
        name = who or f"{getattr(inner, '__module__', '?')}:{getattr(inner, '__qualname__', type(inner).__qualname__)}"
        return Code(function, name, getattr(code, "co_filename", None), getattr(code, "co_firstlineno", None))
    except Exception:  # a stranger's object that does not like to be asked who it is
        return Code(function, who or type(function).__qualname__, None, None)


def _innermost(function: Any) -> Any:
    """What partials and decorators that say so are wrapped around."""
    for _ in range(100):
        inner = inspect.unwrap(getattr(function, "func", function))
        if inner is function:
            break
        function = inner
    return function


def load_module(name: str, asked: str) -> Loaded:
    """
    Import a module by its dotted name.

    Raises: HookError: it cannot be imported; with the file and line where it failed.
    """
    try:
        module = importlib.import_module(name)
    except (Exception, SystemExit) as cause:  # an import runs a stranger's code
        source, line = _place(cause, None)
        message = f"module {name!r} cannot be imported: {type(cause).__name__}: {cause}{onward(cause, source)}"
        raise _not_found(asked, message, source, line) from cause
    return Loaded(module, asked, f"module {name!r}", getattr(module, "__file__", None))


def load_file(path: str, asked: str) -> Loaded:
    """
    Run a file as a module, anew each time; errors know it by the path that was given.

    Raises: HookError: it cannot be read or run; with the line where it failed.
    """
    text = read_text(path, Origin("hook", asked, path), HookError)
    module = types.ModuleType(_stem(path))
    # As an import sets it: what stands beside the file is found from any working directory.
    module.__file__ = os.path.abspath(path)
    folder, own = os.path.dirname(os.path.abspath(path)), {module.__name__: module}
    try:
        with _beside(folder, own):
            importlib.invalidate_caches()
            exec(compile(text, path, "exec", dont_inherit=True), module.__dict__)
    except (Exception, SystemExit) as cause:
        message = f"it cannot be run: {type(cause).__name__}: {cause}{onward(cause, path)}"
        raise _not_found(asked, message, path, _place(cause, path)[1]) from cause
    # Most files need nothing beside them, and their functions may run side by side.
    return Loaded(module, asked, "it", path, (folder, own) if _mentions(text, folder, module.__name__) else None)


def _stem(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0]


def _mentions(text: bytes, folder: str, name: str) -> bool:
    """Whether a file speaks of a module beside it, or of what looks modules up, and may then do so while it is called."""
    try:
        names = {_stem(entry) for entry in os.listdir(folder)} - {name} | _LOOKED_UP
    except OSError:
        return False
    return not names.isdisjoint(re.findall(r"\w+", text.decode("utf-8", "replace")))


@contextmanager
def _beside(folder: str, own: dict[str, types.ModuleType]) -> Iterator[None]:
    """While this lasts, `own` modules are importable, and those of the folder; which become its own."""
    with _ONE_AT_A_TIME:
        known = any(os.path.abspath(entry) == folder for entry in sys.path)
        before = dict(sys.modules)
        sys.modules.update(own)
        sys.path.append(folder)
        try:
            yield
        finally:
            _remove_last(sys.path, folder)
            if not known:
                fresh = {name: module for name, module in sys.modules.items() if name not in before}
                tops = {name for name, module in fresh.items() if "." not in name and _lives_in(folder, module)}
                own.update({name: module for name, module in fresh.items() if name.partition(".")[0] in tops})
            for name in own:
                sys.modules.pop(name, None)
            sys.modules.update({name: module for name, module in before.items() if name in own})


def _remove_last(entries: list[str], entry: str) -> None:
    """Take out the last one, if it is still there: what ran may have changed the list."""
    for place in range(len(entries) - 1, -1, -1):
        if entries[place] == entry:
            del entries[place]
            return


def _lives_in(folder: str, module: Any) -> bool:
    """Whether this top-level module is a file, or a folder, of the folder."""
    try:
        places = list(getattr(module, "__path__", None) or [getattr(module, "__file__", None)])
        return any(type(place) is str and os.path.dirname(place) == folder for place in places)
    except Exception:  # a stranger's object in sys.modules
        return False


def function_of(loaded: Loaded, name: str) -> Code:
    """
    The function of that name, or one inside a class.

    Raises: HookError: there is none.
    """
    found: Any = loaded.module
    for part in name.split("."):
        if not hasattr(found, part):
            guess = hints.close(part, [one for one in vars(loaded.module) if not one.startswith("__")])
            raise loaded.error(
                f"{loaded.named} has no {name!r}", None if guess is None else f"did you mean {guess!r}?", line_of(loaded, guess)
            )
        found = getattr(found, part)
    if not callable(found):
        raise loaded.error(f"{name!r} cannot be called: it is {a(type(found).__name__)}", None, line_of(loaded, name))
    code = described(found, loaded.asked if loaded.named != "it" else f"{loaded.module.__name__}:{name}")
    given = line_of(loaded, name, imported=False) if code.source != loaded.source else None
    if given is not None:
        # A decorator of another file's, say: what the function does stands here all the same.
        code = replace(code, source=loaded.source, line=given)
    return code if loaded.beside is None else replace(code, function=_with_neighbours(found, *loaded.beside))


def _with_neighbours(function: Callable[[Any], Any], folder: str, own: dict[str, types.ModuleType]) -> Callable[[Any], Any]:
    def call(pod: Any) -> Any:
        with _beside(folder, own):
            return function(pod)

    return call


def line_of(loaded: Loaded, name: str | None, *, imported: bool = True) -> int | None:
    """The line in which a module gives a name its last value, an import if wanted; None where that cannot be told."""
    import ast  # nobody needs it until something is unusual

    if name is None or loaded.source is None:
        return None
    try:
        with open(loaded.source, "rb") as file:
            body = ast.parse(file.read()).body
    except (OSError, SyntaxError, ValueError):  # no source, or changed meanwhile
        return None
    imports = () if imported else (ast.Import, ast.ImportFrom)
    lines = [statement.lineno for statement in body if name in _given(statement) and not isinstance(statement, imports)]
    return lines[-1] if lines != [] else None


def _given(statement: ast.stmt) -> set[str]:
    """The names that a statement gives a value, as far as they stand there."""
    import ast

    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name for alias in statement.names}
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _place(cause: BaseException, path: str | None) -> tuple[str | None, int | None]:
    """Where a file failed: its last line on the way there; without a path, that of the first file that is not Python's own."""
    import traceback

    if isinstance(cause, SyntaxError) and cause.filename is not None and path in (None, cause.filename):
        return cause.filename, cause.lineno
    frames = [frame for frame in traceback.extract_tb(cause.__traceback__) if frame.filename not in _OURS]
    frames = [frame for frame in frames if not frame.filename.startswith("<frozen importlib")]
    source = path or next((frame.filename for frame in frames), None)
    lines = [frame.lineno for frame in frames if frame.filename == source]
    return source, lines[-1] if lines != [] else None


def onward(cause: BaseException, source: str | None) -> str:
    """
    In which other file of its folder it came to fail, as " (helper.py:3)"; "" where that is the file itself, or nobody's here.
    """
    import traceback

    if source is None:
        return ""
    folder = os.path.join(os.path.dirname(os.path.abspath(source)), "")
    frames = [(os.path.abspath(frame.filename), frame.lineno) for frame in traceback.extract_tb(cause.__traceback__)]
    here = [(path, line) for path, line in frames if path.startswith(folder) and f"{os.sep}site-packages{os.sep}" not in path]
    path, line = here[-1] if here != [] else (source, None)
    return "" if os.path.abspath(path) == os.path.abspath(source) else f" ({path.removeprefix(folder)}:{line})"


_OURS = (__file__, importlib.__file__)


def _not_found(
    asked: str, message: str, source: str | None = None, line: int | None = None, suggestion: str | None = None
) -> HookError:
    return HookError([Problem("hook-not-found", "", message, "hook", asked, source, line, None, suggestion)])
