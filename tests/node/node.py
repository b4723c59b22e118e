"""
A real Kubernetes node on this machine, for as long as a `with` block lasts.

    with RealNode() as node:
        node.kubeconfig                    # Path, for any client
        node.api.must("POST", ...)         # the tests' own way to ask
        node.kill_kubelet(); node.start_kubelet()
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from urllib3.exceptions import HTTPError

from tests.cluster.api import Api
from tests.cluster.build import GoMissingError, binary, certificate
from tests.cluster.child import free_port, wait_for
from tests.node import cgroups, images, packages
from tests.node.packages import NodeMissingError
from tests.node.settings import Layout

__all__ = ["RealNode"]

HERE = Path(__file__).parent
FROM_PACKAGES = ("containerd", "containerd-shim-runc-v2", "ctr", "runc", "ptp")
FROM_MODULES = ("kubelet", "kube-controller-manager")
FOR_PLANE = ("kube-apiserver", "kube-scheduler")


class RealNode:
    """
    A control plane and a node with one kubelet; nothing of it is left when the block ends, or when this process is killed.

    Raises NodeMissingError, on entering, where this machine cannot hold a node.
    """

    def __enter__(self) -> RealNode:
        """Start it, and wait until pods can run."""
        missing = why_not()
        if missing is not None:
            raise NodeMissingError(missing)
        self._layout = lay_out()
        self.folder = Path(self._layout.folder)
        self._keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.node.keeper", str(self.folder)],
            cwd=HERE.parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        if self._answer() != "ready\n":
            raise RuntimeError(self._last_words())
        self.api = api_of(self.kubeconfig)
        return self

    def __exit__(self, *_: object) -> None:
        """End it, and wait until nothing of it is left."""
        self.api.close()
        self._last_words()

    @property
    def kubeconfig(self) -> Path:
        """The file any client reads: of a user who may do everything."""
        return self._layout.kubeconfig

    def kill_kubelet(self) -> None:
        """kill -9, and wait until it is dead; the containers live on."""
        self._order("kill kubelet")

    def start_kubelet(self) -> None:
        """Start it anew."""
        self._order("start kubelet")

    def order(self, verb: str, program: str) -> None:
        """Kill, start, pause or resume a program of the node: kubelet, containerd, apiserver, etcd, ..."""
        self._order(f"{verb} {program}")

    def wait_ready(self) -> None:
        """Wait until the API server says it is ready, killed and started anew as it may be."""
        wait_for(self._is_ready, "the API server is ready")

    def _is_ready(self) -> bool:
        try:
            return self.api.call("GET", "/readyz").status == 200
        except HTTPError:
            return False

    def log(self, program: str) -> str:
        """What a program of the node has printed so far."""
        return (self.folder / f"{program}.log").read_text(errors="replace")

    def _order(self, order: str) -> None:
        assert self._keeper.stdin is not None
        self._keeper.stdin.write(f"{order}\n")
        self._keeper.stdin.flush()
        if self._answer() != "done\n":
            raise RuntimeError(f"{order}: {self._last_words()}")

    def _answer(self) -> str:
        assert self._keeper.stdout is not None
        return self._keeper.stdout.readline()

    def _last_words(self) -> str:
        """Close its input, which ends it; wait; what it had to complain about."""
        _, complaints = self._keeper.communicate()
        return complaints


def api_of(kubeconfig: Path) -> Api:
    """The tests' own way to ask the server of a kubeconfig that the tests wrote (which is JSON)."""
    document = json.loads(kubeconfig.read_text())
    cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
    return Api(cluster["server"], Path(cluster["certificate-authority"]), user["token"])


def why_not() -> str | None:
    """Why this machine cannot hold a node, or None."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "a real node needs Linux and root"
    absent = [tool for tool in ("unshare", "mount", "ip") if shutil.which(tool) is None]
    if absent:
        return f"a real node needs the commands {', '.join(absent)}"
    tried = subprocess.run(["unshare", "--mount", "--pid", "--fork", "--mount-proc", "true"], capture_output=True, text=True)
    if tried.returncode != 0:
        return f"a real node needs namespaces of its own: {tried.stderr.strip()}"
    return cgroups.unwritable()


def lay_out() -> Layout:
    """Have everything a node needs, and make its folder."""
    try:
        commands = {name: str(binary(name)) for name in FROM_MODULES}
        for name in FOR_PLANE:
            binary(name)
        certificate()
    except GoMissingError as error:
        raise NodeMissingError(f"a real node needs Kubernetes' commands: {error}") from error
    commands |= {name: str(packages.command(name)) for name in FROM_PACKAGES}
    program = packages.command("busybox")
    folder = Path(tempfile.mkdtemp(prefix="node-"))
    layout = Layout(str(folder), free_port(), f"podcompose-{folder.name}", free_subnet(), commands)
    layout.save()
    images.write(images.busybox(program), folder / "busybox.tar")
    images.write(images.pause(program), folder / "pause.tar")
    return layout


def free_subnet() -> str:
    """A /24 this machine has no route into; drawn at random, as two nodes may start at once."""
    routes = subprocess.run(["ip", "-4", "route", "show", "table", "all"], capture_output=True, text=True, check=True).stdout
    while True:
        start = f"10.{random.SystemRandom().randrange(64, 255)}.{random.SystemRandom().randrange(256)}."
        if start not in routes:
            return f"{start}0/24"
