"""
flytekit's words: a template as a PodTemplate, an override as what a task says of its own container.

A task of flytekit always says an image and a command: where the user wants no other, they are the template's. All else that a task
says of a pod it says in a PodTemplate, and it has one alone.
"""

from __future__ import annotations

from typing import Any

from lines import NotSayable
from parts import Parts, by_name

__all__ = ["AMOUNTS", "TASK", "of_task"]

#: The task's arguments for its container.
TASK = {("main", "image"): "image", ("main", "command"): "command", ("main", "args"): "arguments", ("main", "env"): "environment"}
#: The fields of Resources.
AMOUNTS = {"cpu": "cpu", "memory": "mem", "ephemeral-storage": "ephemeral_storage"}


def of_task(wish: Parts, template: Parts) -> dict[str, Any]:
    """The keyword arguments of a task; `requests` and `limits` are those of Resources."""
    found = {name: template.main.get(field) for (_, field), name in TASK.items() if name != "environment"}
    for each in wish.others:
        raise NotSayable(f"a task says nothing of another container than its own, as {each['name']}")
    for path, value in wish.fields().items():
        if path[1] == "resources":
            _put_amount(found, path, value)
        elif path not in TASK:
            raise NotSayable(f"a task has no argument for {path[1]} of the {'container' if path[0] == 'main' else 'pod'}")
        else:
            found[TASK[path]] = by_name(value, "environment") if TASK[path] == "environment" else value
    return found


def _put_amount(found: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    if len(path) != 4 or path[3] not in AMOUNTS:
        raise NotSayable(f"Resources have no field for {'.'.join(path[2:]) or value}")
    found.setdefault(path[2], {})[AMOUNTS[path[3]]] = value
