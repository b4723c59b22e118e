"""What a person sees on a terminal."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from podcompose import Override, Template, compose
from podcompose.cli.screen import blame, plain, printed
from podcompose.yaml import read
from tests.cli.conftest import command

_CONTROL = re.compile(r"\x1b\[[0-9;]*m")


def terminal(*args: str, **env: str) -> str:
    """What a command writes to a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [command(), *args], stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm", **env}
    ):
        os.close(theirs)
        text = b""
        try:
            while chunk := os.read(ours, 65536):
                text += chunk
        except OSError:  # the other side is closed: how a terminal ends on Linux
            pass
        finally:
            os.close(ours)
    return text.decode().replace("\r\n", "\n")


def test_each_stage_has_its_colour_on_a_terminal() -> None:
    """Override and hook stand out by colour; the text is that of a pipe."""
    text = terminal("explain", "t.yaml", "-o", "a=o.yaml", "--hook", "hooks.py:mutate", COLUMNS="200")
    colours = {line.split("# ")[-1].split(" ")[0]: set(_CONTROL.findall(line)) for line in text.splitlines() if "  # " in line}

    assert {"\x1b[32m", "\x1b[2;32m"} <= colours["override"]
    assert {"\x1b[35m", "\x1b[2;35m"} <= colours["hook"]
    assert colours["template"] == {"\x1b[2m", "\x1b[0m"}
    assert "\x1b[31m" in terminal("diff", "t.yaml", "--delete", ".metadata.labels.tier")


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_without_colour_gets_none(env: dict[str, str]) -> None:
    """NO_COLOR and dumb terminals get plain text."""
    for args in (["explain", "t.yaml"], ["diff", "t.yaml", "-o", "o.yaml"], ["explain", "t.yaml", ".metadata.name"], ["--help"]):
        assert "\x1b" not in terminal(*args, **env)


@pytest.mark.parametrize("columns", ["1", "30", "60", "1000"])
def test_no_width_loses_anything(columns: str) -> None:
    """In a terminal of any width every value and every comment is there, and what is shown is still YAML of the pod."""
    args = ("explain", "t.yaml", "-o", "a=o.yaml")
    text = _CONTROL.sub("", terminal(*args, COLUMNS=columns))
    composition = compose(Template.from_file("t.yaml"), Override.from_file("o.yaml", name="a"))

    assert read(text).value == composition.manifest
    assert re.findall(r"\w+\.yaml:\d+:\d+", text) == re.findall(r"\w+\.yaml:\d+:\d+", str(composition.explain()))


def test_a_comment_that_does_not_fit_goes_below_its_line() -> None:
    """Where line and comment do not fit side by side, the comment follows, as far to the right as its line."""
    view = compose(Template.from_yaml("spec: {nodeName: a-node-of-some-length}", source="t.yaml")).explain()

    assert printed(blame(view, 30), colour=False) == "spec:\n  nodeName: a-node-of-some-length\n  # ^ template t.yaml:1:18\n"
    assert printed(blame(view, 60), colour=False) == "spec:\n  nodeName: a-node-of-some-length  # template t.yaml:1:18\n"


def test_wide_characters_take_the_columns_they_take() -> None:
    """Comments line up behind characters that are two columns wide."""
    view = compose({"metadata": {"annotations": {"a": "日本語", "b": "abcdef"}}}).explain()

    assert printed(blame(view, None), colour=False).splitlines()[2:] == [
        '    a: "日本語"  # template',
        "    b: abcdef    # template",
    ]


def test_control_characters_are_shown_not_obeyed() -> None:
    """A value cannot clear the screen, move the cursor or turn the text around."""
    assert plain("a\x1b[2J\x9b\u202e\r\nb") == "a\\u001b[2J\\u009b\\u202e\\r\\nb"
    assert plain("é 日本 😀") == "é 日本 😀"


def test_overrides_take_turns_with_colours() -> None:
    """Two overrides have two colours."""
    Path("p.yaml").write_text("spec: {nodeName: node-7}")
    text = terminal("explain", "t.yaml", "-o", "a=o.yaml", "-o", "b=p.yaml", COLUMNS="200")

    assert "\x1b[32m    image: python" in text
    assert "\x1b[36m  nodeName: node-7" in text


def test_a_view_of_overrides_named_alike_is_a_view(tmp_path: Path) -> None:
    """Two overrides of one name are shown as one."""
    view = compose({"spec": {}}, Override({"spec": {"nodeName": "n"}}, "a"), Override({"spec": {"hostIPC": True}}, "a")).explain()

    assert "\x1b[36m" not in printed(blame(view, None), colour=True)


def test_a_log_and_a_stage_share_a_terminal() -> None:
    """What is told never stands within a line of the log: a line the container has not ended is ended first."""
    Path("s.yaml").write_text(
        "spec: {restartPolicy: Never, containers: [{name: base, command: [sh, -c, \"printf 'one\\ntwo'; sleep 0.6\"]}]}"
    )
    text = terminal("run", "s.yaml", NO_COLOR="1", COLUMNS="200")

    assert re.search(r"(^|\r\x1b\[2K|\n)one\n(default/\S+ Running\r\x1b\[2K)*two", text) is not None
    assert "twodefault" not in text
    assert text.endswith("\npodcompose: Succeeded\n")
