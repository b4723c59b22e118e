"""
The JSON lines of a driver that is written in Python; nothing but the standard library, for every environment has its own.

A driver is three functions, of a system that is called as its users call it:

    read(template, override, spelling)   manifests (dicts of wire JSON) -> what this system takes: a tuple (template, override)
    merge(template, override)            the call itself
    write(result)                        what it gives -> a manifest

An error out of the system is its refusal; an error of the driver's own code ends the process. `NotSayable` is for what the users
of a system have no way to say, `Refusal` for a refusal that the driver itself has to put into words.
"""

from __future__ import annotations

import gc
import importlib
import importlib.metadata
import json
import os
import re
import sys
import time
import traceback
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Driver", "NotSayable", "Refusal", "missing", "serve"]

HERE = Path(__file__).parent
KEPT = 64
_FEW, _MEMORY_US = 4, 200_000


class NotSayable(Exception):  # noqa: N818 - a fact, no error
    """The users of this system cannot say this; why."""


class Refusal(Exception):  # noqa: N818 - an answer, no error
    """The system refuses, in these words."""


class Driver(NamedTuple):
    """
    A system: what it is installed as (the first has the version), and the three functions; `modules` are what its users import.

    What is no Python package says its versions itself, by name. `time`, of what is no Python: (template, override, spelling,
    seconds) -> the answer but for its id and status.
    """

    packages: Sequence[str] | Mapping[str, str]
    read: Callable[[Any, Any, str], tuple[Any, Any]]
    merge: Callable[[Any, Any], Any]
    write: Callable[[Any], Any]
    modules: Sequence[str] = ()
    time: Callable[[Any, Any, str, float], dict[str, Any]] | None = None


def missing(reason: str) -> None:
    """Say, in the place of who it is, that the system is not here, and why."""
    _say(sys.stdout, {"missing": reason})


