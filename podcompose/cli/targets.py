"""Where pods go: which backend, made as the options say, and how to name it again on a command line."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import click

from podcompose.cli.exits import NOT_LAUNCHED
from podcompose.cli.screen import plain
from podcompose.cli.streams import fail

__all__ = ["KUBERNETES_OPTIONS", "Failed", "Target", "optioned"]

KUBERNETES_OPTIONS = (
    click.option("--namespace", metavar="NS", help="Where a pod goes that names no namespace.  [default: the context's]"),
    click.option("--context", metavar="C", help="The context of the kubeconfig.  [default: the current one]"),
    click.option(
        "--kubeconfig", type=click.Path(), metavar="FILE", help="Which kubeconfig.  [default: $KUBECONFIG, ~/.kube/config]"
    ),
)


def optioned(options: tuple[Callable[..., Any], ...]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """These options, in this order."""

    def decorated(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorated


class Failed(click.ClickException):
    """What could not be done, in lines of text."""

    def show(self, file: Any = None) -> None:
        """Print it as all lines of these commands are printed."""
        for line in self.message.splitlines():
            click.echo(f"podcompose: {plain(line)}", file=file, err=file is None)


class Target(NamedTuple):
    """A backend by its options."""

    kind: Literal["local", "kubernetes"]
    namespace: str | None = None
    context: str | None = None
    kubeconfig: str | None = None

    def open(self, concurrency: int = 32) -> Any:
        """
        The backend, to be closed by the caller.

        Raises: click.exceptions.Exit: there is no such kubeconfig or context, say; it was told.
        """
        from podcompose.backends import KubernetesBackend, LocalBackend

        if self.kind == "local":
            namespace = "default" if self.namespace is None else self.namespace
            return LocalBackend(namespace=namespace, max_pods=max(concurrency, 1))
        try:
            if self._inside():
                return KubernetesBackend.in_cluster(self.namespace)
            return KubernetesBackend.from_kubeconfig(self.kubeconfig, self.context, self.namespace)
        except Exception as error:  # of the client, of its plug-ins, of files: this room does not know the client
            fail(Failed(f"there is no cluster to reach: {' '.join(str(error).split())}"), NOT_LAUNCHED)

    def again(self, command: str, launch_id: str, namespace: str | None = None) -> str:
        """A command line about a launch at the same place."""
        named = {"--namespace": namespace or self.namespace, "--context": self.context, "--kubeconfig": self.kubeconfig}
        options = [part for option, value in named.items() if value is not None for part in (option, value)]
        return shlex.join(["podcompose", command, launch_id, *options])

    def kubectl(self, namespace: str, *words: str) -> str:
        """A command line of kubectl's at the same place."""
        named = {"--namespace": namespace, "--context": self.context, "--kubeconfig": self.kubeconfig}
        options = [part for option, value in named.items() if value is not None for part in (option, value)]
        return shlex.join(["kubectl", *words, *options])

    def _inside(self) -> bool:
        """Whether this runs in a pod, and nothing else was asked for."""
        asked = self.context is not None or self.kubeconfig is not None or "KUBECONFIG" in os.environ
        return not asked and "KUBERNETES_SERVICE_HOST" in os.environ and not os.path.exists(os.path.expanduser("~/.kube/config"))
