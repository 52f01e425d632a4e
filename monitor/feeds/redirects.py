"""One fetch on its way through redirects: where it is, what it may tell and reach there, how long it has left."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from monitor.errors import FetchError, FetchReason
from monitor.feeds.addresses import leads_inside
from monitor.feeds.connect import Reach
from monitor.feeds.transport import default_port
from monitor.model import FetchRequest

OURS = frozenset(
    {
        "accept-encoding", "connection", "content-length", "host", "if-modified-since", "if-none-match", "range",
        "te", "transfer-encoding", "upgrade", "user-agent",
    }
)  # fmt: skip
"""Headers that are the fetcher's to say: a feed's own list cannot change who asks, how, or for what."""
COOKIE_BYTES = 4096
"""Of cookies in one request: of more, set by the servers on the way, none is sent."""


@dataclass(slots=True)
class Redirects:
    """The state of one fetch. `url` moves on with each redirect, `permanent` while all were."""

    request: FetchRequest
    start: httpx.URL
    url: httpx.URL
    authorization: str | None
    reach: Reach
    proxy: httpx.Proxy | None
    left_s: float
    permanent: bool = True
    form: bytes | None = None
    """What is posted, url-encoded; None: it is only asked for."""
    is_feed: bool = False
    """A page on the way may send on to it."""
    login: tuple[str, str] | None = None
    """User and password."""
    challenged: str = ""
    """Where a Digest was answered last."""
    cookies: httpx.Cookies | None = None
    """What the servers on the way set: it ends with the way. None: nothing so far."""

    @classmethod
    def begin(cls, request: FetchRequest, *, left_s: float) -> Redirects:
        """Before the first request."""
        url = httpx.URL(request.url)
        proxy = _proxy(request)
        end = proxy.url if proxy else url
        own = (end.raw_host.decode("ascii"), default_port(end)) if proxy or request.allow_private else None
        start = _address(url)
        journey = cls(
            request=request,
            start=start,
            url=start,
            authorization=None,
            reach=Reach(own),
            proxy=proxy,
            left_s=left_s,
            login=_login(request, url),
        )
        if journey.login is not None:
            journey.authorization = _basic(*journey.login)
        journey._check_behind_proxy(start)
        return journey

    @property
    def conditional(self) -> bool:
        """Whether a 304 can be an answer."""
        return bool(self.request.etag or self.request.last_modified)

    @property
    def moved_to(self) -> str:
        """Where it is, if redirects led here and all of them were permanent; else empty."""
        moved = self.permanent and self.url is not self.start and self.url != self.start
        return str(self.url) if moved else ""

    @property
    def speaks_for_host(self) -> bool:
        """Whether what is said of the host here is said to a feed of its own: the operator led here, no stranger."""
        return self.request.own_host and self.url.netloc == self.start.netloc

    def next_url(self, location: str) -> httpx.URL:
        """Where a redirect leads, relative to where it came from (RFC 9110 §10.2.2)."""
        try:
            target = location.encode("latin-1").decode()  # bytes of UTF-8, sent raw against the RFC
        except UnicodeDecodeError:
            target = location
        url = _address(self.url.join(target))
        self._check_behind_proxy(url)
        return url

    def headers(self, usual: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
        """`usual` and what is told here: validators everywhere, the feed's headers and password to its own server.

        Cookies go back to who set them on the way.
        """
        told = {name.lower(): value for name, value in usual.items()}
        if self.form is not None:
            told |= {
                "content-type": "application/x-www-form-urlencoded",
                "content-length": str(len(self.form)),
            }
        if self.at_home():
            own = {name.lower(): value.get_secret_value() for name, value in self.request.headers.items()}
            told |= {name: value for name, value in own.items() if name not in OURS}
            if self.authorization is not None:
                told["authorization"] = self.authorization
        if self.cookies is not None and (carried := self._carried()):
            told["cookie"] = f"{told['cookie']}; {carried}" if "cookie" in told else carried
        if self.request.etag:
            told["if-none-match"] = self.request.etag
        if self.request.last_modified:
            told["if-modified-since"] = self.request.last_modified
        return [(name.title().encode("latin-1"), value.encode("latin-1")) for name, value in told.items()]

    def _carried(self) -> str:
        """The cookies that were set on the way for where it is now."""
        asking = httpx.Request("GET", self.url)
        try:
            (self.cookies or httpx.Cookies()).set_cookie_header(asking)
        except UnicodeError:  # a name or value that no header holds
            return ""
        carried: str = asking.headers.get("cookie", "")
        return carried if len(carried) <= COOKIE_BYTES else ""

    def keep_cookies(self, response: httpx.Response) -> None:
        """For the rest of this journey only."""
        if "set-cookie" in response.headers:
            self.cookies = self.cookies or httpx.Cookies()
            self.cookies.extract_cookies(response)

    def at_home(self) -> bool:
        """Whether this is the feed's own server, over a connection as safe as the feed's address."""
        if self.url.raw_host != self.start.raw_host:
            return False
        here, home = (self.url.scheme, default_port(self.url)), (self.start.scheme, default_port(self.start))
        return here == home or (home, here) == (("http", 80), ("https", 443))

    def _check_behind_proxy(self, url: httpx.URL) -> None:
        """A proxy resolves names itself, so only what can be told from the URL is checked."""
        if self.proxy is None or (self.request.allow_private and url.netloc == self.start.netloc):
            return
        host = url.raw_host.decode("ascii")
        if leads_inside(host):
            raise FetchError(f"{host} is not on the public internet", reason=FetchReason.FORBIDDEN_ADDRESS)


def _address(url: httpx.URL) -> httpx.URL:
    """The URL without user, password and fragment. Raises `FetchError` where it is none of the web."""
    if url.scheme not in {"http", "https"} or not url.raw_host:
        raise FetchError(f"{url.scheme or 'this'}: is no address of the web", reason=FetchReason.URL)
    if not 0 < default_port(url) < 65_536:  # look-ups would take it modulo 65 536
        raise FetchError(f"{url.port} is no port", reason=FetchReason.URL)
    if not url.userinfo and "#" not in str(url):
        return url  # as nearly all are: to make another takes 40 µs
    return url.copy_with(username=None, password=None, fragment=None)


def _login(request: FetchRequest, url: httpx.URL) -> tuple[str, str] | None:
    """The feed's own user and password, else those of its URL."""
    if request.user is not None:
        return request.user, request.password.get_secret_value() if request.password else ""
    return (url.username, url.password) if url.userinfo else None


def _basic(user: str, password: str) -> str:
    """RFC 7617."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def _proxy(request: FetchRequest) -> httpx.Proxy | None:
    if request.proxy is None:
        return None
    try:
        proxy = httpx.Proxy(request.proxy.get_secret_value())
    except (ValueError, httpx.InvalidURL) as error:
        raise FetchError("its proxy is no URL", reason=FetchReason.URL) from error
    if proxy.url.scheme not in {"http", "https"}:
        raise FetchError("a proxy's URL begins with http:// or https://", reason=FetchReason.URL)
    return proxy
