"""
YAML as kubectl reads it, with line and column of every value.

`reader` is the only importer of PyYAML; `document` composes its events, `scalars` says what a plain scalar means.
"""

from podcompose.yaml.reader import read, write

__all__ = ["read", "write"]
