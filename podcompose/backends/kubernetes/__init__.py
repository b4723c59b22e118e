"""Pods of a Kubernetes cluster: the official client for configuration and credentials, everything else our own."""

from podcompose.backends.kubernetes.backend import KubernetesBackend

__all__ = ["KubernetesBackend"]
