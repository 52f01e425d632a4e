"""A feed's address → its bytes, once and politely.

Promise: bounded time and memory whatever the server does, no address asked that the operator did not allow, and
nothing kept from one request to the next but each host's turn and the challenge of a Digest login. Raises nothing but
`FetchError`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, metadata
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

import httpx

from monitor.core.freshness import fresh_s
from monitor.core.polling import RETRY_AFTER_CEILING
from monitor.core.rate_limits import rate_limit
from monitor.core.retry_after import retry_after_s
from monitor.errors import FetchError, FetchReason
from monitor.feeds import refresh
from monitor.feeds.answers import (
    PERMANENT,
    REDIRECTS,
    WITH_A_FEED,
    WITH_THE_FORM,
    headers,
    is_a_part,
    refusal,
    validator,
)
from monitor.feeds.connect import Resolver
from monitor.feeds.digest import Digests
from monitor.feeds.files import read_file
from monitor.feeds.hubs import feeds_in_header, in_header
from monitor.feeds.inflate import Inflater
from monitor.feeds.large_bodies import PLACES, LargeBodies
from monitor.feeds.rate_limit import HostLimits
from monitor.feeds.redirects import Redirects
from monitor.feeds.seat import Seat
from monitor.feeds.transport import PROXY, REACH, GuardedTransport
from monitor.model import Advice, FetchRequest, NotModified, Response
from monitor.tls import trust

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)
ACCEPT_PAGES = "text/html, application/xhtml+xml, text/plain;q=0.8, */*;q=0.1"
"""What an entry's page is asked for as; robots.txt is plain text."""
PAGE_REDIRECTS = 5
"""RFC 9309 §2.3.1.2, of robots.txt: "at least five consecutive redirects"."""
SPENT_CEILING_S = 3600.0
"""A host that says after a good answer that no more is granted is left alone for so long at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long and how much (`politeness.md` 11, 14, 16)."""

    connect_s: float = 10.0
    first_byte_s: float = 30.0
    """Also the longest silence later on."""
    total_s: float = 60.0
    """From the first connection to the last byte, redirects included; waiting for a turn is not."""
    wire_bytes: int = 10 * 2**20
    body_bytes: int = 32 * 2**20
    redirects: int = 10
    """Of one request, those of pages and a login's second question included."""
    concurrency: int = 100
    """Requests under way at once, over all hosts."""
    host_pause_s: float = 1.0
    """Between the end of a request and the start of the next to the same host."""


REASONS: Mapping[type[Exception], FetchReason] = {
    httpx.TimeoutException: FetchReason.TIMEOUT,
    httpx.NetworkError: FetchReason.CONNECT,
    httpx.ProxyError: FetchReason.CONNECT,
    httpx.UnsupportedProtocol: FetchReason.URL,
    httpx.InvalidURL: FetchReason.URL,
    httpx.TransportError: FetchReason.PROTOCOL,  # no HTTP; a redirect to no URL, which httpx reads unasked
    TimeoutError: FetchReason.TIMEOUT,
}
"""What goes wrong below, told apart in `_translated` and nowhere else; a test holds it complete for httpx."""


Admit = Callable[[str], Awaitable[None]]
"""Raises `FetchError` where an address must not be asked."""


async def _anything(_url: str) -> None:
    """Feeds: the user asked for them."""


