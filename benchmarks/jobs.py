"""What is timed: jobs, each of which is first held to what it must give."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks import pods
from podcompose import Composition, Template, compose, merge

__all__ = ["ROOT", "Job", "airflow_jobs", "checked", "mapping_jobs", "start_jobs", "typed_jobs"]

ROOT = Path(__file__).parents[1]
Thunk = Callable[[], Any]

try:
    import orjson as _orjson
except ImportError:
    _orjson = None  # type: ignore[assignment] # a module or nothing
_loads: Callable[[bytes], Any] = json.loads if _orjson is None else _orjson.loads


@dataclass(frozen=True, slots=True)
class Job:
    """One thing that is timed."""

    name: str
    #: Seconds that so many of it take.
    seconds: Callable[[int], float]


def checked(name: str, work: Thunk, expected: Any, reading: Callable[[Any], Any] = lambda result: result) -> Job:
    """A job that has been seen to give what it must."""
    given = reading(work())
    if given != expected:
        raise AssertionError(f"{name} gives {given!r:.2000}, not {expected!r:.2000}")
    return Job(name, lambda loops: _timed(work, loops))


def _timed(work: Thunk, loops: int) -> float:
    rounds = range(loops)
    start = perf_counter()
    for _ in rounds:
        work()
    return perf_counter() - start


def _dumped(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def mapping_jobs() -> Iterator[Job]:
    """Mappings and bytes, without a kubernetes client."""
    override, expected = pods.OVERRIDE, pods.composed()
    raw, patch = _dumped(pods.TEMPLATE), _dumped(override)
    template = Template.from_pod(pods.TEMPLATE)
    yield checked("compose", lambda: compose(template, override), expected, _manifest)
    yield checked("compose to bytes", lambda: compose(template, override).json, _dumped(expected))
    yield checked("bytes to bytes", lambda: compose(_loads(raw), _loads(patch)).json, _dumped(expected))
    yield checked("merge, prepared", lambda: merge(template, override), expected)
    yield checked("merge, raw", lambda: merge(pods.TEMPLATE, override), expected)
    yield checked("prepare a template", lambda: Template.from_pod(pods.TEMPLATE), pods.TEMPLATE, lambda made: made.manifest)
    yield checked("json alone", lambda: _json_alone(raw, patch, expected), _dumped(expected))
    if _orjson is not None:
        yield checked("orjson alone", lambda: _orjson_alone(raw, patch, expected), _dumped(expected))
    for variables in (20, 2000):
        yield _growing(variables)


def _growing(variables: int) -> Job:
    template = Template.from_pod(pods.template(variables))
    return checked(f"compose, {variables} variables", lambda: compose(template, pods.OVERRIDE), pods.composed(variables), _manifest)


def _manifest(composition: Composition) -> Any:
    return composition.manifest


def _json_alone(raw: bytes, patch: bytes, expected: Any) -> bytes:
    """Read both inputs, write the result: what there is to do beside the merge."""
    json.loads(raw), json.loads(patch)
    return json.dumps(expected, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _orjson_alone(raw: bytes, patch: bytes, expected: Any) -> Any:
    _orjson.loads(raw), _orjson.loads(patch)
    return _orjson.dumps(expected, option=_orjson.OPT_SORT_KEYS)


def typed_jobs() -> Iterator[Job]:
    """V1Pod in, V1Pod out, beside what the client's own conversions of the same pods cost."""
    from benchmarks.clients import conversions, make_pod, read_pod

    template, override = make_pod(pods.TEMPLATE), make_pod(pods.OVERRIDE)
    prepared, expected = Template.from_pod(template), pods.hooked()
    yield checked("typed", lambda: compose(template, override, hook=pods.hook).pod, expected, read_pod)
    yield checked("typed, prepared", lambda: compose(prepared, override, hook=pods.hook).pod, expected, read_pod)
    yield checked("typed, no hook", lambda: compose(template, override).pod, pods.composed(), read_pod)
    yield checked("client's conversions", conversions(template, override, pods.composed(), expected), expected, read_pod)


def airflow_jobs() -> Iterator[Job]:
    """Airflow's merge, which is positional and keeps both values of a variable."""
    from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator  # type: ignore[import-not-found] # its environment

    from benchmarks.clients import make_pod, read_pod

    template, override, expected = make_pod(pods.TEMPLATE), make_pod(pods.OVERRIDE), pods.composed()
    (base,) = expected["spec"]["containers"]
    base["env"] = pods.TEMPLATE["spec"]["containers"][0]["env"] + pods.OVERRIDE["spec"]["containers"][0]["env"]
    base["resources"] = pods.OVERRIDE["spec"]["containers"][0]["resources"]
    expected["spec"]["nodeSelector"] = pods.OVERRIDE["spec"]["nodeSelector"]
    yield checked("Airflow's reconcile_pods", lambda: PodGenerator.reconcile_pods(template, override), expected, read_pod)


def start_jobs() -> Iterator[Job]:
    """Fresh processes: Python alone, and Python that imports podcompose."""
    forbidden = "import sys, podcompose; assert not {'kubernetes', 'yaml', 'deepmerge', 'rich'} & set(sys.modules)"
    for name, program in (("python alone", "pass"), ("import podcompose", "import podcompose")):
        _start(forbidden)
        yield Job(name, lambda loops, program=program: sum(_start(program) for _ in range(loops)))  # type: ignore[misc] # bound


def _start(program: str) -> float:
    start = perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    return perf_counter() - start
