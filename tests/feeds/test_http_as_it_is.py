"""HTTP as publishers send it: what was meant is read, what nobody can read is refused. The cases stand in
`tests/data/publishers`.
"""

import gzip
import tomllib
import zlib
from hashlib import md5, sha256
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from pydantic import SecretStr
from servers.web import raw, reply

from monitor.errors import FetchError, FetchReason
from monitor.feeds.message import Message

DATA = Path(__file__).parents[1] / "data" / "publishers"
BODY = b"<rss/>"
FEED = (
    b"<?xml version='1.0'?><rss version='2.0'><channel><title>Wire</title>"
    + b"<item/>" * 300
    + b"</channel></rss>"
)


def cases(name):
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))["case"]


def by_name(case):
    return case.get("name") or f"{case['coding'] or 'no label'}: {' '.join(case['packed']) or 'plain'}"


# ── heads ──


@pytest.mark.parametrize("case", cases("heads"), ids=by_name)
async def test_a_head_is_read_as_it_was_meant(server, fetcher, asking, case):
    url = server.on("/feed", raw(case["head"].encode() + b"\r\n" + BODY))
    await is_read_or_refused(fetcher, asking(url), read=case["read"])


async def is_read_or_refused(fetcher, request, *, read):
    if read:
        assert (await fetcher.fetch(request)).body == BODY
        return
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(request)
    assert caught.value.reason is FetchReason.PROTOCOL


@pytest.mark.parametrize("case", cases("heads"), ids=by_name)
@pytest.mark.parametrize("size", [1, 2, 7])
def test_an_answer_is_read_alike_however_it_is_cut(case, size):
    whole = case["head"].encode() + b"\r\n" + BODY
    assert heard(whole, size) == heard(whole, len(whole))


def heard(whole, size):
    """What is read of an answer that comes in pieces of this size."""
    message = Message()
    try:
        for at in range(0, len(whole), size):
            message.take(whole[at : at + size])
        message.take(b"")
    except httpx.RemoteProtocolError:
        return None
    return message.status, message.headers, message.body()


async def test_what_stands_beside_an_odd_line_still_counts(server, fetcher, asking):
    head = b'HTTP/1.1 200 OK\r\nnonsense\r\nETag : "1"\r\nContent-Type: text/xml;\r\n charset=utf-8\r\n\r\n'
    response = await fetcher.fetch(asking(server.on("/feed", raw(head + BODY))))
    assert (response.etag, response.content_type) == ('"1"', "text/xml; charset=utf-8")


# ── chunks ──


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("case", cases("chunks"), ids=by_name)
async def test_chunks_are_read_as_they_were_meant(server, fetcher, asking, case):
    url = server.on("/feed", raw(CHUNKED + case["body"].encode()))
    await is_read_or_refused(fetcher, asking(url), read=case["read"])


@pytest.mark.parametrize("case", cases("chunks"), ids=by_name)
@pytest.mark.parametrize("size", [1, 2, 7])
def test_chunks_are_read_alike_however_they_are_cut(case, size):
    whole = CHUNKED + case["body"].encode()
    assert heard(whole, size) == heard(whole, len(whole))


# ── codings ──


def packed(body, ways):
    for way in ways:
        match way:
            case "gzip":
                body = gzip.compress(body)
            case "zlib":
                body = zlib.compress(body)
            case "raw":
                packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
                body = packer.compress(body) + packer.flush()
            case "noise":
                body = bytes(range(250, 90, -1))
    return body


@pytest.mark.parametrize("case", cases("codings"), ids=by_name)
async def test_a_body_is_what_it_is_whatever_it_is_called(server, fetcher, asking, case):
    headers = {"Content_Encoding": case["coding"]} if case["coding"] else {}
    url = server.on("/feed", reply(200, packed(FEED, case["packed"]), **headers))
    if case["read"]:
        assert (await fetcher.fetch(asking(url))).body == FEED
        return
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(asking(url))
    assert caught.value.reason is FetchReason.ENCODING


async def test_a_coding_in_two_lines_is_two(server, fetcher, asking):
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n"
    for ways in (["gzip"], ["gzip", "gzip"]):
        url = server.on("/feed", raw(head + packed(FEED, ways)))
        assert (await fetcher.fetch(asking(url))).body == FEED


