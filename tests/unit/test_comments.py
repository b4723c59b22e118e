"""Comments above the lines of a manifest, written and read back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from podcompose.core.json import Json
from podcompose.errors import RawPath
from podcompose.yaml.comments import comments_of, write_commented
from podcompose.yaml.reader import read

TEXT = """\
# The whole.
#   indented

metadata:
  # Who.
  name: x
spec:
  # All of them.
  containers:
  # The first.
  - name: base
    # A script.
    args:
    - |
      # no comment
      run
    # Its image.
    image: a
  # The second.
  - name: b
"""


def test_comments_come_back_where_they_were() -> None:
    """What was read with its comments is written as it was."""
    assert write_commented(read(TEXT).value, comments_of(TEXT)) == TEXT


def test_text_in_a_block_is_no_comment() -> None:
    """A line of a script that begins with a hash is part of the script, the last one too."""
    text = "a: |\n  run\n  # not one\nb: 1\n"

    assert comments_of(text) == {}


def test_a_comment_for_what_is_not_there_is_left_out() -> None:
    """A comment has nothing to stand above where its field is gone."""
    assert write_commented({"a": 1}, {("b",): "gone"}) == "a: 1\n"


_VALUES = st.recursive(
    st.text(max_size=20) | st.integers(-9, 9) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc# ", min_size=1, max_size=4), inner, max_size=3),
    max_leaves=8,
)
_WORDS = st.text("abc: '\"#-", min_size=1, max_size=12).filter(lambda text: text.strip() == text)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), _VALUES, min_size=1, max_size=4), st.data())
def test_comments_change_no_value(manifest: Json, data: st.DataObject) -> None:
    """Whatever is said above its lines, a manifest reads as it did."""
    paths: list[RawPath] = sorted(read(write_commented(manifest, {})).marks, key=str)
    comments = data.draw(st.dictionaries(st.sampled_from(paths), _WORDS))

    assert read(write_commented(manifest, comments)).value == manifest
