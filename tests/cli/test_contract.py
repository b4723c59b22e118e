"""The contract with the shell, held by real processes: exit status, streams, and no traceback, whatever happens to them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from podcompose.cli import commands
from tests.cli.conftest import Run, command


def test_a_pod_is_written_to_stdout_and_nothing_to_stderr(process: Run) -> None:
    """A composed pod goes to standard output alone, with status 0."""
    status, out, err = process("compose", "t.yaml", "-o", "o.yaml")

    assert (status, err) == (0, "")
    assert out.startswith("apiVersion: v1\nkind: Pod\nmetadata:\n  name: worker\n")


def test_python_m_podcompose_is_the_same_command() -> None:
    """`python -m podcompose` writes what `podcompose` writes."""
    module = subprocess.run([sys.executable, "-m", "podcompose", "compose", "t.yaml"], capture_output=True, check=True)

    assert module.stdout == subprocess.run([command(), "compose", "t.yaml"], capture_output=True, check=True).stdout


@pytest.mark.parametrize("args", [("--nope",), ("compose",), ("fly",), ("compose", "t.yaml", "--dialect", "x"), ()])
def test_wrong_usage_ends_with_two(run: Run, args: tuple[str, ...]) -> None:
    """What is no command line of ours ends with 2, and says why on standard error."""
    status, out, err = run(*args)

    assert (status, out) == (2, "")
    assert "Usage: podcompose" in err
    assert "Traceback" not in err


def test_a_refused_input_ends_with_one_and_every_problem_on_a_line(process: Run) -> None:
    """All problems of all inputs are told at once, file, line and column first."""
    Path("bad.yaml").write_text("spec:\n  hostNetwrk: true\n  nodeSelector: {a: 1}\n")
    status, out, err = process("compose", "t.yaml", "-o", "team-b=bad.yaml", "-o", "absent.yaml")

    assert (status, out) == (1, "")
    assert sorted(line.split(": ")[0] for line in err.splitlines()) == ["absent.yaml", "bad.yaml:2:3", "bad.yaml:3:21"]
    assert "did you mean `hostNetwork`?" in err
    assert "(override team-b)" in err


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\xfd", b"a: \xff", b"\x00", b"", b"[", b"- 1", b"a", b"a: &x [*x]", b"--- {}\n--- {}", b"\x1b"]
)
def test_no_content_of_a_file_gives_a_traceback(run: Run, content: bytes) -> None:
    """A file that is no pod is refused with a sentence, as a template, an override and a hook."""
    Path("odd.yaml").write_bytes(content)
    for args in (
        ["odd.yaml"],
        ["t.yaml", "-o", "odd.yaml"],
        ["t.yaml", "--hook", "odd.yaml"],
        ["t.yaml", "--json-patch", "odd.yaml"],
    ):
        status, out, err = run("explain", *args)

        assert (status, out) == (1, "")
        assert err.startswith("odd.yaml")
        assert "Traceback" not in err
        assert "bug" not in err


@pytest.mark.parametrize("name", [".", "absent.yaml", "/proc/self/mem"])
def test_what_cannot_be_read_is_refused(process: Run, name: str) -> None:
    """A folder, a file that is not there, a file that fails when read: a problem of that input."""
    status, out, err = process("compose", name)

    assert (status, out) == (1, "")
    assert err.startswith(f"{name}: cannot be read: ")


def test_standard_input_is_read_once(process: Run) -> None:
    """`-` is standard input, for a template as for an override; for two of them it is wrong usage."""
    template, override = Path("t.yaml").read_bytes(), Path("o.yaml").read_bytes()
    whole = process("compose", "t.yaml", "-o", "o.yaml").out

    assert process("compose", "-", "-o", "o.yaml", stdin=template).out == whole
    assert process("compose", "t.yaml", "-o", "team-a=-", stdin=override).out == whole
    assert process("compose", "-", "-o", "me=-", stdin=template).status == 2
    assert "<stdin>:5:12" in process("explain", "-", stdin=template).out


@pytest.mark.parametrize("name", ["compose", "explain", "diff"])
def test_a_broken_pipe_is_silent(name: str) -> None:
    """Writing to a pipe that nobody reads ends as other tools end, without a word."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([command(), name, "t.yaml", "-o", "o.yaml"], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)

    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


@pytest.mark.parametrize("redirection", [">&-", "> /dev/full"])
@pytest.mark.parametrize("args", ["compose t.yaml", "explain t.yaml", "explain t.yaml .spec", "diff t.yaml -o o.yaml"])
def test_what_cannot_be_written_is_no_success(args: str, redirection: str) -> None:
    """A closed or full standard output ends with 1 and a sentence."""
    done = subprocess.run(f"{command()} {args} {redirection}", shell=True, capture_output=True, check=False)

    assert done.returncode == 1
    assert done.stderr.startswith(b"Error: standard output cannot be written: ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("compose absent.yaml 2>&-", 1),
        ("--nope 2>&-", 2),
        ("--nope 2>/dev/full", 2),
        ("compose - <&-", 1),
        ("--help >/dev/full", 1),
    ],
)
def test_the_other_streams_may_be_closed_or_full(line: str, status: int) -> None:
    """The exit status is right whatever became of standard error and standard input."""
    done = subprocess.run(f"{command()} {line}", shell=True, capture_output=True, check=False)

    assert done.returncode == status
    assert b"Traceback" not in done.stderr
    assert b"bug" not in done.stderr


