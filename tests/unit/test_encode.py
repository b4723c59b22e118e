"""The bytes: one spelling, whichever encoder is installed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from typing import Any

import pytest

from podcompose import compose

POD: dict[str, Any] = {"spec": {"overhead": {"b": 1, "a": '\u00e9\u2603\U0001f600\u2028\x7f\x00/"\\'}, "priority": -0}}


def test_canonical_json() -> None:
    """Keys sorted, no white space, UTF-8; integers without a point."""
    assert compose({"spec": {"priority": 1.0, "hostname": "\u00e9"}}).json == '{"spec":{"hostname":"\u00e9","priority":1}}'.encode()


def test_digest() -> None:
    """The SHA-256 of the bytes, named."""
    composition = compose(POD)

    assert composition.digest == f"sha256:{hashlib.sha256(composition.json).hexdigest()}"


@pytest.mark.parametrize("number", [1e-7, 1e16, 1.5, 0.1, 1e22, -0.0, 123456789.125, 5e-324, 1.7976931348623157e308, 2**53 + 1])
def test_numbers_without_orjson(number: Any) -> None:
    """The bytes are the same where orjson is not installed, floats included."""
    program = "import sys; sys.modules['orjson'] = None\nfrom podcompose import compose\n" + (
        f"sys.stdout.buffer.write(compose({POD!r}, {{'spec': {{'overhead': {{'n': {number!r}}}}}}}).json)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert done.stdout == compose(POD, {"spec": {"overhead": {"n": number}}}).json
