"""Two accounts of one case, side by side: what differs, by the name of what differs."""

from __future__ import annotations

from podcompose.run import Stage
from tests.node.account import Account

__all__ = ["differing"]


def differing(local: Account, real: Account) -> dict[str, tuple[object, object]]:
    """What differs -> (on this machine, on the node)."""
    ours, theirs = _facts(local), _facts(real)
    found = {name: (ours[name], theirs[name]) for name in ours if ours[name] != theirs[name]}
    order = _order(local.stages, real.stages), _order(real.stages, local.stages)
    return found if order[0] == order[1] else {**found, "stages": order}


def _facts(account: Account) -> dict[str, object]:
    """All that must be equal; what has a time or an address in it is left out."""
    outcome = account.outcome
    disruption = outcome.disruption
    return {
        "kind": outcome.kind,
        "cause": None if outcome.cause is None else outcome.cause.kind,
        "exit code": outcome.exit_code,
        "signal": outcome.signal,
        "reason": outcome.reason,
        "container": outcome.container,
        "message": None if outcome.cause is not None and outcome.cause.kind == "StartError" else outcome.message,
        "restarts": outcome.restarts,
        "ran": outcome.ran,
        "infrastructure": outcome.infrastructure,
        "disruption": None if disruption is None else disruption.kind,
        "exits": dict(account.exits),
        "logs": dict(account.logs),
        "init order": account.in_order,
    }


def _order(stages: tuple[Stage, ...], others: tuple[Stage, ...]) -> list[Stage]:
    """The stages that both have, in the order of their first appearance: events coalesce, so each may lack some."""
    return list(dict.fromkeys(stage for stage in stages if stage in others))