def test_an_interrupt_ends_with_130() -> None:
    """Ctrl-C while waiting for input ends with 130 and without a traceback."""
    Path("hang.py").write_text("import os, sys\nos.write(2, b'ready')\nsys.stdin.read()\n\ndef mutate(pod): ...\n")
    with subprocess.Popen(
        [command(), "compose", "t.yaml", "--hook", "hang.py:mutate"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as waiting:
        assert waiting.stderr is not None
        assert waiting.stderr.read(5) == b"ready"
        waiting.send_signal(signal.SIGINT)
        out, err = waiting.communicate(timeout=60)

    assert (waiting.returncode, out) == (130, b"")
    assert b"Traceback" not in err


@pytest.mark.parametrize(
    "env",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
)
def test_a_manifest_is_utf8_in_every_locale(process: Run, env: dict[str, str]) -> None:
    """What kubectl reads is UTF-8; text for people escapes what their terminal cannot spell; nothing fails."""
    Path("ü.yaml").write_text("metadata: {annotations: {who: '日本 ü'}}\n", encoding="utf-8")

    assert "who: 日本 ü" in process("compose", "ü.yaml", **env).out
    assert '"who": "日本 ü"' in process("compose", "ü.yaml", "--output", "json", **env).out
    for args in (["explain", "ü.yaml"], ["diff", "t.yaml", "-o", "ü.yaml"], ["explain", "ü.yaml", ".metadata.annotations.who"]):
        done = subprocess.run([command(), *args], capture_output=True, env={**os.environ, **env}, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"\\u65e5\\u672c" in done.stdout


def test_an_interrupt_before_the_command_has_begun_ends_with_130_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C outside of what click watches over ends with 130."""

    def interrupted(args: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "run", interrupted)

    assert run("compose", "t.yaml") == (130, "", "")


def test_no_color_force_color_and_dumb_terminals_are_obeyed(process: Run) -> None:
    """In a pipe there is no control sequence, unless FORCE_COLOR asks for it; NO_COLOR has the last word."""
    args = ("explain", "t.yaml", "-o", "o.yaml")
    text = process(*args).out

    assert "\x1b" not in text
    assert "\x1b[32m" in process(*args, FORCE_COLOR="1").out
    assert process(*args, FORCE_COLOR="1", NO_COLOR="1").out == text
    assert process(*args, FORCE_COLOR="0").out == text
    assert process(*args, TERM="dumb").out == text


def test_a_pipe_has_no_width(process: Run) -> None:
    """Nothing is wrapped or cut in a pipe, however narrow the terminal around it and however long the value."""
    Path("long.yaml").write_text(f"metadata: {{annotations: {{a: '{'x' * 5000}'}}}}\n")
    assert process("explain", "t.yaml", COLUMNS="30").out == process("explain", "t.yaml", COLUMNS="300").out
    for args in (
        ["explain", "long.yaml"],
        ["diff", "t.yaml", "-o", "long.yaml"],
        ["explain", "long.yaml", ".metadata.annotations.a"],
    ):
        narrow = process(*args, COLUMNS="30")

        assert "x" * 5000 in narrow.out
        assert narrow.out == process(*args).out


@pytest.mark.parametrize("package", ["click", "rich"])
def test_without_the_extra_the_command_says_which(package: str) -> None:
    """Where click or rich is missing, the command names the extra, with status 2."""
    blocked = f"import sys; sys.modules[{package!r}] = None; from podcompose.cli import main; sys.exit(main(['explain', 't.yaml']))"
    done = subprocess.run(
        [sys.executable, "-c", blocked], capture_output=True, text=True, env={**os.environ, "FORCE_COLOR": "1"}, check=False
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"podcompose: {package} is not installed; run: pip install 'podcompose[cli]'\n"


def test_importing_the_command_line_is_light() -> None:
    """The module loads neither click nor rich, nor anything the library does not."""
    code = "import sys, podcompose.cli; print(sorted({'click', 'rich', 'yaml', 'kubernetes'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_a_bug_is_a_sentence_too() -> None:
    """An exception nobody foresaw is one sentence that asks for a report; a traceback only where it is asked for."""
    code = """if True:
        import sys, podcompose.cli, podcompose.cli.composing
        podcompose.cli.composing.compose = lambda *args, **rest: {}["x"]
        sys.exit(podcompose.cli.main(["compose", "t.yaml"]))
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "")
    assert "this is a bug of podcompose, please report it: KeyError: 'x'" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_version_is_the_packages(process: Run) -> None:
    """`--version` is one line."""
    assert process("--version").out.startswith("podcompose 0.")
