"""A small real HTTP server on loopback whose answers a test writes as a script.

    async with web_server() as server:
        server.on("/feed", reply(200, body, ETag='"1"'), reply(304))  # one after another, the last again and again
        … server.url("/feed") … server.requests[0].header("If-None-Match") …

Every answer ends its connection. What a server may do wrong stands below as answers of their own.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import repeat


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    peer: tuple[str, int]

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


Answer = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


def reply(status: int, body: bytes = b"", **headers: str) -> Answer:
    """An honest answer. Header names are written with `_` for `-`; Content-Length is set unless it is given."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if status != 304:
        named.setdefault("Content-Length", str(len(body)))

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(status, named) + (b"" if request.method == "HEAD" else body))
        await writer.drain()

    return answer


def head(status: int, headers: dict[str, str]) -> bytes:
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Unheard Of"
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")


def raw(data: bytes) -> Answer:
    """Exactly these bytes, then the end."""

    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return answer


def endless(chunk: bytes, *, status: int = 200, **headers: str) -> Answer:
    """The chunk again and again, until the client goes away."""
    return stream(repeat(chunk), status=status, **headers)


def stream(chunks: Iterable[bytes], *, status: int = 200, every_s: float = 0.0, **headers: str) -> Answer:
    """A body without a length, in pieces; `every_s` makes it a drip."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(status, named))
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(every_s)

    return answer


def silence() -> Answer:
    """Takes the request and says nothing until the client goes away."""

    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        await writer.wait_closed()

    return answer


def cut() -> Answer:
    """Takes the request and resets the connection."""

    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    return answer


def after(event: asyncio.Event, then: Answer) -> Answer:
    """The other answer, but not before the event."""

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        await event.wait()
        await then(request, writer)

    return answer


@dataclass
class WebServer:
    scheme: str = "http"
    host: str = "127.0.0.1"
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once there was a request."""
    busy: int = 0
    most_busy: int = 0
    """The most requests that were under way at once."""
    elsewhere: Answer = field(default_factory=lambda: reply(404))
    """For the paths that have no script."""
    _scripts: dict[str, list[Answer]] = field(default_factory=dict)
    _meetings: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = field(default_factory=dict)

    def url(self, path: str = "/feed", *, host: str = "") -> str:
        return f"{self.scheme}://{host or self.host}:{self.port}{path}"

    def on(self, path: str, *answers: Answer) -> str:
        """Sets what `path` answers, one after another; the URL of it."""
        self._scripts[path] = list(answers)
        return self.url(path)

    def _next(self, target: str) -> Answer:
        script = self._scripts.get(target, [self.elsewhere])
        return script.pop(0) if len(script) > 1 else script[0]

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._meetings[writer] = asyncio.current_task()
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            request = await read_request(reader, writer.get_extra_info("peername"))
            self.requests.append(request)
            self.arrived.set()
            answering = asyncio.ensure_future(self._next(request.target)(request, writer))
            gone = asyncio.ensure_future(reader.read())
            await asyncio.wait({answering, gone}, return_when=asyncio.FIRST_COMPLETED)
            for task in (answering, gone):
                task.cancel()
            await asyncio.gather(answering, gone, return_exceptions=True)
        self.busy -= 1
        writer.close()
        del self._meetings[writer]

    async def part(self) -> None:
        """Ends what is still under way."""
        for writer in self._meetings:
            writer.transport.abort()
        await asyncio.gather(*(task for task in self._meetings.values() if task))


async def read_request(reader: asyncio.StreamReader, peer: tuple[str, int]) -> Request:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
    method, target, _ = first.split(" ")
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    return Request(method, target, headers, await reader.readexactly(length), peer)


@asynccontextmanager
async def web_server(
    *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[WebServer]:
    """A server that listens on a free port of this address of the loopback."""
    server = WebServer(scheme="https" if tls else "http", host=host)
    listener = await asyncio.start_server(server.meet, host, 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        await server.part()
