"""Servers that are slow, endless, broken or malicious: each costs bounded time and memory and says why."""

import asyncio
import gzip
import socket
import struct
import threading
import time
import traceback
import zlib
from itertools import repeat

import httpx
import pytest
from pydantic import SecretStr
from servers.curt import curt_server, deaf_port
from servers.web import endless, head, raw, reply, silence, web_server
from stepped import settled, stepped

from monitor.errors import FetchError, FetchReason
from monitor.feeds.connect import Resolver
from monitor.feeds.fetch import REASONS, Limits

BODY = b"<rss/>"
SMALL = {"wire_bytes": 20_000, "body_bytes": 50_000}


async def failure(fetcher, request):
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(request)
    assert str(caught.value)
    return caught.value


def test_the_limits_are_the_promised_ones():
    limits = Limits()
    assert (limits.connect_s, limits.first_byte_s, limits.total_s) == (10, 30, 60)
    assert (limits.wire_bytes, limits.body_bytes) == (10 * 2**20, 32 * 2**20)
    assert (limits.redirects, limits.host_pause_s) == (10, 1)


async def test_a_dead_host_is_a_connect_error(fetcher, asking):
    with deaf_port() as port:
        error = await failure(fetcher, asking(f"http://127.0.0.1:{port}/"))
    assert error.reason is FetchReason.CONNECT


async def test_a_server_that_says_nothing_is_left_after_the_first_byte_limit(server, fetching, asking):
    async with fetching(first_byte_s=0.05) as fetcher:
        error = await failure(fetcher, asking(server.on("/feed", silence())))
    assert error.reason is FetchReason.TIMEOUT


@pytest.mark.parametrize(
    "begin", [head(200, {}), b"HTTP/1.1 200 OK\r\nX: "], ids=["in its body", "in its header"]
)
def test_what_drips_is_cut_off_after_the_whole_limit(fetching, asking, begin):
    """A byte every five seconds: each comes soon enough by itself."""
    sent = []

    async def drip(_request, writer):
        writer.write(begin)
        while True:
            sent.append(b"x")
            writer.write(b"x")
            await settled()
            asyncio.get_running_loop().ahead_s += 5

    async def dripped():
        async with fetching(first_byte_s=30, total_s=60) as fetcher, web_server() as server:
            return await failure(fetcher, asking(server.on("/feed", drip)))

    assert stepped(dripped).reason is FetchReason.TIMEOUT
    assert 10 <= len(sent) <= 13


def test_dripping_redirects_share_one_limit(fetching, asking):
    """Each of them is quick enough by itself."""
    asked = []

    async def slow_redirect(request, writer):
        asked.append(request)
        asyncio.get_running_loop().ahead_s += 25
        await reply(302, Location="/feed")(request, writer)

    async def redirected():
        async with fetching(first_byte_s=30, total_s=60) as fetcher, web_server() as server:
            return await failure(fetcher, asking(server.on("/feed", slow_redirect)))

    assert stepped(redirected).reason is FetchReason.TIMEOUT
    assert len(asked) == 3


async def test_an_endless_body_is_cut_off_on_the_wire(server, fetching, asking):
    async with fetching(**SMALL) as fetcher:
        error = await failure(fetcher, asking(server.on("/feed", endless(b"x" * 1000))))
    assert error.reason is FetchReason.TOO_LARGE


async def test_endless_headers_are_cut_off(server, fetcher, asking):
    lines = [b"HTTP/1.1 200 OK\r\n", *repeat(b"X-Filler: " + b"x" * 1000 + b"\r\n", 1000)]
    error = await failure(fetcher, asking(server.on("/feed", raw(b"".join(lines)))))
    assert error.reason is FetchReason.PROTOCOL


async def test_endless_interim_answers_are_cut_off(server, fetcher, asking):
    """Ten megabytes of them took 9 s of CPU, in which nobody else had a turn."""
    url = server.on("/feed", raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 400_000))
    began = time.process_time()
    error = await failure(fetcher, asking(url))
    assert error.reason is FetchReason.PROTOCOL
    assert time.process_time() - began < 2


