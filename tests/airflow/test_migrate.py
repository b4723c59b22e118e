"""An old airflow.cfg as a template: what becomes of its options, said once each, with no secret in sight."""

from __future__ import annotations

import json
from typing import Any

import pytest

from podcompose import TemplateError
from podcompose.airflow import Item, Migration, migrate_config
from podcompose.airflow.migration.options import OPTIONS

CORE = "[core]\nsql_alchemy_conn = postgresql://airflow:db-pa55word@db/airflow\n"
IMAGE = "worker_container_repository = apache/airflow\nworker_container_tag = 1.10.15\n"
GIT = "git_repo = https://git.example/dags\ngit_branch = main\ngit_dags_folder_mount_point = /dags\n"


def migrated(kubernetes: str = "dags_in_image = True\n", more: str = "", **given: Any) -> Migration:
    """A cfg with a connection and an image, and these options of [kubernetes] beside it."""
    return migrate_config(f"{CORE}[kubernetes]\n{IMAGE}{kubernetes}{more}", **given)


def item(migration: Migration, option: str) -> Item:
    """What the report says of an option."""
    [found] = [one for one in migration.report if one.option == option]
    return found


def base(migration: Migration) -> dict[str, Any]:
    """The container of the task."""
    container: dict[str, Any] = migration.template.manifest["spec"]["containers"][0]
    return container


def variables(container: dict[str, Any]) -> dict[str, Any]:
    """Its variables by name."""
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container["env"]}


def test_a_part_says_which_option_it_came_from() -> None:
    """Above each part of the template a comment names the option; what Airflow always wrote has none."""
    lines = migrated("dags_in_image = True\nrun_as_user = 7\n").text.split("\n")

    assert lines[lines.index("    runAsUser: 7") - 1] == "    # [kubernetes] run_as_user"
    assert "    # [kubernetes] worker_container_repository, [kubernetes] worker_container_tag" in lines
    assert lines[lines.index("  restartPolicy: Never") - 1].strip().startswith("mountPath")


def test_an_element_and_its_first_field_have_one_comment() -> None:
    """Both begin in one line, and there is one place above it."""
    lines = migrated(GIT).text.split("\n")

    assert lines[lines.index("  - name: git-sync-clone") - 2 :][:2] == [
        "  initContainers:",
        "  # [kubernetes] git_repo, [kubernetes] git_sync_init_container_name (1.10's default)",
    ]


def test_the_text_is_the_template() -> None:
    """What is written is what is used."""
    migration = migrated(GIT)
    from podcompose.yaml import read

    assert read(migration.text).value == migration.template.manifest


