"""Our own migration, on every configuration of the table."""

from __future__ import annotations

import json
from collections import Counter
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest

from podcompose.airflow import migrate_config
from podcompose.errors import PodComposeError
from tests.airflow.migration.matching import differences
from tests.airflow.migration.table import CASES, Case

POD = [case for case in CASES if case.expected is not None]
REFUSED = [case for case in CASES if case.refused is not None]

#: Sections whose every option belongs to the pod or to the executor.
WHOLE = ("kubernetes", "kubernetes_node_selectors", "kubernetes_annotations", "kubernetes_labels")
PAIRS = ("kubernetes_environment_variables", "kubernetes_secrets")


def named(case: Case) -> str:
    """A case by its name."""
    return case.name


def migrated(case: Case) -> Any:
    """A configuration, migrated."""
    return migrate_config(case.cfg, airflow_home=case.airflow_home, environ=case.environ)


@pytest.mark.parametrize("case", POD, ids=named)
def test_the_template_is_the_expected_pod(case: Case) -> None:
    """The template of a configuration is the pod that Airflow 1.10.15 made of it, where that was right."""
    manifest = migrated(case).template.manifest

    assert differences(case.expected, manifest) == []


@pytest.mark.parametrize("case", [case for case in CASES if case.report], ids=named)
def test_the_report_says_what_became_of_an_option(case: Case) -> None:
    """Where there is no doubt about an option, the report says what became of it."""
    said = {f"{item.section}/{item.option}": str(item.status) for item in migrated(case).report}

    assert {option: said.get(option) for option in case.report} == case.report


@pytest.mark.parametrize("case", POD, ids=named)
def test_every_option_is_in_the_report_once(case: Case) -> None:
    """No option of the Kubernetes sections is passed over, and none is told of twice."""
    parser = RawConfigParser()
    parser.optionxform = str  # as Airflow's: names keep their case
    parser.read_string(case.cfg)
    written = {(section, option) for section in (*WHOLE, *PAIRS) if section in parser for option in parser._sections[section]}
    told = Counter((item.section, item.option) for item in migrated(case).report)

    assert {item: told[item] for item in written if told[item] != 1} == {}
    assert [item for item, times in told.items() if times > 1] == []


@pytest.mark.parametrize("case", CASES, ids=named)
def test_no_secret_is_in_sight(case: Case) -> None:
    """Nothing that is shown or written without being asked for holds a password: template, text, report, error, representations."""
    try:
        migration = migrated(case)
        shown = [migration.text, json.dumps(migration.template.manifest), *map(str, migration.report), str(migration.leftover)]
        shown += [repr(migration), str(migration), repr(migration.report), repr(migration.secrets)]
    except PodComposeError as error:
        shown = [str(error), repr(error)]

    assert [secret for secret in case.secrets if any(secret in text for text in shown)] == []


@pytest.mark.parametrize("case", REFUSED, ids=named)
def test_what_airflow_refused_is_said(case: Case) -> None:
    """What Airflow refused is an error of ours, or is told of in the report: contradictory, or why it is none."""
    try:
        statuses = {str(item.status) for item in migrated(case).report}
    except PodComposeError as error:
        statuses = {type(error).__name__}

    assert statuses - {"moved", "secret"}


def test_no_command_is_run(tmp_path: Path) -> None:
    """A command of a `_cmd` option, in the file or in the environment, is not run."""
    made = tmp_path / "made"
    cfg = f"[core]\nsql_alchemy_conn_cmd = touch {made}\n[kubernetes]\ndags_in_image = True\ngit_password_cmd = touch {made}\n"
    migrate_config(cfg, airflow_home="/opt/airflow", environ={"AIRFLOW__CORE__SQL_ALCHEMY_CONN_CMD": f"touch {made}"})

    assert not made.exists()


def test_a_secrets_backend_is_not_asked() -> None:
    """An option that a secrets backend held is read from a Secret now; which value belongs there is no knowledge of ours."""
    cfg = """
[secrets]
backend = airflow.contrib.secrets.hashicorp_vault.VaultBackend

[core]
sql_alchemy_conn_secret = sql_alchemy_conn

[kubernetes]
git_repo = https://github.com/example/dags.git
git_branch = master
git_dags_folder_mount_point = /dags
git_user = alice
git_password_secret = git/password
"""
    migration = migrate_config(cfg, airflow_home="/opt/airflow", environ={})
    spec = migration.template.manifest["spec"]
    variables = {item["name"]: item for container in ("initContainers", "containers") for item in spec[container][0]["env"]}
    said = {f"{item.section}/{item.option}": str(item.status) for item in migration.report}

    assert "secretKeyRef" in variables["GIT_SYNC_PASSWORD"]["valueFrom"]
    assert "secretKeyRef" in variables["AIRFLOW__CORE__SQL_ALCHEMY_CONN"]["valueFrom"]
    assert (said["core/sql_alchemy_conn_secret"], said["kubernetes/git_password_secret"]) == ("secret", "secret")


def test_an_option_that_airflow_knew_is_not_called_unknown() -> None:
    """An option of [core] that was not taken, for another came first, is told so, and not that there was no such section."""
    cfg = "[core]\nsql_alchemy_conn = postgresql://h/d\nsql_alchemy_conn_cmd = pass\n[kubernetes]\ndags_in_image = True\n"
    told = {item.option: str(item) for item in migrate_config(cfg, airflow_home="/opt/airflow", environ={}).report}

    assert "no section" not in told["sql_alchemy_conn_cmd"]
