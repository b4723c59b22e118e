"""What a parameter of a starter may be: text of a form, a number, a flag, one of a few words, an amount."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from podcompose.core import hints
from podcompose.core.quantity import quantity

__all__ = ["Amount", "Choice", "Flag", "Kind", "Number", "Text", "Value", "Wrong", "read_value"]

Value: TypeAlias = "str | int | bool"


@dataclass(frozen=True, slots=True)
class Text:
    """Text of a form; `refused` are forms with a reason of their own, told with what to do instead."""

    name: str
    pattern: str
    wanted: str
    longest: int = 4096
    refused: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number."""

    least: int
    most: int
    name: str = "number"


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""

    name: str = "true|false"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """The words."""
        return "|".join(self.words)


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity of Kubernetes', in these units, that is a multiple of `grain`: of a core, or of a byte."""

    name: str
    units: frozenset[str]
    grain: Decimal
    wanted: str


Kind: TypeAlias = Text | Number | Flag | Choice | Amount


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a value is refused, and what to write instead."""

    message: str
    suggestion: str | None = None


#: How people write an amount: no sign, no exponent.
_AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]+)?([a-zA-Z]*)")


def read_value(kind: Kind, given: object) -> Value | Wrong:
    """
    A value as a kind has it, from text or from Python's own types.

    >>> read_value(Number(0, 10), "7"), read_value(Flag(), "yes")
    (7, Wrong(message="expected true or false, got 'yes'", suggestion='write true'))
    """
    text = _text(given)
    if isinstance(kind, Flag):
        return _flag(text)
    if text is None or isinstance(given, bool):
        return Wrong(f"expected {_wanted(kind)}, got {type(given).__name__}")
    if isinstance(kind, Number):
        return _number(kind, text)
    if isinstance(kind, Choice):
        return text if text in kind.words else _no_word(kind, text)
    if isinstance(kind, Amount):
        return text if _fits(kind, text) else Wrong(f"expected {kind.wanted}, got {text!r:.80}")
    return _of_form(kind, text, given)


def _text(given: object) -> str | None:
    """What was given as somebody would type it; None for what nobody could."""
    if isinstance(given, str):
        return str.__str__(given)
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, float):
        return repr(float(given))
    return str(int(given)) if isinstance(given, int) else None


def _wanted(kind: Text | Number | Choice | Amount) -> str:
    if isinstance(kind, Number):
        return f"a whole number from {kind.least} to {kind.most}"
    return f"one of {hints.listed(kind.words)}" if isinstance(kind, Choice) else kind.wanted


def _flag(text: str | None) -> bool | Wrong:
    if text is not None and text.lower() in ("true", "false"):
        return text.lower() == "true"
    meant = {"yes": "true", "on": "true", "1": "true", "no": "false", "off": "false", "0": "false"}.get((text or "").lower())
    return Wrong(f"expected true or false, got {text!r:.80}", None if meant is None else f"write {meant}")


def _number(kind: Number, text: str) -> int | Wrong:
    if re.fullmatch(r"[0-9]{1,18}", text) is not None and kind.least <= int(text) <= kind.most:
        return int(text)
    return Wrong(f"expected {_wanted(kind)}, got {text!r:.80}")


def _no_word(kind: Choice, text: str) -> Wrong:
    folded = {word.lower(): word for word in kind.words}
    guess = (
        folded.get(text.lower()) or folded.get(text.lower().removeprefix("v").partition(".")[0]) or hints.close(text, kind.words)
    )
    return Wrong(f"expected {_wanted(kind)}, got {text!r:.80}", None if guess is None else f"did you mean {guess!r}?")


def _of_form(kind: Text, text: str, given: object) -> str | Wrong:
    if not isinstance(given, str):
        return Wrong(f"expected {kind.wanted}, got {text}", f"write it as text: {text!r}")
    for pattern, advice in kind.refused:
        if re.search(pattern, text) is not None:
            return Wrong(f"expected {kind.wanted}", advice)
    if len(text) > kind.longest:
        return Wrong(f"expected {kind.wanted}, got {len(text)} characters where {kind.longest} may be")
    if re.fullmatch(kind.pattern, text, re.ASCII) is not None:
        return text
    lower = text.strip().lower().replace("_", "-")
    guess = lower if lower != text and re.fullmatch(kind.pattern, lower, re.ASCII) is not None else None
    return Wrong(f"expected {kind.wanted}, got {text!r:.80}", None if guess is None else f"did you mean {guess!r}?")


def _fits(kind: Amount, text: str) -> bool:
    match = _AMOUNT.fullmatch(text) if len(text) < 16 else None
    return match is not None and match[1] in kind.units and quantity(text) % kind.grain == 0
