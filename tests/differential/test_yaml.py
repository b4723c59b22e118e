"""
YAML means what kubectl takes it for: asked live, and compared with recorded answers where kubectl is missing.

`python -m tests.differential.test_yaml` records anew. Kubectl shows what it has read by an empty patch without a cluster.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from podcompose.yaml.reader import read, write
from podcompose.yaml.scalars import Wrong, resolve
from tests.differential.kubectl import SURROUNDINGS

RECORD = Path(__file__).with_name("yaml.json")
HEAD = "apiVersion: v1\nkind: F\nmetadata: {name: x}\n"

#: Texts of a whole value `v`; kubectl is asked about each by itself.
TEXTS = [
    *[
        "{<<: {a: 1}, a: 2}",
        "{a: 1, <<: {a: 2, b: 3}, b: 4}",
        "{<<: [{a: 1}, {a: 2, b: 2}]}",
        "{<<: {a: 1}, <<: {a: 2}}",
        "{<<: 1}",
    ],
    *[
        '{"<<": {a: 1}}',
        "[&m {a: 1}, {<<: *m}]",
        "{<<: {<<: {a: 1}, b: 2}}",
        "{<<: [1]}",
        "{<<: }",
        "[&a 1, &a 2, *a]",
        "&a [*a]",
        "*a",
    ],
    *[
        "!!float 5",
        "!!int 5.0",
        "!!int 08",
        '!!int "5"',
        "!!str 5",
        "!!null x",
        "!!bool 'yes'",
        "!!bool 1",
        "!!timestamp 2026-01-01",
    ],
    *[
        "!!timestamp x",
        "!!binary aGVsbG8=",
        "!!binary aGVsbG8",
        "!!binary ' aGVsbG8='",
        "! 5",
        "! ~",
        "!!int",
        "!!str",
    ],
    *[
        "|\n  a",
        "|+\n  a\n\n",
        ">\n  a\n  b\n",
        "|\n \t\n a\n",
        "\ttab",
        '"\\u00e9\\x41\\0"',
        '"\\ud800"',
        '"\\ud83d\\ude00"',
        "'a",
    ],
    *[
        "{{ a }}",
        "{[a]: b}",
        "{? a}",
        "[a, b: c]",
        ".nan",
        "-.inf",
        "{~: 1}",
        "a: b",
        "@a",
        "a\u2028b",
        '"a\\\n  b"',
        "2026-1-1",
    ],
]
#: What kubectl takes and podcompose refuses, on purpose.
REFUSED = [
    "!foo 5",
    "{a: 1, a: 2}",
    "{1: a}",
    "{y: a}",
    "{1.10: a}",
    "!!set {a}",
    "!!str {a: 1}",
    "9223372036854775808",
    "!!binary /w==",
]
REFUSED += ["{a:}", "a\ufeffb", "!!merge <<", "{.inf: 1}"]
#: What podcompose takes and kubectl refuses: harmless, and in every other reader of YAML.
TAKEN = ["[http://x/?y=1]", '"\\/"']
JSON = ['{"v": "\\ud83d\\ude00\\/\x7f", "w": [1.0, 1e3, -0, null]}', '{"v": y}', "{v: y, w: [1]}", '{"v": 1e20}']
WORDS = ["y", "Y", "yes", "Yes", "YES", "yEs", "n", "N", "no", "NO", "on", "On", "ON", "oN", "off", "true", "TRUE", "tRUE"]
WORDS += ["~", "null", "Null", "NULL", "nULL", "=", "<<", "22:22", "1:30:00", "1e400", "0b-11", "0b+1", "-0b-1", "0B-1"]


def kubectl() -> str | None:
    """Where kubectl is."""
    beside = Path(sys.executable).with_name("kubectl")
    return str(beside) if beside.exists() else shutil.which("kubectl")


def ask(text: str) -> Any:
    """What kubectl reads, but for what makes it an object; None where it refuses."""
    command = [kubectl() or "", "patch", "--local", "-f", "-", "--type=merge", "-p", "{}", "-o", "json"]
    answer = subprocess.run(command, input=text.encode(), capture_output=True, timeout=60, env=SURROUNDINGS)
    if answer.returncode != 0:
        return None
    return {key: value for key, value in json.loads(answer.stdout).items() if key not in ("apiVersion", "kind", "metadata")}


def scalars() -> list[str]:
    """Words that look like numbers, dates and booleans, always the same ones."""
    dice = random.Random(3)
    heads = ["", "0", "0x", "0X", "0b", "0o", "0O", "-", "+", ".", "-0", "1", "2026-", "1e", "-."]
    made = {dice.choice(heads) + "".join(dice.choices("0123456789_+-.eExboaf", k=dice.randint(1, 5))) for _ in range(3000)}
    return [text for text in [*WORDS, *sorted(made)] if re.search(r"^[-.]+$|:$|^-$|^-\s|^\.\.\.|^---", text) is None]


def manifest() -> dict[str, Any]:
    """Strings that are hard to write, as values and as keys."""
    dice = random.Random(4)
    odd = [
        "".join(dice.choices("ab \n\t#:-'\"|>&*!%@`?,[]{}\\\u2028\x85\r\ufeff😀=<~0.", k=dice.randint(0, 7))) for _ in range(400)
    ]
    texts = [*scalars()[:400], *odd]
    return {"values": dict(zip(map(str, range(len(texts))), texts, strict=False)), "keys": dict.fromkeys(texts, 1)}


def with_object(text: str) -> str:
    """JSON, with what makes it an object for kubectl."""
    return text.replace("{", '{"apiVersion": "v1", "kind": "F", "metadata": {"name": "x"}, ', 1)


def answers() -> dict[str, Any]:
    """Everything kubectl is asked."""
    lines = "".join(f"  k{at}: {text}\n" for at, text in enumerate(scalars()))
    return {
        "scalars": list(ask(f"{HEAD}v:\n{lines}")["v"].items()),
        "texts": {text: ask(f"{HEAD}v: {text}\n") for text in [*TEXTS, *REFUSED, *TAKEN]},
        "json": {text: ask(with_object(text)) for text in JSON},
        "manifest": ask(HEAD + write(manifest())),
    }


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    """Kubectl's answers, live if it is there."""
    recorded: dict[str, Any] = json.loads(RECORD.read_text())
    if kubectl() is None:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("kubectl is missing: its recorded answers were compared, not its own", stacklevel=1)
        return recorded
    live: dict[str, Any] = json.loads(json.dumps(answers()))

    assert live == recorded, "kubectl has changed its mind: record anew"
    return live


