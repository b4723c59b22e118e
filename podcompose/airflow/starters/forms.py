"""The forms that values of a starter's parameters have."""

from __future__ import annotations

from decimal import Decimal

from podcompose.airflow.starters.kinds import Amount, Text

__all__ = ["BYTES", "CORES", "IMAGE", "KEY", "LABEL", "NAME", "REF", "REPO", "SUBPATH", "URL", "WORD"]

LABEL = Text(
    "DNS label",
    "[a-z0-9]([-a-z0-9]*[a-z0-9])?",
    "a DNS label (a-z, 0-9 and -, at most 63, beginning and ending with a-z or 0-9)",
    63,
)
NAME = Text(
    "object name",
    r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*",
    "the name of an object (a-z, 0-9, - and ., at most 253)",
    253,
)
KEY = Text("key", r"(?!\.\.?$)(?!\.\.)[-._a-zA-Z0-9]+", "a key of a Secret (letters, digits, -, _ and .)", 253)
WORD = Text(
    "label value", "[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?", "a label's value (letters, digits, -, _ and ., at most 63)", 63
)
IMAGE = Text(
    "image",
    r"[a-zA-Z0-9]([-a-zA-Z0-9._]*[a-zA-Z0-9])?(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"
    r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?",
    "an image, such as registry.example.com/airflow:3.3.2",
    512,
)
URL = Text(
    "URL",
    r"https?://[^\s/@]+(/[^\s]*)?",
    "an address that begins with http:// or https://",
    refused=((r"//[^/]*@", "leave the user and password out of it"),),
)
REPO = Text(
    "git URL",
    r"(https?|git)://[^\s/@]+/\S+|ssh://[^\s/:]+(:[0-9]+)?/\S+|(?!-)[^\s/:@]+@[^\s/:@]+:[^\s:]\S*|file:///\S+",
    "a git repository, such as https://host/team/dags.git or git@host:team/dags.git",
    refused=(
        (
            r"(?i)^[a-z]+://[^/\s]*:[^/\s]*@|^https?://[^/\s]*@",
            "no user or password here, for all can read it in every pod: put both into a Secret, name it by credentials-secret",
        ),
    ),
)
REF = Text(
    "git ref", r"(?![-/.])(?!.*(\.\.|@\{|//|/\.))[^\s~^:?*\[\\\x00-\x1f\x7f]+(?<![/.])", "a branch, a tag or a commit hash", 255
)
SUBPATH = Text(
    "folder", r"|(?!/)(?!(.*/)?\.\.(/|$))[^\x00-\x1f\x7f]+", "a folder in the repository, without a leading / and without ..", 1024
)
CORES = Amount("cores", frozenset({"", "m"}), Decimal("0.001"), "an amount of cores, such as 500m or 2")
BYTES = Amount(
    "bytes", frozenset({"", *"kMGTP", "Ki", "Mi", "Gi", "Ti", "Pi"}), Decimal(1), "an amount of bytes, such as 512Mi or 2Gi"
)