#: name: (options of [kubernetes] and more sections, option, status, part of why)
STATUSES = {
    "as it is": ("fs_group = 5\n", "fs_group", "moved", ""),
    "a default": ("run_as_user = 50000\n", "run_as_user", "moved", "its default"),
    "empty": ("affinity =\n", "affinity", "dropped", "empty"),
    "empty, with a default": ("worker_container_image_pull_policy =\n", "worker_container_image_pull_policy", "dropped", "default"),
    "a default without use": ("git_sync_depth = 1\n", "git_sync_depth", "dropped", "its default; git-sync does not clone"),
    "the executor's": ("delete_worker_pods = False\n", "delete_worker_pods", "kept", "[kubernetes_executor]"),
    "of Airflow 2": ("tcp_keep_idle = 60\n", "tcp_keep_idle", "kept", "1.10 did not have it"),
    "a typo": ("git_barnch = x\n", "git_barnch", "dropped", "did you mean `git_branch`?"),
    "another case": ("Git_Repo = x\n", "Git_Repo", "dropped", "did you mean `git_repo`?"),
    "nothing like it": ("zzz = x\n", "zzz", "dropped", "no Airflow has an option of that name"),
    "a typo of a section": ("[kubernetes_label]\nteam = x\n", "team", "dropped", "did you mean [kubernetes_labels]?"),
    "a claim beside the image": ("dags_volume_claim = c\n", "dags_volume_claim", "contradictory", "`dags_in_image`"),
    "git beside the image": ("git_repo = r\n", "git_repo", "contradictory", "`dags_in_image`"),
    "two places of logs": ("logs_volume_claim = c\nlogs_volume_host = /h\n", "logs_volume_host", "contradictory", "claim"),
    "blanks between names": ("image_pull_secrets = a, b,\n", "image_pull_secrets", "changed", "blanks"),
    "annotations as JSON": ('worker_annotations = {"a": "b"}\n', "worker_annotations", "changed", "did not read it"),
    "keys of Google": ("gcp_service_account_keys = k=/k.json\n", "gcp_service_account_keys", "dropped", "key.json=PATH"),
    "a malformed secret": ("[kubernetes_secrets]\nPW = just-a-password\n", "PW", "dropped", "not of the form"),
    "a secret with blanks": ("[kubernetes_secrets]\nPW = a = b\n", "PW", "changed", "blanks"),
    "Airflow's own variable": (
        "[kubernetes_environment_variables]\nAIRFLOW__CORE__EXECUTOR = CeleryExecutor\n",
        "AIRFLOW__CORE__EXECUTOR",
        "contradictory",
        "Airflow's own",
    ),
    "a secret variable": ("[kubernetes_environment_variables]\nAPI_TOKEN = t0ken\n", "API_TOKEN", "secret", "write it back"),
    "a password in a label": ("[kubernetes_annotations]\ndb = pg://a:b1@c\n", "db", "secret", "left out"),
}


@pytest.mark.parametrize("name", STATUSES)
def test_an_option_has_a_status_and_a_reason(name: str) -> None:
    """What has become of an option, and why."""
    options, option, status, why = STATUSES[name]
    said = item(migrated(f"dags_in_image = True\n{options}"), option)

    assert (said.status, why in said.why) == (status, True), said


def test_an_item_names_its_places_and_its_line() -> None:
    """Paths as Kubernetes prints them; the line of the cfg; the whole as one sentence."""
    said = item(migrated(GIT), "git_dags_folder_mount_point")

    assert (said.line, said.where) == (
        8,
        (
            '.spec.containers[name="base"].env[name="AIRFLOW__CORE__DAGS_FOLDER"]',
            '.spec.containers[name="base"].volumeMounts[mountPath="/dags"].mountPath',
        ),
    )
    assert str(said).startswith('[kubernetes] git_dags_folder_mount_point -> .spec.containers[name="base"]')


def test_what_is_missed_is_said_at_the_option_that_would_give_it() -> None:
    """No image, no dags: the template is still one, with a stand-in for the image and the dags in it."""
    migration = migrate_config("[kubernetes]\n")

    assert base(migration)["image"] == "dummy_image"
    assert sorted((one.option, one.status, one.line) for one in migration.report) == [
        ("dags_in_image", "contradictory", None),
        ("sql_alchemy_conn", "secret", None),
        ("worker_container_repository", "contradictory", None),
    ]


def test_half_of_git_is_contradictory() -> None:
    """A repository without a branch clones nothing; the report says what is missing."""
    said = item(migrated("git_repo = r\n"), "git_repo")

    assert (said.status, "`git_branch`, `git_dags_folder_mount_point`" in said.why) == ("contradictory", True)


def test_a_key_for_ssh_wins_over_a_password() -> None:
    """1.10 did not start with both; git-sync is given one, and no Secret holds the other."""
    migration = migrated(f"{GIT}git_user = me\ngit_password = g1t-pa55\ngit_ssh_key_secret_name = keys\n")
    env = variables(migration.template.manifest["spec"]["initContainers"][0])

    assert ("GIT_SYNC_SSH" in env, "GIT_SYNC_PASSWORD" in env, list(migration.secrets.values)) == (
        True,
        False,
        ["sql-alchemy-conn"],
    )
    assert {item(migration, option).status for option in ("git_user", "git_password")} == {"contradictory"}


