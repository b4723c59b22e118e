"""YAML as kubectl reads it: values, marks, findings; with libyaml's parser and with PyYAML's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from podcompose.core.json import DEPTH, Mark, same
from podcompose.yaml.reader import Document, read, write


@pytest.fixture(params=["libyaml", "pure"], autouse=True)
def parser(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run every test with both parsers."""
    if request.param == "libyaml" and not yaml.__with_libyaml__:
        pytest.skip("PyYAML was built without libyaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml, "__with_libyaml__", request.param == "libyaml")
        yield request.param


def value_of(text: str) -> Any:
    """The value of the key `v`, which must be read without a finding."""
    document = read(text)

    assert document.found == []
    return document.value["v"]


def codes(text: str | bytes) -> list[tuple[str, int | None, int | None]]:
    """Code, line and column of every finding."""
    return [(finding.code, finding.line, finding.column) for finding in read(text).found]


SCALARS: list[tuple[str, Any]] = [
    *[(word, True) for word in ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"]],
    *[(word, False) for word in ["n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"]],
    *[(word, None) for word in ["", "~", "null", "Null", "NULL"]],
    *[
        (word, word)
        for word in [
            "tRUE",
            "oN",
            "yEs",
            "nULL",
            "22:22",
            "1:30:00",
            "190:20:30",
            "2026-01-01",
            "2026-01-01T00:00:00Z",
            "1e400",
            "-1e400",
        ]
    ],
    *[
        (word, word)
        for word in [
            "=",
            "<<",
            "0b2",
            "0o8",
            "0x",
            "0xg",
            "+",
            "-",
            ".",
            "-.",
            "+.e3",
            ".5__0",
            "._5",
            ".5_",
            "1.2.3",
            "1e",
            "0x1.8p3",
            "Inf",
            "nan",
            "inf",
        ]
        if word != "-"
    ],
    ("2026-01-01 00:00:00", "2026-01-01 00:00:00"),
    *[("0644", 420), ("0o644", 420), ("0O644", 420), ("0o_17", 15), ("00", 0), ("0", 0), ("-0", 0), ("-017", -15)],
    *[
        ("0X1F", 31),
        ("0x1f", 31),
        ("+0x1F", 31),
        ("-0x1F", -31),
        ("0_x1F", 31),
        ("0b11", 3),
        ("0b-11", -3),
        ("0B11", 3),
        ("-0b11", -3),
    ],
    *[("1e3", 1000), ("1E5", 100000), ("1e-7", 1e-7), ("+.5", 0.5), (".5", 0.5), ("-.5", -0.5), (".5_0", 0.5), (".5e1", 5)],
    *[
        ("08", 8),
        ("09", 9),
        ("-08", -8),
        ("0_9", 9),
        ("08e1", 80),
        ("1.0", 1),
        ("1.", 1),
        ("1.e3", 1000),
        ("-0.0", 0),
        ("1.10", 1.1),
    ],
    *[("1_000", 1000), ("1_", 1), ("1_000.5", 1000.5), ("1e1_0", 10**10), ("1e18", 10**18), ("1e20", 1e20), ("1e-400", 0)],
    *[("9223372036854775807", 2**63 - 1), ("-9223372036854775808", -(2**63)), ("-0x8000000000000000", -(2**63))],
    *[
        ("0xFFFFFFFFFFFFFFFFF", "0xFFFFFFFFFFFFFFFFF"),
        ("+0xFFFFFFFFFFFFFFFF", "+0xFFFFFFFFFFFFFFFF"),
        ("0b" + "1" * 65, "0b" + "1" * 65),
    ],
    *[("9" * 400, "9" * 400), ("-" + "9" * 5000, "-" + "9" * 5000)],
    *[
        ("!!float 5", 5),
        ("!!float 5.5", 5.5),
        ('!!int "5"', 5),
        ("!!str 5", "5"),
        ("!!str", ""),
        ("!!null ''", None),
        ('!!bool "yes"', True),
    ],
    *[("!!timestamp 2026-01-01", "2026-01-01"), ("!!binary aGVsbG8=", "hello"), ("! 5", "5"), ("! ~", "~"), ("! 'x'", "x")],
    *[("!!map {a: 1}", {"a": 1}), ("!!seq [a]", ["a"]), ("! [a]", ["a"])],
    *[("'yes'", "yes"), ('"5"', "5"), ("''", ""), ("'~'", "~"), ('"\\u00e9\\x41\\U0001F600"', "éA😀"), ('"\\0"', "\0")],
    *[("|\n  a\n  b\n", "a\nb\n"), ("|\n  a", "a\n"), ("|-\n  a", "a"), (">\n  a\n  b\n", "a b\n"), ("|+\n  a\n\n", "a\n\n")],
    *[("[http://x/?y=1, a?b]", ["http://x/?y=1", "a?b"]), ("\ttab", "tab"), ("a\t# c", "a"), ("{a: , b}", {"a": None, "b": None})],
]


@pytest.mark.parametrize(("written", "value"), SCALARS, ids=[repr(written)[:30] for written, _ in SCALARS])
def test_scalars_mean_what_kubectl_takes_them_for(written: str, value: Any) -> None:
    """Every row of the table is read so, and with this type."""
    assert same(value_of(f"v: {written}"), value)


WRONG: list[tuple[str, str]] = [
    *[(word, "not-json") for word in [".nan", ".NaN", ".NAN", ".inf", "-.inf", "+.INF", "!!float .inf"]],
    *[
        (word, "out-of-range")
        for word in ["9223372036854775808", "-9223372036854775809", "18446744073709551616", "0x8000000000000000"]
    ],
    *[(word, "out-of-range") for word in ["9" * 300, "1_000_000_000_000_000_000_000", "0" + "7" * 30, "!!int 9223372036854775808"]],
    *[(word, "unknown-tag") for word in ["!foo 5", "!!foo 5", "!foo {a: 1}", "!foo [a]", "!!set {a}", "!!str {a: 1}", "!!map [a]"]],
    *[
        (word, "unknown-tag")
        for word in ["!!int 1.0", "!!int 1e3", "!!int 08", "!!int x", "!!bool 1", "!!null x", "!!float x", "!!int"]
    ],
    *[(word, "unknown-tag") for word in ["!!timestamp x", "!!timestamp 2026-13-01", "!!merge <<"]],
    *[(word, "bad-text") for word in ["!!binary /w==", "!!binary aGVsbG8", "!!binary ' aGVsbG8='", "!!binary é"]],
    *[('"\\ud800"', "bad-text"), ('"\\ud83d\\ude00"', "bad-text"), ('"\\UFFFFFFFF"', "bad-text"), ('"\\U00110000"', "bad-text")],
    *[("*a", "bad-alias"), ("&a [*a]", "alias-loop"), ("&a {b: [{c: *a}]}", "alias-loop")],
    *[("{<<: 1}", "bad-merge"), ("{<<: [1]}", "bad-merge"), ("{<<: }", "bad-merge"), ("{<<: [[{a: 1}]]}", "bad-merge")],
]


@pytest.mark.parametrize(("written", "code"), WRONG, ids=[repr(written)[:30] for written, _ in WRONG])
def test_what_no_pod_can_hold_is_one_finding(written: str, code: str) -> None:
    """It is found in its line, and with something to say."""
    (finding,) = read(f"# first\nv: {written}\n").found

    assert (finding.code, finding.line) == (code, 2)
    assert (finding.column or 0) >= 4
    assert finding.message != ""


@pytest.mark.parametrize(
    ("key", "suggestion"),
    [
        *[(key, f'quote it: "{key}"') for key in ["1", "1.5", "true", "y", "No", "0x10", "1e3", "1.10", "null", "~", "0644"]],
        *[("? [a]\n", "template"), ("? {a: 1}\n", "template")],
    ],
)
def test_a_key_that_is_no_string_is_to_be_quoted(key: str, suggestion: str) -> None:
    """Kubectl would make some other string of it, or refuse it."""
    (finding,) = read(f"a: b\n{key}: x\n").found

    assert (finding.code, finding.line, finding.at_key) == ("bad-key", 2, True)
    assert suggestion in (finding.suggestion or "")


@pytest.mark.parametrize("key", ["2026-01-01", "22:22", "=", '"1"', "'y'", "!!str 1", "a b", '"<<"', "é", '"a\\nb"'])
def test_keys_that_are_strings_are_taken(key: str) -> None:
    """Nothing is found where kubectl takes the key as it is written."""
    assert read(f"{key}: x\n").found == []


def test_an_unrendered_template_is_recognised() -> None:
    """The most likely reason of a map as a key is named."""
    (finding,) = read("v: {{ .Values.image }}\n").found

    assert (finding.code, finding.line) == ("bad-key", 1)
    assert "unrendered template" in (finding.suggestion or "")


def test_a_repeated_key_names_both_lines() -> None:
    """Spelling does not matter: quoted or not, it is the same key."""
    document = read('spec:\n  a: 1\n  b: 2\n  "a": 3\n')

    (finding,) = document.found
    assert (finding.code, finding.line, finding.column, finding.raw) == ("repeated-key", 4, 3, ("spec", "a"))
    assert "line 2" in finding.message


def test_all_findings_come_at_once_and_in_order() -> None:
    """One wrong value does not hide the next."""
    text = "a: .nan\nb: !foo 1\nc: {1: x}\nd: *z\na: 2\n"

    assert codes(text) == [
        ("not-json", 1, 4),
        ("unknown-tag", 2, 4),
        ("bad-key", 3, 5),
        ("bad-alias", 4, 4),
        ("repeated-key", 5, 1),
    ]


def test_findings_know_their_path() -> None:
    """So that the caller can print it."""
    (finding,) = read("spec:\n  containers:\n  - name: .inf\n").found

    assert finding.raw == ("spec", "containers", 0, "name")


@pytest.mark.parametrize(
    "text", ["", " \n", "# c\n", "---\n", "---\n# c\n...\n", "null\n", "---\n---\n", b"", b"\xef\xbb\xbf", "\ufeff\n"]
)
def test_nothing_but_comments_is_empty(text: str | bytes) -> None:
    """Documents that are null do not count."""
    assert codes(text) == [("empty", 1, 1)]
    assert read(text).value is None


@pytest.mark.parametrize(
    "around", ["{}\n---\n", "---\n{}", "{}\n...\n", "# c\n---\n{}\n---\n# d\n", "---\nnull\n---\n{}\n---\n...\n"]
)
def test_documents_that_are_null_do_not_count(around: str) -> None:
    """As kubectl passes over them."""
    assert read(around.format("a: 1")) == read(around.format("a: 1"))
    assert read(around.format("a: 1")).found == []
    assert read(around.format("a: 1")).value == {"a": 1}


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: 1\n---\nb: 2\n", 2), ("a: 1\n---\n\nb\n", 2), ("---\na: 1\n---\n---\n[]\n", 4)],
)
def test_a_second_document_is_named_by_its_line(text: str, line: int) -> None:
    """The first one is still read."""
    document = read(text)

    (finding,) = document.found
    assert (finding.code, finding.line) == ("several-documents", line)
    assert f"line {line}" in finding.message
    assert document.value == {"a": 1}


def test_marks_know_every_value_and_its_key() -> None:
    """Lines and columns count from 1; an element of a list stands where it begins."""
    document = read("spec:\n  containers:\n  - image: 1.10\n    tty: no\n")

    assert document.marks == {
        (): Mark(1, 1, 1, 1),
        ("spec",): Mark(2, 3, 1, 1),
        ("spec", "containers"): Mark(3, 3, 2, 3),
        ("spec", "containers", 0): Mark(3, 5, 3, 5),
        ("spec", "containers", 0, "image"): Mark(3, 12, 3, 5, "1.10"),
        ("spec", "containers", 0, "tty"): Mark(4, 10, 4, 5, "no"),
    }


def test_columns_count_characters() -> None:
    """Neither bytes nor halves of characters, whatever ends the lines."""
    document = read("\ufeffé😀: {a: 1}\r\nb:\tx\r\n")

    assert document.marks["é😀", "a"] == Mark(1, 9, 1, 6, "1")
    assert document.marks["b",] == Mark(2, 4, 2, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_bytes_are_utf_8_or_utf_16(encoding: str) -> None:
    """A byte order mark says which."""
    assert read("a: é😀".encode(encoding)) == read("a: é😀")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        *[(b"a: b\nc: \xff\n", (2, 4)), (b"\xff\xfea\x00b", (1, 2)), (b"a: \xed\xa0\x80", (1, 4)), (b"a\x00b", (1, 2))],
        *[
            ("a: \x00", (1, 4)),
            ("a: b\n\x07", (2, 1)),
            ("a: \x7f", (1, 4)),
            ("a: b\ufeffc", (1, 5)),
            ("a: \ud800", (1, 4)),
            ("\x9f", (1, 1)),
        ],
    ],
)
def test_what_is_no_text_is_found_where_it_stands(text: str | bytes, place: tuple[int, int]) -> None:
    """Bytes of no encoding, control characters, halves of characters."""
    assert codes(text) == [("bad-text", *place)]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: b: c\n", (1, 5), "`:`"),
        ("a:\n\tb: c\n", (2, 1), "tab"),
        ("a: |\n\tb\n", (2, 1), "tab"),
        ("a: 1\n\tb: 2\n", (2, 1), "tab"),
        ("a: [1, 2\nb: c\n", (2, 2), "["),
        ("a: {b: 1\n", (2, 1), "{"),
        ("a: 'b\n", (2, 1), "quote"),
        ("a: @b\n", (1, 4), "begin"),
        ("a: - b\n", (1, 4), "`- `"),
        ("a:\n    b: 1\n  c: 2\n", (3, 3), "line up"),
        ('a: "\\q"\n', (1, 6), "backslash"),
        ("%YAML 1.2\n---\na: b\n", (1, 1), "1.1"),
        ("a: !x!y b\n", (1, 4), "tag"),
        ("a: {b:}\n", (1, 6), "space"),
    ],
)
def test_syntax_errors_speak_to_people(text: str, place: tuple[int, int], words: str) -> None:
    """One finding, with its place and a sentence."""
    document = read(text)

    (finding,) = document.found
    assert (finding.code, finding.line, finding.column) == ("bad-yaml", *place)
    assert words in finding.message
    assert document.value is None


