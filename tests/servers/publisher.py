"""A publisher that scores its readers: what each of its feeds was asked, when, and how that should have been.

Its feeds stand below as answers by the number of the request; its marks as checks of what came in.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from servers.web import Request, WebServer, reply


@dataclass(frozen=True)
class Seen:
    at: datetime
    request: Request


@dataclass(frozen=True)
class Mark:
    row: int
    """Of the table in `politeness.md`."""
    what: str
    faults: tuple[str, ...]


@dataclass
class Publisher:
    """`now` is the time that everybody lives in."""

    now: Callable[[], datetime]
    seen: dict[str, list[Seen]] = field(default_factory=dict)

    def on(self, web: WebServer, path: str, answer: Callable[[int], Callable]) -> str:
        """A feed whose n-th request, from 0, gets `answer(n)`."""
        visits = self.seen.setdefault(path, [])

        async def meet(request, writer):
            visits.append(Seen(self.now(), request))
            await answer(len(visits) - 1)(request, writer)

        return web.on(path, meet)

    def gaps(self, path: str) -> list[timedelta]:
        return [later.at - earlier.at for earlier, later in pairwise(self.seen[path])]

    def sent(self, path: str, header: str) -> list[str | None]:
        return [one.request.header(header) for one in self.seen[path]]


def faults(said: str, found: Iterator[bool] | Sequence[bool]) -> tuple[str, ...]:
    """`said` for each request where it does not hold; and where there was nothing to look at."""
    found = list(found)
    if not found:
        return (f"never put to the test: {said}",)
    return tuple(f"request {number}: {said}" for number, holds in enumerate(found, 1) if not holds)


def table(marks: Sequence[Mark]) -> str:
    lines = [f"{'full' if not mark.faults else 'none'}  {mark.row:>2}  {mark.what}" for mark in marks]
    full = sum(not mark.faults for mark in marks)
    problems = [f"    {mark.row}: {fault}" for mark in marks for fault in mark.faults[:3]]
    return "\n".join(["mark  row  what", *lines, f"{full} of {len(marks)}", *problems])


HTML = reply(200, b"<!doctype html><html><title>Sorry</title></html>", ETag='"html"')