async def test_a_body_may_be_larger_than_a_head(server, fetcher, asking):
    body = bytes(2**20)
    assert (await fetcher.fetch(asking(server.on("/feed", reply(200, body))))).body == body


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(bytes(10**7))),
        ("deflate", zlib.compress(bytes(10**7))),
        ("gzip", gzip.compress(b"x" * 30_000) * 2),  # two members, each within the limit
    ],
)
async def test_a_bomb_is_cut_off_while_it_unpacks(server, fetching, asking, coding, packed):
    url = server.on("/feed", reply(200, packed, Content_Encoding=coding))
    async with fetching(**SMALL) as fetcher:
        error = await failure(fetcher, asking(url))
    assert error.reason is FetchReason.TOO_LARGE


async def test_a_50_mb_feed_is_too_large_with_the_real_limits(server, fetcher, asking):
    body = b"<rss>" + b"<item/>" * (50 * 2**20 // 7)
    error = await failure(fetcher, asking(server.on("/plain", reply(200, body))))
    assert error.reason is FetchReason.TOO_LARGE
    packed = gzip.compress(body, compresslevel=1)
    error = await failure(fetcher, asking(server.on("/packed", reply(200, packed, Content_Encoding="gzip"))))
    assert error.reason is FetchReason.TOO_LARGE


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "aes128gcm"])
async def test_a_coding_that_was_not_asked_for_is_refused(server, fetcher, asking, coding):
    error = await failure(fetcher, asking(server.on("/feed", reply(200, BODY, Content_Encoding=coding))))
    assert error.reason is FetchReason.ENCODING


async def test_a_body_shorter_than_announced_is_an_error(server, fetcher, asking):
    error = await failure(fetcher, asking(server.on("/feed", reply(200, BODY, Content_Length="100"))))
    assert error.reason is FetchReason.PROTOCOL


async def test_a_chunked_body_without_its_end_is_an_error(server, fetcher, asking):
    answer = raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n<rss/>\r\n")
    error = await failure(fetcher, asking(server.on("/feed", answer)))
    assert error.reason is FetchReason.PROTOCOL


async def test_a_connection_that_breaks_is_a_connect_error(server, fetcher, asking):
    async def break_off(_request, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss")
        await writer.drain()
        lingering = struct.pack("ii", 1, 0)  # close with a reset
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingering)
        writer.transport.abort()

    error = await failure(fetcher, asking(server.on("/feed", break_off)))
    assert error.reason in {FetchReason.CONNECT, FetchReason.PROTOCOL}


async def test_a_tls_server_that_says_nothing_is_left_after_the_connect_limit(fetching, asking):
    async with curt_server() as port, fetching(connect_s=0.1) as fetcher:
        error = await failure(fetcher, asking(f"https://127.0.0.1:{port}/"))
    assert error.reason is FetchReason.TIMEOUT


async def test_a_tls_server_that_hangs_up_is_a_tls_error(fetcher, asking):
    async with curt_server(hang_up=True) as port:
        error = await failure(fetcher, asking(f"https://127.0.0.1:{port}/"))
    assert error.reason is FetchReason.TLS


async def test_a_slow_name_server_is_left_after_the_connect_limit(fetching, asking):
    gate = threading.Event()

    def look_up(_host, _port):
        gate.wait(10)
        return []

    async with fetching(connect_s=0.1, resolver=Resolver(look_up)) as fetcher:
        error = await failure(fetcher, asking("http://feeds.example/"))
        gate.set()
    assert error.reason is FetchReason.TIMEOUT


async def test_a_host_with_no_route_is_a_connect_error(fetching, asking):
    look_up, _ = answering(["255.255.255.255"])
    async with fetching(resolver=Resolver(look_up)) as fetcher:
        error = await failure(fetcher, asking("http://feeds.example/"))
    assert error.reason is FetchReason.CONNECT


@pytest.mark.parametrize(
    "noise",
    [
        b"",
        b"\0" * 100,
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"<rss/>",
        b"HTTP/1.1 twohundred OK\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
    ],
)
async def test_what_speaks_no_http_is_a_protocol_error(server, fetcher, asking, noise):
    error = await failure(fetcher, asking(server.on("/feed", raw(noise))))
    assert error.reason is FetchReason.PROTOCOL


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]",
        "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "[fe80::1]", "[fd00:ec2::254]",
        "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "224.0.0.1", "[ff02::1]", "100.100.100.200", "255.255.255.255",
    ],
)  # fmt: skip
async def test_addresses_inside_are_not_asked(fetcher, asking, address):
    error = await failure(fetcher, asking(f"http://{address}:80/", allow_private=False))
    assert error.reason is FetchReason.FORBIDDEN_ADDRESS


