"""The page as an attacker meets it: what drips, guesses, plants a session, or hopes that something is kept."""

import asyncio

import pytest
from house import item
from page_rig import TOKEN

from monitor.web import forms, sessions

pytestmark = pytest.mark.either("what is asked of the page, whatever lies below")
SHOWN = (
    "/", "/stories/1", "/entries/1", "/rules", "/rules/truce", "/rules/truce/edit", "/new-rule", "/feeds",
    "/feeds/wire", "/alerts", "/alerts/1", "/search?q=truce", "/api/entries", "/matches.atom", "/login",
    "/no/such/page", "/live",
)  # fmt: skip


async def test_a_form_that_drips_is_answered_and_holds_no_place(site, monkeypatch):
    monkeypatch.setattr(forms, "BODY_S", 0.2)
    async with site(item("A truce holds")) as page:
        host, port = page.base_url.host, page.base_url.port
        reader, writer = await asyncio.open_connection(host, port)
        head = f"POST /preview HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: http://{host}:{port}\r\n"
        head += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\nquery=a"
        writer.write(head.encode())
        async with asyncio.timeout(60):
            answer = await reader.readuntil(b"\r\n")
        assert answer == b"HTTP/1.1 408 Request Timeout\r\n"
        writer.close()
        assert (await page.get("/")).status_code == 200


@pytest.mark.parametrize("path", SHOWN)
async def test_nothing_that_is_shown_is_kept_by_a_browser_or_a_proxy(site, path):
    async with site(item("A truce holds")) as page, page.stream("GET", path) as answer:
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "planted", ["", "x", "0.0", f"9999999999.{'0' * 64}", "9999999999.", "1e99.x", "\u00b2.x", "9" * 4000]
)
async def test_a_session_that_somebody_planted_is_none_and_is_replaced_by_a_login(site, planted):
    async with site(token=TOKEN) as page:
        sent = {"Cookie": f"{sessions.COOKIE}={planted}".encode()}
        assert (await page.get("/", headers=sent)).status_code == 401
        own = {"Origin": str(page.base_url), **sent}
        done = await page.post("/login", data={"token": TOKEN, "onward": "/"}, headers=own)
        cookie = done.headers["set-cookie"]
        assert f"{sessions.COOKIE}={planted};" not in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie


@pytest.mark.parametrize(
    ("addresses", "waits"),
    [
        (["192.0.2.1"] * 10, True),
        ([f"192.0.2.{n}" for n in range(10)], False),
        ([f"2001:db8::{n:x}" for n in range(10)], True),
        ([f"2001:db8:0:{n:x}::1" for n in range(10)], False),
        ([f"::ffff:192.0.2.{n}" for n in range(10)], False),
        (["fe80::1%eth0", "fe80::2%eth0"] * 5, True),
        (["unix"] * 10, True),
    ],
    ids=[
        "one address",
        "ten",
        "one IPv6 network",
        "ten networks",
        "IPv4 in IPv6",
        "link-local",
        "no address",
    ],
)
def test_guesses_are_counted_by_who_can_make_them(addresses, waits):
    tries = sessions.Tries()
    for one in addresses:
        tries.failed(one, now_s=100.0)
    assert bool(tries.wait_s(addresses[-1], now_s=101.0)) is waits
    assert not tries.wait_s(addresses[-1], now_s=101.0 + sessions.TRIES_S)


@pytest.mark.parametrize("rule", ["<script>alert(1)</script>", "../../etc", "a'b\"c", "%00", "x" * 3000])
async def test_a_rule_that_is_named_is_shown_as_text_or_is_not_there(site, rule):
    async with site(item("A truce holds")) as page:
        for path in ("/", "/search", "/entries/1"):
            answer = await page.get(path, params={"rule": rule})
            assert answer.status_code in {200, 404}
            assert "<script>alert" not in answer.text
        answer = await page.get(f"/rules/{rule.replace('/', '%2F')[:2000]}")
        assert answer.status_code == 404
        assert "<script>alert" not in answer.text
