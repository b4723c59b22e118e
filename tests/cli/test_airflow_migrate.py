"""`podcompose airflow migrate`: four files or none, and no secret in any but the one that is asked for."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from podcompose import Template
from podcompose.airflow import migrate_config
from tests.cli.conftest import Run

CFG = """\
[core]
sql_alchemy_conn = postgresql://airflow:pa55-word@db/airflow
[kubernetes]
worker_container_repository = apache/airflow
worker_container_tag = 1.10.15
dags_in_image = True
git_repo = https://git.example/dags
namespace = etl
"""
FILES = ["leftover.cfg", "pod_template.yaml", "report.md", "secret.yaml"]


@pytest.fixture(autouse=True)
def cfg(folder: Path) -> Path:
    """An airflow.cfg in the current folder."""
    path = folder / "airflow.cfg"
    path.write_text(CFG)
    return path


def mode(path: str) -> int:
    """Who may do what with a file."""
    return stat.S_IMODE(os.lstat(path).st_mode)


def test_four_files_are_written_and_a_summary_is_said(run: Run) -> None:
    """The template, the report, a skeleton of the Secret and the rest of the cfg; on the screen what somebody should look at."""
    status, out, err = run("airflow", "migrate", "airflow.cfg", "-o", "out")
    migration = migrate_config(CFG)

    assert (status, err, sorted(os.listdir("out"))) == (0, "", FILES)
    assert Template.from_file("out/pod_template.yaml").manifest == migration.template.manifest
    assert Path("out/report.md").read_text() == migration.page
    assert Path("out/leftover.cfg").read_text() == migration.leftover
    assert out.split("\n")[0] == "6 options: 1 contradictory, 1 secret, 3 moved, 1 kept."
    assert "airflow.cfg:7: contradictory: [kubernetes] git_repo: dags come from one place" in out
    assert out.endswith("wrote out/pod_template.yaml\nwrote out/report.md\nwrote out/leftover.cfg\nwrote out/secret.yaml\n")


@pytest.mark.parametrize("options", [(), ("--with-secrets",)])
def test_a_secret_s_value_is_written_on_request_for_its_owner_only(run: Run, options: tuple[str, ...]) -> None:
    """The Secret is its owner's only, whatever the umask; the value is in it where it was asked for, and nowhere else."""
    before = os.umask(0)
    try:
        _, out, err = run("airflow", "migrate", "airflow.cfg", "-o", "out", *options)
    finally:
        os.umask(before)
    holding = [name for name in FILES if "pa55-word" in Path("out", name).read_text()]

    assert ("pa55-word" in out + err, holding) == (False, ["secret.yaml"] if options != () else [])
    assert [mode(f"out/{name}") for name in FILES] == [0o666, 0o666, 0o666, 0o600]


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_there_stops_all(run: Run, name: str) -> None:
    """Without --force nothing is written over, and nothing beside it either."""
    Path("out").mkdir()
    Path("out", name).write_text("mine")
    status, out, err = run("airflow", "migrate", "airflow.cfg", "-o", "out")

    assert (status, out, os.listdir("out"), Path("out", name).read_text()) == (1, "", [name], "mine")
    assert err == f"Error: out/{name} is there already; --force writes over it\n"


def test_force_replaces_a_file_and_not_what_it_links_to(run: Run) -> None:
    """A link that waits under the Secret's name is replaced; nobody who could read the old file can read the new one."""
    Path("out").mkdir()
    Path("elsewhere").write_text("mine")
    os.symlink("../elsewhere", "out/secret.yaml")
    Path("out/report.md").write_text("old")
    status, _, _ = run("airflow", "migrate", "airflow.cfg", "-o", "out", "--force", "--with-secrets")

    assert (status, Path("elsewhere").read_text(), Path("out/secret.yaml").is_symlink(), mode("out/secret.yaml")) == (
        0,
        "mine",
        False,
        0o600,
    )
    assert Path("out/report.md").read_text() != "old"


def test_a_dangling_link_is_not_followed(run: Run) -> None:
    """Without --force a link is a file that is there, even one that leads nowhere."""
    Path("out").mkdir()
    os.symlink("../nowhere", "out/secret.yaml")
    status, _, _ = run("airflow", "migrate", "airflow.cfg", "-o", "out")

    assert (status, os.path.lexists("nowhere"), os.listdir("out")) == (1, False, ["secret.yaml"])


