"""Effects, performed one after another in the caller's thread."""

from __future__ import annotations

from threading import Event
from time import monotonic
from typing import TypeVar

from podcompose.backends.kubernetes.effects import Closed, Effect, Effects, Request, Rested, Result
from podcompose.backends.kubernetes.transport import Channel

__all__ = ["drive"]

T = TypeVar("T")


def drive(effects: Effects[T], channel: Channel, closing: Event) -> T:
    """What the generator returns, or raises, in the end."""
    try:
        effect = next(effects)
        while True:
            effect = effects.send(_perform(effect, channel, closing))
    except StopIteration as done:
        value: T = done.value
        return value


def _perform(effect: Effect, channel: Channel, closing: Event) -> Result:
    if closing.is_set():
        return Closed(monotonic())
    if isinstance(effect, Request):
        return channel.ask(effect)
    return Closed(monotonic()) if closing.wait(effect.seconds) else Rested(monotonic())