def test_the_start_of_what_is_not_closed_is_named() -> None:
    """The end of the file alone helps nobody."""
    (finding,) = read("a: 1\nb: 'c\nd: e\n").found

    assert "line 2" in finding.message


MERGES = [
    ("{<<: {a: 1}, b: 2}", {"a": 1, "b": 2}),
    ("{<<: {a: 1}, a: 2}", {"a": 2}),
    # Not YAML 1.1's merge, but kubectl's: what stands later wins.
    ("{a: 1, <<: {a: 2, b: 3}, b: 4}", {"a": 2, "b": 4}),
    ("{<<: [{a: 1}, {a: 2, b: 2}]}", {"a": 1, "b": 2}),
    ("{<<: {a: 1}, <<: {a: 2}}", {"a": 2}),
    ("{<<: {<<: {a: 1}, b: 2}}", {"a": 1, "b": 2}),
    ("{<<: {a: {b: 1}}, a: {c: 1}}", {"a": {"c": 1}}),
    ('{"<<": {a: 1}}', {"<<": {"a": 1}}),
    ("[&m {a: 1}, {<<: *m}, {<<: [*m]}]", [{"a": 1}, {"a": 1}, {"a": 1}]),
]


@pytest.mark.parametrize(("written", "value"), MERGES)
def test_merge_keys_do_as_kubectl(written: str, value: Any) -> None:
    """A merge key is done in its place."""
    assert value_of(f"v: {written}") == value