def test_a_template_file_was_taken_alone() -> None:
    """With `pod_template_file` every other option of the pod was ignored, but for the image."""
    migration = migrated("pod_template_file = /pod.yaml\nfs_group = 5\nnamespace = etl\n", "[kubernetes_labels]\na = b\n")
    statuses = {one.option: one.status for one in migration.report}

    assert migration.template.manifest == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "placeholder-name"},
        "spec": {"containers": [{"name": "base", "image": "apache/airflow:1.10.15"}], "restartPolicy": "Never"},
    }
    assert statuses == {
        "sql_alchemy_conn": "secret",
        "worker_container_repository": "moved",
        "worker_container_tag": "moved",
        "pod_template_file": "contradictory",
        "fs_group": "dropped",
        "namespace": "kept",
        "a": "dropped",
    }
    assert "pod_template_file = /pod.yaml" in migration.leftover


def test_a_template_file_alone_is_kept() -> None:
    """Nothing contradicts it where the other options are at their defaults."""
    migration = migrate_config(f"[kubernetes]\npod_template_file = /pod.yaml\nrun_as_user = 50000\n{IMAGE}")

    assert item(migration, "pod_template_file").status == "kept"


def test_a_variable_that_refers_to_others_stays_one() -> None:
    """The kubelet puts `$(NAME)` into values of the pod only: such a value is no secret, its parts are."""
    more = "[kubernetes_environment_variables]\nUSER_PASSWORD = pa55\nURL = postgresql://me:$(USER_PASSWORD)@db/x\n"
    env = variables(base(migrated(more=more)))

    assert env["URL"] == "postgresql://me:$(USER_PASSWORD)@db/x"
    assert env["USER_PASSWORD"] == {"secretKeyRef": {"name": "airflow-migrated", "key": "USER_PASSWORD"}}


def test_a_connection_made_of_references_stays_one() -> None:
    """In a Secret the kubelet replaces nothing: what only refers stays, and what holds a password too says what is to be done."""
    text = "[core]\nsql_alchemy_conn = pg://$(U):{}@db/x\n[kubernetes]\n" + GIT + "git_user = $(U)\ngit_password = a$(P)\n"
    refers, holds = migrate_config(text.format("$(P)")), migrate_config(text.format("hunter2"))
    sync = variables(refers.template.manifest["spec"]["initContainers"][0])

    assert variables(base(refers))["AIRFLOW__CORE__SQL_ALCHEMY_CONN"] == "pg://$(U):$(P)@db/x"
    assert (sync["GIT_SYNC_USERNAME"], list(sync["GIT_SYNC_PASSWORD"])) == ("$(U)", ["secretKeyRef"])
    assert "nothing in a Secret is replaced" in item(holds, "sql_alchemy_conn").why


def test_airflow_home_is_the_argument_s_the_environment_s_or_the_file_s() -> None:
    """Whoever is nearest says where AIRFLOW_HOME is; else it is that of the official images."""
    core = "[core]\nairflow_home = /of/the/file\n"
    homes = [
        migrate_config(core, airflow_home="/given", environ={"AIRFLOW_HOME": "/of/the/environment"}),
        migrate_config(core, environ={"AIRFLOW_HOME": "/of/the/environment"}),
        migrate_config(core),
        migrate_config(""),
        migrate_config(core, airflow_home="~/af", environ={"HOME": "/home/me"}),
    ]

    assert [base(one)["volumeMounts"][0]["mountPath"] for one in homes] == [
        "/given/logs",
        "/of/the/environment/logs",
        "/of/the/file/logs",
        "/opt/airflow/logs",
        "/home/me/af/logs",
    ]


def test_the_environment_wins_and_is_named() -> None:
    """An option of the environment overrides the file's, is in the report once, and says so."""
    migration = migrated(GIT, environ={"AIRFLOW__KUBERNETES__GIT_BRANCH": "release", "AIRFLOW__KUBERNETES_LABELS__TEAM": "data"})
    said = item(migration, "git_branch")

    assert variables(migration.template.manifest["spec"]["initContainers"][0])["GIT_SYNC_BRANCH"] == "release"
    assert (said.variable, said.line, "line 7 of the cfg" in said.why) == ("AIRFLOW__KUBERNETES__GIT_BRANCH", None, True)
    assert migration.template.manifest["metadata"]["labels"] == {"team": "data"}


