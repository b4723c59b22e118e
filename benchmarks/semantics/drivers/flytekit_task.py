"""
flytekit: what a task says of its container, over its PodTemplate.

The call is `get_k8s_pod`, as `flytekit.tools.translator.get_serializable_task` makes it of a task that is registered; the task is a
ContainerTask, for of a Python task flytekit makes the command. The pod gets its name from Flyte: it is given the template's.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from typing import Any

os.environ["HOME"] = tempfile.mkdtemp(prefix="flytekit-")

from flytekit import ContainerTask, PodTemplate, Resources
from flytekit.configuration import ImageConfig, SerializationSettings
from flytekit_settings import of_task
from lines import Driver, Refusal, serve
from parts import carried, main_of, parts, pod_of
from typed import constructed

SETTINGS = SerializationSettings(image_config=ImageConfig.auto_default_image())


class Task:
    """A task; its PodTemplate is the template, and what it says of its container is the user's."""

    openapi_types = ("said",)

    def __init__(self, said: dict[str, Any], template: PodTemplate) -> None:
        resources = {side: Resources(**said[side]) for side in ("requests", "limits") if side in said}
        self.said = said
        self.task = ContainerTask(name="task", pod_template=template, **{**said, **resources})


class Template:
    """A PodTemplate, and how the case's template is called."""

    openapi_types = ("template",)

    def __init__(self, pod: Any) -> None:
        self.metadata, self.parts = pod["metadata"], parts(pod, main_of(pod))
        self.template = PodTemplate(
            pod_spec=constructed(pod["spec"], "V1PodSpec"),
            primary_container_name=main_of(pod),
            labels=self.metadata.get("labels"),
            annotations=self.metadata.get("annotations"),
        )


def read(template: Any, override: Any, spelling: str) -> tuple[Any, Any]:
    """The PodTemplate, and a task that has it."""
    CHECK(template)
    made = Template(template)
    said = override if spelling == "flytekit" else of_task(parts(override, main_of(template)), made.parts)
    return made, Task(said, made.template)


def merge(template: Template, task: Task) -> Any:
    """As at registration."""
    return {name: template.metadata.get(name) for name in ("name", "namespace")}, task.task.get_k8s_pod(SETTINGS)


def write(result: Any) -> Any:
    """What is registered, as the pod it will be."""
    names, pod = result
    metadata = {"labels": pod.metadata.labels or None, "annotations": pod.metadata.annotations or None}
    return pod_of({"metadata": metadata, "spec": pod.pod_spec}, {"metadata": names})


def _alone(template: Any) -> Any:
    made = Template(template)
    return write(merge(made, Task(of_task(parts({}, main_of(template)), made.parts), made.template)))


CHECK = carried(_alone, Refusal)
atexit.register(shutil.rmtree, os.environ["HOME"], ignore_errors=True)
serve(Driver(["flytekit", "kubernetes"], read, merge, write, ["flytekit", "kubernetes.client"]))