def test_every_use_of_an_alias_is_a_value_of_its_own() -> None:
    """Writing into one changes no other; all of their marks point at the anchor's content."""
    value, marks, found = read("a: &x {k: [1]}\nb: *x\nc: {<<: *x}\n")
    value["b"]["k"].append(2)
    value["c"]["k"].append(3)

    assert found == []
    assert value == {"a": {"k": [1]}, "b": {"k": [1, 2]}, "c": {"k": [1, 3]}}
    assert {marks[name, "k", 0] for name in "abc"} == {Mark(1, 12, 1, 12, "1")}
    assert marks["b",] == Mark(1, 4, 2, 1)


def test_an_anchor_may_be_set_anew() -> None:
    """An alias means the last one before it; a key may be one too."""
    assert value_of("a: &x 1\nb: &x k\nv: {*x : *x}\n") == {"k": "k"}


def test_the_depth_of_a_pod_is_bounded() -> None:
    """What core takes is read; one level more is a finding."""
    at_most = "[" * DEPTH + "]" * DEPTH

    assert read(at_most).found == []
    assert codes(f"[{at_most}]") == [("too-deep", 1, DEPTH + 1)]


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000])
def test_no_depth_is_too_much(text: str) -> None:
    """Not even one that no stack could hold."""
    assert [code for code, _, _ in codes(text)] == ["too-deep"]


