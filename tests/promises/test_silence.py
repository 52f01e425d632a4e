"""Silences from the command line to the outbox: what comes meanwhile, and what was waiting when they began."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import typer
from house import Clock, House, item, posted, rss
from servers.web import reply, web_server

from monitor.cli import exit_code
from monitor.cli.arguments import moment
from monitor.model import DeliveryState, Silence, Verdict
from monitor.store import outbox, silences

START = datetime.now(UTC).replace(microsecond=0)
"""The commands go by the real clock: each house begins with it, at most an hour after this."""
SOON = START + timedelta(minutes=50)
FIRST = item("Declaration signed", "Thirty countries signed in Paris.", published=SOON)
AGAIN = item("Declaration signed, says Paris", "Thirty countries signed in Paris.", published=SOON)


@pytest.fixture
async def web():
    async with web_server() as server:
        server.on("/hook", reply(200))
        yield server


@pytest.fixture
def house(tmp_path, web, database):
    clock = Clock(datetime.now(UTC).replace(microsecond=0))
    house = House(tmp_path, clock=clock, databases=database)
    house.channel("desk", type="webhook", url=web.url("/hook"))
    house.rule("paris", "declaration")
    yield house
    house.close()


def run(house, capsys, *arguments):
    """The exit code, what was printed, and the errors."""
    house.write()
    code = exit_code(["--config", str(house.folder), "--state", str(house.state), "silence", *arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def listed(house, capsys, *arguments):
    code, out, _ = run(house, capsys, "list", "--json", *arguments)
    assert code == 0
    return json.loads(out)


def silenced(house, **keys):
    given = {
        "rule_id": None, "feed_id": None, "story_id": None,
        "from_at": house.clock(), "until_at": house.clock() + timedelta(hours=2), "comment": "", "who": "ann",
    }  # fmt: skip
    with house.store.writing() as connection:
        silence = Silence(id=silences.next_id(connection), **{**given, **keys})
        silences.add(connection, silence)
    return silence


# ── what comes meanwhile ──


async def test_a_silence_does_not_use_the_story_up(house, web):
    house.feed("wire", web.on("/wire", *(reply(200, rss(*items)) for items in ([], [FIRST], [AGAIN, FIRST]))))
    async with house.daemon() as daemon:
        await daemon.run_once()
        silenced(house, rule_id="paris")
        house.clock.step(hours=1)
        await daemon.run_once()
        assert not posted(web)
        house.clock.step(hours=1)
        await daemon.run_once()
    assert [(one.verdict, one.reason) for one in house.decisions()] == [
        (Verdict.SILENCED, "silenced by 1"),
        (Verdict.ALERTED, "first match of this rule in story 1"),
    ]
    [told] = posted(web)
    assert told["data"]["reports"][0]["title"] == "Declaration signed, says Paris"


FISH = item("Fishing quotas: a declaration on cod in Lisbon", "Hake is spared by ministers.", published=SOON)
PORT = item("Порт бастує: декларація докерів", "Докери Тілмута оголосили страйк.", published=SOON)
DAY = [[], [FIRST], [FIRST, FISH], [FIRST, FISH, PORT]]
ENDS = {"by itself": None, "by hand": ("expire", "1")}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
async def test_what_it_kept_back_comes_as_one_summary_at_its_end_where_that_is_wished(
    house, web, capsys, end
):
    house.rules["paris"]["query"] = "declaration OR декларація"
    house.feed("wire", web.on("/wire", *(reply(200, rss(*items)) for items in DAY)))
    async with house.daemon() as daemon:
        await daemon.run_once()
        silenced(house, rule_id="paris", summary=True, until_at=house.clock() + timedelta(hours=2))
        for _ in range(3):
            house.clock.step(minutes=30)
            await daemon.run_once()
        assert not posted(web)
        assert {one.verdict for one in house.decisions()} == {Verdict.HELD}
        assert all("(silenced by 1)" in one.reason for one in house.decisions())
        [record] = listed(house, capsys)
        assert (record["matches"], record["summary"]) == (3, True)
        if end is None:
            house.clock.step(minutes=29)
            await daemon.run_once()
            assert not posted(web)
            house.clock.step(minutes=1)
        else:
            assert run(house, capsys, *end)[:2] == (0, "silence 1: over; due now: 3 deliveries\n")
            house.clock.step(minutes=1)
        await daemon.run_once()
        await daemon.run_once()
        [told] = posted(web)
        assert len(told["data"]["lines"]) == 3
        assert "What a silence kept back, since" in told["data"]["text"]
        [record] = listed(house, capsys, "--all")
        assert record["matches"] == 3


async def test_a_summary_of_one_is_that_one(house, web):
    house.feed("wire", web.on("/wire", *(reply(200, rss(*items)) for items in ([], [FIRST]))))
    async with house.daemon() as daemon:
        await daemon.run_once()
        silenced(house, rule_id="paris", summary=True)
        house.clock.step(hours=1)
        await daemon.run_once()
        assert not posted(web)
        house.clock.step(hours=1)
        await daemon.run_once()
    [told] = posted(web)
    assert told["data"]["reports"][0]["title"] == "Declaration signed"


# ── what was waiting ──


@pytest.fixture
async def waiting(house, web):
    """An alert in its group_wait, as a silence begins; the daemon that would send it."""
    house.feed("wire", web.on("/wire", *(reply(200, rss(*items)) for items in ([], [FIRST], [AGAIN, FIRST]))))
    async with house.daemon() as daemon:
        await daemon.run_once()
        house.clock.step(minutes=20)
        await daemon.poll_one("wire", dry_run=False)
        house.clock.step(seconds=10)
        silenced(house, rule_id="paris", until_at=house.clock() + timedelta(hours=2))
        yield daemon


async def sent(daemon, house, **step):
    house.clock.step(**step)
    return await daemon.deliverer.deliver()


async def test_what_waits_when_a_silence_begins_is_sent_at_its_end(waiting, house, web):
    assert await sent(waiting, house, minutes=1) == 0
    [kept] = house.deliveries()
    assert (kept.state, kept.silenced_by, kept.attempts) == (DeliveryState.PENDING, 1, 0)
    assert await sent(waiting, house, minutes=118) == 0
    assert await sent(waiting, house, minutes=1) == 1
    [told] = house.deliveries()
    assert (told.state, told.silenced_by, told.attempts) == (DeliveryState.SENT, None, 1)
    assert len(posted(web)) == 1


async def test_a_silence_that_is_ended_early_lets_it_go_at_once(waiting, house, web, capsys):
    assert await sent(waiting, house, minutes=1) == 0
    code, out, _ = run(house, capsys, "expire", "1")
    assert (code, out) == (0, "silence 1: over; due now: 1 delivery\n")
    assert await sent(waiting, house, minutes=1) == 1
    [record] = listed(house, capsys, "--all")
    assert record["state"] == "expired"


async def test_another_silence_that_still_holds_goes_on_holding_it(waiting, house, web, capsys):
    silenced(house, feed_id="wire", until_at=house.clock() + timedelta(hours=5))
    assert await sent(waiting, house, hours=2, seconds=1) == 0
    [kept] = house.deliveries()
    assert kept.silenced_by == 2
    assert await sent(waiting, house, hours=3) == 1


async def test_a_match_that_is_not_silenced_takes_the_waiting_message_along(waiting, house, web):
    assert await sent(waiting, house, minutes=1) == 0
    house.rule("palace", "says NEAR paris")
    await waiting.reload("a rule was added")
    house.clock.step(minutes=20)
    await waiting.run_once()
    [told] = posted(web)
    assert {rule["id"] for rule in told["data"]["rules"]} == {"paris", "palace"}


async def test_a_failed_attempt_before_a_silence_still_counts_after_it(waiting, house, web):
    web.on("/hook", reply(503))
    with house.store.writing() as connection:
        outbox.end_silence(connection, silences.by_id(connection, 1), now=house.clock())
        silences.expire(connection, silences.by_id(connection, 1), house.clock())
    assert await sent(waiting, house, minutes=1) == 0
    silenced(house, rule_id="paris")
    assert await sent(waiting, house, minutes=30) == 0
    [kept] = house.deliveries()
    assert (kept.attempts, kept.silenced_by, "503" in kept.last_error) == (1, 2, True)


# ── the commands ──


def test_a_silence_is_added_listed_and_ended_and_stays_as_a_record(house, capsys):
    code, out, _ = run(
        house, capsys, "add", "--rule", "paris", "--for", "2h", "--comment", "summit", "--who", "ann"
    )
    assert (code, out.startswith("silence 1: rule paris, until ")) == (0, True)
    [one] = listed(house, capsys)
    assert set(one) == {
        "id", "state", "rule", "feed", "story", "from_at", "until_at", "comment", "who", "summary",
        "matches",
    }  # fmt: skip
    assert (one["state"], one["rule"], one["comment"], one["who"]) == ("active", "paris", "summit", "ann")
    assert run(house, capsys, "expire", "1")[0] == 0
    assert listed(house, capsys) == []
    assert listed(house, capsys, "--all")[0]["state"] == "expired"
    code, _, err = run(house, capsys, "expire", "1")
    assert (code, "silence 1 is over since" in err) == (1, True)


def test_one_that_begins_later_is_pending(house, capsys):
    tomorrow = (START + timedelta(days=1)).isoformat()
    code, out, _ = run(
        house, capsys, "add", "--rule", "paris", "--from", tomorrow, "--for", "1h", "--comment", "x"
    )
    assert (code, "from " in out) == (0, True)
    assert listed(house, capsys)[0]["state"] == "pending"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--rule", "pariss", "--for", "2h"), 1, 'there is no rule "pariss"; did you mean "paris"?'),
        (("--feed", "nowhere", "--for", "2h"), 1, "`monitor feeds list` shows those there are"),
        (("--story", "88", "--for", "2h"), 1, "there is no story 88; `monitor stories list`"),
        (("--for", "2h"), 2, "say what to silence"),
        (("--rule", "paris"), 2, "say how long"),
        (("--rule", "paris", "--for", "2h", "--until", "07:00"), 2, "say how long"),
        (("--rule", "paris", "--until", "noon"), 2, '"noon" is no time'),
        (("--rule", "paris", "--until", "2020-01-01"), 2, "over before it begins"),
        (("--rule", "paris", "--for", "0s"), 2, "over before it begins"),
    ],
)  # fmt: skip
def test_a_silence_that_would_silence_nothing_is_refused_with_a_cure(house, capsys, arguments, code, said):
    got, _, err = run(house, capsys, "add", *arguments, "--comment", "x")
    assert got == code
    assert said in " ".join(err.replace("│", " ").split())
    assert listed(house, capsys, "--all") == []


# ── times ──

WINTER = datetime(2026, 1, 6, 20, 0, tzinfo=UTC)  # 21:00 in Paris


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        ("07:00", WINTER, "2026-01-07T06:00"),
        ("21:00", WINTER, "2026-01-07T20:00"),
        ("21:01", WINTER, "2026-01-06T20:01"),
        ("2026-01-08", WINTER, "2026-01-07T23:00"),
        ("2026-01-08T07:00", WINTER, "2026-01-08T06:00"),
        ("2026-01-08 07:00", WINTER, "2026-01-08T06:00"),
        ("2026-01-08T07:00+05:00", WINTER, "2026-01-08T02:00"),
        # The night of 29 March has no 02:30 in Paris, that of 25 October has two.
        ("02:30", datetime(2026, 3, 28, 23, 0, tzinfo=UTC), "2026-03-29T01:30"),
        ("07:00", datetime(2026, 3, 28, 23, 0, tzinfo=UTC), "2026-03-29T05:00"),
        ("02:30", datetime(2026, 10, 24, 23, 0, tzinfo=UTC), "2026-10-25T00:30"),
        ("02:30", datetime(2026, 10, 25, 0, 45, tzinfo=UTC), "2026-10-26T01:30"),
        ("07:00", datetime(2026, 10, 24, 23, 0, tzinfo=UTC), "2026-10-25T06:00"),
    ],
)  # fmt: skip
def test_a_time_is_by_the_clock_of_the_users_zone(text, now, expected):
    found = moment(text, zone="Europe/Paris", now=now)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "7", "2026", "25:00", "07:00x", "2026-13-01", "tomorrow", "١٢:٣٠"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(typer.BadParameter, match="is no time"):
        moment(text, zone="Europe/Paris", now=WINTER)
