"""
What Airflow 1.10.15 made of airflow.cfg: its own parser, its KubeConfig and its WorkerConfiguration, run where they are installed.

    python tests/airflow/migration/oracle.py  <  [{"cfg": "[core] ...", "airflow_home": "/opt/airflow", "environ": {}}]

prints one answer each: `{"pod": {...}}` as `generate_pod_template` would write it, or `{"error": "AirflowConfigException: ..."}`.

Of Airflow itself run: configuration.py (with the configparser that it pinned), exceptions.py, kubernetes_executor.py,
worker_configuration.py, pod_generator.py, secret.py and what they need of Airflow's. Left out, because they need the database, a
web server or a cluster and take no part in the pod: settings.py (only AIRFLOW_HOME is read of it), the models, the launcher, the
client's own configuration.
"""

from __future__ import annotations

import collections
import collections.abc
import json
import os
import sys
import tempfile
import types
import warnings
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

#: Packages whose `__init__` brings in all of Airflow: here they are folders only.
FOLDERS = ("airflow", "airflow.utils", "airflow.utils.log", "airflow.executors", "airflow.contrib", "airflow.contrib.kubernetes")

#: Modules that are imported by name and never used for the pod.
STANDING_IN: dict[str, dict[str, Any]] = {
    "kubernetes.config": {},
    "kubernetes.stream": {},
    "kubernetes.utils": {},
    "airflow.executors.base_executor": {"BaseExecutor": type("BaseExecutor", (), {})},
    "airflow.models": {"KubeResourceVersion": object, "KubeWorkerIdentifier": object, "TaskInstance": object},
    "airflow.utils.db": {"provide_session": lambda function: function, "create_session": None},
    "airflow.utils.state": {"State": object},
    "airflow.kubernetes.kube_client": {"get_kube_client": None},
    "airflow.kubernetes.pod_launcher": {"PodLauncher": object},
}


def main() -> None:
    """Answer every configuration of the standard input, each in a process of its own: Airflow reads it while it is imported."""
    sys.warnoptions.append("ignore")  # else Airflow shows its own
    warnings.simplefilter("ignore")
    stand_in()
    json.dump([ask(case) for case in json.load(sys.stdin)], sys.stdout)


def stand_in() -> None:
    """Put the modules that are left out where their importers find them."""
    collections.MutableMapping = collections.abc.MutableMapping  # where configparser 3.5 looks for it
    site = Path(str(distribution("apache-airflow").locate_file("")))
    for name in FOLDERS:
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [str(site.joinpath(*name.split(".")))]
    for name, contents in STANDING_IN.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(contents)
    import kubernetes.client  # noqa: F401 - once, before the children


def ask(case: dict[str, Any]) -> Any:
    """One configuration's answer, from a child."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(writing, "w") as answers:
            json.dump(answer(case), answers)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answers:
        said = answers.read()
    os.waitpid(child, 0)
    return json.loads(said)


def answer(case: dict[str, Any]) -> Any:
    """The pod, or the name and words of what was raised."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return {"pod": pod(case, Path(folder))}
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"}


def pod(case: dict[str, Any], folder: Path) -> Any:
    """The pod of one configuration. Airflow makes its home and a test configuration at import: both stay in `folder`."""
    settle(case, folder)
    from airflow import configuration

    settings = types.ModuleType("airflow.settings")
    settings.AIRFLOW_HOME = configuration.AIRFLOW_HOME
    sys.modules["airflow.settings"] = sys.modules["airflow"].settings = settings
    from airflow.executors.kubernetes_executor import KubeConfig
    from airflow.kubernetes.worker_configuration import WorkerConfiguration
    from kubernetes.client.api_client import ApiClient

    return ApiClient().sanitize_for_serialization(WorkerConfiguration(kube_config=KubeConfig()).as_pod())


def settle(case: dict[str, Any], folder: Path) -> None:
    """The files and the environment of one configuration."""
    (folder / "airflow.cfg").write_text(case["cfg"], encoding="utf-8")
    os.environ.clear()
    os.environ.update({"HOME": "/home/airflow"} | case.get("environ", {}))
    os.environ["AIRFLOW_HOME"] = case["airflow_home"]
    os.environ["AIRFLOW_CONFIG"] = str(folder / "airflow.cfg")
    os.environ["AIRFLOW__WEBSERVER__RBAC"] = "False"  # else it writes the web server's file at import
    os.environ["AIRFLOW_TEST_CONFIG"] = str(folder / "unittests.cfg")
    os.makedirs = lambda *_, **__: None  # the home of the case is no folder of this machine


if __name__ == "__main__":
    main()
