"""How many launches may be under way at once: more as long as all goes well, half as many once the server says slow down."""

from __future__ import annotations

__all__ = ["Pace"]


class Pace:
    """
    Additive increase, multiplicative decrease, as TCP does it.

    >>> pace = Pace(32)
    >>> pace.slow_down(); pace.limit
    16
    >>> for _ in range(16): pace.went_well()
    >>> pace.limit
    17
    """

    __slots__ = ("_most", "_now")

    def __init__(self, most: int) -> None:
        self._most = most
        self._now = float(most)

    @property
    def limit(self) -> int:
        """How many, at least one."""
        return max(1, int(self._now))

    def went_well(self) -> None:
        """One was answered at once."""
        self._now = min(self._most, self._now + 1 / self.limit)

    def slow_down(self) -> None:
        """One had to be tried again."""
        self._now = max(1.0, self._now / 2)
