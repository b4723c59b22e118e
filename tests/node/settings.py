"""
What a node's own programs (those that are no part of the control plane) are told: their files and command lines.

Everything listens on loopback, keeps its data in the node's own folder, and writes nothing outside of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.node.images import PAUSE

__all__ = ["NODE_NAME", "Layout", "files", "lines"]

# The node's name is its address: that way logs and exec, which the API server asks the node for, stay on loopback.
NODE_NAME = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a node is: folder, kubelet's port, name among the cgroups, its pods' addresses, its commands (name -> path)."""

    folder: str
    port: int
    group: str
    #: A /24; no two nodes of a machine share one.
    subnet: str
    commands: Mapping[str, str]

    def save(self) -> None:
        """Leave it, and the files, in the node's folder for the programs that are started there."""
        for name, text in files(self).items():
            target = Path(self.folder, name)
            target.parent.mkdir(exist_ok=True)
            target.write_text(text)
        Path(self.folder, "layout.json").write_text(json.dumps(asdict(self), indent=1))

    @staticmethod
    def load(folder: str) -> Layout:
        """The one that was left in this folder."""
        return Layout(**json.loads(Path(folder, "layout.json").read_text()))

    @property
    def kubeconfig(self) -> Path:
        """The file a client of the node's API server reads."""
        return Path(self.folder, "kubeconfig")


def files(layout: Layout) -> dict[str, str]:
    """Path within the node's folder -> text; JSON is YAML."""
    return {
        "networks/10-pods.conflist": json.dumps(_network(layout), indent=1),
        "containerd.toml": _containerd(layout),
        "kubelet.yaml": json.dumps(_kubelet(layout), indent=1),
    }


def lines(layout: Layout) -> dict[str, list[str]]:
    """Program -> its command line."""
    folder = layout.folder
    options: dict[str, dict[str, object]] = {
        "containerd": {"config": f"{folder}/containerd.toml"},
        "kubelet": {
            "config": f"{folder}/kubelet.yaml",
            "kubeconfig": layout.kubeconfig,
            "root-dir": f"{folder}/kubelet",
            "cert-dir": f"{folder}/certificates",
            "hostname-override": NODE_NAME,
            "v": 2,
        },
        # All controllers: the tests lose nodes and evict pods.
        "kube-controller-manager": {
            "kubeconfig": layout.kubeconfig,
            "leader-elect": "false",
            "secure-port": 0,
            "cert-dir": f"{folder}/certificates",
            "kube-api-qps": 1000,
            "kube-api-burst": 1000,
        },
    }
    return {
        name: [layout.commands[name], *(f"--{flag}={value}" for flag, value in given.items())] for name, given in options.items()
    }


def _network(layout: Layout) -> dict[str, object]:
    """A pair of interfaces for each pod (`ptp`): they go with its network namespace, so none is left when the node ends."""
    addresses = {"type": "host-local", "dataDir": f"{layout.folder}/addresses", "ranges": [[{"subnet": layout.subnet}]]}
    return {"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "ptp", "ipMasq": False, "ipam": addresses}]}


def _containerd(layout: Layout) -> str:
    """Without CAP_SYS_RESOURCE an oom_score_adj cannot be lowered; `restrict_oom_score_adj` takes what may be had."""
    folder, plugins = layout.folder, Path(layout.commands["ptp"]).parent
    return f'''\
version = 2
root = "{folder}/containerd"
state = "{folder}/containerd-state"
[grpc]
  address = "{folder}/containerd.sock"
[ttrpc]
  address = "{folder}/containerd.sock.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "{folder}/containerd-opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  restrict_oom_score_adj = true
  disable_hugetlb_controller = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = "{layout.commands["runc"]}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "{folder}/networks"
'''


def _kubelet(layout: Layout) -> dict[str, object]:
    """It never evicts for a full disk or memory, which would be the machine's and not the test's."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": "127.0.0.1",
        "port": layout.port,
        "readOnlyPort": 0,
        "healthzPort": 0,
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{layout.group}",
        "enforceNodeAllocatable": [],
        "failCgroupV1": False,
        "failSwapOn": False,
        "containerRuntimeEndpoint": f"unix://{layout.folder}/containerd.sock",
        "makeIPTablesUtilChains": False,
        "evictionHard": {},
        "imageGCHighThresholdPercent": 100,
        "resolvConf": "",
        "volumePluginDir": f"{layout.folder}/volume-plugins",
        "podLogsDir": f"{layout.folder}/pod-logs",
        # Dozens of pods at once: the kubelet's usual brakes on its own requests would make each wait for the others.
        "kubeAPIQPS": 500,
        "kubeAPIBurst": 1000,
        "maxPods": 250,
    }