class Fetcher:
    """Fetches feeds. One for the process; used within `async with`.

    A fetch waits for its host's turn first and takes one of the `limits.concurrency` places then: start as many
    fetches as are due, with no limit of your own, and a crowded host delays itself alone.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        now: Callable[[], datetime],
        limits: Limits | None = None,
        accept: str = ACCEPT,
        ssl_context: ssl.SSLContext | None = None,
        hosts: HostLimits | None = None,
        resolver: Resolver | None = None,
    ) -> None:
        """`now` is what the dates in headers are compared with, and holds end by. None: the defaults of each.

        Fetchers that share `hosts` take turns at each host.
        """
        self._now = now
        self._usual_headers = {
            "User-Agent": user_agent,
            "Accept": accept,
            "Accept-Encoding": "gzip, deflate",
            "Connection": "close",
        }
        self._limits = limits or Limits()
        # Not `or`: one that remembers no host yet is empty, and false.
        self._hosts = HostLimits(pause_s=self._limits.host_pause_s, now=now) if hosts is None else hosts
        self._places = asyncio.Semaphore(self._limits.concurrency)
        self._large_bodies = asyncio.Semaphore(PLACES)
        self._digests = Digests()
        self._resolver = resolver or Resolver()
        self._transport = GuardedTransport(
            ssl_context=ssl_context or trust(),
            resolver=self._resolver,
            wire_bytes=self._limits.wire_bytes,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._resolver.close()

    def room(self) -> LargeBodies:
        """For the bodies of one poll: a large one is waited for until there is room, and has it until this ends."""
        return LargeBodies(self._large_bodies)

    async def fetch(self, request: FetchRequest, room: LargeBodies | None = None) -> Response | NotModified:
        """The feed's whole body, or that it did not change. Raises `FetchError`.

        Of a page that sends on to somewhere, what is there. Without a `room` the body counts only while it comes: for
        whoever asks once, not a hundred times at once.
        """
        if room is not None:
            return await self._fetch(request, _anything, room)
        with self.room() as passing:
            return await self._fetch(request, _anything, passing)

    async def fetch_page(self, request: FetchRequest, *, admit: Admit) -> Response:
        """A page of the web. `admit` is asked before each address on the way, also those of redirects.

        Raises `FetchError`, also those of `admit`.
        """
        if not request.url.startswith(("http://", "https://")):
            raise FetchError("this is no address of the web", reason=FetchReason.URL)
        with self.room() as passing:
            answer = await self._fetch(request, admit, passing)
        assert isinstance(answer, Response), "nobody asked for it conditionally"  # noqa: S101 - see `_judge`
        return answer

    async def _fetch(self, request: FetchRequest, admit: Admit, room: LargeBodies) -> Response | NotModified:
        if request.url.startswith("file:"):
            return await asyncio.to_thread(read_file, request, limit_bytes=self._limits.body_bytes)
        with _translated():
            journey = Redirects.begin(request, left_s=self._limits.total_s)
            journey.is_feed = admit is _anything
            return await self._follow(journey, admit, room)

    async def post_form(self, request: FetchRequest, form: Mapping[str, str]) -> None:
        """The form was taken (any 2xx). Raises `FetchError`; of redirects only those count that carry it on."""
        if not request.url.startswith(("http://", "https://")):
            raise FetchError("this is no address of the web", reason=FetchReason.URL)
        with _translated(), self.room() as passing:
            journey = Redirects.begin(request, left_s=self._limits.total_s)
            journey.form = urlencode(form).encode("ascii")
            await self._follow(journey, _anything, passing)

    def pause_host(self, host: str, until: datetime) -> None:
        """Asks nothing of the host before then: what a 429 before a restart asked for."""
        self._hosts.pause(host, until)

    async def _follow(self, journey: Redirects, admit: Admit, room: LargeBodies) -> Response | NotModified:
        """The answer at the end of at most `limits.redirects` redirects; of a page fewer are worth it."""
        most = self._limits.redirects if journey.is_feed else min(self._limits.redirects, PAGE_REDIRECTS)
        for _ in range(most + 1):
            await admit(str(journey.url))
            answer = await self._ask(journey, room)
            if not isinstance(answer, httpx.URL):
                return answer
            journey.url = answer
        raise FetchError(f"it redirects more than {most} times", reason=FetchReason.REDIRECTS)

    async def _ask(self, journey: Redirects, room: LargeBodies) -> Response | NotModified | httpx.URL:
        """One request in its host's turn: the answer, or where it points to."""
        host = journey.url.netloc.decode("ascii").rstrip(".")  # without the port where it is the scheme's own
        async with Seat(self._hosts, host, self._places) as seat:
            if (held_s := self._hosts.held_s(host)) > 0:
                raise FetchError(
                    f"{host} asked for a pause of {held_s:.0f} s more",
                    reason=FetchReason.HELD,
                    retry_after_s=held_s,
                )
            async with asyncio.timeout(journey.left_s) as clock:
                response = await self._send(journey)
                try:
                    answer = self._judge(journey, response, host)
                    if isinstance(answer, Response):
                        answer = replace(answer, body=await self._body(response, room, clock, seat))
                        answer = self._read(journey, response, answer, host)
                finally:
                    await response.aclose()
                if isinstance(answer, httpx.URL):
                    journey.keep_cookies(response)
                journey.left_s = (clock.when() or 0.0) - asyncio.get_running_loop().time()
                return answer

    async def _send(self, journey: Redirects) -> httpx.Response:
        limits = self._limits
        timeouts = {"connect": limits.connect_s, "read": limits.first_byte_s, "write": limits.first_byte_s}
        request = httpx.Request(
            "GET" if journey.form is None else "POST",
            journey.url,
            headers=journey.headers(self._usual_headers),
            content=journey.form,
            extensions={"timeout": timeouts, REACH: journey.reach, PROXY: journey.proxy},
        )
        if journey.login is not None and journey.at_home() and journey.challenged != str(journey.url):
            ahead = self._digests.ahead(_whose(journey), request)
            request.headers["authorization"] = ahead or journey.authorization or ""
        response = await self._transport.handle_async_request(request)
        response.request = request
        return response

    def _judge(
        self, journey: Redirects, response: httpx.Response, host: str
    ) -> Response | NotModified | httpx.URL:
        """What the head of the response says; a `Response` is still without its body."""
        status, header = response.status_code, headers(response)
        etag, last_modified = validator(header.get("etag")), validator(header.get("last-modified"))
        wait_s = retry_after_s(header.get("retry-after"), now=self._now())
        link = header.get("link", "")
        advice = Advice(
            fresh_s=fresh_s(header, now=self._now()),
            retry_after_s=wait_s if status == 304 else None,
            moved_to=journey.moved_to,
            hubs=in_header(link, url=str(journey.url)),
        )
        if journey.form is not None and 200 <= status < 300:
            return Response(url=str(journey.url), body=b"")
        if status in WITH_A_FEED and not (status == 206 and is_a_part(header)):
            self._answered(journey, header, host)
            return Response(
                url=str(journey.url),
                body=b"",
                content_type=header.get("content-type", ""),
                etag=etag,
                last_modified=last_modified,
                advice=advice,
                feeds=feeds_in_header(link, url=str(journey.url)),
            )
        if status == 304 and journey.conditional:
            self._answered(journey, header, host)
            return NotModified(etag=etag, last_modified=last_modified, advice=advice)
        redirects = REDIRECTS if journey.form is None else WITH_THE_FORM
        if status in redirects and "location" in header and not wait_s:
            journey.permanent = journey.permanent and status in PERMANENT
            return journey.next_url(header["location"])
        if status == 401 and self._is_answered(journey, response):
            return journey.url
        if status == 429:
            raise self._limited(journey, header, host, wait_s)
        raise refusal(host, status, retry_after_s=wait_s)

    def _read(
        self, journey: Redirects, response: httpx.Response, answer: Response, host: str
    ) -> Response | httpx.URL:
        """The answer with its body, or where the page that came instead of a feed sends on to."""
        if journey.is_feed and (written := refresh.target(headers(response), answer.body)):
            target = journey.next_url(written)
            if target != journey.url:
                journey.permanent = False
                return target
        if journey.form is None and response.status_code not in {200, 203} and not answer.body:
            raise refusal(host, response.status_code)
        return answer

    def _is_answered(self, journey: Redirects, response: httpx.Response) -> bool:
        """Whether the login that was refused is asked for as a Digest, and can be given at the next try."""
        here = str(journey.url)
        if journey.login is None or not journey.at_home() or journey.challenged == here:
            return False
        answer = self._digests.answer(_whose(journey), *journey.login, response.request, response)
        if answer is None:
            return False
        journey.challenged, journey.authorization = here, answer
        return True

    def _answered(self, journey: Redirects, header: Mapping[str, str], host: str) -> None:
        """A host that has answered well and grants no more requests for now is left alone until it does."""
        if not (journey.is_feed and journey.speaks_for_host):
            return
        self._hosts.answered(host, str(journey.start))
        limit = rate_limit(header, now=self._now())
        if limit.is_spent and limit.reset_s:
            self._hosts.pause(host, self._now() + timedelta(seconds=min(limit.reset_s, SPENT_CEILING_S)))

    def _limited(
        self, journey: Redirects, header: Mapping[str, str], host: str, wait_s: float | None
    ) -> FetchError:
        """A 429: it is about the host where one of its own feeds was asked, else about whoever asked.

        RFC 6585 §4 knows Retry-After alone; the draft of `RateLimit`, §6.3: Retry-After "MUST take precedence".
        """
        wait_s = wait_s or rate_limit(header, now=self._now()).reset_s
        if not journey.speaks_for_host:
            return refusal(host, 429, retry_after_s=wait_s)
        if wait_s:
            self._hosts.pause(host, self._now() + min(timedelta(seconds=wait_s), RETRY_AFTER_CEILING))
        elif journey.is_feed and (wait := self._hosts.refused(host, str(journey.start))):
            wait_s = wait.total_seconds()
        return refusal(host, 429, retry_after_s=wait_s, held_host=host if wait_s else "")

    async def _body(
        self, response: httpx.Response, room: LargeBodies, clock: asyncio.Timeout, seat: Seat
    ) -> bytes:
        coding = headers(response).get("content-encoding", "")
        inflater = Inflater(coding, limit_bytes=self._limits.body_bytes)
        async for chunk in response.aiter_raw():
            for size_bytes in inflater.feed(chunk):
                await room.make(size_bytes, clock=clock, seat=seat)
        return inflater.finish()


