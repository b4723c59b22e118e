"""Drawings as SVG, without a style of their own: the page's style sheet colours them."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.semantics.sums import COUNTED, OURS, Sum
from benchmarks.semantics.words import number

__all__ = ["bar", "curves", "ratio_bar"]

_WIDTH, _HEIGHT = 120, 10
#: A small picture, and the room around it for its numbers.
_PICTURE = (190, 96)
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 6, 6, 16


def bar(one: Sum) -> str:
    """What came out of the judged cases, as one bar; the numbers stand beside it."""
    if one.judged == 0:
        return ""
    left, parts = 0.0, []
    for word in COUNTED:
        width = _WIDTH * one.words[word] / one.judged
        parts.append(f'<rect class="{word}" x="{left:.1f}" width="{width:.1f}" height="{_HEIGHT}"/>')
        left += width
    return _bar("".join(parts))


def ratio_bar(ratio: float, ratios: Sequence[float]) -> str:
    """A ratio to podcompose among others, on one logarithmic scale for all; the line is podcompose."""
    low, high = math.log10(min(*ratios, 0.5)), math.log10(max(*ratios, 2))
    line, end = (_WIDTH * (each - low) / (high - low) for each in (0, math.log10(ratio)))
    shape = f'x="{min(line, end):.1f}" y="1" width="{max(abs(end - line), 1):.1f}" height="{_HEIGHT - 2}"'
    return _bar(f'<rect class="{"slower" if ratio > 1 else "faster"}" {shape}/><path class="zero" d="M{line:.1f} 0V{_HEIGHT}"/>')


def _bar(inner: str) -> str:
    size = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}"'
    return f'<svg class="bar" {size} aria-hidden="true">{inner}</svg>'


def curves(found: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> str:
    """One small picture for each system and axis: its curve dark, podcompose's dashed, all others faint behind it."""
    axes = list(dict.fromkeys(curve["axis"] for curve in found))
    return "".join(_axis(axis, [curve for curve in found if curve["axis"] == axis], names) for axis in axes)


def _axis(axis: str, found: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> str:
    scale = _Scale([point for curve in found for point in curve["points"]])
    name = f"all-{axis.replace(' ', '-')}"
    faint = "".join(f'<path d="{scale.path(curve["points"])}"/>' for curve in found)
    ours = "".join(f'<path d="{scale.path(curve["points"])}"/>' for curve in found if curve["system"] == OURS)
    group = f'<g id="{name}"><g class="faint">{faint}</g><g class="dashed">{ours}</g>{"".join(scale.marks())}</g>'
    behind = f'<svg class="defs" width="0" height="0" aria-hidden="true"><defs>{group}</defs></svg>'
    pictures = "".join(_picture(curve, names.get(curve["system"], curve["system"]), scale, name) for curve in found)
    return f'<h4>Microseconds against {html.escape(axis)}</h4>{behind}<div class="curves">{pictures}</div>'


def _picture(curve: Mapping[str, Any], name: str, scale: _Scale, behind: str) -> str:
    (first, low), (last, high) = curve["points"][0], curve["points"][-1]
    said = html.escape(f"{name}: {number(low)} us at {first}, {number(high)} us at {last}")
    inner = f'<use href="#{behind}"/><path class="curve" d="{scale.path(curve["points"])}"/>'
    drawn = f'<svg viewBox="0 0 {_PICTURE[0]} {_PICTURE[1]}" role="img" aria-label="{said}">{inner}</svg>'
    return f"<figure>{drawn}<figcaption>{html.escape(name)}</figcaption></figure>"


class _Scale:
    """From sizes and microseconds to places in a picture; both logarithmic, and a size of nothing stands where one would."""

    def __init__(self, points: Sequence[Sequence[float]]) -> None:
        self.largest = max([*(point[0] for point in points), 2])
        times = [max(point[1], 0.01) for point in points]
        self.low = math.floor(math.log10(min(times)))
        self.high = max(math.ceil(math.log10(max(times))), self.low + 1)

    def path(self, points: Sequence[Sequence[float]]) -> str:
        """A curve."""
        return "M" + "L".join(f"{self.across(size):.1f} {self.down(time):.1f}" for size, time in points)

    def across(self, size: float) -> float:
        """Where a size is, from the left."""
        share = math.log10(max(size, 1)) / math.log10(self.largest)
        return _LEFT + share * (_PICTURE[0] - _LEFT - _RIGHT)

    def down(self, time: float) -> float:
        """Where microseconds are, from above."""
        share = (math.log10(max(time, 0.01)) - self.low) / (self.high - self.low)
        return _PICTURE[1] - _BOTTOM - share * (_PICTURE[1] - _TOP - _BOTTOM)

    def marks(self) -> Iterator[str]:
        """Both axes, the powers of ten and the sizes that they end with."""
        for power in range(self.low, self.high + 1):
            down = self.down(10**power)
            yield f'<path class="axis" d="M{_LEFT} {down:.1f}H{_PICTURE[0] - _RIGHT}"/>'
            if (power - self.low) % max(1, (self.high - self.low + 1) // 3) == 0:
                yield f'<text x="{_LEFT - 3}" y="{down + 3:.1f}" text-anchor="end" class="size">{number(10**power)}</text>'
        for size, anchor in ((1, "start"), (self.largest, "end")):
            yield f'<text x="{self.across(size):.1f}" y="{_PICTURE[1] - 4}" text-anchor="{anchor}" class="size">{size:g}</text>'
