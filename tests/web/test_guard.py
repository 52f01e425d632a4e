"""Who may ask the page what: closed to other sites, and to whoever has no token, unless a route is opened."""

import asyncio

import httpx
import pytest
from house import item
from page_rig import TOKEN
from pydantic import SecretStr
from starlette.routing import Mount, Route

from monitor.model import Web
from monitor.web import guard, sessions
from monitor.web.context import PageContext
from monitor.web.site import site as site_app

pytestmark = pytest.mark.either("what is asked of the page, whatever lies below")

PAGES = [
    "/", "/?rule=truce", "/stories/1", "/entries/1", "/rules", "/rules/truce", "/feeds", "/feeds/wire",
    "/feeds.opml", "/alerts", "/alerts?state=dead", "/alerts/1", "/search", "/search?q=truce",
]  # fmt: skip
CHANGES = ["/alerts/1/retry", "/alerts/1/drop", "/silences", "/silences/1/expire", "/logout"]
OPENED = {"/login", "/favicon.ico", "/robots.txt", "/healthz", "/static"}
BROWSER = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Site": "none"}


def routes_of(daemon, store):
    """Every route that the page answers, by path and method."""
    context = PageContext(
        store=store,
        setup=lambda: daemon.in_force.loaded,
        now=daemon._now,
        read_config=lambda: daemon.in_force.loaded,
    )
    for route in site_app(context, listen="127.0.0.1:1")._app._app.routes:
        if isinstance(route, Mount):
            yield f"{route.path}/page.css", "GET"
        elif isinstance(route, Route):
            for method in sorted(route.methods - {"HEAD"}):
                yield route.path, method


async def test_every_page_is_answered_on_this_machine(site):
    async with site(item("A truce holds")) as page:
        for path in PAGES:
            answer = await page.get(path)
            assert answer.status_code == 200, f"{path}: {answer.text[:200]}"


async def test_no_route_but_the_opened_ones_is_answered_without_the_token(site, house):
    async with site(item("A truce holds"), token=TOKEN) as page:
        routes = list(routes_of(page.daemon, house.store))
        assert len(routes) > 45
        for path, method in routes:
            filled = path.replace("{id:path}", "1").replace("{id}", "1")
            origin = {"Origin": str(page.base_url)} if method == "POST" else {}
            answer = await page.request(method, filled, headers=origin)
            opened = any(path.startswith(one) for one in OPENED)
            assert (answer.status_code == 401) is not opened or (path, method) == ("/login", "POST"), (
                path,
                method,
            )
        assert (await page.get("/no/such/page")).status_code == 401, "nobody learns what there is"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8787",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "[::2]",
        "",
        "2130706433",
    ],
)
async def test_a_foreign_host_is_refused_on_every_page(site, host):
    async with site(item("A truce holds"), token=TOKEN) as page:
        for path in [*PAGES, "/login", "/static/page.css", "/metrics"]:
            answer = await page.get(path, headers={"Host": host, "Authorization": f"Bearer {TOKEN}"})
            assert answer.status_code in {400, 403}, (path, answer.status_code)
            assert "truce" not in answer.text.lower()


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "file://", "", "127.0.0.1"]
)
async def test_a_foreign_origin_changes_nothing(site, house, origin):
    async with site(item("A truce holds")) as page:
        before = house.deliveries()
        for path in CHANGES:
            answer = await page.post(path, data={"story": "1", "for": "day"}, headers={"Origin": origin})
            assert answer.status_code == 403, path
        assert house.deliveries() == before
        assert (await page.get("/", headers={"Origin": origin})).status_code == 403


async def test_a_change_without_an_origin_is_refused_unless_it_has_the_token(site):
    async with site(item("A truce holds"), token=TOKEN) as page:
        cookie = {"Cookie": f"{sessions.COOKIE}={sessions.issue(SecretStr(TOKEN), now_s=2e9)}"}
        form = {"story": "1", "for": "day"}
        assert (await page.post("/silences", data=form, headers=cookie)).status_code == 403
        by_program = {"Authorization": f"Bearer {TOKEN}"}
        assert (await page.post("/silences", data=form, headers=by_program)).status_code == 303


