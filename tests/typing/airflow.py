"""What a type checker makes of the names for Airflow: never run, only checked (`make check`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from typing_extensions import assert_type

from podcompose import Composition, Override, Template, compose
from podcompose.airflow import (
    ABSENT,
    AIRFLOW,
    STARTERS,
    Comparison,
    Difference,
    Migration,
    OperatorPod,
    Parameter,
    Starter,
    compare,
    executor_pod,
    from_executor_config,
    from_operator,
    load_pod_mutation_hook,
    migrate_config,
    starter,
    starter_parameters,
    template_file_of,
)


def an_executor(template: Template, config: Mapping[str, Any] | None) -> None:
    """A config that says nothing is None, which has to be thought of; everything else goes into `compose` as it is."""
    override = from_executor_config(config, version="1.10.15", name="etl.load")
    assert_type(override, Override | None)
    assert_type(template_file_of(config), str | None)
    task = executor_pod(dag_id="etl", task_id="load", try_number=1, args=["airflow"])
    assert_type(task, Override)
    hook = load_pod_mutation_hook("airflow_local_settings.py")
    assert_type(hook, Callable[[Any], Any])
    assert_type(compose(template, *([] if override is None else [override]), task, hook=hook, dialect=AIRFLOW), Composition)


def an_operator(template: Template) -> None:
    """What an operator asks for is composed; an argument that no operator has is an error to the type checker, too."""
    asked = from_operator(image="busybox", cmds=["date"], env_vars={"A": "1"}, hostnetwork=False)
    assert_type(asked, OperatorPod)
    assert_type(asked.template, Template | None)
    compose(asked.template or template, *asked.overrides)
    from_operator(imag="busybox")  # type: ignore[arg-type]


def a_move(template: Template) -> None:
    """What differs, by group, and by what stands there; null is a value, and ABSENT is none."""
    comparison = compare(template, [{"spec": {}}, {"pod_override": {}}], hook="package.module:function")
    assert_type(comparison, Comparison)
    assert_type(comparison.airflow, Composition | None)
    for difference in comparison.improved:
        assert_type(difference, Difference)
        if difference.before is not ABSENT:
            assert_type(difference.path, str)


def templates() -> None:
    """Starters and migrations have a text and a template."""
    assert_type(STARTERS, Mapping[str, str])
    assert_type(starter_parameters("git_sync"), tuple[Parameter, ...])
    made = starter("git_sync", release="prod", depth=1)
    assert_type(made, Starter)
    assert_type((made.text, made.template), tuple[str, Template])
    migrated = migrate_config("[kubernetes]", airflow_home="/opt/airflow", environ={})
    assert_type(migrated, Migration)
    assert_type((migrated.text, migrated.template), tuple[str, Template])