def test_depth_counts_with_aliases_written_out() -> None:
    """Each alias adds a level here; the text itself is flat."""
    text = "a0: &a0 []\n" + "".join(f"a{at}: &a{at} [*a{at - 1}]\n" for at in range(1, 200))

    assert [code for code, _, _ in codes(text)] == ["too-deep"]


BOMBS = {
    "lists": "a0: &a0 [x]\n" + "".join(f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]\n" for at in range(1, 30)),
    "merges": "a0: &a0 {k: 1}\n" + "".join(f"a{at}: &a{at} {{<<: *a{at - 1}, k{at}: 1}}\n" for at in range(1, 3000)),
    "text": f"a: &a {'x' * 1_000_000}\nb: [{'*a, ' * 5000}]\n",
}


@pytest.mark.parametrize("name", BOMBS)
def test_aliases_cannot_blow_up(name: str) -> None:
    """The work is bounded, and the finding clear."""
    assert [code for code, _, _ in codes(BOMBS[name])] == ["too-large"]


def test_json_is_read_as_json() -> None:
    """It may hold what YAML does not take: pairs of surrogates, long keys, tabs, DEL."""
    value = {"a\x7f": "😀\u2028/", "k" * 2000: [1, 1.5, None, True, {}], "e": {"f": "no"}}
    document = read(json.dumps(value, indent="\t"))

    assert document.found == []
    assert same(document.value, value)
    assert document.marks["e", "f"] == Mark(11, 8, 11, 3)
    assert document.marks["k" * 2000, 0] == Mark(4, 3, 4, 3, "1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": "\\ud800"}', [("bad-text", 1, 7)]),
        ('{"a": 1, "a": 2}', [("repeated-key", 1, 10)]),
        ('{"a": 9223372036854775808}', [("out-of-range", 1, 7)]),
    ],
)
def test_json_has_the_same_findings(text: str, expected: list[tuple[str, int, int]]) -> None:
    """Being JSON excuses nothing."""
    assert codes(text) == expected


