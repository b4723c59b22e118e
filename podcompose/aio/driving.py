"""Effects, performed one after another in an event loop."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TypeVar

from podcompose.aio.channel import AioChannel
from podcompose.backends.kubernetes.effects import Closed, Effect, Effects, Request, Rested, Result

__all__ = ["drive"]

T = TypeVar("T")


async def drive(effects: Effects[T], channel: AioChannel, closing: asyncio.Event) -> T:
    """What the generator returns, or raises, in the end."""
    try:
        effect = next(effects)
        while True:
            effect = effects.send(await _perform(effect, channel, closing))
    except StopIteration as done:
        value: T = done.value
        return value


async def _perform(effect: Effect, channel: AioChannel, closing: asyncio.Event) -> Result:
    if closing.is_set():
        return Closed(monotonic())
    if isinstance(effect, Request):
        return await channel.ask(effect)
    try:
        await asyncio.wait_for(closing.wait(), effect.seconds)
    except asyncio.TimeoutError:
        return Rested(monotonic())
    return Closed(monotonic())