def _whose(journey: Redirects) -> Hashable:
    return journey.start.netloc, journey.login


def homepage() -> str:
    """The page of this project that its package names; empty where it names none, or was never installed."""
    try:
        urls = metadata("news-monitor").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    by_name: dict[str, str] = dict(url.split(", ", 1) for url in urls)
    return by_name.get("Homepage", "")


def user_agent(version: str, contact: str, *, page: str | None = None) -> str:
    """The `User-Agent` of every request: what we are and whom to ask (RFC 9110 §10.1.5). `page`: the homepage."""
    # Parentheses and backslashes mean something inside a comment (§5.6.5).
    spoken = "".join(one for one in contact if " " <= one <= "~" and one not in "()\\")
    page = homepage() if page is None else page
    told = "; ".join(one for one in (page and f"+{page}", spoken) if one)
    return f"news-monitor/{version} ({told})" if told else f"news-monitor/{version}"


@contextmanager
def _translated() -> Iterator[None]:
    """Httpx's and Python's errors → `FetchError`."""
    try:
        yield
    except (httpx.LocalProtocolError, UnicodeError):
        # Not `from error`: it quotes the header, and the header may be a secret.
        raise FetchError("its address or one of its headers cannot be sent", reason=FetchReason.URL) from None
    except tuple(REASONS) as error:
        reason = next(REASONS[kind] for kind in type(error).__mro__ if kind in REASONS)
        raise FetchError(f"{error}"[:300] or f"no answer: {reason}", reason=reason) from error
