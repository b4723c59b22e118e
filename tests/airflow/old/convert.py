"""
An old Airflow's own conversion of an executor_config: JSON lines in, JSON lines out.

Airflow itself is not installed whole: what its pod generator imports of it, and of others, are stand-ins. A question is an
executor_config; the answer {"ok": pod, "left": config} is what Airflow makes of it, and what it leaves of it, or {"error": text}.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import re
import sys
import types
import warnings
from pathlib import Path
from typing import Any

import yaml
from kubernetes.client.api_client import ApiClient


def stand_in(name: str, **values: Any) -> None:
    """A module of this name that holds these values, and an exception of every other name."""
    module: Any = types.ModuleType(name)
    module.__path__ = []
    module.__getattr__ = lambda word: type(word, (DeprecationWarning if word.endswith("Warning") else Exception,), {})
    vars(module).update(values)
    sys.modules[name] = module


def untouched(**_named: Any) -> Any:
    """A decorator that does nothing."""
    return lambda function: function


# What Airflow's packages do when they are imported is too much: their folders are enough.
names = sys.argv[1].split(".")[:-1]
home = Path(next(iter(importlib.util.find_spec("airflow").submodule_search_locations))).parent
for depth in range(1, len(names) + 1):
    stand_in(".".join(names[:depth]), __path__=[str(home.joinpath(*names[:depth]))])
stand_in("airflow.exceptions")
stand_in("airflow.configuration", conf=None)
stand_in("airflow.version", version="1")
stand_in("airflow.utils", yaml=yaml)
stand_in("airflow.utils.yaml", safe_load=yaml.safe_load)
stand_in("airflow.utils.hashlib_wrapper", md5=hashlib.md5)
for name in ("pendulum", "slugify"):
    stand_in(name, slugify=str)
stand_in("re2", sub=re.sub)
stand_in("deprecated", deprecated=untouched)
warnings.simplefilter("ignore")
generator = importlib.import_module(sys.argv[1]).PodGenerator


def answer(config: Any) -> dict[str, Any]:
    """One question answered."""
    try:
        return {"ok": ApiClient().sanitize_for_serialization(generator.from_obj(config)), "left": config}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line)), default=str))
