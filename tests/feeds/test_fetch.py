"""What a fetch asks and what it makes of the answer (`politeness.md` 1-3, 9, 11-13)."""

import asyncio
import ssl
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr
from servers.curt import curt_server
from servers.web import after, raw, reply, silence, web_server

from monitor.errors import FetchError, FetchReason
from monitor.feeds.fetch import Fetcher, homepage, user_agent
from monitor.model import Advice, NotModified

NOW = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
BODY = b"<rss/>"


async def test_a_200_brings_its_body_and_validators_byte_for_byte(server, fetcher, asking):
    url = server.on("/feed", reply(200, BODY, ETag='W/"caf\xe9"', Last_Modified="yesterday, more or less"))
    response = await fetcher.fetch(asking(url))
    assert response.body == BODY
    assert (response.etag, response.last_modified) == ('W/"caf\xe9"', "yesterday, more or less")
    assert response.url == url


async def test_both_validators_go_back_as_they_came(server, fetcher, asking):
    url = server.on("/feed", reply(304))
    await fetcher.fetch(asking(url, etag='W/"caf\xe9"', last_modified="yesterday, more or less"))
    [request] = server.requests
    assert request.header("If-None-Match") == 'W/"caf\xe9"'
    assert request.header("If-Modified-Since") == "yesterday, more or less"


async def test_a_request_without_validators_is_unconditional_and_tells_nothing_else(server, fetcher, asking):
    await fetcher.fetch(asking(server.on("/feed", reply(200, BODY))))
    [request] = server.requests
    assert request.method == "GET"
    assert {name.lower() for name, _ in request.headers} == {
        "host", "user-agent", "accept", "accept-encoding", "connection",
    }  # fmt: skip
    assert request.header("Accept-Encoding") == "gzip, deflate"
    assert request.header("User-Agent") == "news-monitor/test"


async def test_a_304_may_carry_newer_validators(server, fetcher, asking):
    url = server.on("/feed", reply(304, ETag='"2"'))
    assert await fetcher.fetch(asking(url, etag='"1"')) == NotModified(etag='"2"')


async def test_a_304_that_nobody_asked_for_is_an_error(server, fetcher, asking):
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(asking(server.on("/feed", reply(304))))
    assert caught.value.reason is FetchReason.UNEXPECTED_STATUS


async def test_no_cookie_is_kept(server, fetcher, asking):
    url = server.on("/feed", reply(200, BODY, Set_Cookie="id=1; Path=/"))
    await fetcher.fetch(asking(url))
    await fetcher.fetch(asking(url))
    assert server.requests[1].header("Cookie") is None


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (204, FetchReason.UNEXPECTED_STATUS),
        (206, FetchReason.UNEXPECTED_STATUS),
        (300, FetchReason.UNEXPECTED_STATUS),
        (302, FetchReason.UNEXPECTED_STATUS),  # without a Location
        (401, FetchReason.CLIENT_STATUS),
        (404, FetchReason.CLIENT_STATUS),
        (410, FetchReason.CLIENT_STATUS),
        (499, FetchReason.CLIENT_STATUS),
        (500, FetchReason.SERVER_STATUS),
        (599, FetchReason.SERVER_STATUS),
        (600, FetchReason.UNEXPECTED_STATUS),
    ],
)
async def test_every_other_status_is_an_error_with_its_number(server, fetcher, asking, status, reason):
    with pytest.raises(FetchError, match=str(status)) as caught:
        await fetcher.fetch(asking(server.on("/feed", reply(status))))
    assert (caught.value.reason, caught.value.status) == (reason, status)


@pytest.mark.parametrize(
    ("status", "value", "seconds"),
    [
        (429, "120", 120),
        (503, "Sat, 10 Jan 2026 12:01:00 GMT", 60),
        (302, "30", 30),
        (404, "120", None),  # it has no meaning there
        (503, "soon", None),
    ],
)
async def test_retry_after_is_read_where_it_means_something(server, fetcher, asking, status, value, seconds):
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(asking(server.on("/feed", reply(status, Retry_After=value, Location="/other"))))
    assert caught.value.retry_after_s == seconds


