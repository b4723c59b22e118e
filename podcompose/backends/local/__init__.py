"""Pods as processes of this machine: the embedded default."""

from podcompose.backends.local.backend import MINIMAL_PATH, LocalBackend
from podcompose.backends.local.fields import FIELDS, Rule, Verdict

__all__ = ["FIELDS", "MINIMAL_PATH", "LocalBackend", "Rule", "Verdict"]
