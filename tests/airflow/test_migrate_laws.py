"""Laws of the migration, over any subset of the options with plausible values."""

from __future__ import annotations

import json
from collections import Counter
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from podcompose import COMPOSE
from podcompose.airflow import Migration, migrate_config
from podcompose.airflow.migration.options import MAPS, OPTIONS, Option
from podcompose.core.merge import check
from podcompose.yaml import read

SECRET = "pa55-w0rd"
BY_SHAPE = {
    "text": ["", "x", "/some/path", "a-name", "$UNKNOWN/x", "50%% of it"],
    "names": ["", "a", "a,b", " a, b,, a "],
    "number": ["", "0", "1000", " 7 "],
    "truth": ["", "True", "false # no", "t"],
    "json map": ["", "{}"],
    "json list": ["", "[]", '[{"key": "gpu", "operator": "Exists"}]'],
}
BY_NAME = {
    "affinity": ["", '{"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}}'],
    "worker_annotations": ["", '{"a/b": "c"}'],
    "sql_alchemy_conn": ["", f"postgresql://me:{SECRET}@db/x"],
    "git_password": ["", SECRET],
    "git_user": ["", SECRET],
    "git_repo": ["", "https://git.example/dags", f"https://me:{SECRET}@git.example/dags"],
    "pod_template_file": ["", "", "", "/pod.yaml"],
    # What a mount is told apart by: two of one path are an error, and another test's.
    "dags_volume_mount_point": ["", "/of/dags"],
    "git_dags_folder_mount_point": ["", "/of/git"],
    "dags_folder": ["", "/folder/of/dags"],
    "base_log_folder": ["", "/of/logs"],
    "git_sync_root": ["", "/root/of/git"],
    "airflow_home": ["", "/home/of/airflow"],
}
ENTRIES = {
    "kubernetes_environment_variables": ["A", "STAGE", "AIRFLOW_HOME", "GIT_SYNC_REV", "AIRFLOW__CORE__EXECUTOR", "MY_PASSWORD"],
    "kubernetes_secrets": ["A", "a", "AIRFLOW__CORE__SQL_ALCHEMY_CONN", "DB"],
}


class Given(NamedTuple):
    """A cfg, and the scheduler's environment."""

    cfg: str
    environ: dict[str, str]
    wanted: set[tuple[str, str]]


def values(option: Option) -> st.SearchStrategy[str]:
    """Plausible values of an option."""
    return st.sampled_from([*BY_NAME.get(option.name, BY_SHAPE[option.shape]), option.default.replace("{home}", "/opt/airflow")])


@st.composite
def configurations(draw: st.DrawFn) -> Given:
    """Any subset of the options and of entries of the maps, in the file or in the environment."""
    sections: dict[str, dict[str, str]] = {"core": {}, "kubernetes": {}}
    environ: dict[str, str] = {}
    wanted: set[tuple[str, str]] = set()
    for option in draw(st.lists(st.sampled_from(OPTIONS), unique=True)):
        wanted.add((option.section, option.name))
        if draw(st.integers(0, 9)) == 0 and option.name != "airflow_home":
            environ[f"AIRFLOW__{option.section.upper()}__{option.name.upper()}"] = draw(values(option)).replace("%%", "%")
        else:
            sections[option.section][option.name] = draw(values(option))
    for section in draw(st.lists(st.sampled_from(MAPS), unique=True)):
        names = draw(st.lists(st.sampled_from(ENTRIES.get(section.name, ["team", "app.example/name", "Tier"])), unique=True))
        sections[section.name] = {
            name: draw(st.sampled_from(["", "x", "s=k", SECRET if "PASS" in name else "y"])) for name in names
        }
        wanted |= {(section.name, name) for name in names}
    lines = [line for name, options in sections.items() for line in [f"[{name}]", *(f"{k} = {v}" for k, v in options.items())]]
    return Given("\n".join(lines), environ, wanted)


def migrated(one: Given) -> Migration:
    """Its migration."""
    return migrate_config(one.cfg, environ=one.environ)


@given(configurations())
def test_the_template_is_valid(one: Given) -> None:
    """Whatever the options are, nothing is found wrong with the template, and its text is it."""
    migration = migrated(one)

    assert check(migration.template.manifest, COMPOSE).found == []
    assert read(migration.text).value == migration.template.manifest


@given(configurations())
def test_every_option_is_accounted_for_once(one: Given) -> None:
    """The report has each option that occurs, exactly once, and no other but those that are missed."""
    migration = migrated(one)
    told = Counter((item.section, item.option) for item in migration.report)
    written = [item for item in migration.report if item.line is not None or item.variable is not None]

    assert set(told.values()) <= {1}
    assert {item.status for item in migration.report if item not in written} <= {"contradictory", "secret"}
    assert {(item.section, item.option) for item in written} == one.wanted


@given(configurations())
def test_the_same_cfg_gives_the_same_bytes(one: Given) -> None:
    """Nothing depends on the moment."""
    first, second = migrated(one), migrated(one)

    assert (first.text, first.page, first.leftover, first.secrets.text()) == (
        second.text,
        second.page,
        second.leftover,
        second.secrets.text(),
    )


@given(configurations())
def test_no_secret_is_in_sight(one: Given) -> None:
    """A password is nowhere but in the values of the Secret, whichever option or variable had it."""
    migration = migrated(one)
    shown = [migration.text, migration.page, migration.leftover, repr(migration), str(migration), migration.secrets.text()]

    assert [text for text in [*shown, json.dumps(migration.template.manifest)] if SECRET in text] == []


@given(configurations())
def test_places_of_the_report_are_in_the_template(one: Given) -> None:
    """What moved has a place, and every place that is named is there; what was dropped has none."""
    migration = migrated(one)
    from podcompose import compose

    composition = compose(migration.template)
    places = [where for item in migration.report for where in item.where]

    assert [place for place in places if not composition.explain(place).present] == []
    assert [item for item in migration.report if item.status in ("dropped", "kept") and item.where != ()] == []


@given(configurations())
def test_the_leftover_has_nothing_left_to_migrate(one: Given) -> None:
    """What remains is a cfg, without the pod's options, and with the executor's as they were."""
    migration = migrated(one)
    again = migrate_config(migration.leftover)
    kept = {(item.section, item.option) for item in migration.report if item.status == "kept" and item.line is not None}

    assert {(item.section, item.option) for item in again.report if item.line is not None} >= kept - {("core", "sql_alchemy_conn")}
    assert [
        item for item in again.report if item.section == "kubernetes" and item.line is not None and item.status == "moved"
    ] == []
