"""`kustomize build` of a kustomization with one pod and one patch, in a folder of its own; its library in process for its time."""

from __future__ import annotations

import functools
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from golang import Program, clock
from lines import Driver, NotSayable, Refusal, missing, serve

from tests.cluster.build import GoMissingError, built
from tests.oracle.driver import program

MODULE = Path(__file__).parent / "go" / "kustomize"
KEPT = Path(__file__).parents[3] / "build" / "semantics"
COMMAND = "sigs.k8s.io/kustomize/kustomize/v5"
#: What a patch says of what it is a patch of.
IDENTITY = ("name", "namespace")
#: Operations, and a patch that changes the name, are told what they are for; every other patch says it itself.
TARGETED = {"target": {"kind": "Pod"}, "options": {"allowNameChange": True}}


@functools.cache
def oracle() -> Program:
    """The Go program that reads YAML as kubectl does."""
    return Program(program())


@functools.cache
def library() -> Program:
    """The Go program that times kustomize's library."""
    return Program(built("bench", MODULE, "./bench", KEPT))


@functools.cache
def command() -> Path:
    """The built command."""
    return built("kustomize", MODULE, COMMAND, KEPT)


def read(template: Any, override: Any, spelling: str) -> tuple[dict[str, str], str]:
    """Three files; a partial pod says of itself what it is a patch of, as its users write it."""
    if "name" not in template["metadata"]:
        raise NotSayable("kustomize takes no resource without a name")
    operations = isinstance(override, list)
    patch = override if operations else named(template, override)
    how = TARGETED if operations or identity(patch) != identity(template) else {}
    kustomization = {"resources": ["pod.yaml"], "patches": [{"path": "patch.yaml", **how}]}
    return {"pod.yaml": text(template), "kustomization.yaml": text(kustomization)}, text(patch)


def text(value: Any) -> str:
    """JSON that is YAML: an escaped pair of surrogates would not be."""
    return json.dumps(value, ensure_ascii=False)


def named(template: Any, override: Any) -> Any:
    """The patch with what every patch has to have: version, kind, name, and namespace where there is one."""
    metadata = override.get("metadata", {})
    if isinstance(metadata, dict):
        own = {name: template["metadata"][name] for name in IDENTITY if name in template["metadata"]}
        metadata = {**own, **metadata}
    return {"apiVersion": template["apiVersion"], "kind": template["kind"], **override, "metadata": metadata}


def identity(pod: Any) -> Any:
    """Which resource this is, or is a patch of."""
    metadata = pod["metadata"] if isinstance(pod["metadata"], dict) else {}
    return [pod["apiVersion"], pod["kind"], *(metadata.get(name) for name in IDENTITY)]


def merge(files: dict[str, str], patch: str) -> str:
    """One build; the folder's name is taken out of what it says."""
    with tempfile.TemporaryDirectory(prefix="kustomize-") as folder:
        for name, content in {**files, "patch.yaml": patch}.items():
            (Path(folder) / name).write_text(content, encoding="utf-8")
        done = subprocess.run([str(command()), "build", folder], capture_output=True, text=True)
        if done.returncode != 0:
            raise Refusal(done.stderr.partition("\ngoroutine")[0].strip().replace(folder, ".")[-2000:])
        return done.stdout


def write(result: str) -> Any:
    """What is printed; nothing, where the patch takes the pod away."""
    return oracle().ask(op="yaml", text=result) or {}


def timed(template: Any, override: Any, spelling: str, seconds: float) -> dict[str, Any]:
    """Of the library; an operation's time is not taken."""
    if spelling == "json-patch":
        raise NotSayable("strategic merge patches alone are timed")
    return clock(library, "")(template, named(template, override), spelling, seconds)


def versions() -> dict[str, str]:
    """Of the command, and of the library inside it."""
    told = subprocess.run([str(command()), "version"], capture_output=True, check=True, text=True).stdout
    return {"kustomize": told.strip().removeprefix("v"), **library().versions("sigs.k8s.io/kustomize/api")}


if __name__ == "__main__":
    try:
        serve(Driver(versions(), read, merge, write, time=timed))
    except GoMissingError as error:
        missing(str(error))
