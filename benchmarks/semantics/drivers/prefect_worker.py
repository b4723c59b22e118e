"""
Prefect: job variables over the base job template of a Kubernetes work pool, as the worker lays them for each flow run.

The calls are those of `prefect.workers.base.BaseJobConfiguration.resolve_for_flow_run`; the check of job variables against the
template's schema is the server's, when a deployment or a run is made with them. The container that does the work is called
`prefect-job` there, and the pod by the name of its job: both are given the template's names again.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import tempfile
import uuid
from typing import Any

os.environ["PREFECT_HOME"] = tempfile.mkdtemp(prefix="prefect-")
os.environ["PREFECT_LOGGING_LEVEL"] = "CRITICAL"

from lines import Driver, serve
from parts import carried, main_of, parts, renamed
from prefect.client.schemas.objects import Flow, FlowRun
from prefect.utilities.schema_tools import validate
from prefect_kubernetes.worker import KubernetesWorker, KubernetesWorkerJobConfiguration
from prefect_variables import base_job_template, job_variables

DEFAULT = KubernetesWorker.get_default_base_job_template()
FLOW = Flow(id=uuid.uuid4(), name="flow", labels={})
LOOP = asyncio.new_event_loop()


class Pool:
    """A work pool's base job template, and what the case's template calls the container; only the first is Prefect's."""

    openapi_types = ("template",)

    def __init__(self, template: Any) -> None:
        self.main = main_of(template)
        self.template = base_job_template(DEFAULT, parts(template, self.main))


def read(template: Any, override: Any, spelling: str) -> tuple[Any, Any]:
    """The pool's template and the job variables, checked as the server checks them."""
    CHECK(template)
    pool = Pool(template)
    values = override if spelling == "prefect" else job_variables(parts(override, pool.main))
    validate(values, pool.template["variables"], raise_on_error=True, preprocess=False, ignore_required=True)
    return pool, values


def merge(pool: Pool, values: Any) -> Any:
    """As the worker does, for one flow run."""
    run = FlowRun(id=uuid.uuid4(), flow_id=FLOW.id, name="run")
    made = KubernetesWorkerJobConfiguration.from_template_and_values(pool.template, values, client=CLIENT)
    configuration = LOOP.run_until_complete(made)
    configuration.prepare_for_flow_run(flow_run=run, flow=FLOW, worker_name="worker")
    return pool.main, configuration.job_manifest


def write(result: Any) -> Any:
    """The pod that the job makes."""
    main, job = result
    pod = job["spec"]["template"]
    name = {"name": job["metadata"]["generateName"].removesuffix("-"), "namespace": job["metadata"]["namespace"]}
    return renamed({"apiVersion": "v1", "kind": "Pod", **pod, "metadata": {**pod["metadata"], **name}}, main)


class _Client:
    """No server is asked: there are no blocks and no variables of a server in the templates."""


CLIENT = _Client()
CHECK = carried(lambda template: write(merge(Pool(template), {})))
atexit.register(shutil.rmtree, os.environ["PREFECT_HOME"], ignore_errors=True)
serve(Driver(["prefect-kubernetes", "prefect"], read, merge, write, ["prefect", "prefect_kubernetes"]))
