"""
A control plane of one's own: etcd and kube-apiserver on loopback, started in about two seconds, faults included.

    with ControlPlane() as plane:
        plane.admin.must("POST", f"/api/v1/namespaces/{plane.namespace()}/pods", pod)
        plane.kill("apiserver")
        plane.restart("apiserver")

Every part is a child that dies with the test. Users are tokens: `admin` may do anything, the others what `grant` gives them.
"""

from __future__ import annotations

import itertools
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import urllib3

from tests.cluster import commands, fates
from tests.cluster.api import Api
from tests.cluster.build import binary, certificate
from tests.cluster.child import Child, free_port, wait_for

__all__ = ["USERS", "ControlPlane"]

#: Whose tokens the server knows. Only `admin` may do anything before `grant` is called.
USERS = ("admin", "launcher", "reader", "stranger")

_numbers = itertools.count(1)


class ControlPlane:
    """
    A kube-apiserver with its etcd, and what else is asked for; a context manager.

    `extra_args` go to kube-apiserver as they are ("--max-requests-inflight=5"), `etcd_args` to etcd; `etcd` is another etcd than
    ours.
    """

    def __init__(self, extra_args: Sequence[str] = (), etcd_args: Sequence[str] = (), etcd: Path | None = None) -> None:
        self._etcd_program = etcd
        self._extra_args = tuple(extra_args)
        self._etcd_args = tuple(etcd_args)
        self._children: dict[str, Child] = {}
        self._clients: dict[str, Api] = {}

    def __enter__(self) -> ControlPlane:
        """Start both, and wait until they answer."""
        self.authority, self._key = certificate()
        self.folder = Path(tempfile.mkdtemp(prefix="plane-"))
        self._ports = {part: free_port() for part in ("etcd", "peer", "apiserver")}
        tokens = "".join(f'{user}-token,{user},{user},"{"system:masters" if user == "admin" else "tenants"}"\n' for user in USERS)
        (self.folder / "tokens.csv").write_text(tokens)
        self._add("etcd", commands.etcd(self._etcd_program or binary("etcd"), self.folder, self._ports, self._etcd_args))
        self._add("apiserver", commands.apiserver(self.folder, self._ports, (self.authority, self._key), self._extra_args))
        try:
            self.wait_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End every part, the youngest first, and forget everything."""
        for client in self._clients.values():
            client.close()
        for child in reversed(self._children.values()):
            child.end()
        shutil.rmtree(self.folder)

    def _add(self, part: str, command: Sequence[str]) -> None:
        self._children[part] = Child(command, self.folder / f"{part}.log")
        self._children[part].start()

    # What it is

    @property
    def server(self) -> str:
        """The API server's address."""
        return f"https://127.0.0.1:{self._ports['apiserver']}"

    @property
    def pids(self) -> Mapping[str, int]:
        """The number of every part that runs."""
        return {part: child.pid for part, child in self._children.items() if child.running}

    @property
    def parts(self) -> Mapping[str, Child]:
        """Every part by name."""
        return dict(self._children)

    @property
    def admin(self) -> Api:
        """Everything, as the one who may."""
        return self.api("admin")

    def api(self, user: str) -> Api:
        """Everything, as this user."""
        if user not in self._clients:
            self._clients[user] = Api(self.server, self.authority, f"{user}-token")
        return self._clients[user]

    def kubeconfig(self, user: str = "admin", *, server: str | None = None, namespace: str = "default") -> Path:
        """A kubeconfig file for this user; `server` when something stands in between (it must use the same certificate)."""
        path = self.folder / f"{user}-{next(_numbers)}.kubeconfig"
        path.write_text(json.dumps(commands.kubeconfig(server or self.server, self.authority, f"{user}-token", namespace)))
        return path

    def log(self, part: str) -> str:
        """The last words of a part."""
        return self._children[part].last_words()

    # What can be done to it

    def wait_ready(self) -> None:
        """Wait until the server says it is ready."""
        wait_for(self._ready, "the API server is ready")

    def _ready(self) -> bool:
        for part in ("etcd", "apiserver"):
            assert self._children[part].running, f"{part} ended: {self.log(part)}"
        try:
            return self.admin.call("GET", "/readyz").status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def kill(self, *parts: str) -> None:
        """kill -9, and wait until it is dead."""
        for part in parts:
            self._children[part].end()

    def restart(self, *parts: str) -> None:
        """Start parts anew, killed before or now, and wait until the server is ready."""
        self.kill(*parts)
        for part in parts:
            self._children[part].start()
        self.wait_ready()

    def pause(self, part: str) -> None:
        """SIGSTOP: connections stay, nobody answers."""
        self._children[part].pause()

    def resume(self, part: str) -> None:
        """SIGCONT."""
        self._children[part].resume()

    def snapshot(self) -> Path:
        """A copy of all that etcd holds; etcd is killed for it: what it has written is whole at any moment."""
        copy = self.folder / f"snapshot-{next(_numbers)}"
        self.kill("etcd")
        shutil.copytree(self.folder / "etcd", copy)
        self.restart("etcd")
        return copy

    def restore(self, snapshot: Path) -> None:
        """Put a copy back and start both anew: time has gone back, resource versions are given out a second time."""
        self.kill("apiserver", "etcd")
        shutil.rmtree(self.folder / "etcd")
        shutil.copytree(snapshot, self.folder / "etcd")
        self.restart("etcd", "apiserver")

    def compact(self) -> int:
        """Make etcd forget all but the newest state, now; the revision it compacted to."""
        revision = int(self._etcd("kv/range", {"key": "AA=="})["header"]["revision"])
        self._etcd("kv/compaction", {"revision": str(revision), "physical": True})
        return revision

    def _etcd(self, path: str, body: Mapping[str, object]) -> Any:
        with urllib3.PoolManager(retries=False) as pool:
            answer = pool.request("POST", f"http://127.0.0.1:{self._ports['etcd']}/v3/{path}", body=json.dumps(body).encode())
            assert answer.status == 200, answer.data
            return answer.json()

    # What can be put into it

    def namespace(self, name: str = "test") -> str:
        """A new namespace."""
        made: str = self.admin.must("POST", "/api/v1/namespaces", {"metadata": {"generateName": f"{name}-"}})["metadata"]["name"]
        return made

    def node(self, name: str) -> str:
        """A node of kwok's, with room for any number of pods."""
        self.admin.must("POST", "/api/v1/nodes", fates.node(name))
        return name

    def grant(self, user: str, namespace: str, verbs: Sequence[str], resource: str = "pods") -> None:
        """Let a user do this in one namespace, and wait until the server knows."""
        rules = [{"apiGroups": [""], "resources": [resource], "verbs": sorted(verbs)}]
        name, group = f"{user}-{next(_numbers)}", "rbac.authorization.k8s.io"
        path = f"/apis/{group}/v1/namespaces/{namespace}"
        self.admin.must("POST", f"{path}/roles", {"metadata": {"name": name}, "rules": rules})
        subjects = [{"kind": "User", "name": user, "apiGroup": group}]
        role = {"kind": "Role", "name": name, "apiGroup": group}
        self.admin.must("POST", f"{path}/rolebindings", {"metadata": {"name": name}, "subjects": subjects, "roleRef": role})
        for verb in sorted(verbs):
            wait_for(partial(self._may, user, namespace, verb, resource), f"{user} may {verb} {resource}")

    def _may(self, user: str, namespace: str, verb: str, resource: str) -> bool:
        asked = {"spec": {"resourceAttributes": {"namespace": namespace, "verb": verb, "resource": resource}}}
        answer = self.api(user).call("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", asked)
        assert answer.status in (200, 201, 429), answer  # 429: it takes one change at a time, and was at another
        return answer.status != 429 and answer.body["status"]["allowed"] is True

    # Who else can be there

    def with_kwok(self) -> ControlPlane:
        """Start kwok, which plays the kubelet of every node, by fates.py's stages."""
        stages = self.folder / "stages.yaml"
        stages.write_text("\n---\n".join(json.dumps(stage) for stage in fates.STAGES))
        self._add("kwok", commands.kwok(self.kubeconfig(), stages, free_port()))
        return self

    def with_scheduler(self) -> ControlPlane:
        """Start kube-scheduler."""
        self._add("scheduler", commands.scheduler(self.folder, self.kubeconfig()))
        return self

    def with_controllers(self) -> ControlPlane:
        """Start kube-controller-manager with the controllers that end pods, namespaces and quotas."""
        self._add("controllers", commands.controllers(self.folder, self.kubeconfig()))
        return self
