"""Feeds behind a proxy: whom it is told what, and what becomes of its answers."""

import ssl

import pytest
import trustme
from pydantic import SecretStr
from servers.proxy import tunnels
from servers.web import reply, web_server

from monitor.errors import FetchError, FetchReason

BODY = b"<rss/>"
LOGIN = "pat:canary@"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def serving(authority, *names):
    """What a server shows that is called so."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture
def trusting(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.mark.parametrize("is_encrypted", [False, True], ids=["a plain proxy", "a proxy behind TLS"])
@pytest.mark.parametrize("port", ["", ":8443"])
async def test_a_feed_behind_tls_is_read_through_a_tunnel(
    fetching, asking, authority, trusting, is_encrypted, port
):
    """The proxy learns host, port and its own login; what is asked of the server, and its answer, it does not see."""
    own = serving(authority, "127.0.0.1") if is_encrypted else None
    async with (
        web_server(tls=serving(authority, "a.example")) as server,
        tunnels(server.port, tls=own) as proxy,
        fetching(ssl_context=trusting) as fetcher,
    ):
        server.on("/feed", reply(200, BODY))
        request = asking(
            f"https://a.example{port}/feed",
            headers={"X-Key": SecretStr("k")},
            proxy=SecretStr(proxy.url(LOGIN)),
            allow_private=False,
        )
        assert (await fetcher.fetch(request)).body == BODY
        (asked,) = proxy.asked
        end = f"a.example{port or ':443'}"
        assert asked.decode().split("\r\n") == [
            f"CONNECT {end} HTTP/1.1", f"Host: {end}", "Proxy-Authorization: Basic cGF0OmNhbmFyeQ==", "", "",
        ]  # fmt: skip
        assert server.requests[0].header("Host") == f"a.example{port}"
        assert server.requests[0].header("X-Key") == "k"
        assert server.requests[0].header("Proxy-Authorization") is None


async def test_behind_a_proxy_the_server_still_shows_who_it_is(fetching, asking, authority, trusting):
    async with (
        web_server(tls=serving(authority, "b.example")) as server,
        tunnels(server.port) as proxy,
        fetching(ssl_context=trusting) as fetcher,
    ):
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(asking("https://a.example/feed", proxy=SecretStr(proxy.url())))
        assert caught.value.reason is FetchReason.TLS
        assert not server.requests


async def test_a_proxy_cannot_answer_in_the_servers_name(fetching, asking, authority, trusting):
    """What it sends behind its own answer came before the server showed who it is."""
    async with (
        web_server(tls=serving(authority, "a.example")) as server,
        tunnels(server.port) as proxy,
        fetching(ssl_context=trusting) as fetcher,
    ):
        server.on("/feed", reply(200, BODY))
        proxy.answer += b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
        request = asking("https://a.example/feed", proxy=SecretStr(proxy.url()), allow_private=False)
        assert (await fetcher.fetch(request)).body == BODY


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", FetchReason.CONNECT),
        (b"HTTP/1.1 403 canary\r\n\r\n<h1>no</h1>", FetchReason.CONNECT),
        (b"HTTP/1.1 302 Found\r\nLocation: http://b.example/\r\n\r\n", FetchReason.CONNECT),
        (b"HTTP/1.1 502\r\n\r\n", FetchReason.CONNECT),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", FetchReason.PROTOCOL),
        (b"", FetchReason.PROTOCOL),
    ],
)
async def test_a_proxy_that_opens_no_tunnel_is_an_error(fetching, asking, authority, answer, reason):
    async with (
        web_server(tls=serving(authority, "a.example")) as server,
        tunnels(server.port) as proxy,
        fetching() as fetcher,
    ):
        proxy.answer = answer
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(asking("https://a.example/feed", proxy=SecretStr(proxy.url(LOGIN))))
        assert caught.value.reason is reason
        assert "canary" not in f"{caught.value!r}{caught.value.__cause__!r}"
        assert not server.requests