@pytest.mark.parametrize("times", [1, 2, 3, 4])
async def test_a_bomb_in_a_bomb_is_cut_off_at_every_layer(server, fetching, asking, times):
    async with fetching(wire_bytes=10**6, body_bytes=50_000) as fetcher:
        url = server.on("/feed", reply(200, packed(bytes(10**7), ["gzip"] * times)))
        if times == 4:  # more than anybody packs: what is inside is no feed
            assert not (await fetcher.fetch(asking(url))).body.startswith(b"\0")
            return
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(asking(url))
    assert caught.value.reason is FetchReason.TOO_LARGE


# ── statuses ──


@pytest.mark.parametrize("status", [200, 201, 202, 203, 206, 226])
async def test_a_feed_under_another_good_status_is_one(server, fetcher, asking, status):
    url = server.on("/feed", reply(status, FEED, ETag='"1"'))
    response = await fetcher.fetch(asking(url))
    assert (response.body, response.etag) == (FEED, '"1"')


@pytest.mark.parametrize(
    ("span", "read"),
    [
        ("bytes 0-5/6", True),
        ("bytes 0-5/*", True),
        ("bytes 0-5/60", False),
        ("bytes 6-11/12", False),
        ("nonsense", True),
    ],
)
async def test_a_part_of_a_feed_is_none(server, fetcher, asking, span, read):
    url = server.on("/feed", reply(206, BODY, Content_Range=span))
    if read:
        assert (await fetcher.fetch(asking(url))).body == BODY
        return
    with pytest.raises(FetchError, match="206"):
        await fetcher.fetch(asking(url))


@pytest.mark.parametrize("status", [201, 202, 206, 226])
async def test_a_good_status_without_a_body_is_an_error_with_its_number(server, fetcher, asking, status):
    with pytest.raises(FetchError, match=str(status)) as caught:
        await fetcher.fetch(asking(server.on("/feed", reply(status))))
    assert caught.value.reason is FetchReason.UNEXPECTED_STATUS


# ── cookies ──


async def test_cookies_last_from_one_redirect_to_the_next_and_end_with_the_request(server, fetcher, asking):
    server.on("/feed", reply(302, Location="/consent", Set_Cookie="visit=1; Path=/"))
    server.on("/consent", reply(302, Location="/end", Set_Cookie="agreed=yes; Path=/"))
    server.on("/end", reply(200, FEED))
    for _ in range(2):
        assert (await fetcher.fetch(asking(server.url("/feed")))).body == FEED
    told = [request.header("Cookie") for request in server.requests]
    assert told == [None, "visit=1", "visit=1; agreed=yes"] * 2


async def test_a_server_that_sets_a_cookie_and_asks_again_is_answered(server, fetcher, asking):
    async def answer(request, writer):
        known = request.header("Cookie") == "seen=1"
        await (reply(200, FEED) if known else reply(307, Location="/feed", Set_Cookie="seen=1"))(
            request, writer
        )

    assert (await fetcher.fetch(asking(server.on("/feed", answer)))).body == FEED
    assert len(server.requests) == 2


async def test_cookies_go_to_whoever_set_them_and_stand_beside_the_feeds_own(server, fetcher, asking):
    """Through a proxy, the only way in which a loopback test can have two hosts."""
    server.on("http://a.example/feed", reply(302, Location="http://b.example/", Set_Cookie="a=1; Path=/"))
    server.on("http://b.example/", reply(302, Location="http://a.example/end", Set_Cookie="b=2"))
    server.on("http://a.example/end", reply(200, FEED))
    request = asking(
        "http://a.example/feed",
        headers={"Cookie": SecretStr("own=0")},
        proxy=SecretStr(server.url("/")),
        allow_private=False,
    )
    await fetcher.fetch(request)
    assert [one.header("Cookie") for one in server.requests] == ["own=0", None, "own=0; a=1"]


@pytest.mark.parametrize("cookie", ["x=" + "y" * 9000, "bad\x01=1", "=", "a=1; Domain=example", "\xe9=\xe9"])
async def test_cookies_that_cannot_be_sent_are_not(server, fetcher, asking, cookie):
    server.on("/feed", reply(302, Location="/end", Set_Cookie=cookie))
    server.on("/end", reply(200, FEED))
    assert (await fetcher.fetch(asking(server.url("/feed")))).body == FEED
    assert len(server.requests[1].header("Cookie") or "") < 5000


# ── refreshes ──


