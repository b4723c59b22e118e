"""
The first process of a node: PID 1 of its PID namespace, in a mount namespace of its own.

    unshare --mount --pid --fork --mount-proc --kill-child python -m tests.node.inside FOLDER

It starts the node's programs, writes `ready` (or why not), and obeys the lines it reads: `kill NAME`, `pause NAME`, `resume NAME`,
`start NAME`, each answered by `done`. When its input ends, or when it is killed, the kernel ends every process of the node.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from tests.cluster.child import Child, wait_for
from tests.cluster.plane import ControlPlane
from tests.node import cgroups
from tests.node.settings import NODE_NAME, Layout, lines

# Kubernetes' programs have these folders in their code; the node sees a layer of its own over each.
LAYERED = ("/run", "/var/lib", "/var/log")
# What kubelets and network plugins set for the whole machine; here they write to files of the node instead.
KERNEL_SETTINGS = (
    "net/ipv4/ip_forward",
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)
ORDERS: Mapping[str, Callable[[Child], None]] = {
    "start": Child.start,
    "kill": Child.end,
    "pause": Child.pause,
    "resume": Child.resume,
}
Programs = Mapping[str, Child]


def main() -> None:
    """Be the first process of the node whose folder is given."""
    layout = Layout.load(sys.argv[1])
    folders = sorted({str(Path(path).parent) for path in layout.commands.values()})
    os.environ["PATH"] = os.pathsep.join([*folders, os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")])
    # There is memory enough for as long as a node lives: less of its time goes into collecting garbage.
    os.environ["GOGC"] = "400"
    # What is left there when we are killed goes with the node's folder.
    tempfile.tempdir = layout.folder
    programs = {name: Child(line, Path(layout.folder, f"{name}.log")) for name, line in lines(layout).items()}
    try:
        parts = bring_up(layout, programs)
    except (OSError, AssertionError, subprocess.CalledProcessError) as error:
        sys.exit(f"the node did not come up: {error}\n{_last_words(programs)}")
    print("ready", flush=True)
    obey({**programs, **parts}, sys.stdin)


def bring_up(layout: Layout, programs: Programs) -> Programs:
    """Start everything in its order, each as soon as what it needs is there; the parts of the control plane."""
    _seclude(layout)
    programs["containerd"].start()
    plane = ControlPlane().__enter__()
    shutil.copyfile(plane.kubeconfig(), layout.kubeconfig)
    for name in ("kubelet", "kube-controller-manager"):
        programs[name].start()
    plane.with_scheduler()
    _import_images(layout)
    wait_for(lambda: _takes_pods(plane, programs), "the node is ready")
    signal.signal(signal.SIGCHLD, lambda *_: _bury_orphans({*_pids(programs), *plane.pids.values()}))
    return plane.parts


def _seclude(layout: Layout) -> None:
    """Give the node its own view of the machine: folders, kernel settings, cgroups."""
    _mount("--make-rprivate", "/")
    _mount("--make-rshared", "/")
    layers = Path(layout.folder, "layers")
    layers.mkdir()
    _mount("-t", "tmpfs", "layers", str(layers))
    for place in LAYERED:
        _lay_over(place, layers)
    for setting in KERNEL_SETTINGS:
        actual, copy = Path("/proc/sys", setting), layers / setting.replace("/", ".")
        if actual.exists():
            copy.write_text(actual.read_text())
            _mount("--bind", str(copy), str(actual))
    Path("/var/lib/kubelet").mkdir(exist_ok=True)
    cgroups.make(layout.group)


def _lay_over(place: str, layers: Path) -> None:
    """What the node writes in this folder of the machine goes to a layer of its own."""
    upper, work = (layers / f"{kind}{place.replace('/', '-')}" for kind in ("upper", "work"))
    upper.mkdir()
    work.mkdir()
    _mount("-t", "overlay", "-o", f"lowerdir={place},upperdir={upper},workdir={work}", "layer", place)


def _mount(*words: str) -> None:
    """Mount, or fail aloud."""
    subprocess.run(["mount", *words], check=True)


def _import_images(layout: Layout) -> None:
    """Give containerd our images, as soon as it answers."""
    control = [layout.commands["ctr"], "--address", f"{layout.folder}/containerd.sock"]
    wait_for(lambda: subprocess.run([*control, "version"], capture_output=True).returncode == 0, "containerd answers")
    for archive in sorted(Path(layout.folder).glob("*.tar")):
        subprocess.run([*control, "--namespace", "k8s.io", "images", "import", str(archive)], check=True, stdout=subprocess.DEVNULL)


def _takes_pods(plane: ControlPlane, programs: Programs) -> bool:
    """Whether pods would run: the node is Ready, and nothing keeps them from it."""
    ended = [name for name, program in programs.items() if not program.running]
    assert not ended, f"{', '.join(ended)} ended by themselves"
    answer = plane.admin.call("GET", f"/api/v1/nodes/{NODE_NAME}")
    if answer.status != 200:
        return False
    conditions = {entry["type"]: entry["status"] for entry in answer.body["status"].get("conditions", [])}
    return conditions.get("Ready") == "True" and "taints" not in answer.body["spec"]


def obey(programs: Programs, orders: Iterable[str]) -> None:
    """Do what is read, line by line, and say `done`."""
    for order in orders:
        verb, name = order.split()
        ORDERS[verb](programs[name])
        print("done", flush=True)


def _pids(programs: Programs) -> set[int]:
    """The numbers of those that run."""
    return {program.pid for program in programs.values() if program.running}


def _bury_orphans(own: set[int]) -> None:
    """A PID 1 inherits orphans (the shims of ended containers, say); its own children are left to whoever waits for them."""
    with suppress(ChildProcessError):
        while (found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None and found.si_pid not in own:
            os.waitpid(found.si_pid, 0)


def _last_words(programs: Programs) -> str:
    """The ends of the logs, which go with the node's folder."""
    return "\n".join(f"--- {name}\n{program.last_words(1500)}" for name, program in programs.items())


if __name__ == "__main__":
    main()
