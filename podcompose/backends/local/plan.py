"""What a pod asks for, read once: its containers, in Kubernetes' words and with Kubernetes' defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["ContainerPlan", "PodPlan", "Policy", "Role", "Rule", "field", "plan_of"]

Role = Literal["init", "sidecar", "main"]
Policy = Literal["Always", "OnFailure", "Never"]

#: Kubernetes' own default.
_GRACE = 30.0


@dataclass(frozen=True, slots=True)
class Rule:
    """One of `restartPolicyRules`: restart on these exit codes, or on all others."""

    inside: bool
    codes: frozenset[int]

    def matches(self, code: int) -> bool:
        """Whether an exit code is meant."""
        return (code in self.codes) is self.inside


@dataclass(frozen=True, slots=True)
class ContainerPlan:
    """One container: what it is for, and when it is started again."""

    name: str
    role: Role
    policy: Policy
    rules: tuple[Rule, ...]
    stop_signal: str
    manifest: Mapping[str, Any]

    def restarts_after(self, code: int) -> bool:
        """
        Whether an exit with this code is followed by another start.

        >>> containers = plan_of({"restartPolicy": "OnFailure", "containers": [{"name": "a"}]}).containers
        >>> containers["a"].restarts_after(0), containers["a"].restarts_after(3)
        (False, True)
        """
        if any(rule.matches(code) for rule in self.rules):
            return True
        if self.role == "init":
            return code != 0 and self.policy != "Never"
        return self.policy == "Always" or (self.policy == "OnFailure" and code != 0)


@dataclass(frozen=True, slots=True)
class PodPlan:
    """One pod: its containers by name, in the order in which they are started."""

    containers: Mapping[str, ContainerPlan]
    policy: Policy
    grace: float
    deadline: float | None
    inits: tuple[str, ...]
    sidecars: tuple[str, ...]
    mains: tuple[str, ...]


def field(manifest: Mapping[str, Any], name: str, default: Any) -> Any:
    """A field, or Kubernetes' default where it is absent or null."""
    value = manifest.get(name)
    return default if value is None else value


def plan_of(spec: Mapping[str, Any]) -> PodPlan:
    """Read a pod's spec."""
    policy = field(spec, "restartPolicy", "Always")
    inits = [_container(one, policy, init=True) for one in field(spec, "initContainers", [])]
    mains = [_container(one, policy, init=False) for one in field(spec, "containers", [])]
    deadline = field(spec, "activeDeadlineSeconds", None)
    return PodPlan(
        {one.name: one for one in [*inits, *mains]},
        policy,
        float(field(spec, "terminationGracePeriodSeconds", _GRACE)),
        None if deadline is None else float(deadline),
        tuple(one.name for one in inits),
        tuple(one.name for one in inits if one.role == "sidecar"),
        tuple(one.name for one in mains),
    )


def _container(manifest: Mapping[str, Any], policy: Policy, *, init: bool) -> ContainerPlan:
    own = field(manifest, "restartPolicy", policy)
    sidecar = init and manifest.get("restartPolicy") == "Always"
    role: Role = "sidecar" if sidecar else ("init" if init else "main")
    rules = tuple(_rule(rule) for rule in field(manifest, "restartPolicyRules", []))
    stop = field(field(manifest, "lifecycle", {}), "stopSignal", "SIGTERM")
    return ContainerPlan(manifest["name"], role, own, rules, stop, manifest)


def _rule(rule: Mapping[str, Any]) -> Rule:
    codes = field(rule, "exitCodes", {})
    return Rule(codes.get("operator") == "In", frozenset(field(codes, "values", [])))