def test_everything_that_is_wrong_is_said_at_once() -> None:
    """A value that means nothing, a number that is none, JSON that is none: each with its line, none with its value."""
    cfg = """\
[core]
sql_alchemy_conn = postgresql://me:100%pa55word@db
[kubernetes]
run_as_user = fifty
affinity = {"nodeAffinity": pa55word}
tolerations = {"key": "gpu"}
dags_in_image = maybe
"""
    with pytest.raises(TemplateError) as caught:
        migrate_config(cfg)
    found = [(one.code, one.line) for one in caught.value.problems]

    assert found == [("bad-cfg", 2), ("wrong-type", 4), ("bad-json", 5), ("bad-json", 6), ("wrong-type", 7)]
    assert "pa55word" not in str(caught.value) + repr(caught.value)


def test_what_no_pod_has_is_said_at_its_option() -> None:
    """A field that Kubernetes does not know, in JSON that is well written, is an error at the line of the option."""
    with pytest.raises(TemplateError) as caught:
        migrated('dags_in_image = True\naffinity = {"node_affinity": {}}\n')
    [problem] = caught.value.problems

    assert (problem.location, problem.code, problem.suggestion) == (
        "airflow.cfg:7",
        "unknown-field",
        "did you mean `nodeAffinity`? Kubernetes writes it in camelCase",
    )


def test_a_path_that_is_mounted_twice_is_said_at_an_option() -> None:
    """What is wrong with a whole element is said at the line of an option that is in it."""
    with pytest.raises(TemplateError) as caught:
        migrate_config("[core]\ndags_folder = /x\nbase_log_folder = /x\n[kubernetes]\ndags_volume_claim = c\n")

    assert [(one.code, one.line) for one in caught.value.problems] == [("repeated-key", 3)]


def test_a_password_is_in_no_metadata() -> None:
    """No Secret can give a pod its labels and annotations: one with a password is left out, the others stay."""
    more = "[kubernetes_annotations]\ndb = pg://a:b1@c\nvault-token = s3cr3t\nteam = data\n"
    option = 'worker_annotations = {"db2": "pg://a:b1@c", "tier": "1"}\n'
    migration = migrated(f"dags_in_image = True\n{option}", more)

    assert migration.template.manifest["metadata"]["annotations"] == {"tier": "1", "team": "data"}
    assert {one.option for one in migration.report if "left out: it looks like a secret" in one.why} == {
        "db",
        "vault-token",
    } | {"worker_annotations"}


def test_a_url_that_is_not_indented_is_a_secret_all_the_same() -> None:
    """ConfigParser takes what stands before its `:` for an option; the password is nowhere."""
    text = "[core]\nsql_alchemy_conn =\npostgresql://me:hunter2@db/airflow\n[kubernetes_environment_variables]\nX =\npg://me:hunter3@db\n"
    migration = migrate_config(text)

    assert "hunter" not in migration.text + migration.leftover + migration.page


def test_what_a_secret_is_made_of_is_left_out_of_the_leftover() -> None:
    """A password that `%(...)s` puts into a URL is one, whatever its option is called."""
    own = "mine = hunter2\nhost = db\nsql_alchemy_connect_args = settings.args\n"
    migration = migrate_config(f"[core]\n{own}sql_alchemy_conn = pg://me:%(mine)s@%(host)s/airflow\n")

    assert migration.secrets.values == {"sql-alchemy-conn": "pg://me:hunter2@db/airflow"}
    assert migration.leftover.startswith(
        "[core]\n# mine was here: it may be a secret\nhost = db\nsql_alchemy_connect_args = settings"
    )


