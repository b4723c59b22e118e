"""What the report says of options, as data."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["EMPTY", "FILLED", "KEPT", "LATER", "LEFT_OUT", "NOTES", "UNUSED", "WITHHELD"]

WITHHELD = "not the pod's; left out of the leftover, for it may be a secret"
LEFT_OUT = "left out: it looks like a secret, and no Secret can give a pod its metadata; if it is none, write it back"
EMPTY = "empty: not given"
FILLED = "empty: its default is taken"
KEPT = "the executor's, in Airflow 2 and 3 too: [kubernetes_executor], which was [kubernetes] before 2.5"
LATER = "; 1.10 did not have it"

#: Why an option that is given has no say, by `Option.only`.
UNUSED: Mapping[str, str] = {
    "": "it says nothing",
    "repository": "without `worker_container_repository` there is no image to tag",
    "claim": "the dags are in the image",
    "host": "the dags are in the image, or in a claim",
    "logs host": "the logs are in a claim",
    "volume": "there is no volume of dags",
    "git": "git-sync does not clone the dags here",
    "folder": "only with `git_dags_folder_mount_point`",
    "dags": "the dags are not mounted there, and without `airflow_configmap` the pods are not told of it",
    "home": "AIRFLOW_HOME is given otherwise, or nothing is mounted there",
    "connection": "the workers have it from elsewhere",
}

#: What is to be said of options that moved.
NOTES: Mapping[str, str] = {
    "worker_container_repository": "Airflow 2 and 3 still have the option, and where it is set it wins over the template",
    "worker_container_tag": "Airflow 2 and 3 still have the option, and where it is set it wins over the template",
    "env_from_secret_ref": "once; 1.10 wrote it twice",
    "git_sync_container_repository": "an image of git-sync v3; v4 has other variables, see `podcompose airflow starters`",
    "base_log_folder": "also kept in the cfg: Airflow 2 and 3 have it in [logging]",
    "dags_folder": "also kept in the cfg",
}