async def test_a_429_with_retry_after_holds_its_whole_host(server, fetcher, asking):
    with pytest.raises(FetchError):
        await fetcher.fetch(asking(server.on("/feed", reply(429, Retry_After="120"))))
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(asking(server.on("/another", reply(200, BODY))))
    assert caught.value.reason is FetchReason.HELD
    assert 110 < caught.value.retry_after_s <= 120
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed(server, fetcher, asking, status):
    server.on("/here/feed", reply(200, BODY))
    response = await fetcher.fetch(asking(server.on("/", reply(status, Location="here/feed#part"))))
    assert response.body == BODY
    assert response.url == server.url("/here/feed")


async def test_a_location_may_be_raw_utf_8_or_latin_1(server, fetcher, asking):
    server.on("/%C3%A9", reply(200, BODY))
    for raw_location in ("/é".encode(), "/é".encode("latin-1")):
        url = server.on("/feed", reply(302, Location=raw_location.decode("latin-1")))
        assert (await fetcher.fetch(asking(url))).body == BODY


async def test_ten_redirects_are_followed_and_eleven_are_not(server, fetcher, asking):
    for hop in range(1, 12):
        server.on(f"/{hop}", reply(302, Location=f"/{hop - 1}"))
    server.on("/0", reply(200, BODY))
    assert (await fetcher.fetch(asking(server.url("/10")))).body == BODY
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(asking(server.url("/11")))
    assert caught.value.reason is FetchReason.REDIRECTS


async def test_a_redirect_to_itself_ends(server, fetcher, asking):
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(asking(server.on("/feed", reply(302, Location="/feed"))))
    assert caught.value.reason is FetchReason.REDIRECTS
    assert len(server.requests) == 11


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://feeds.example/", "gopher:x", "http://h:99999/"]
)
async def test_a_redirect_out_of_the_web_is_refused(server, fetcher, asking, location):
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(asking(server.on("/feed", reply(302, Location=location))))
    assert caught.value.reason is FetchReason.URL


async def test_a_feeds_headers_and_password_are_sent_each_once(server, fetcher, asking):
    url = server.on("/feed", reply(200, BODY))
    told = {"X-Key": "k", "accept": "text/xml", "Authorization": "Bearer t", "user-agent": "Mozilla/5.0"}
    told |= {"Accept-Encoding": "br", "Host": "other.example", "If-None-Match": "*", "Range": "bytes=0-9"}
    headers = {name: SecretStr(value) for name, value in told.items()}
    await fetcher.fetch(asking(url, headers=headers, user="ann", password=SecretStr("pässword")))
    [request] = server.requests
    assert request.header("X-Key") == "k"
    assert request.header("Accept") == "text/xml"
    assert request.header("Authorization") == "Basic YW5uOnDDpHNzd29yZA=="
    assert request.header("Accept-Encoding") == "gzip, deflate"
    assert request.header("User-Agent") == "news-monitor/test"
    assert request.header("Host") == f"127.0.0.1:{server.port}"
    assert request.header("If-None-Match") is request.header("Range") is None
    names = [name.lower() for name, _ in request.headers]
    assert len(names) == len(set(names))


async def test_a_password_in_the_address_is_sent_as_one_and_shown_to_nobody(server, fetcher, asking):
    url = server.on("/feed", reply(200, BODY)).replace("//", "//ann:secret@")
    response = await fetcher.fetch(asking(url))
    [request] = server.requests
    assert request.header("Authorization") == "Basic YW5uOnNlY3JldA=="
    assert "secret" not in response.url


