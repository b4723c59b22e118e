"""Our migration against Airflow 1.10.15 itself, on configurations made at random."""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

import pytest

from podcompose.airflow import migrate_config
from podcompose.errors import PodComposeError
from tests.airflow.migration.generated import generated
from tests.airflow.migration.matching import differences
from tests.airflow.migration.mending import mended
from tests.airflow.migration.table import Case
from tests.airflow.migration.test_oracle import asked

#: How many; PODCOMPOSE_MIGRATIONS=3000 for a longer while.
COUNT = int(os.environ.get("PODCOMPOSE_MIGRATIONS", "150"))


class Trial(NamedTuple):
    """A configuration, what Airflow answered, and what our migration made of it."""

    case: Case
    answer: dict[str, Any]
    our: Any


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    """Every configuration, tried on both."""
    cases = [generated(number) for number in range(COUNT)]
    return [Trial(case, answer, ours(case)) for case, answer in zip(cases, asked(cases), strict=True)]


def ours(case: Case) -> Any:
    """What our migration makes of it, or its error."""
    try:
        return migrate_config(case.cfg, airflow_home=case.airflow_home, environ=case.environ)
    except PodComposeError as error:
        return error


def test_what_airflow_made_we_make(trials: list[Trial]) -> None:
    """Where Airflow made a pod, the template is that pod, but for the named defects."""
    made = [trial for trial in trials if "pod" in trial.answer]
    wrong = {trial.case.name: found for trial in made if (found := _wrong(trial))}

    assert len(made) > COUNT // 2
    assert wrong == {}


def test_what_airflow_refused_we_say(trials: list[Trial]) -> None:
    """Where Airflow raised an error, so do we, or the report says that something is contradictory."""
    refused = [trial for trial in trials if "error" in trial.answer]
    silent = [(trial.case.name, trial.answer["error"]) for trial in refused if not _refuses(trial.our)]

    assert refused
    assert silent == []


def test_no_password_is_in_sight(trials: list[Trial]) -> None:
    """No password of any configuration is in the template, the report or the rest of the file."""
    assert [trial.case.name for trial in trials if "hidden-of-" in _shown(trial.our)] == []


def _wrong(trial: Trial) -> list[str]:
    """Where our pod is not Airflow's, without its defects."""
    if isinstance(trial.our, PodComposeError):
        return [str(trial.our)]
    return differences(mended(trial.answer["pod"], trial.case._asdict()), trial.our.template.manifest)


def _refuses(our: Any) -> bool:
    """Whether ours is an error, or says that something is contradictory."""
    return isinstance(our, PodComposeError) or "contradictory" in {str(item.status) for item in our.report}


def _shown(our: Any) -> str:
    """All that a person sees of it."""
    if isinstance(our, PodComposeError):
        return f"{our} {our!r}"
    manifest = json.dumps(our.template.manifest)
    return " ".join([our.text, manifest, *map(str, our.report), str(our.leftover), repr(our), repr(our.report), repr(our.secrets)])
