"""Where the API server is and how to be let in, by the official client: kubeconfig, service account, or a client made ready."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

__all__ = ["Access", "from_api_client", "from_kubeconfig", "in_cluster"]

_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class Access:
    """
    A configuration of the official client that is ours alone, and how to read it anew.

    Thread-safe. `read` gives a new Configuration each time, its credentials fresh; `generation` counts how often that was needed.
    """

    def __init__(self, read: Callable[[], Any], namespace: Callable[[], str], headers: Mapping[str, str]) -> None:
        self.generation = 0
        self._read = read
        self._headers = dict(headers)
        self._lock = Lock()
        self._configuration = read()
        found = namespace()
        #: Where pods go that name no namespace.
        self.namespace = "default" if found == "" else found

    @property
    def host(self) -> str:
        """The address of the API server, as in `https://10.0.0.1:6443`."""
        return str(self._configuration.host).rstrip("/")

    def headers(self) -> dict[str, str]:
        """What each request must carry; a token that has expired is renewed by the client's own hook."""
        headers = dict(self._headers)
        # The hook writes into the configuration, and one plug-in at a time is enough.
        with self._lock:
            settings = self._configuration.auth_settings()
        for setting in settings.values():
            if setting["in"] == "header" and setting["value"] is not None:
                headers[setting["key"]] = setting["value"]
        return headers

    def renew(self, generation: int) -> None:
        """Read the credentials anew, whatever the client thinks of their age; once for all who ask about the same generation."""
        with self._lock:
            if generation == self.generation:
                self._configuration = self._read()
                self.generation += 1

    def configuration(self) -> Any:
        """A copy of the client's Configuration as it is now."""
        with self._lock:
            return copy.deepcopy(self._configuration)

    def pool_manager(self, connections: int) -> Any:
        """A pool manager of the client's own making: its TLS, its proxies. It keeps so many connections."""
        from kubernetes.client.rest import RESTClientObject

        configuration = self.configuration()
        configuration.connection_pool_maxsize = max(connections, configuration.connection_pool_maxsize or 0)
        return RESTClientObject(configuration).pool_manager


def from_kubeconfig(path: str | os.PathLike[str] | None, context: str | None) -> Access:
    """
    By a kubeconfig file (None: $KUBECONFIG, else ~/.kube/config) and one of its contexts (None: the current one).

    Raises: kubernetes.config.ConfigException: there is none, or it is wrong.
    """
    config: Any = import_module("kubernetes.config")

    files = os.environ.get("KUBECONFIG", "~/.kube/config") if path is None else os.fspath(path)

    def read() -> Any:
        configuration = _configuration()
        config.load_kube_config(files, context, configuration, persist_config=False)
        return _proxied(configuration)

    return Access(read, lambda: _namespace_of_context(files, context), _OURS)


def _namespace_of_context(files: str, context: str | None) -> str:
    kube_config: Any = import_module("kubernetes.config.kube_config")
    merged = kube_config.KubeConfigMerger(files).config
    found = merged["contexts"].get_with_name(merged["current-context"] if context is None else context)
    namespace = found["context"].safe_get("namespace")
    return namespace if type(namespace) is str else ""


def in_cluster() -> Access:
    """
    By the service account of the pod this runs in.

    Raises: kubernetes.config.ConfigException: this is no pod, or one without a service account.
    """
    config: Any = import_module("kubernetes.config")

    def read() -> Any:
        configuration = _configuration()
        config.load_incluster_config(configuration)
        return _proxied(configuration)

    file = _SERVICE_ACCOUNT / "namespace"
    return Access(read, lambda: file.read_text().strip() if file.exists() else "", _OURS)


def _configuration() -> Any:
    from kubernetes.client import Configuration

    return Configuration()


def _proxied(configuration: Any) -> Any:
    """With the proxies of the environment, which some clients read, some do not, and some only half."""
    found = getproxies()
    if configuration.proxy is None:
        configuration.proxy = found.get(urlsplit(configuration.host).scheme, found.get("all"))
    if configuration.no_proxy is None:
        configuration.no_proxy = found.get("no")
    return configuration


def from_api_client(api_client: Any) -> Access:
    """By an ApiClient made ready elsewhere: its configuration is copied, its default headers go with every request."""

    def read() -> Any:
        shared = api_client.configuration
        if shared.refresh_api_key_hook is not None:
            shared.refresh_api_key_hook(shared)
        return copy.deepcopy(shared)

    return Access(read, lambda: "", {"User-Agent": _OURS["User-Agent"], **api_client.default_headers})


_OURS = {"User-Agent": "podcompose"}