async def test_credentials_never_cross_hosts(server, fetcher, asking):
    """Through a proxy, the only way in which a loopback test can have two hosts."""
    server.on("http://a.example/feed", reply(302, Location="http://ann:secret@b.example/feed"))
    server.on("http://b.example/feed", reply(302, Location="http://a.example/end"))
    server.on("http://a.example/end", reply(200, BODY))
    request = asking(
        "http://a.example/feed",
        headers={"X-Key": SecretStr("k")},
        user="ann",
        password=SecretStr("p"),
        etag='"1"',
        proxy=SecretStr(f"http://pat:word@127.0.0.1:{server.port}"),
        allow_private=False,
    )
    await fetcher.fetch(request)
    told = [
        (one.header("X-Key"), one.header("Authorization"), one.header("If-None-Match"))
        for one in server.requests
    ]
    assert told == [("k", "Basic YW5uOnA=", '"1"'), (None, None, '"1"'), ("k", "Basic YW5uOnA=", '"1"')]
    assert server.requests[0].header("Proxy-Authorization") == "Basic cGF0OndvcmQ="


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:1/", "http://localhost/", "http://[::1]/", "http://db.internal/"]
)
async def test_a_proxy_is_not_asked_for_what_is_inside(server, fetcher, asking, target):
    proxy = SecretStr(f"http://127.0.0.1:{server.port}")
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(asking(target, proxy=proxy, allow_private=False))
    assert caught.value.reason is FetchReason.FORBIDDEN_ADDRESS
    assert not server.requests


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "nonsense", ""])
async def test_a_proxy_that_cannot_be_used_is_an_error(fetcher, asking, proxy):
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(asking("http://a.example/", proxy=SecretStr(proxy)))
    assert caught.value.reason is FetchReason.URL


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("nonsense", {}),
        ("http://", {}),
        ("gopher://a.example/", {}),
        ("http://a..example/", {}),
        ("http://" + "a" * 64 + ".example/", {}),
        ("http://a.example:99999/", {}),
        ("http://a.example/\0", {}),
        ("http://127.0.0.1:9/", {"X-Key": "line\nbreak"}),
        ("http://127.0.0.1:9/", {"X-Key": "日本"}),
        ("http://127.0.0.1:9/", {"日本": "x"}),
        ("http://127.0.0.1:9/", {"X Key": "x"}),
    ],
)
async def test_what_cannot_be_asked_is_an_error_of_the_url(fetcher, asking, url, headers):
    secret = {name: SecretStr(value) for name, value in headers.items()}
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(asking(url, headers=secret))
    assert caught.value.reason in {
        FetchReason.URL,
        FetchReason.HOST_UNKNOWN,
        FetchReason.DNS,
        FetchReason.CONNECT,
    }


async def test_tls_is_checked(fetching, asking):
    authority = trustme.CA()
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    authority.configure_trust(ours)
    async with web_server(tls=theirs) as server:
        url = server.on("/feed", reply(200, BODY))
        async with fetching(ssl_context=ours) as fetcher:
            assert (await fetcher.fetch(asking(url))).body == BODY
        async with fetching() as fetcher:
            with pytest.raises(FetchError, match="certificate") as caught:
                await fetcher.fetch(asking(url))
    assert caught.value.reason is FetchReason.TLS


async def test_a_ca_of_ones_own_is_trusted_where_the_environment_names_it(tmp_path, monkeypatch, asking):
    """As `config/README.md` says it: `SSL_CERT_FILE`."""
    authority, theirs = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    async with web_server(tls=theirs) as server, Fetcher(user_agent="t", now=lambda: NOW) as fetcher:
        assert (await fetcher.fetch(asking(server.on("/feed", reply(200, BODY))))).body == BODY


async def test_what_speaks_no_tls_is_a_tls_error(fetcher, asking):
    async with curt_server(b"HTTP/1.1 400 Bad Request\r\n\r\n", hang_up=True) as port:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(asking(f"https://127.0.0.1:{port}/feed"))
    assert caught.value.reason is FetchReason.TLS


async def test_one_connection_a_host_and_others_go_on(server, fetcher, asking):
    """A crowd before one host waits for its turn; a feed of another host overtakes it."""
    gate = asyncio.Event()
    crowd = server.on("/crowd", after(gate, reply(200, BODY)))
    async with web_server() as other:
        waiting = [asyncio.create_task(fetcher.fetch(asking(crowd))) for _ in range(20)]
        async with asyncio.timeout(60):
            await fetcher.fetch(asking(other.on("/feed", reply(200, BODY))))
    assert not any(task.done() for task in waiting)
    gate.set()
    await asyncio.gather(*waiting)
    assert len(server.requests) == 20
    assert server.most_busy == 1


async def test_a_crowded_host_takes_one_place_only(server, fetching, asking):
    gate = asyncio.Event()
    crowd = server.on("/crowd", after(gate, reply(200, BODY)))
    async with fetching(concurrency=2) as fetcher, web_server() as other:
        waiting = [asyncio.create_task(fetcher.fetch(asking(crowd))) for _ in range(20)]
        async with asyncio.timeout(60):
            await fetcher.fetch(asking(other.on("/feed", reply(200, BODY))))
        gate.set()
        await asyncio.gather(*waiting)


