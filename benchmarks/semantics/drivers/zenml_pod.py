"""
ZenML: the configuration of a pipeline over that of the Kubernetes orchestrator, and the pod of a step that comes of them.

The merge of settings is that of `zenml.config.compiler.Compiler._apply_stack_default_settings`; the pod is made as in
`kubernetes_orchestrator_entrypoint.main`: with the default request for memory, and without the labels and variables of a run.
The container that does the work is called `main` there, and has an image and a command of ZenML's own: the template's are given.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from types import SimpleNamespace
from typing import Any

os.environ["ZENML_CONFIG_PATH"] = tempfile.mkdtemp(prefix="zenml-")
os.environ["ZENML_ANALYTICS_OPT_IN"] = "false"
os.environ["ZENML_LOGGING_VERBOSITY"] = "CRITICAL"

from kubernetes.client import ApiClient
from lines import Driver, serve
from parts import carried, main_of, parts, pod_of, renamed
from zenml.integrations.kubernetes.flavors.kubernetes_orchestrator_flavor import KubernetesOrchestratorSettings
from zenml.integrations.kubernetes.kube_utils import apply_default_resource_requests
from zenml.integrations.kubernetes.manifest_utils import build_pod_manifest
from zenml.utils import pydantic_utils
from zenml.utils.env_utils import get_runtime_environment
from zenml_settings import environment, settings

CLIENT = ApiClient()


class Orchestrator:
    """
    An orchestrator's settings and environment, and what the case's template is beside them; only the first two are ZenML's.

    Of an environment the merge asks a stack of components, and this is all of one.
    """

    openapi_types = ("settings", "environment")

    def __init__(self, template: Any) -> None:
        self.main, self.metadata = main_of(template), template["metadata"]
        self.parts = parts(template, self.main)
        self.settings = KubernetesOrchestratorSettings(**settings(self.parts))
        self.environment = environment(self.parts)
        self.stack = SimpleNamespace(components={"orchestrator": [self]}, environment={})


class User:
    """What a user configures of a pipeline."""

    openapi_types = ("settings", "environment")

    def __init__(self, said: dict[str, Any], variables: dict[str, Any]) -> None:
        self.settings, self.environment = KubernetesOrchestratorSettings(**said), variables


def read(template: Any, override: Any, spelling: str) -> tuple[Any, Any]:
    """What the orchestrator is registered with, and what the user says."""
    CHECK(template)
    orchestrator = Orchestrator(template)
    if spelling == "zenml":
        return orchestrator, User(override.get("settings", {}), override.get("environment", {}))
    wish = parts(override, orchestrator.main)
    return orchestrator, User(settings(wish, orchestrator.parts), environment(wish, orchestrator.parts))


def merge(orchestrator: Orchestrator, user: User) -> Any:
    """As for each step of a run."""
    merged = pydantic_utils.update_model(orchestrator.settings, update=user.settings)
    built = orchestrator.parts.main
    pod = build_pod_manifest(
        pod_name=None,
        image_name=built.get("image"),
        command=built.get("command"),
        args=built.get("args"),
        env=get_runtime_environment(config=user, stack=orchestrator.stack),
        privileged=merged.privileged,
        pod_settings=apply_default_resource_requests(memory="400Mi", pod_settings=merged.pod_settings),
        service_account_name=merged.step_pod_service_account_name or merged.service_account_name,
        termination_grace_period_seconds=merged.pod_stop_grace_period,
    )
    return orchestrator.main, {name: orchestrator.metadata.get(name) for name in ("name", "namespace")}, pod


def write(result: Any) -> Any:
    """The pod that the step's job makes."""
    main, names, model = result
    return renamed(pod_of(CLIENT.sanitize_for_serialization(model), {"metadata": names}), main)


def _alone(template: Any) -> Any:
    return write(merge(Orchestrator(template), User({}, {})))


CHECK = carried(_alone)
atexit.register(shutil.rmtree, os.environ["ZENML_CONFIG_PATH"], ignore_errors=True)
serve(Driver(["zenml", "kubernetes"], read, merge, write, ["zenml.integrations.kubernetes.pod_settings", "zenml.pipelines"]))