def test_the_cfg_itself_is_never_written_over(run: Run, cfg: Path) -> None:
    """Not even by force, under whatever name it was given."""
    cfg.rename("leftover.cfg")
    status, _, err = run("airflow", "migrate", "leftover.cfg", "-o", ".", "--force")

    assert (status, Path("leftover.cfg").read_text(), Path("report.md").exists()) == (1, CFG, False)
    assert "is the file that is read" in err


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last of the files cannot be given its name."""
    replace = os.replace

    def replaced(source: Path, target: Path) -> None:
        if target.name == "secret.yaml" and not source.name.endswith(".before"):
            raise OSError(28, "No space left on device", str(source), None, str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", replaced)


@pytest.mark.usefixtures("failing")
def test_a_failure_in_the_middle_leaves_nothing(run: Run) -> None:
    """Where the last file cannot be published, those before it are taken back."""
    status, out, err = run("airflow", "migrate", "airflow.cfg", "-o", "out")

    assert (status, out, os.listdir("out")) == (1, "", [])
    assert err == "Error: out/secret.yaml: cannot be written: No space left on device\n"


@pytest.mark.usefixtures("failing")
def test_a_failure_in_the_middle_gives_back_what_was_replaced(run: Run) -> None:
    """By force too it is all or none: what was there is there again, a link as a link."""
    Path("out").mkdir()
    Path("out/report.md").write_text("mine")
    Path("out/secret.yaml").write_text("mine")
    os.symlink("../nowhere", "out/leftover.cfg")
    status, out, _ = run("airflow", "migrate", "airflow.cfg", "-o", "out", "--force")

    assert (status, out, sorted(os.listdir("out"))) == (1, "", ["leftover.cfg", "report.md", "secret.yaml"])
    assert (Path("out/report.md").read_text(), Path("out/secret.yaml").read_text()) == ("mine", "mine")
    assert os.readlink("out/leftover.cfg") == "../nowhere"


def test_a_cfg_that_makes_no_template_writes_nothing(run: Run, cfg: Path) -> None:
    """Everything that is wrong is said with file and line, and nothing of any value."""
    cfg.write_text("[core]\nsql_alchemy_conn = pg://a:pa55%word@b\n[kubernetes]\naffinity = {pa55\nrun_as_user = pa55\n")
    status, out, err = run("airflow", "migrate", "airflow.cfg", "-o", "out")

    assert (status, out, Path("out").exists(), "pa55" in err) == (1, "", False, False)
    assert [line.split(": ")[0] for line in err.splitlines()] == ["airflow.cfg:2", "airflow.cfg:4", "airflow.cfg:5"]


def test_a_cfg_that_cannot_be_read_is_said(run: Run) -> None:
    """No file, no bytes that are text."""
    Path("bad.cfg").write_bytes(b"[core]\nx = \xff\n")
    missing, bad = run("airflow", "migrate", "none.cfg", "-o", "out"), run("airflow", "migrate", "bad.cfg", "-o", "out")

    assert (missing.status, bad.status) == (1, 1)
    assert ("none.cfg: cannot be read" in missing.err, "bad.cfg:2: this line is not UTF-8" in bad.err) == (True, True)


def test_the_environment_is_read_on_request(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine of the migration is seldom the scheduler's: its variables count only with --environ."""
    monkeypatch.setenv("AIRFLOW__KUBERNETES__FS_GROUP", "77")
    run("airflow", "migrate", "airflow.cfg", "-o", "without")
    run("airflow", "migrate", "airflow.cfg", "-o", "with", "--environ")

    assert ["fsGroup: 77" in Path(folder, "pod_template.yaml").read_text() for folder in ("without", "with")] == [False, True]


def test_a_cfg_may_come_through_a_pipe(process: Run) -> None:
    """A dash is standard input; home and the Secret's name are options."""
    status, _, err = process(
        "airflow", "migrate", "-", "-o", "out", "--airflow-home", "/home/af", "--secret-name", "ours", stdin=CFG.encode()
    )
    text = Path("out/pod_template.yaml").read_text()

    assert (status, err, "mountPath: /home/af/logs" in text, "name: ours" in text) == (0, "", True, True)


def test_no_secret_no_file_of_one(run: Run, cfg: Path) -> None:
    """A template that refers to no Secret of ours has no skeleton beside it."""
    cfg.write_text("[kubernetes]\nairflow_configmap = cm\ndags_in_image = True\n")
    run("airflow", "migrate", "airflow.cfg", "-o", "out")

    assert sorted(os.listdir("out")) == FILES[:3]