def alike(ours: Any, theirs: Any) -> bool:
    """Equal as JSON; a number is a number, however kubectl rounds and prints it."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(alike(value, theirs[key]) for key, value in ours.items())
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(alike, ours, theirs))
    if isinstance(ours, bool) or isinstance(theirs, bool) or not isinstance(ours, (int, float)):
        return type(ours) is type(theirs) and bool(ours == theirs)
    return isinstance(theirs, (int, float)) and float(ours) == float(theirs)


def test_thousands_of_scalars_mean_the_same(truth: dict[str, Any]) -> None:
    """Only an integer beyond 64 bits is refused here and rounded there."""
    theirs = dict(truth["scalars"])
    pairs = [(text, resolve(text), theirs[f"k{at}"]) for at, text in enumerate(scalars())]
    refused = [(text, answer) for text, ours, answer in pairs if isinstance(ours, Wrong)]

    assert len(pairs) > 2000
    assert [pair for pair in pairs if not isinstance(pair[1], Wrong) and not alike(*pair[1:])] == []
    assert [pair for pair in refused if abs(float(pair[1])) < 2**63] == []


@pytest.mark.parametrize("text", TEXTS)
def test_a_value_means_the_same(truth: dict[str, Any], text: str) -> None:
    """Equal value, or both refuse."""
    document = read(f"v: {text}\n")
    theirs = truth["texts"][text]

    assert (document.found != []) == (theirs is None), document.found
    assert theirs is None or alike(document.value, theirs)


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused_on_purpose(truth: dict[str, Any], text: str) -> None:
    """Kubectl takes it, and loses or changes something."""
    assert truth["texts"][text] is not None
    assert read(f"v: {text}\n").found != []


@pytest.mark.parametrize("text", TAKEN)
def test_what_is_taken_on_purpose(truth: dict[str, Any], text: str) -> None:
    """Kubectl refuses it, though nothing is wrong with it."""
    assert truth["texts"][text] is None
    assert read(f"v: {text}\n").found == []


@pytest.mark.parametrize("text", JSON)
def test_json_means_the_same(truth: dict[str, Any], text: str) -> None:
    """What is JSON is read as JSON, and flow YAML as YAML."""
    document = read(text)

    assert document.found == []
    assert alike(document.value, truth["json"][text])


def test_kubectl_reads_what_is_written(truth: dict[str, Any]) -> None:
    """Every string comes out of kubectl as it went in, as a value and as a key."""
    assert truth["manifest"] == manifest()


if __name__ == "__main__":
    RECORD.write_text(json.dumps(answers(), indent=0, sort_keys=True) + "\n")