def test_a_url_is_the_name_of_no_secret() -> None:
    """Somebody who wrote the value itself into [kubernetes_secrets] does not find it in the template."""
    migration = migrated("dags_in_image = True\n", "[kubernetes_secrets]\nDB = pg://me:hunter2@db/airflow?ssl=on\n")

    assert "hunter2" not in migration.text + migration.leftover + migration.page


@pytest.mark.parametrize("name", ["", "Bad Name", "a_b", "-", "a" * 254])
def test_a_secret_has_a_name_that_the_api_server_takes(name: str) -> None:
    """Another one is refused before anything is made."""
    with pytest.raises(TemplateError) as caught:
        migrate_config("", secret_name=name)

    assert [one.code for one in caught.value.problems] == ["bad-parameter"]


@pytest.mark.parametrize(
    ("option", "status", "why"),
    [
        ("dags_volume_claim = dags # ours", "moved", "the `#` is part of the value"),
        ("dags_volume_mount_point = ~/dags", "changed", "stands here as it is"),
    ],
)
def test_what_is_not_meant_so_is_said(option: str, status: str, why: str) -> None:
    """A comment behind a value is none, and a `~` of the scheduler's machine is none of the pod's."""
    migration = migrated(f"dags_volume_claim = dags\n{option}\n" if "claim" not in option else f"{option}\n")
    told = item(migration, option.split()[0])

    assert (told.status, why in told.why) == (status, True)


def test_a_variable_that_git_sync_has_and_the_task_has_not_is_a_secret_first() -> None:
    """Airflow's own connection takes its place in `base`; in git-sync it is there, from the Secret."""
    more = "[kubernetes_environment_variables]\nAIRFLOW__CORE__SQL_ALCHEMY_CONN = pg://a:b1@c\n"
    said = item(migrated(GIT, more), "AIRFLOW__CORE__SQL_ALCHEMY_CONN")

    assert (said.status, [where.split("[")[0] for where in said.where]) == ("secret", [".spec.initContainers"])


@pytest.mark.parametrize("depth", [101, 900, 20_000, 100_000])
def test_json_that_is_too_deep_is_an_error_of_ours(depth: int) -> None:
    """However deep it is, and however long."""
    with pytest.raises(TemplateError) as caught:
        migrate_config("[kubernetes]\naffinity = " + '{"a":' * depth + "1" + "}" * depth + "\n")

    assert [(one.code, one.line) for one in caught.value.problems] == [("bad-json", 2)]


def test_a_value_may_be_long() -> None:
    """Only what `%(...)s` makes of a value has a limit."""
    long = "x" * 300_000
    env = variables(base(migrated(more=f"[kubernetes_environment_variables]\nLONG = {long}%%\n")))

    assert env["LONG"] == f"{long}%"


def test_a_secret_that_names_variables_says_so() -> None:
    """1.10 asked the scheduler's environment for `$NAME`; in the Secret it would stand as it is."""
    told = item(migrate_config("[core]\nsql_alchemy_conn = $CONN\n"), "sql_alchemy_conn")

    assert (told.status, "expanded by the scheduler's environment" in told.why) == ("secret", True)


@pytest.mark.parametrize("text", [b"[core]\na = \xff\n", "[core]\na = \ud800\n", None])
def test_what_is_no_text_is_an_error_of_ours(text: Any) -> None:
    """Bytes that are not UTF-8, half a character, something else: said, with the line where there is one."""
    with pytest.raises(TemplateError) as caught:
        migrate_config(text)

    assert [(one.code, one.line) for one in caught.value.problems] == [("bad-text", None if text is None else 2)]


