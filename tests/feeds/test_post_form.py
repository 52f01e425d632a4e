"""Forms that are posted: what is sent, where redirects carry it, what counts as taken."""

import pytest
from inward import TRICKS, WRITTEN
from servers.canary import canary
from servers.web import endless, reply

from monitor.errors import FetchError, FetchReason

FORM = {"hub.mode": "subscribe", "hub.topic": "https://wire.example/?a=1&b=ü"}
ENCODED = b"hub.mode=subscribe&hub.topic=https%3A%2F%2Fwire.example%2F%3Fa%3D1%26b%3D%C3%BC"


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_a_form_is_posted_once_as_a_form(server, fetcher, asking, status):
    await fetcher.post_form(asking(server.on("/hub", reply(status))), FORM)
    [request] = server.requests
    assert (request.method, request.body) == ("POST", ENCODED)
    assert request.header("Content-Type") == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("status", [307, 308])
async def test_a_redirect_that_keeps_the_method_carries_it_on(server, fetcher, asking, status):
    server.on("/there", reply(202))
    await fetcher.post_form(asking(server.on("/hub", reply(status, Location="/there"))), FORM)
    assert [(one.method, one.body) for one in server.requests] == [("POST", ENCODED)] * 2


@pytest.mark.parametrize("status", [301, 302, 303, 304, 400, 429, 500])
async def test_nothing_else_counts_as_taken(server, fetcher, asking, status):
    with pytest.raises(FetchError) as caught:
        await fetcher.post_form(asking(server.on("/hub", reply(status, Location="/there"))), FORM)
    assert caught.value.status == status
    assert len(server.requests) == 1


async def test_an_endless_answer_is_cut_off(server, fetcher, asking):
    with pytest.raises(FetchError) as caught:
        await fetcher.post_form(asking(server.on("/hub", endless(b"x" * 2**16))), FORM)
    assert caught.value.reason is FetchReason.TOO_LARGE


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://hub.example/", "hub"])
async def test_only_the_web_has_hubs(fetcher, asking, url):
    with pytest.raises(FetchError) as caught:
        await fetcher.post_form(asking(url), FORM)
    assert caught.value.reason is FetchReason.URL


async def test_no_hub_inside_is_asked_directly_or_by_a_redirect(server, fetcher, asking):
    async with canary() as bird:
        bird.friends.add(server.port)
        inside = [f"http://{host}:{bird.port}/" for host in WRITTEN.values()]
        inside += [trick.format(port=bird.port) for trick in TRICKS.values()]
        for url in inside:
            with pytest.raises(FetchError):
                await fetcher.post_form(asking(url, allow_private=False), FORM)
            with pytest.raises(FetchError):
                await fetcher.post_form(asking(server.on("/hub", reply(307, Location=url))), FORM)
        assert not bird.caught
        assert not bird.tried
