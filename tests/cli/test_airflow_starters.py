"""`podcompose airflow starters`: what it lists, writes and refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from podcompose import Template
from podcompose.airflow import STARTERS, starter, starter_parameters
from tests.cli.conftest import Run

COMMAND = ("airflow", "starters")


def test_the_list_has_every_starter_on_a_line(run: Run) -> None:
    """Its name, and what it is."""
    status, out, err = run(*COMMAND, "--list")

    assert (status, err) == (0, "")
    assert [line.split(maxsplit=1) for line in out.splitlines()] == [[name, said] for name, said in STARTERS.items()]


@pytest.mark.parametrize("name", STARTERS)
def test_the_list_of_a_starter_has_every_parameter_on_a_line(run: Run, name: str) -> None:
    """Name, type, default and meaning, also with dashes in the starter's name."""
    status, out, err = run(*COMMAND, "--list", name.replace("_", "-"))
    rows = [line.split(maxsplit=1) for line in out.splitlines()]

    assert (status, err) == (0, "")
    assert [row[0] for row in rows] == [one.name.replace("_", "-") for one in starter_parameters(name)]
    assert all(one.meaning in row[1] for row, one in zip(rows, starter_parameters(name), strict=True))


@pytest.mark.parametrize("arguments", [(), ("-o", "-")])
def test_a_starter_goes_to_standard_output(run: Run, arguments: tuple[str, ...]) -> None:
    """Without a file, or with `-`: the text, as the library makes it."""
    settings = ("--set", "release=prod", "--set", "git-sync=3", "--set", "repo=git@h:r.git", "--set", "depth=3")
    text = starter("git_sync", release="prod", git_sync=3, repo="git@h:r.git", depth=3).text

    assert run(*COMMAND, "git_sync", *settings, *arguments) == (0, text, "")


def test_a_starter_is_written_to_a_file_that_is_a_template(run: Run) -> None:
    """The file composes with the other commands."""
    ran = run(*COMMAND, "dags-in-volume", "--set", "claim=shared", "-o", "pod.yaml")

    assert ran == (0, "", "")
    assert Template.from_file("pod.yaml").manifest == starter("dags_in_volume", claim="shared").template.manifest
    assert run("compose", "pod.yaml").status == 0


def test_a_file_that_is_there_is_written_over_only_if_asked(run: Run) -> None:
    """It stays as it is, and the error says how to insist."""
    Path("pod.yaml").write_text("mine")
    status, out, err = run(*COMMAND, "dags_in_image", "-o", "pod.yaml")

    assert (status, out, Path("pod.yaml").read_text()) == (1, "", "mine")
    assert err == "Error: pod.yaml is there already; --force writes over it\n"
    assert run(*COMMAND, "dags_in_image", "-o", "pod.yaml", "--force").status == 0
    assert Path("pod.yaml").read_text() == starter("dags_in_image").text


@pytest.mark.parametrize("path", ["absent/pod.yaml", "."])
def test_a_file_that_cannot_be_written_is_said(run: Run, path: str) -> None:
    """No folder is made, and none is written over."""
    status, out, err = run(*COMMAND, "dags_in_image", "-o", path, "--force")

    assert (status, out) == (1, "")
    assert err.startswith(f"Error: {path} cannot be written: ")


def test_everything_that_is_wrong_is_a_line(run: Run) -> None:
    """Refused with status 1; nothing is written."""
    settings = ("--set", "relase=x", "--set", "release=My Release", "--set", "airflow=4", "--set", "depth=many")
    status, out, err = run(*COMMAND, "git_sync", *settings, "-o", "pod.yaml")

    assert (status, out, len(err.splitlines())) == (1, "", 4)
    assert "did you mean 'release'?" in err
    assert not Path("pod.yaml").exists()


@pytest.mark.parametrize("arguments", [("no-such",), ("--list", "gitsync"), ("git_syn", "--set", "a=b")])
def test_an_unknown_starter_is_refused(run: Run, arguments: tuple[str, ...]) -> None:
    """With the names that there are."""
    status, out, err = run(*COMMAND, *arguments)

    assert (status, out) == (1, "")
    assert "there are: dags_in_image, git_sync, dags_in_volume, everything" in err


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("git_sync", "--set", "release"),
        ("git_sync", "--set", "=x"),
        ("git_sync", "--set", "git-sync=3", "--set", "git_sync=4"),
        ("git_sync", "more"),
    ],
)
def test_what_is_no_command_line_ends_with_two(run: Run, arguments: tuple[str, ...]) -> None:
    """A name that is missing, a setting that is none, one that is set twice."""
    status, out, err = run(*COMMAND, *arguments)

    assert (status, out) == (2, "")
    assert "Usage: podcompose airflow starters" in err


def test_a_value_may_hold_an_equals_sign_or_be_empty(run: Run) -> None:
    """Only the first `=` divides."""
    status, out, _ = run(*COMMAND, "git_sync", "--set", "repo=https://h/r?a=b", "--set", "subpath=")

    assert status == 0
    assert "value: https://h/r?a=b\n" in out
    assert "subPath: repo/\n" in out
