"""Workers on one database lose nothing and tell nothing twice: a short run of `python tests/fleet.py`."""

import asyncio
from random import Random

import pytest
from databases import Databases
from proof.accounts import Crash, unexplained
from proof.fleet import KILLED, RESTARTED, STOPPED, Fleet
from proof.newsroom import Newsroom
from servers.postgresql import new_server, remove

AT_2 = Crash(before=2, after=2)


@pytest.mark.parametrize(
    ("arrived", "crashes", "left"),
    [
        ("abc", [], ""),
        ("aba", [], "a"),
        ("aba", [AT_2], ""),
        ("abab", [AT_2], "b"),  # one crash explains one repeat
        ("abab", [AT_2, AT_2], ""),
        ("aab", [AT_2], "a"),  # it came again before the crash
        ("abcc", [AT_2], "c"),  # it was sent for the first time after the crash
        ("abca", [Crash(before=1, after=3)], ""),
        ("abcb", [Crash(before=1, after=2)], ""),  # what it had sent arrived while it died
        ("abaa", [AT_2], "a"),
        ("abaa", [AT_2, Crash(before=3, after=3)], ""),
    ],
)
def test_each_crash_explains_one_repeat_of_what_came_before_it(arrived, crashes, left):
    assert "".join(unexplained(arrived, crashes)) == left


async def ask(url):
    address, _, path = url.removeprefix("http://").partition("/")
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET /{path} HTTP/1.1\r\nHost: {address}\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(("same_host", "seen"), [(True, True), (False, False)])
async def test_two_who_ask_one_host_at_once_are_seen(same_host, seen):
    newsroom = Newsroom(Random(1), refuses=0)
    async with newsroom.open():
        urls = list(newsroom.urls.values())
        await asyncio.gather(ask(urls[0]), ask(urls[1 if same_host else 2]))
    assert bool(newsroom.offences["two requests at once"]) == seen
    assert bool(newsroom.offences["two connections"]) == seen


async def test_who_asks_one_after_the_other_offends_nobody():
    newsroom = Newsroom(Random(1), refuses=0)
    async with newsroom.open():
        for _ in range(20):
            await ask(newsroom.urls["wire-0-0"])
    assert not newsroom.offences


async def test_who_comes_before_the_end_of_a_pause_is_seen():
    newsroom = Newsroom(Random(1), refuses=1)
    async with newsroom.open():
        for _ in range(2):
            await ask(newsroom.urls["wire-0-0"])
    assert newsroom.offences == {"asked before Retry-After": 1}


async def test_killed_stopped_and_without_their_server_workers_lose_nothing_and_meet_at_no_host(tmp_path):
    server = new_server()
    fleet = Fleet(tmp_path, Random(1), types=("webhook", "command"), databases=Databases(server))
    try:
        async with fleet.begun(3):
            for strike in (
                fleet.kill,
                lambda: fleet.stop(for_s=1.5 * fleet.lease_s),
                fleet.restart_server,
                fleet.kill,
                fleet.remove,
            ):
                await fleet.polled(4)
                await strike()
            outcome = await fleet.peace()
    finally:
        remove(server)
    assert (outcome.done[KILLED], outcome.done[STOPPED], outcome.done[RESTARTED]) == (2, 1, 1)
    assert outcome.published >= 10, "there was load"
    assert not outcome.broken, str(outcome)
