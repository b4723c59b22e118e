"""What importing podcompose loads: nothing that takes time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

HEAVY = ("kubernetes", "yaml", "deepmerge", "rich", "click", "hypothesis", "jsonpatch", "json_merge_patch", "pydantic")


def loaded(program: str, names: Sequence[str] = HEAVY) -> set[str]:
    """The modules, of those that take time, that a program has loaded."""
    code = f"{program}\nimport sys\nprint(*(name for name in {names!r} if name in sys.modules))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_import_loads_nothing_heavy() -> None:
    """`import podcompose` loads neither the client, nor YAML, nor deepmerge, nor rich."""
    assert loaded("import podcompose") == set()


def test_import_of_airflow_loads_nothing_heavy() -> None:
    """Nor does `import podcompose.airflow`; what runs pods stays out, too."""
    assert loaded("import podcompose.airflow") == set()
    assert loaded("import podcompose.airflow", ("podcompose.run", "podcompose.backends", "importlib.metadata")) == set()


def test_executor_configs_of_mappings_load_nothing_heavy() -> None:
    """Nor does reading an executor_config, comparing it, and the errors of both; the warning for a legacy one has YAML in it."""
    program = """
from podcompose.airflow import *
template = {"spec": {"containers": [{"name": "base", "image": "i"}]}}
config = {"pod_override": {"spec": {"hostNetwork": False}}}
from_executor_config(config), str(compare(template, config)), str(compare(template, {"pod_overide": {}}))
str(from_operator(image="i", env_vars={"A": "1"}))
"""
    assert loaded(program) == set()


def test_composing_mappings_loads_nothing_heavy() -> None:
    """Nor does composing mappings, hooks as data, explanations and errors included."""
    program = """
from podcompose import *
template = {"spec": {"containers": [{"name": "a", "image": "i"}]}}
composition = compose(template, {"spec": {"hostPID": False}}, hook={"spec": {"hostIPC": True}})
composition.json, composition.digest, str(composition.explain()), composition.diff()
try:
    compose({"spec": 1})
except PodComposeError as error:
    str(error)
"""
    assert loaded(program) == set()


def test_text_loads_yaml_only() -> None:
    """A template from text needs the YAML parser, and no more."""
    assert loaded("from podcompose import Template; Template.from_yaml('spec: {}')") == {"yaml"}


def test_every_public_name_is_there() -> None:
    """`__all__` is what there is, and no more than the names of the issue and their kin."""
    import podcompose

    assert sorted(podcompose.__all__) == sorted(name for name in podcompose.__all__ if hasattr(podcompose, name))