async def test_a_feed_on_loopback_is_not_asked_unless_the_operator_allows_it(server, fetcher, asking):
    url = server.on("/feed", reply(200, BODY))
    error = await failure(fetcher, asking(url, allow_private=False))
    assert error.reason is FetchReason.FORBIDDEN_ADDRESS
    assert not server.requests


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "0"])
async def test_allow_private_opens_the_feeds_own_host_and_port_alone(server, fetcher, asking, host):
    async with web_server() as inner:
        inner.on("/", reply(200, b"secret"))
        url = server.on("/feed", reply(302, Location=inner.url("/", host=host)))
        error = await failure(fetcher, asking(url))
        assert error.reason is FetchReason.FORBIDDEN_ADDRESS
        assert not inner.requests


def answering(*addresses):
    """A name server that gives one of the answers to each question, and counts them."""
    answers, asked = list(addresses), []

    def look_up(host, port):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in answers[len(asked) - 1]]

    return look_up, asked


async def test_a_name_that_points_inside_is_not_asked(server, fetching, asking):
    look_up, _ = answering(["127.0.0.1"])
    async with fetching(resolver=Resolver(look_up)) as fetcher:
        error = await failure(fetcher, asking(server.url("/", host="feeds.example"), allow_private=False))
    assert error.reason is FetchReason.FORBIDDEN_ADDRESS
    assert not server.requests


async def test_a_name_is_resolved_once_and_only_what_was_checked_is_connected_to(server, fetching, asking):
    """DNS rebinding: a second question would get another answer, so there is none."""
    look_up, asked = answering(["127.0.0.1", "10.0.0.1"], ["127.0.0.1"])
    async with fetching(resolver=Resolver(look_up)) as fetcher:
        error = await failure(fetcher, asking(server.url("/", host="feeds.example"), allow_private=False))
    assert error.reason is FetchReason.FORBIDDEN_ADDRESS
    assert asked == ["feeds.example"]
    assert not server.requests


async def test_an_operators_own_name_may_point_inside(server, fetching, asking):
    server.on("/feed", reply(200, BODY))
    look_up, _ = answering(["127.0.0.1"])
    async with fetching(resolver=Resolver(look_up)) as fetcher:
        response = await fetcher.fetch(asking(server.url("/feed", host="feeds.example")))
    assert response.body == BODY


async def test_of_several_addresses_one_that_answers_is_enough(server, fetching, asking):
    server.on("/feed", reply(200, BODY))
    look_up, _ = answering(["127.255.255.255", "127.0.0.1"])
    async with fetching(resolver=Resolver(look_up)) as fetcher:
        response = await fetcher.fetch(asking(server.url("/feed", host="feeds.example")))
    assert response.body == BODY


@pytest.mark.parametrize(
    ("number", "reason"),
    [(socket.EAI_AGAIN, FetchReason.DNS), (socket.EAI_NONAME, FetchReason.HOST_UNKNOWN)],
)
async def test_a_name_server_that_is_down_is_no_missing_name(fetching, asking, number, reason):
    def look_up(_host, _port):
        raise socket.gaierror(number, "no")

    async with fetching(resolver=Resolver(look_up)) as fetcher:
        error = await failure(fetcher, asking("http://feeds.example/"))
    assert error.reason is reason


async def test_errors_show_no_secrets(server, fetcher, asking):
    """Addresses with tokens, passwords, headers: what an error says may be logged and shown."""
    url = server.on("/feed?token=canary", reply(500)).replace("//", "//canary:canary@")
    request = asking(url, headers={"X-Key": SecretStr("canary")}, user="canary", password=SecretStr("canary"))
    error = await failure(fetcher, request)
    assert "canary" not in f"{error!r}{error}{error.__cause__}{error.__context__}"


@pytest.mark.parametrize("value", ["canary\nX: y", "canary\0", "canary 日本"])
async def test_a_header_that_cannot_be_sent_is_not_quoted(server, fetcher, asking, value):
    error = await failure(fetcher, asking(server.url("/feed"), headers={"X-Key": SecretStr(value)}))
    assert error.reason is FetchReason.URL
    assert "canary" not in "".join(traceback.format_exception(error))
    assert not server.requests


def test_every_error_of_httpx_has_a_reason():
    errors = [
        one for one in vars(httpx).values() if isinstance(one, type) and issubclass(one, httpx.TransportError)
    ]
    assert len(errors) >= 13
    assert [one for one in errors if not issubclass(one, tuple(REASONS))] == []