WORDS = st.sampled_from(
    ["yes", "y", "n", "No", "1e3", "22:22", "0o7", "=", "<<", "2026-01-01", "~", "", "null", ".inf", "1_0", "0x1F", "+1"]
)
TEXT = st.text(st.characters(exclude_categories=["Cs"])) | WORDS | st.text("ab \n\t#:-'\"|>&*!%@`?,[]{}\\\u2028\x85\r\ufeff")
SCALAR = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT
FLOATS = st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: not value.is_integer())
MANIFESTS = st.recursive(
    SCALAR | FLOATS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=15
)


@given(MANIFESTS.filter(lambda manifest: manifest is not None))
@settings(deadline=None)
def test_law_what_is_written_is_read(manifest: Any) -> None:
    """`read(write(m)).value == m`, types and order of keys included."""
    document = read(write(manifest))

    assert document.found == []
    assert same(document.value, manifest)
    assert json.dumps(document.value) == json.dumps(manifest)


@pytest.mark.parametrize(
    "text", ["yes", "y", "n", "1e3", "22:22", "0o7", "=", "<<", "2026-01-01", "null", "1.10", "08", "", "0x1F", ".inf", "1_000"]
)
def test_text_that_looks_like_something_else_is_quoted(text: str) -> None:
    """As a value and as a key, for readers of YAML 1.1 and 1.2."""
    assert write({"a": text}) == f'a: "{text}"\n'
    assert write({text: "a"}) == ('? ""\n: a\n' if text == "" else f'"{text}": a\n')


