"""Configurations made at random, a number each: any options together, in the file or in the environment, sensible or not."""

from __future__ import annotations

from random import Random

from tests.airflow.migration.table import Case

__all__ = ["generated"]

NAMES = ("airflow", "airflow-dags", "team.config", "a")
#: Never one path for DAGs and logs: no API server takes two mounts at one place.
LOGS = ("/var/log/airflow", "$AIRFLOW_HOME/logs", "~/logs", "%(root)s/logs")
PATHS = ("/opt/airflow/dags", "$AIRFLOW_HOME/dags", "/srv/${STAGE}/x", "~/dags", "/a b/c", "%(root)s/dags")
NUMBERS = ("", "0", "1", "50000", "65533")
LISTS = ("a", "a,b", "a, b", " a ,b,", "b,a,c")
SPREAD = '[{"weight": 1, "podAffinityTerm": {"labelSelector": {}, "topologyKey": "zone"}}]'
JSON_OBJECTS = (
    "",
    "{}",
    '{"nodeAffinity": {}}',
    f'{{"podAntiAffinity": {{"preferredDuringSchedulingIgnoredDuringExecution": {SPREAD}}}}}',
)
JSON_LISTS = ("", "[]", '[{"operator": "Exists"}]', '[{"key": "a", "effect": "NoSchedule"}, {"key": "b", "operator": "Exists"}]')

#: What an option may be given; each is there in a third of the configurations.
OPTIONS = {
    "worker_container_repository": ("apache/airflow", "registry.example.com:5000/airflow", "$REGISTRY/airflow"),
    "worker_container_tag": ("1.10.15", "1.10.15+build", "${STAGE}"),
    "worker_container_image_pull_policy": ("", "Always", "Never"),
    "dags_in_image": ("False", "True", "t", "0", "TRUE # yes"),
    "dags_volume_claim": ("", *NAMES),
    "dags_volume_host": ("", *PATHS),
    "dags_volume_subpath": ("", "airflow/dags", "$STAGE/dags"),
    "dags_volume_mount_point": ("", *PATHS),
    "logs_volume_claim": ("", *NAMES),
    "logs_volume_host": ("", *PATHS),
    "logs_volume_subpath": ("", "logs"),
    "airflow_configmap": ("", "airflow-config", "airflow"),
    "airflow_local_settings_configmap": ("", "airflow-config", "airflow-local"),
    "env_from_configmap_ref": ("", *LISTS),
    "env_from_secret_ref": ("", *LISTS),
    "image_pull_secrets": ("", *LISTS),
    "worker_service_account_name": ("", *NAMES),
    "run_as_user": NUMBERS,
    "fs_group": NUMBERS,
    "affinity": JSON_OBJECTS,
    "tolerations": JSON_LISTS,
    "git_repo": ("", "https://github.com/example/dags.git", "git@github.com:example/dags.git"),
    "git_branch": ("", "master", "%(root)s"),
    "git_subpath": ("", "dags", "dags/", "/dags"),
    "git_sync_rev": ("", "HEAD", "4f2a1d9"),
    "git_sync_depth": ("", "0", "5"),
    "git_sync_root": ("/git", "/tmp/git"),
    "git_sync_dest": ("repo", "dags"),
    "git_dags_folder_mount_point": ("", "/opt/airflow/dags", "/dags/"),
    "git_user": ("", "alice"),
    "git_password": ("", "hidden-of-git"),
    "git_ssh_key_secret_name": ("", "airflow-ssh"),
    "git_ssh_known_hosts_configmap_name": ("", "airflow-hosts"),
    "git_sync_credentials_secret": ("", "git-credentials"),
    "git_sync_container_repository": ("k8s.gcr.io/git-sync", "$REGISTRY/git-sync"),
    "git_sync_container_tag": ("v3.6.3",),
    "git_sync_init_container_name": ("fetch", "git-sync"),
    "git_sync_run_as_user": NUMBERS,
    "gcp_service_account_keys": ("", "a:/b.json"),
    "namespace": ("airflow",),
    "delete_worker_pods": ("True", "f"),
    "Git_Repo": ("https://elsewhere.example.com/never/read.git",),
}