async def test_whoever_has_the_token_logs_in_and_out(site):
    async with site(item("A truce holds"), token=TOKEN) as page:
        origin = {"Origin": str(page.base_url)}
        asked = await page.get("/stories/1?x=1", headers=BROWSER)
        assert asked.status_code == 401
        assert 'name="onward" value="/stories/1?x=1"' in asked.text
        wrong = await page.post("/login", data={"token": "x" * 30, "onward": "/"}, headers=origin)
        assert wrong.status_code == 401
        answer = await page.post("/login", data={"token": TOKEN, "onward": "/stories/1"}, headers=origin)
        assert (answer.status_code, answer.headers["location"]) == (303, "/stories/1")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert TOKEN not in cookie
        assert (await page.get("/")).status_code == 200
        assert (await page.post("/logout", headers=origin)).status_code == 303
        assert (await page.get("/")).status_code == 401


@pytest.mark.parametrize(
    "onward",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", "/\r\nX: y"],
)
async def test_a_login_leads_nowhere_else(site, onward):
    async with site(token=TOKEN) as page:
        origin = {"Origin": str(page.base_url)}
        answer = await page.post("/login", data={"token": TOKEN, "onward": onward}, headers=origin)
        assert answer.headers["location"] == "/"


async def test_wrong_tokens_have_to_wait(site):
    async with site(token=TOKEN) as page:
        origin = {"Origin": str(page.base_url)}
        tries = [
            (
                await page.post("/login", data={"token": f"guess {n}", "onward": "/"}, headers=origin)
            ).status_code
            for n in range(sessions.TRIES + 2)
        ]
        assert tries == [401] * sessions.TRIES + [429, 429]
        right = await page.post("/login", data={"token": TOKEN, "onward": "/"}, headers=origin)
        assert right.status_code == 429, "a right one among many wrong ones is a guess"
        assert int(right.headers["retry-after"]) > 0


