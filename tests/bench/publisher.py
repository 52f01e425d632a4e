"""The server of `bench_poll.py`: feeds on loopback, made or of others, that have news from cycle to cycle.

Each feed has an address of its own (127.x.y.z), all have one port, which is printed:

    python tests/bench/publisher.py FEEDS [FILE…]
"""

import asyncio
import functools
import hashlib
import itertools
import random
import sys
import time
from collections.abc import Callable
from contextlib import suppress

import documents

ENTRIES = 30
SYLLABLES = (
    "ka", "lo", "mi", "ne", "ru", "sta", "ver", "bo", "di", "fen", "gra",
    "hul", "jo", "pra", "quo", "sel", "tin", "una", "vol", "wex", "yor", "zet",
)  # fmt: skip
VOCABULARY = ["".join(parts) for parts in itertools.product(SYLLABLES, repeat=3)] + [*SYLLABLES]
BEGAN = time.time()
"""An entry's time is told from here: it does not change when the feed is made again."""
WEIGHTS = list(itertools.accumulate(1 / (rank + 3) for rank in range(len(VOCABULARY))))
"""Zipf's law: few words are everywhere, most are rare, as in the news."""


def address(number: int) -> str:
    return f"127.{1 + number // 62500}.{number // 250 % 250}.{1 + number % 250}"


def urls(port: int, feeds: int) -> list[str]:
    return [f"http://{address(number)}:{port}/feed" for number in range(feeds)]


def body(number: int, fresh: int) -> bytes:
    """The feed of that number with so many entries that were not there at first, newest on top."""
    entries = "".join(entry(number, index) for index in range(ENTRIES + fresh - 1, fresh - 1, -1))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>Outlet {number}</title><link>http://{address(number)}/</link>
<description>News of outlet {number}</description><language>en</language>{entries}</channel></rss>""".encode()


def entry(number: int, index: int) -> str:
    dice = random.Random(number * 1000 + index)
    text = " ".join(dice.choices(VOCABULARY, cum_weights=WEIGHTS, k=250))
    published = time.strftime(
        "%a, %d %b %Y %H:%M:%S +0000", time.gmtime(BEGAN + min(3600 * (index - ENTRIES), index - ENTRIES))
    )
    return (
        f"<item><title>{' '.join(dice.choices(VOCABULARY, cum_weights=WEIGHTS, k=9)).title()}</title>"
        f"<link>http://{address(number)}/{index}</link><guid>http://{address(number)}/{index}</guid>"
        f"<pubDate>{published}</pubDate><description>&lt;p&gt;{text}&lt;/p&gt;</description></item>"
    )


def number_at(host: str) -> int:
    """Which feed has that address."""
    parts = [int(part) for part in host.split(".")]
    return (parts[1] - 1) * 62500 + parts[2] * 250 + parts[3] - 1


def response(status: str, text: bytes = b"", **fields: str) -> bytes:
    head = {"Connection": "close", **{name.replace("_", "-"): value for name, value in fields.items()}}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + text


def of_others(given: list[bytes]) -> Callable[[int, int], bytes]:
    """As `body`, of these documents in turn."""
    return functools.cache(
        lambda number, fresh: documents.with_news(given[number % len(given)], fresh, now=BEGAN)
    )


class Publisher:
    """On 127.0.0.1, `/cycle/N` begins that cycle (0: the first), and `/asked` says how many feeds were asked in it.

    All documents of a cycle are made when it begins: the first who asks waits no longer than the others.
    """

    def __init__(self, feeds: int, text_of: Callable[[int, int], bytes]) -> None:
        """`text_of` makes the feed of a number with so many new entries, and remembers it."""
        self._feeds, self._text_of = feeds, text_of
        self._cycle, self._asked = 0, set[int]()

    async def serve(self) -> None:
        """Until it is told to stop; prints its port first."""
        server = await asyncio.start_server(self._meet, "0.0.0.0", 0, backlog=1000)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode()
            number = number_at(writer.get_extra_info("sockname")[0])
            writer.write(self._feed(number, head) if path == "/feed" else self._command(path))
            await writer.drain()
        writer.close()

    def _command(self, path: str) -> bytes:
        reply = str(len(self._asked)).encode()
        if path.startswith("/cycle/"):
            self._cycle = int(path.rpartition("/")[2])
            self._asked.clear()
            for number in range(self._feeds):
                self._text(number)
        return response("200 OK", reply, Content_Length=str(len(reply)))

    def _feed(self, number: int, head: bytes) -> bytes:
        self._asked.add(number)
        text = self._text(number)
        etag = f'"{hashlib.md5(text, usedforsecurity=False).hexdigest()}"'
        if self._cycle and number % 20 > 1 and etag.encode() in head:  # 1: the same body again
            return response("304 Not Modified", ETag=etag)
        shape = "application/feed+json" if documents.is_json(text) else "application/rss+xml"
        return response("200 OK", text, Content_Type=shape, ETag=etag, Content_Length=str(len(text)))

    def _text(self, number: int) -> bytes:
        has_news = number % 20 == 0
        return self._text_of(number, self._cycle * (1 + number // 20 % 2) if has_news else 0)


def main(feeds: str, *real: str) -> None:
    text_of = of_others(documents.readable(real)) if real else functools.cache(body)
    asyncio.run(Publisher(int(feeds), text_of).serve())


if __name__ == "__main__":
    main(*sys.argv[1:])