@pytest.mark.parametrize("case", cases("refreshes"), ids=by_name)
async def test_a_page_sends_on_to_its_feed(server, fetcher, asking, case):
    there = server.on("/feed", reply(200, FEED))
    server.on("/feed?a=1&b=2", reply(200, FEED))
    body = case.get("body", "").replace("{}", there).encode()
    headers = {"Refresh": case["header"].replace("{}", there)} if "header" in case else {}
    response = await fetcher.fetch(asking(server.on("/page", reply(200, body, **headers))))
    target = case["to"].replace("{}", there)
    if target:
        assert (response.body, response.url) == (FEED, urljoin(there, target))
        assert response.advice.moved_to == ""
    else:
        assert (response.body, response.url) == (body, server.url("/page"))
        assert len(server.requests) == 1


async def test_pages_that_send_on_to_each_other_end(server, fetcher, asking):
    server.on("/a", reply(200, b"", Refresh="0; url=/b"))
    server.on("/b", reply(200, b"", Refresh="0; url=/a"))
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(asking(server.url("/a")))
    assert caught.value.reason is FetchReason.REDIRECTS
    assert len(server.requests) == 11


async def test_no_page_of_an_entry_sends_on(server, fetcher, asking):
    async def anywhere(_url):
        pass

    url = server.on("/page", reply(200, b"<html>x</html>", Refresh="0; url=/other"))
    assert (await fetcher.fetch_page(asking(url), admit=anywhere)).url == url


# ── Digest ──


def digest_server(server, *, algorithm="MD5", qop='qop="auth", ', more=""):
    """A server that asks for a Digest and checks it (RFC 7616 §3.4.1), each nonce count once."""
    hashed = {"MD5": md5, "SHA-256": sha256}[algorithm]
    counts = []

    def digest(*parts):
        return hashed(":".join(parts).encode()).hexdigest()

    async def answer(request, writer):
        told = request.header("Authorization") or ""
        said = dict(part.strip().partition("=")[::2] for part in told.removeprefix("Digest ").split(","))
        said = {name: value.strip('"') for name, value in said.items()}
        count = said.get("nc", "")
        middle = [count, said.get("cnonce", ""), "auth"] if qop else []
        right = digest(digest("ann", "wire", "pässword"), "n0nce", *middle, digest("GET", request.target))
        if told.startswith("Digest ") and said["response"] == right and (not qop or count not in counts):
            counts.append(count)
            await reply(200, FEED)(request, writer)
            return
        challenge = f'Digest realm="wire", nonce="n0nce", {qop}algorithm={algorithm}{more}'
        await reply(401, WWW_Authenticate=challenge)(request, writer)

    return answer


LOGIN = {"user": "ann", "password": SecretStr("pässword")}


@pytest.mark.parametrize(
    "kind",
    [
        {},
        {"algorithm": "SHA-256"},
        {"qop": 'qop="auth,auth-int", '},
        {"more": ', opaque="o"'},
        {"more": ", stale=false"},
    ],
)
async def test_a_digest_login_is_answered_and_remembered(server, fetcher, asking, kind):
    """The second poll is one request."""
    url = server.on("/feed", digest_server(server, **kind))
    for _ in range(3):
        assert (await fetcher.fetch(asking(url, **LOGIN))).body == FEED
    assert len(server.requests) == 4


async def test_a_digest_of_the_addresss_own_login_and_its_query(server, fetcher, asking):
    url = server.on("/feed?a=1", digest_server(server)).replace("//", "//ann:p%C3%A4ssword@")
    assert (await fetcher.fetch(asking(url))).body == FEED


async def test_a_wrong_digest_is_refused_at_once(server, fetcher, asking):
    url = server.on("/feed", digest_server(server))
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(asking(url, user="ann", password=SecretStr("wrong")))
    assert caught.value.status == 401
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "challenge",
    [
        "Digest",
        "Digest realm=x",
        'Digest realm="r", nonce="n", algorithm=UNHEARD',
        'Digest realm="r", nonce="n", qop="auth-int"',
        'Digest realm="r" nonce',
        "Basic realm=x",
        "",
    ],
)
async def test_a_challenge_that_cannot_be_answered_is_a_401(server, fetcher, asking, challenge):
    url = server.on("/feed", reply(401, WWW_Authenticate=challenge))
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(asking(url, **LOGIN))
    assert caught.value.status == 401
    assert len(server.requests) == 1


async def test_no_digest_is_given_away_from_home(server, fetcher, asking):
    """Through a proxy: another host asks for a login that is not its own."""
    server.on("http://a.example/feed", reply(302, Location="http://b.example/feed"))
    server.on("http://b.example/feed", digest_server(server))
    request = asking("http://a.example/feed", **LOGIN, proxy=SecretStr(server.url("/")), allow_private=False)
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(request)
    assert caught.value.status == 401
    assert [one.header("Authorization") is None for one in server.requests] == [False, True]