def test_the_leftover_is_the_rest_of_the_cfg_as_it_was() -> None:
    """Options of the pod are taken out with the comments above them, secrets with a word; the rest is untouched, line for line."""
    cfg = """\
# Ours.
[core]
parallelism = 32
sql_alchemy_conn = postgresql://a:pa55word@b/c
# sql_alchemy_conn = postgresql://a:pa55w0rd-of-old@b/c
# Once it was at postgresql://a:pa55w0rd-of-old@b/c, I think.
# Its password is pa55word.
copied = pa55word

[kubernetes]
# Who runs it.
run_as_user = 7

# Where.
namespace = etl
affinity = {"nodeAffinity":
  {}}
colour = red

[kubernetes_labels]
# Who pays.
team = data

[smtp]
smtp_user = me
smtp_password = pa55word
"""

    assert (
        migrate_config(cfg).leftover
        == """\
# Ours.
[core]
parallelism = 32
# sql_alchemy_conn was here: it may be a secret
# (a line that may hold a secret was here)
# (a line that may hold a secret was here)
# (a line that may hold a secret was here)
# copied was here: it may be a secret

[kubernetes]

# Where.
namespace = etl
colour = red

[smtp]
smtp_user = me
# smtp_password was here: it may be a secret
"""
    )


def test_commands_are_reported_and_never_run() -> None:
    """`_cmd` becomes a key of the Secret that is still to be filled; beside the option itself 1.10 did not run it."""
    given = migrated(f"{GIT}git_password_cmd = cat /run/pa55word\n")
    beside = migrated(f"{GIT}git_password =\ngit_password_cmd = cat /run/pa55word\n")

    assert given.secrets.values == {"sql-alchemy-conn": "postgresql://airflow:db-pa55word@db/airflow", "git-password": None}
    assert (item(given, "git_password_cmd").status, "by hand" in item(given, "git_password_cmd").why) == ("secret", True)
    assert (item(beside, "git_password_cmd").status, "`git_password` is given" in item(beside, "git_password_cmd").why) == (
        "dropped",
        True,
    )


def test_a_secrets_backend_is_asked_only_where_there_is_one() -> None:
    """Without `backend` in [secrets], 1.10 had nobody to ask for a `_secret`."""
    option = f"{GIT}git_password_secret = git/password\n"
    without, asked = migrated(option), migrated(option, "[secrets]\nbackend = airflow.Vault\n")

    assert [sorted(one.secrets.values) for one in (without, asked)] == [["sql-alchemy-conn"], ["git-password", "sql-alchemy-conn"]]
    assert [item(one, "git_password_secret").status for one in (without, asked)] == ["secret", "secret"]
    assert "no `backend`" in item(without, "git_password_secret").why


def test_a_page_shows_what_to_look_at_first() -> None:
    """The report for people: counts, then contradictions and secrets, what is empty last and short."""
    page = migrated(f"{GIT}git_user =\ndags_volume_claim = c\n").page
    titles = [line for line in page.split("\n") if line.startswith("#")]

    assert titles == [
        "# What has become of airflow.cfg",
        "## Contradictory: look at these",
        "## Secrets: these want a value",
        "## Moved",
        "## Dropped",
        "## Empty, so not given",
    ]


def test_every_option_of_1_10_15_is_known() -> None:
    """The list has every option of [kubernetes] that the airflow.cfg has which 1.10.15 generated."""
    from tests.airflow.migration.table import CASES

    [generated] = [case for case in CASES if case.name == "generated"]
    section = generated.cfg.split("[kubernetes]\n")[1].split("\n[")[0]
    names = {line.split("=")[0].strip() for line in section.split("\n") if "=" in line and not line.startswith("#")}

    assert names - {option.name for option in OPTIONS if option.section == "kubernetes"} == set()
    assert len(names) > 40


def test_secrets_are_shown_only_on_request() -> None:
    """A manifest has placeholders; the representation has names; the values come when they are asked for."""
    secrets = migrated().secrets
    [skeleton], [filled] = secrets.manifests(), secrets.manifests(with_values=True)

    assert (skeleton["stringData"], filled["stringData"]) == (
        {"sql-alchemy-conn": "REPLACE_ME"},
        {"sql-alchemy-conn": "postgresql://airflow:db-pa55word@db/airflow"},
    )
    assert "pa55word" not in repr(secrets) + secrets.text() + json.dumps(skeleton)
