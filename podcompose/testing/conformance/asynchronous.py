"""The same suite for backends whose methods are written with async def."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from podcompose.testing.conformance.suite import BackendSuite

__all__ = ["AsyncBackendSuite"]


class AsyncBackendSuite(BackendSuite):
    """
    `BackendSuite` for `podcompose.aio` backends: every method is awaited, all in one event loop, which is `self.loop`.

    The back doors stay plain methods.
    """

    loop: asyncio.AbstractEventLoop

    def begin(self, folder: Path) -> None:
        """Make a loop, then the backend."""
        self.loop = asyncio.new_event_loop()
        super().begin(folder)

    def finish(self) -> None:
        """Close the backend, then the loop."""
        super().finish()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    def wait_for(self, answer: Awaitable[Any]) -> Any:
        """What a coroutine returns."""
        return self.loop.run_until_complete(answer)

    def at_once(self, *calls: Callable[[], Any]) -> list[Any]:
        """Await all calls at the same time, each in a task of its own, begun in order."""
        return self.loop.run_until_complete(self._together(calls))

    async def _together(self, calls: tuple[Callable[[], Any], ...]) -> list[Any]:
        tasks = [asyncio.ensure_future(asyncio.wait_for(call(), self.hangs_after_s)) for call in calls]
        return list(await asyncio.gather(*tasks, return_exceptions=True))
