"""A real API server takes every migrated template: strictly, without a warning."""

from __future__ import annotations

from typing import Any

import pytest

from podcompose.airflow import Migration, migrate_config
from tests.airflow.migration.table import CASES, Case
from tests.cluster.api import Answer
from tests.cluster.plane import ControlPlane

POD = [case for case in CASES if case.expected is not None]

#: Configurations of our own, that no pod of 1.10.15 stands beside: contradictions it refused, and what it did not read.
OWN = {
    "nothing at all": "",
    "an empty section": "[kubernetes]\n",
    "half of git": "[kubernetes]\ngit_repo = r\ngit_dags_folder_mount_point = /dags\n",
    "a password and a key": "[kubernetes]\ngit_repo = r\ngit_branch = b\ngit_dags_folder_mount_point = /dags\n"
    "git_user = u\ngit_password = p\ngit_ssh_key_secret_name = s\n",
    "a template file": "[kubernetes]\npod_template_file = /pod.yaml\nfs_group = 1\n",
    "annotations as JSON": '[kubernetes]\nworker_annotations = {"a/b": "c"}\n[kubernetes_annotations]\nd = e\n',
    "names twice": "[kubernetes]\nimage_pull_secrets = a,a\nenv_from_secret_ref = a,a\nenv_from_configmap_ref = b,b\n",
    "variables twice": "[kubernetes_environment_variables]\nA = 1\n[kubernetes_secrets]\na = s=k\nA = s2=k2\n",
    "a malformed secret": "[kubernetes_secrets]\nA = no-reference\n",
    "empty everywhere": "[core]\ndags_folder =\nbase_log_folder =\nsql_alchemy_conn =\n[kubernetes]\n"
    "git_repo = r\ngit_branch = b\ngit_dags_folder_mount_point = /dags\ngit_sync_root =\ngit_sync_dest =\n"
    "git_sync_init_container_name =\ngit_sync_container_repository =\ngit_sync_container_tag =\nrun_as_user =\n"
    "worker_container_image_pull_policy =\n",
    "odd letters in secrets": "[kubernetes_environment_variables]\nA.B-PASSWORD = x\n",
    "keys of Google": "[kubernetes]\ngcp_service_account_keys = one=/k1.json, two:/k2.json\n",
}


def offered(plane: ControlPlane, namespace: str, kind: str, manifest: dict[str, Any]) -> list[str]:
    """What the server has against it: its refusal, and its warnings; nothing is kept."""
    path = f"/api/v1/namespaces/{namespace}/{kind}"
    answer: Answer = plane.admin.call("POST", path, manifest, dryRun="All", fieldValidation="Strict")
    refusal = [] if answer.status == 201 else [f"{answer.status}: {answer.body.get('message')}"]
    return refusal + answer.headers.getlist("Warning")


def complaints(plane: ControlPlane, namespace: str, migration: Migration) -> list[str]:
    """What it has against a template, and the Secrets beside it, filled or not."""
    secrets = [*migration.secrets.manifests(), *migration.secrets.manifests(with_values=True)]
    found = [one for secret in secrets for one in offered(plane, namespace, "secrets", secret)]
    return [*found, *offered(plane, namespace, "pods", migration.template.manifest)]


@pytest.mark.parametrize("case", POD, ids=lambda case: case.name)
def test_every_configuration_of_the_table_is_accepted(plane: ControlPlane, namespace: str, case: Case) -> None:
    """Strict dry run: no unknown field, no repeated one, nothing invalid, no warning."""
    migration = migrate_config(case.cfg, airflow_home=case.airflow_home, environ=case.environ)

    assert complaints(plane, namespace, migration) == []


@pytest.mark.parametrize("name", OWN)
def test_what_airflow_refused_is_a_template_that_is_accepted(plane: ControlPlane, namespace: str, name: str) -> None:
    """Contradictions are in the report; the template is one all the same."""
    assert complaints(plane, namespace, migrate_config(OWN[name])) == []