PLAIN = {"team": ("data", ""), "kubernetes.io/Os": ("linux", "%%x"), "Stage": ("$STAGE", "%(team)s")}
SECTIONS = {
    "kubernetes_node_selectors": PLAIN,
    "kubernetes_annotations": PLAIN,
    "kubernetes_labels": PLAIN,
    "kubernetes_environment_variables": {
        "http_proxy": ("http://proxy:3128", ""),
        "AIRFLOW_HOME": ("/elsewhere",),
        "AIRFLOW__CORE__EXECUTOR": ("CeleryExecutor",),
        "AIRFLOW__CORE__DAGS_FOLDER": ("/elsewhere/dags",),
        "AIRFLOW__CORE__SQL_ALCHEMY_CONN": ("postgresql://a:hidden-of-variable@h/d",),
        "GIT_SYNC_BRANCH": ("develop",),
        "GIT_KNOWN_HOSTS": ("true",),
        "QUOTED": ('"a b" # c; $(STAGE)',),
        "STAGE": ("$STAGE", "%(http_proxy)s"),
    },
    "kubernetes_secrets": {
        "TOKEN": ("airflow=token", "airflow = token"),
        "http_proxy": ("airflow=proxy",),
        "AIRFLOW__CORE__SQL_ALCHEMY_CONN": ("airflow=connection",),
        "airflow__core__sql_alchemy_conn": ("airflow=other",),
    },
}
CORE = {
    "sql_alchemy_conn": (
        "postgresql://airflow:hidden-of-core@postgres/airflow",
        "mysql://airflow:hidden-of-core%%40@mysql/airflow",
    ),
    "dags_folder": PATHS,
    "base_log_folder": LOGS,
}
SURROUNDINGS = {"STAGE": "prod", "REGISTRY": "registry.example.com", "HOME": "/home/scheduler"}
HIDDEN = ["hidden-of-git", "hidden-of-variable", "hidden-of-core"]


def generated(number: int) -> Case:
    """The configuration of this number."""
    random = Random(f"airflow.cfg {number}")
    environ = dict(SURROUNDINGS)
    sections = {"core": _some(CORE, random, 0.6), "kubernetes": _source(random) | _some(OPTIONS, random, 0.3)}
    sections |= {name: _some(options, random, 0.3) for name, options in SECTIONS.items() if random.random() < 0.5}
    for section, options in sections.items():
        for option in [option for option in options if random.random() < 0.1]:
            environ[f"AIRFLOW__{section.upper()}__{option.upper()}"] = (
                options[option].replace("%(root)s", "/root").replace("%%", "%")
            )
    written = {
        section: {"root": "/srv", **options} if section in ("core", "kubernetes") else options
        for section, options in sections.items()
    }
    cfg = "\n".join(f"[{section}]\n{_lines(options)}" for section, options in written.items())
    return Case(f"generated {number}", "", "", cfg, "/opt/airflow", environ, HIDDEN, {}, None, None, None)


def _source(random: Random) -> dict[str, str]:
    """Where the DAGs come from: else most configurations would be refused for want of it."""
    git = {"git_repo": "https://github.com/example/dags.git", "git_branch": "main", "git_dags_folder_mount_point": "/dags"}
    return random.choice([{}, {"dags_in_image": "True"}, {"dags_volume_claim": "dags"}, git, git, git])


def _some(options: dict[str, tuple[str, ...]], random: Random, share: float) -> dict[str, str]:
    """Some of the options, each with one of its values."""
    return {name: random.choice(values) for name, values in options.items() if random.random() < share}


def _lines(options: dict[str, str]) -> str:
    """A section's options as they are written; what a value refers to is written first."""
    wanted = {"%(team)s": "team", "%(http_proxy)s": "http_proxy"}
    missing = [name for mark, name in wanted.items() if any(mark in value for value in options.values()) and name not in options]
    return "".join(f"{name} = {value}\n" for name, value in (dict.fromkeys(missing, "said") | options).items())