def serve(driver: Driver) -> None:
    """Say who it is, then answer lines until there are no more; what a library prints, or its commands, goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    sys.stdout = sys.stderr
    named = driver.packages
    versions = dict(named) if isinstance(named, Mapping) else {name: importlib.metadata.version(name) for name in named}
    _say(
        answers,
        {"version": next(iter(versions.values()), sys.version.split()[0]), "packages": versions, "modules": list(driver.modules)},
    )
    for line in sys.stdin:
        question = json.loads(line)
        _say(answers, {"id": question["id"], **_answer(driver, question)})


def _say(answers: Any, what: Any) -> None:
    answers.write(json.dumps(what) + "\n")
    answers.flush()


def _answer(driver: Driver, question: Any) -> dict[str, Any]:
    try:
        return (_time if question["op"] == "time" else _merge)(driver, question)
    except NotSayable as error:
        return {"status": "n.a.", "reason": str(error)}
    except Refusal as error:
        return {"status": "refused", "text": str(error)}
    except Exception as error:
        innermost = traceback.extract_tb(error.__traceback__)[-1]
        if Path(innermost.filename).parent == HERE:
            raise
        # Where an object lies in memory is another place each time.
        return {"status": "refused", "text": re.sub(r" at 0x[0-9a-f]+", "", f"{type(error).__name__}: {error}")}


def _merge(driver: Driver, question: Any) -> dict[str, Any]:
    # What a system is given, and gives, may be closed to the eye: what it was made of is looked at, too, and what is made of it.
    raw = {name: question[name] for name in ("template", "override")}
    given = dict(zip(raw, driver.read(*raw.values(), question["spelling"]), strict=True))
    inputs = {name: [raw[name], given[name]] for name in raw}
    before = {name: _print(values) for name, values in inputs.items()}
    result = driver.merge(*given.values())
    manifest = driver.write(result)
    changed = [name for name, values in inputs.items() if _print(values) != before[name]]
    nodes = {id(node): node for node in _nodes([result, manifest])}
    shared = [name for name, values in inputs.items() if any(id(node) in nodes for value in values for node in _nodes(value))]
    return {"status": "ok", "manifest": manifest, "changed": changed, "shared": shared}


def _time(driver: Driver, question: Any) -> dict[str, Any]:
    """Batches of merges for so many seconds; inputs are built before the clock starts, each its own, as some write into them."""
    texts = json.dumps(question["template"]), json.dumps(question["override"])
    spelling, seconds = question["spelling"], question["seconds"]
    if driver.time is not None:
        return {"status": "ok", **driver.time(question["template"], question["override"], spelling, seconds)}

    def fresh() -> tuple[Any, Any]:
        return driver.read(json.loads(texts[0]), json.loads(texts[1]), spelling)

    def whole() -> None:
        json.dumps(driver.write(driver.merge(*fresh())))

    in_process = _batches(seconds, fresh, lambda given: driver.merge(*given))
    if question.get("only") == "in_process":
        return {"status": "ok", "in_process_us": in_process}
    return {
        "status": "ok",
        "in_process_us": in_process,
        "json_us": _batches(seconds, lambda: None, lambda _: whole()),
        "result_bytes": _memory(driver, fresh, max(_FEW, min(KEPT, int(_MEMORY_US / min(in_process))))),
    }


def _batches(seconds: float, prepare: Callable[[], Any], job: Callable[[Any], object]) -> list[float]:
    """Microseconds a job, of each batch; without the collector of garbage, which comes into some batches and not into others."""
    gc.collect()
    gc.disable()
    try:
        return list(_timed(seconds, prepare, job))
    finally:
        gc.enable()


def _timed(seconds: float, prepare: Callable[[], Any], job: Callable[[Any], object]) -> Iterator[float]:
    size, count, end = 1, 0, time.perf_counter() + seconds
    while time.perf_counter() < end or count < 3:
        given = [prepare() for _ in range(size)]
        start = time.perf_counter()
        for each in given:
            job(each)
        took = time.perf_counter() - start
        if took < 0.002 and size < 256:
            size *= 2
        else:
            count += 1
            yield took / size * 1e6


def _memory(driver: Driver, fresh: Callable[[], tuple[Any, Any]], many: int) -> int:
    """The memory that one more result takes: all of it where the system writes into its inputs, else what is not theirs."""
    given = fresh()
    before = _print(given)
    driver.merge(*given)
    changes = _print(given) != before
    tracemalloc.start()
    kept = [driver.merge(*(fresh() if changes else given))]
    first = tracemalloc.get_traced_memory()[0]
    kept.extend(driver.merge(*(fresh() if changes else given)) for _ in range(many))
    taken = tracemalloc.get_traced_memory()[0] - first
    tracemalloc.stop()
    return taken // many


def _print(value: Any) -> str:
    return json.dumps(_plain(value, set()), sort_keys=True, default=repr)


def _plain(value: Any, above: set[int]) -> Any:
    """A value as JSON could say it, of whatever classes it is made."""
    inner = _inner(value)
    if inner is None or id(value) in above:
        return value if inner is None else "above"
    above = above | {id(value)}
    if isinstance(inner, dict):
        return {str(name): _plain(each, above) for name, each in inner.items()}
    return [_plain(each, above) for each in inner]


def _nodes(value: Any, seen: set[int] | None = None) -> Iterator[Any]:
    """Every node that somebody could write into."""
    seen = set() if seen is None else seen
    inner = _inner(value)
    if inner is None or id(value) in seen:
        return
    seen.add(id(value))
    if not isinstance(value, tuple):
        yield value
    for each in inner.values() if isinstance(inner, dict) else inner:
        yield from _nodes(each, seen)


def _inner(value: Any) -> Any:
    """What is in a node: a dict or a sequence; None of what has nothing in it that anybody writes to."""
    if isinstance(value, (dict, list, tuple)):
        return value
    if isinstance(value, (str, bytes, int, float, type(None), type, Enum)) or callable(value):
        return None
    types = getattr(type(value), "openapi_types", None)
    if types is not None:
        return {name: getattr(value, name) for name in types}
    return getattr(value, "__dict__", None)