async def test_a_link_from_another_site_asks_once_more_by_itself(site):
    """A strict cookie is not sent along then: without this, every link in a web mail would lead to the login."""
    async with site(token=TOKEN) as page:
        answer = await page.get("/stories/1", headers={**BROWSER, "Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 401
        assert 'http-equiv="refresh" content="0; url=/stories/1"' in answer.text


TOKENS = SecretStr(TOKEN)


@pytest.mark.parametrize(
    ("cookie", "valid"),
    [
        (sessions.issue(TOKENS, now_s=1000), True),
        (sessions.issue(TOKENS, now_s=1000 - sessions.LASTS_S + 1), True),
        (sessions.issue(TOKENS, now_s=1000 - sessions.LASTS_S), False),
        (sessions.issue(SecretStr("another token, also long"), now_s=1000), False),
        (sessions.issue(TOKENS, now_s=1000).replace(".", "0."), False),
        ("", False), (".", False), ("9999999999.", False), ("9999999999.é", False), ("٩.x", False),
        ("9" * 5000 + ".x", False), (TOKEN, False),
    ],
)  # fmt: skip
def test_a_cookie_holds_for_its_token_and_time(cookie, valid):
    assert sessions.is_valid(cookie, TOKENS, now_s=1000) is valid


@pytest.mark.parametrize(
    ("host", "listen", "web", "known"),
    [
        ("127.0.0.1:8787", "127.0.0.1:8787", Web(), True),
        ("localhost", "127.0.0.1:8787", Web(), True),
        ("LOCALHOST.:1", "127.0.0.1:8787", Web(), True),
        ("[::1]:8787", "[::1]:8787", Web(), True),
        ("192.168.1.5:8787", "127.0.0.1:8787", Web(), False),
        ("192.168.1.5:8787", "0.0.0.0:8787", Web(), True),
        ("[fd00::5]", "[::]:8787", Web(), True),
        ("news.example.org", "0.0.0.0:8787", Web(), False),
        ("news.example.org", "0.0.0.0:8787", Web(hosts=frozenset({"news.example.org"})), True),
        ("news.example.org", "127.0.0.1:8787", Web(public_url="https://news.example.org/"), True),
        ("news.example.org.evil.example", "127.0.0.1:8787", Web(public_url="https://news.example.org"), False),
        ("user@news.example.org", "127.0.0.1:8787", Web(public_url="https://news.example.org"), True),
        ("", "127.0.0.1:8787", Web(), False),
    ],
)  # fmt: skip
def test_hosts_of_the_page(host, listen, web, known):
    assert guard.is_known_host(host, web=web, listen=listen) is known


@pytest.mark.parametrize(
    ("listen", "web", "needs"),
    [
        ("127.0.0.1:1", Web(), False),
        ("[::1]:1", Web(), False),
        ("0.0.0.0:1", Web(), True),
        ("192.168.1.5:1", Web(), True),
        ("127.0.0.1:1", Web(public_url="https://news.example.org"), True),
        ("127.0.0.1:1", Web(public_url="http://localhost:8787"), False),
        ("0.0.0.0:1", Web(token=TOKENS), False),
    ],
)
def test_whether_the_page_needs_a_token(listen, web, needs):
    assert guard.needs_token(listen, web) is needs


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
async def test_behind_a_proxy_the_page_is_closed_without_a_token(site, header):
    async with site(item("A truce holds")) as page:
        answer = await page.get("/", headers={header: "203.0.113.5"})
        assert answer.status_code == 403
        assert "token" in answer.text


async def test_a_page_with_a_public_address_and_no_token_is_closed(site):
    """A proxy may ask by the name of this machine: nobody could tell its visitors from the user."""
    async with site(item("A truce holds"), public_url="https://news.example.org") as page:
        assert (await page.get("/")).status_code == 403
        assert (await page.get("/healthz")).status_code == 200
        assert (await page.get("/metrics")).status_code == 200


async def test_whoever_watches_needs_no_token_and_learns_nothing(site, house):
    async with site(token=TOKEN) as page:
        assert (await page.get("/healthz")).text == "ok\n"
        house.clock.step(minutes=60)
        await page.daemon.beat()
        answer = await page.get("/healthz")
        assert (answer.status_code, answer.text) == (503, "not well\n")
        assert (await page.get("/metrics")).status_code == 401
        assert (await page.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})).status_code == 200


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, b"story=" + b"1" * (guard.FORM_BYTES + 1), 413),
        ({"Transfer-Encoding": "chunked"}, None, 411),
        ({}, b"&".join(b"a=1" for _ in range(200)), 400),
        ({"Content-Type": "multipart/form-data"}, b"x", 400),
        ({}, b"story=nothing", 404),
        ({}, b"story=1&for=ever", 400),
    ],
    ids=["long", "chunked", "many fields", "no boundary", "no story", "no time"],
)  # fmt: skip
async def test_a_form_has_its_limits(site, headers, body, status):
    async with site(item("A truce holds")) as page:
        own = {"Origin": str(page.base_url), "Content-Type": "application/x-www-form-urlencoded", **headers}
        if "chunked" in headers.values():

            async def pieces():
                yield b"story=1"

            answer = await page.post("/silences", content=pieces(), headers=own)
        else:
            answer = await page.post("/silences", content=body, headers=own)
        assert answer.status_code == status, answer.text[:300]


async def test_a_length_beyond_all_numbers_is_refused(site):
    async with site() as page:
        reader, writer = await asyncio.open_connection(page.base_url.host, page.base_url.port)
        host = page.base_url.netloc.decode()
        head = f"POST /silences HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
        writer.write(f"{head}Content-Length: {'9' * 18}\r\n\r\n".encode())
        assert b" 413 " in await reader.readline()
        writer.close()


async def test_every_answer_says_what_a_browser_may_run(site):
    async with site(item("A truce holds")) as page:
        for path in [*PAGES, "/login", "/static/page.js", "/nothing", "/metrics", "/healthz"]:
            headers = (await page.get(path)).headers
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy, path
            assert "unsafe" not in policy, path
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../site.py", "/static/%2e%2e/site.py", "/static/..%2fsite.py", "/static/%2e%2e%2fserver.py",
        "/static/....//site.py", "/static//etc/passwd", "/static/%00", "/static/", "/static/..\\site.py",
        "/static/page.css/..", "/static/../templates/base.html",
    ],
)  # fmt: skip
async def test_nothing_outside_the_static_folder_is_served(site, path):
    async with site() as page:
        # httpx would tidy the path up; what is sent is what stands here
        url = page.base_url.copy_with(raw_path=path.encode())
        answer = await page.send(httpx.Request("GET", url, headers={"Host": page.base_url.netloc.decode()}))
        assert answer.status_code in {400, 403, 404, 405}, answer.text[:100]
        assert "import" not in answer.text
        assert "root:" not in answer.text
