"""The loop of `scheduler.py` with async def: the same book, the same decisions, `podcompose.aio` in place of `podcompose.run`."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from podcompose import aio
from podcompose.run import Outcome, Owner, Superseded

try:
    from examples.scheduler import HERE, Book, Task
except ImportError:  # run as a script
    from scheduler import HERE, Book, Task  # type: ignore[no-redef] # one of the two is there


async def schedule(backend: aio.Backend, book: Book, me: Owner, at_once: int = 32) -> dict[str, str]:
    """Run every task to its end; gives how each ended."""
    async with AsyncExitStack() as stack:
        subscription = await backend.subscribe(HERE, cursor=book.cursor or None)
        stack.push_async_callback(subscription.close)
        while not book.take((batch := await subscription.poll(60)).changes):
            pass  # what happened while nobody looked
        await take_over(backend, book, me)
        book.save(batch.cursor)
        while len(book.ends) < len(book.tasks):
            async for launch_id, result in aio.launch_many(backend, book.starting(at_once)):
                book.answered(launch_id, result)
            batch = await subscription.poll(1)
            book.take(batch.changes)
            book.save(batch.cursor)
    return book.ends


async def take_over(backend: aio.Backend, book: Book, me: Owner) -> None:
    """The pods of before are ours now, unless a newer scheduler has them; one that vanished is lost."""
    found = await aio.reconcile(backend, sorted(book.launched), HERE)
    for record in found.owned.values():
        if isinstance(answer := await backend.adopt(record.ref, me), Superseded):
            raise RuntimeError(f"{answer.owner.name} has taken over with epoch {answer.owner.epoch}; this one ends")
    for launch_id in found.missing:
        book.ended(launch_id, Outcome("Lost"))


async def main() -> None:
    """Two tasks, one of which fails."""
    base = {"name": "base", "command": ["sh", "-c", "exit $CODE"]}
    pods = {
        name: {"spec": {"restartPolicy": "Never", "containers": [{**base, "env": [{"name": "CODE", "value": code}]}]}}
        for name, code in (("good", "0"), ("bad", "3"))
    }
    async with aio.LocalBackend() as backend:
        book = Book([Task("good", pods["good"]), Task("bad", pods["bad"], retries=1)], Path("book.json"))
        print(await schedule(backend, book, Owner("me", 1)))


if __name__ == "__main__":
    asyncio.run(main())
