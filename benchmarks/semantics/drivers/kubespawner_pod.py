"""
KubeSpawner: extra configuration, or the overrides of a profile, over a hub's configuration.

The calls are those of `kubespawner.KubeSpawner._start`: the pod of `get_pod_manifest`, after `load_user_options` of the profile
that the user has chosen. The container that does the work is called `notebook` there, and is given the template's name again; a
namespace is no part of KubeSpawner's pod, but of the call that creates it.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ["KUBECONFIG"] = str(Path(tempfile.mkdtemp(prefix="kubespawner-")) / "config")

from kubernetes_asyncio.client import ApiClient
from kubespawner import KubeSpawner
from kubespawner_traits import configuration, extra, override_of_profile
from lines import Driver, serve
from parts import carried, main_of, parts, renamed, without_directives
from traitlets.config import Config

# A spawner wants to know of a cluster, though none is asked for a pod's manifest.
CLUSTER = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "none",
    "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
    "clusters": [{"name": "none", "cluster": {"server": "http://127.0.0.1:9"}}],
    "users": [{"name": "none", "user": {}}],
}
Path(os.environ["KUBECONFIG"]).write_text(json.dumps(CLUSTER))
LOOP = asyncio.new_event_loop()
asyncio.set_event_loop(LOOP)
PROFILES = sys.argv[1] == "PROFILE"


class Hub:
    """A hub's configuration, and the spawner that has it; what KubeSpawner's users hold is the configuration alone."""

    openapi_types = ("settings",)

    def __init__(self, settings: dict[str, Any], main: str) -> None:
        self.settings, self.main = settings, main
        self.spawner = LOOP.run_until_complete(_spawner(settings))


async def _spawner(settings: dict[str, Any]) -> KubeSpawner:
    # _mock: a user and a hub that are not there, as in the project's own tests.
    return KubeSpawner(_mock=True, config=Config({"KubeSpawner": settings}))


def read(template: Any, override: Any, spelling: str) -> tuple[Any, Any]:
    """The hub's configuration, with the user's part in it."""
    CHECK(template)
    main = main_of(template)
    admin = configuration(parts(template, main))
    own = spelling.startswith("kubespawner")
    if spelling == "$patch":
        override = without_directives(override)
    if PROFILES:
        user = override if own else override_of_profile(parts(override, main), admin)
        settings = {**admin, "profile_list": [{"display_name": "user", "default": True, "kubespawner_override": user}]}
    else:
        user = override if own else extra(parts(override, main))
        settings = {**admin, **{name: {**admin.get(name, {}), **value} for name, value in user.items()}}
    return Hub(settings, main), user


def merge(hub: Hub, user: Any) -> Any:
    """As at the start of a server."""
    return LOOP.run_until_complete(_started(hub))


async def _started(hub: Hub) -> Any:
    if PROFILES:
        await hub.spawner.load_user_options()
    return hub.main, hub.spawner.namespace, await hub.spawner.get_pod_manifest()


def write(result: Any) -> Any:
    """What is sent, and into which namespace."""
    main, namespace, model = result
    pod = renamed(CLIENT.sanitize_for_serialization(model), main)
    return {**pod, "metadata": {**pod["metadata"], "namespace": namespace}}


def _alone(template: Any) -> Any:
    main = main_of(template)
    return write(merge(Hub(configuration(parts(template, main)), main), {}))


CLIENT = ApiClient.__new__(ApiClient)  # its serialiser alone: no session is opened
CHECK = carried(_alone, ValueError)
atexit.register(shutil.rmtree, Path(os.environ["KUBECONFIG"]).parent, ignore_errors=True)
serve(Driver(["jupyterhub-kubespawner", "jupyterhub"], read, merge, write, ["kubespawner"]))
