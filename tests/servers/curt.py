"""A TCP server on loopback that says one thing to whoever comes, and then nothing, whatever it hears."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress


@asynccontextmanager
async def curt_server(words: bytes = b"", *, hang_up: bool = False) -> AsyncIterator[int]:
    """Its port. With `hang_up` it closes after its words, else it waits until the other side has gone."""
    meetings: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        meetings[writer] = asyncio.current_task()
        writer.write(words)
        with suppress(ConnectionError):
            while not hang_up and await reader.read(65536):
                pass
        writer.close()

    listener = await asyncio.start_server(meet, "127.0.0.1", 0)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        for writer in meetings:
            writer.transport.abort()
        await asyncio.gather(*(meeting for meeting in meetings.values() if meeting))


@contextmanager
def deaf_port() -> Iterator[int]:
    """A port that is taken, so that nobody else will listen, and where nobody does: connections are refused."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