async def test_a_fetch_that_is_cancelled_gives_its_turn_back(server, fetcher, asking):
    server.on("/feed", silence(), reply(200, BODY))
    first = asyncio.create_task(fetcher.fetch(asking(server.url("/feed"))))
    async with asyncio.timeout(60):
        await server.arrived.wait()
        first.cancel()
        assert (await fetcher.fetch(asking(server.url("/feed")))).body == BODY


async def test_bytes_after_the_body_are_ignored(server, fetcher, asking):
    url = server.on(
        "/feed", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<rss/>HTTP/1.1 500 Surprise\r\n\r\n")
    )
    assert (await fetcher.fetch(asking(url))).body == BODY


async def test_a_first_header_counts_and_an_overlong_validator_does_not(server, fetcher, asking):
    long = b'"' + b"x" * 5000 + b'"'
    url = server.on(
        "/feed",
        raw(
            b"HTTP/1.1 200 OK\r\nETag: "
            + long
            + b"\r\nLast-Modified: one\r\nLast-Modified: two\r\n\r\n<rss/>"
        ),
    )
    response = await fetcher.fetch(asking(url))
    assert (response.etag, response.last_modified) == (None, "one")


PAGE = "https://monitor.example"


@pytest.mark.parametrize(
    ("contact", "page", "agent"),
    [
        ("mailto:desk@example.org", PAGE, f"news-monitor/1.2 (+{PAGE}; mailto:desk@example.org)"),
        ("mailto:desk@example.org", "", "news-monitor/1.2 (mailto:desk@example.org)"),
        ("", PAGE, f"news-monitor/1.2 (+{PAGE})"),
        ("", "", "news-monitor/1.2"),
        ("Ann)\r\nX: y(é", PAGE, f"news-monitor/1.2 (+{PAGE}; AnnX: y)"),
    ],
)
def test_the_user_agent_says_who_asks_and_stays_one_header(contact, page, agent):
    assert user_agent("1.2", contact, page=page) == agent


def test_no_page_is_named_that_the_package_does_not_name():
    """An address made up would send a publisher's complaint to strangers."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    page = project.get("urls", {}).get("Homepage", "")
    assert homepage() == page
    assert ("+http" in user_agent("1.2", "")) == bool(page)


# ── what the headers say about the requests to come ──


@pytest.mark.parametrize(
    ("statuses", "permanent"),
    [((301,), True), ((308, 301), True), ((301, 302), False), ((307, 308), False), ((303,), False)],
)
async def test_a_move_is_told_where_every_redirect_is_permanent(server, fetcher, asking, statuses, permanent):
    server.on("/end", reply(200, BODY))
    for number, status in enumerate(statuses):
        target = "/end" if number == len(statuses) - 1 else f"/{number + 1}"
        server.on(f"/{number}", reply(status, Location=target))
    response = await fetcher.fetch(asking(server.url("/0")))
    assert response.advice.moved_to == (server.url("/end") if permanent else "")


async def test_an_answer_without_redirects_tells_of_no_move(server, fetcher, asking):
    response = await fetcher.fetch(asking(server.on("/feed", reply(200, BODY))))
    assert response.advice == Advice()


@pytest.mark.parametrize("status", [200, 304])
async def test_freshness_is_read_from_good_answers(server, fetcher, asking, status):
    url = server.on("/feed", reply(status, Cache_Control="max-age=600", Age="100", Retry_After="60"))
    answer = await fetcher.fetch(asking(url, etag='"1"'))
    assert answer.advice.fresh_s == 500
    assert answer.advice.retry_after_s == (60 if status == 304 else None)


async def test_all_lines_of_cache_control_are_one_list(server, fetcher, asking):
    answer = raw(
        b"HTTP/1.1 200 OK\r\nCache-Control: public\r\nCache-Control: max-age=60\r\nContent-Length: 0\r\n\r\n"
    )
    response = await fetcher.fetch(asking(server.on("/feed", answer)))
    assert response.advice.fresh_s == 60


async def test_a_hold_from_before_is_kept(server, fetcher, asking):
    fetcher.pause_host(f"127.0.0.1:{server.port}", NOW + timedelta(seconds=90))
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(asking(server.on("/feed", reply(200, BODY))))
    assert (caught.value.reason, caught.value.retry_after_s) == (FetchReason.HELD, 90)
    assert server.requests == []