@pytest.mark.parametrize("text", ["100m", "10Gi", "img:1.2", "a b", "/bin/sh", "80-tcp", "-c", "https://x/?a=b"])
def test_plain_words_stay_plain(text: str) -> None:
    """Quotes only where they are needed."""
    assert write({"a": text}) == f"a: {text}\n"


def test_scripts_are_written_as_blocks() -> None:
    """Text of several lines is for people to read."""
    manifest = {"b": "set -e\n\n  run\n", "a": ["x\ny"], "c": {}, "d": []}

    assert write(manifest) == "b: |\n  set -e\n\n    run\na:\n- |-\n  x\n  y\nc: {}\nd: []\n"


def test_a_value_used_twice_is_written_twice() -> None:
    """No anchors: people and kubectl's other readers dislike them."""
    shared = {"k": "v"}

    assert write([shared, shared]) == "- k: v\n- k: v\n"


YAML_LIKE = st.lists(
    st.sampled_from(
        [
            "a",
            "b: ",
            "- ",
            "? ",
            ": ",
            "\n",
            "\n  ",
            "\t",
            "'",
            '"',
            "[",
            "]",
            "{",
            "}",
            ", ",
            "#",
            "&x ",
            "*x",
            "!!str ",
            "!foo ",
            "<<: ",
            "---\n",
            "...\n",
            "1",
            ".nan",
            "\\ud800",
            "é",
            "😀",
            "\r\n",
            "\x85",
            "%",
            "@",
            ">\n  ",
        ]
    ),
    max_size=12,
).map("".join)


def both(text: str) -> tuple[Document, Document]:
    """What either parser makes of a text."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml, "__with_libyaml__", hasattr(yaml, "CSafeLoader"))
        first = read(text)
        patch.setattr(yaml, "__with_libyaml__", False)
        return first, read(text)


# Directives (`%`) other than %YAML and %TAG: PyYAML's own parser passes over more of them than libyaml.
@given(YAML_LIKE.filter(lambda text: "%" not in text))
@settings(deadline=None, max_examples=300, derandomize=True)
def test_law_both_parsers_say_the_same(text: str) -> None:
    """Values, marks, findings and their words."""
    first, second = both(text)

    assert first == second


@given(st.text() | st.binary() | YAML_LIKE | st.text(st.characters()) | st.binary().map(lambda data: b"\xff\xfe" + data))
@settings(deadline=None)
def test_law_no_text_raises(text: str | bytes) -> None:
    """Whatever comes, a document comes back, and what it holds is JSON."""
    document = read(text)

    assert document.found != [] or document.value is not None
    assert all(finding.line is not None and finding.line >= 1 for finding in document.found)
    json.dumps(document.value, allow_nan=False).encode()
