"""What is held and told in one message: quiet hours, busy hours, digests, pauses; through a whole monitor."""

import re

import pytest
from house import House, item, posted, rss
from servers.web import WebServer, reply

from monitor.core.alerts.state import state_of
from monitor.model import AlertKind, AlertState, DeliveryState, Verdict

QUIET = item("Weather for the week", "Rain in the west.")


NEWS = (
    ("Cod quotas cut in Lisbon", "Ministers of fisheries rest herring and cod until spring."),
    ("Lunar miners share a crater", "Two probes will dig for ice near the pole."),
    ("Opera chorus walks out", "Singers in Milan want shorter evenings."),
    ("Robots sort the mail", "Parcels in Osaka meet no human hand."),
    ("Chess champion banned", "A phone was found in the hall."),
    ("Glacier path closed", "Walkers above Chamonix must turn around."),
)


def news(number: int, **keys: object) -> str:
    """Each tells a story of its own; the rule finds all of them."""
    title, text = NEWS[number]
    return item(title, f"{text} A declaration.", **keys)


def titles(*numbers: int) -> list[str]:
    return sorted(NEWS[number][0] for number in numbers)


@pytest.fixture
def paris(house, desk):
    house.rule("paris", "declaration")
    return house


async def as_ticks_do(daemon) -> None:
    """What a running daemon does each second, but for polls."""
    daemon.scheduler._tell_what_waited()
    await daemon.deliverer.deliver()


class Wire:
    """A feed that says what a test puts on it."""

    def __init__(self, house: House, web: WebServer, feed_id: str = "wire") -> None:
        self.items = [QUIET]
        self._web, self._path = web, f"/{feed_id}"
        house.feed(feed_id, web.on(self._path, reply(200, rss(QUIET))))

    def say(self, *items: str) -> None:
        self.items = [*items, *self.items]
        self._web.on(self._path, reply(200, rss(*self.items)))


@pytest.fixture
def wire(paris, web):
    return Wire(paris, web)


def verdicts(house):
    return [decision.verdict for decision in house.decisions()]


def reasons(house):
    return [decision.reason for decision in house.decisions()]


def lines(message):
    return sorted(line["title"] for line in message["data"]["lines"])


async def test_what_comes_in_quiet_hours_is_one_message_when_they_end(paris, web, wire):
    paris.settings["alerting"]["quiet_hours"] = {"from": "20:30", "to": "07:00"}  # it is 20:00 in Paris
    async with paris.daemon() as daemon:
        await daemon.run_once()
        paris.clock.step(hours=1)
        wire.say(news(0), news(1))
        await daemon.run_once(every=True)
        assert posted(web) == []
        assert verdicts(paris) == [Verdict.HELD, Verdict.HELD]
        assert reasons(paris) == ["held until 07:00 (quiet hours)"] * 2
        assert {state_of([one]) for one in paris.deliveries()} == {AlertState.HELD}
        paris.clock.step(hours=9, minutes=59, seconds=59)
        await daemon.run_once(every=True)
        assert posted(web) == []
        paris.clock.step(seconds=1)
        await daemon.run_once(every=True)
        [message] = posted(web)
        await daemon.run_once(every=True)
    assert posted(web) == [message]
    assert message["type"] == "alert.summary"
    assert lines(message) == titles(0, 1)
    assert message["data"]["text"] == "In the quiet hours, since 21:00"
    assert [alert.kind for alert in paris.alerts()] == [AlertKind.NEW, AlertKind.NEW, AlertKind.SUMMARY]
    assert [one.state for one in paris.deliveries()] == [
        DeliveryState.SUMMARISED, DeliveryState.SUMMARISED, DeliveryState.SENT,
    ]  # fmt: skip
    assert {one.summary_id for one in paris.deliveries()} == {None, 3}


# ── updates ──


REPORTS = (
    ("Ten sailors rescued off Malta", "A freighter lost its rudder. Declaration of the coast guard at noon."),
    ("Sailors rescued off Malta after freighter loses rudder", "The coast guard took ten from the sea. Declaration."),
    ("Off Malta ten sailors were rescued", "The freighter without a rudder drifts. A declaration by its owner."),
    ("Rescued off Malta: ten sailors of a freighter", "Its rudder was lost in the storm, says a declaration."),
)  # fmt: skip


def report(number: int, title: str | None = None) -> str:
    """Of one story, each in words of its own."""
    return item(title or REPORTS[number][0], REPORTS[number][1], guid=f"report {number}")


async def test_a_third_outlet_is_one_update_an_hour_after_the_story_was_told(paris, web):
    wires = [Wire(paris, web, f"wire{number}") for number in range(3)]
    async with paris.daemon() as daemon:
        await daemon.run_once()
        paris.clock.step(minutes=20)
        wires[0].say(report(0))
        await daemon.run_once(every=True)
        [first] = posted(web)
        for wire, number in zip(wires[1:], (1, 2), strict=True):
            paris.clock.step(minutes=10)
            wire.say(report(number))
            await daemon.run_once(every=True)
        assert [one.story_id for one in paris.entries(rule_id="paris")] == [1, 1, 1]
        assert posted(web) == [first]
        paris.clock.step(minutes=39, seconds=59)
        await daemon.run_once(every=True)
        assert posted(web) == [first]
        paris.clock.step(seconds=1)
        await daemon.run_once(every=True)
        _, update = posted(web)
        paris.clock.step(hours=3)
        await daemon.run_once(every=True)
    assert posted(web) == [first, update]
    assert update["data"]["text"] == "New: 3 outlets tell it (1 before)"
    assert update["data"]["thread_id"] == first["data"]["thread_id"]
    assert not update["data"]["first_in_thread"]
    began, *further = (one["title"] for one in update["data"]["reports"])
    assert began == REPORTS[0][0], "what repeats the story is no headline of its own"
    assert sorted(further) == sorted((REPORTS[1][0], REPORTS[2][0]))
    assert verdicts(paris) == [Verdict.ALERTED, Verdict.JOINED_ALERT, Verdict.JOINED_ALERT]
    assert [alert.kind for alert in paris.alerts()] == [AlertKind.NEW, AlertKind.UPDATE]


async def test_a_further_report_that_says_nothing_new_is_no_update_and_says_why(paris, web):
    wires = [Wire(paris, web, f"wire{number}") for number in range(2)]
    async with paris.daemon() as daemon:
        await daemon.run_once()
        wires[0].say(report(0))
        await daemon.run_once(every=True)
        paris.clock.step(minutes=5)
        wires[1].say(report(1))
        await daemon.run_once(every=True)
        paris.clock.step(hours=1)
        await daemon.run_once(every=True)
    assert len(posted(web)) == 1
    assert re.fullmatch(r"joined story 1: told already: .*; below threshold 2 of 3", reasons(paris)[1])
    assert verdicts(paris) == [Verdict.ALERTED, Verdict.JOINED_STORY]


async def test_a_corrected_headline_is_an_update(paris, web, wire):
    async with paris.daemon() as daemon:
        await daemon.run_once()
        wire.say(report(0))
        await daemon.run_once(every=True)
        wire.items[0] = report(0, "Nine sailors rescued off Malta")
        wire.say()
        paris.clock.step(minutes=30)
        await daemon.run_once(every=True)
    _, update = posted(web)
    assert update["data"]["text"] == "New: Nine sailors rescued off Malta"
    assert [one["title"] for one in update["data"]["reports"]] == ["Nine sailors rescued off Malta"]


async def test_an_urgent_rule_is_told_what_is_new_at_once(paris, web):
    paris.rule("paris", "declaration", priority="urgent")
    wires = [Wire(paris, web, f"wire{number}") for number in range(3)]
    async with paris.daemon() as daemon:
        await daemon.run_once()
        for number, wire in enumerate(wires):
            wire.say(report(number))
            paris.clock.step(minutes=5)
            await daemon.run_once(every=True)
    assert [message["data"]["text"] for message in posted(web)] == ["", "New: 3 outlets tell it (1 before)"]


async def test_what_another_language_says_is_told_for_nothing_proves_that_it_was(paris, web):
    wires = [Wire(paris, web, f"wire{number}") for number in range(2)]
    async with paris.daemon() as daemon:
        await daemon.run_once()
        wires[0].say(report(0))
        await daemon.run_once(every=True)
        german = item(
            "Zehn Seeleute vor Malta gerettet",
            "Der Frachter verlor sein Ruder, sagt die Küstenwache von Malta in einer declaration.",
        )
        wires[1].say(german)
        paris.clock.step(minutes=5)
        await daemon.run_once(every=True)
    languages = {entry.language for entry in paris.entries(rule_id="paris")}
    assert {one.story_id for one in paris.entries(rule_id="paris")} == {1}, "else the test tests nothing"
    assert languages == {"en", "de"}
    first, update = posted(web)
    assert update["data"]["text"].startswith("New: ")
    assert update["data"]["thread_id"] == first["data"]["thread_id"]


# ── quiet hours, further ──


async def test_urgent_rules_break_through_quiet_hours_and_a_story_held_for_another_is_told(paris, web, wire):
    paris.settings["alerting"]["quiet_hours"] = {"from": "20:00", "to": "07:00"}
    paris.rule("cod", "cod", priority="urgent")
    async with paris.daemon() as daemon:
        await daemon.run_once()
        paris.clock.step(minutes=20)
        wire.say(news(0), news(1))
        await daemon.run_once(every=True)
        [urgent] = posted(web)
        assert [rule["id"] for rule in urgent["data"]["rules"]] == ["cod"]
        paris.clock.step(hours=11)
        await daemon.run_once(every=True)
    _, summary = posted(web)
    assert lines(summary) == titles(0, 1)


async def test_notes_to_the_operator_wait_for_the_end_of_quiet_hours_too(paris, web):
    paris.settings["alerting"] |= {"quiet_hours": {"from": "20:00", "to": "07:00"}, "operator": ["desk"]}
    paris.feed("gone", web.on("/gone", reply(401)))
    async with paris.daemon() as daemon:
        await daemon.run_once()
        assert posted(web) == []
        paris.clock.step(hours=11)
        await daemon.run_once()
    [summary] = posted(web)
    assert lines(summary)[0].startswith("Feed gone is polled no more")


# ── busy hours ──


async def test_beyond_max_per_hour_a_rule_is_told_in_one_summary_at_the_end_of_the_hour(paris, web, wire):
    paris.settings["alerting"]["max_per_hour"] = 2
    async with paris.daemon() as daemon:
        await daemon.run_once()
        feed = paris.load().config.feeds["wire"]
        for number in range(5):
            paris.clock.step(minutes=1)
            wire.say(news(number))
            await daemon.poller.poll(feed, paris.feed_state("wire"))
        assert reasons(paris)[2:] == ["held until 21:00 (more than 2 in an hour)"] * 3
        paris.clock.step(minutes=1)
        await as_ticks_do(daemon)
        assert sorted(titles_of(posted(web))) == titles(0, 1)
    paris.clock.at = paris.clock.at.replace(hour=20, minute=0)
    async with paris.daemon() as daemon:
        await daemon.run_once()
    *_, summary = posted(web)
    assert len(posted(web)) == 3
    assert lines(summary) == titles(2, 3, 4)
    assert summary["data"]["text"] == "More than 2 messages in an hour: the rest, since 20:03"


def titles_of(messages):
    return [report["title"] for message in messages for report in message["data"]["reports"]]


async def test_a_pass_by_hand_does_not_wait_for_the_end_of_the_hour(paris, web, wire):
    paris.settings["alerting"]["max_per_hour"] = 2
    async with paris.daemon() as daemon:
        await daemon.run_once()
        wire.say(*(news(number) for number in range(6)))
        paris.clock.step(minutes=20)
        await daemon.run_once(every=True)
    assert sorted(message["type"] for message in posted(web)) == ["alert.new", "alert.new", "alert.summary"]
    [summary] = [message for message in posted(web) if message["type"] == "alert.summary"]
    assert sorted([*titles_of(posted(web)), *lines(summary)]) == titles(*range(6))


@pytest.mark.parametrize("polls", [1, 3], ids=["at once", "in three polls"])
@pytest.mark.parametrize("imitated", [False, True], ids=["of another event", "of an event of theirs"])
async def test_ninety_matches_of_one_feed_hide_no_report_of_another(paris, web, polls, imitated):
    loud, calm = Wire(paris, web, "loud"), Wire(paris, web, "calm")
    async with paris.daemon() as daemon:
        await daemon.run_once()
        feeds = paris.load().config.feeds
        for poll in range(polls):
            said = [noise(number) for number in range(poll, 90, polls)]
            loud.say(*[report(0), *said] if imitated and poll == polls - 1 else said)
            paris.clock.step(seconds=20)
            await daemon.poller.poll(feeds["loud"], paris.feed_state("loud"))
        calm.say(report(1) if imitated else news(1))
        await daemon.poller.poll(feeds["calm"], paris.feed_state("calm"))
        paris.clock.step(minutes=1)
        await as_ticks_do(daemon)
        sent = titles_of(posted(web))
        told = REPORTS[1][0] if imitated else NEWS[1][0]
        assert told in sent, "it is told as if nobody had been loud"
        assert len(sent) == 10 + 1, "a third of 30, and the other feed's"
        await daemon.run_once()
    [summary] = [message for message in posted(web) if message["type"] == "alert.summary"]
    assert summary["data"]["text"].startswith(
        "More than 30 messages or 10 of one feed in an hour: the rest, since"
    )


def noise(number: int) -> str:
    """Each of an event of its own, in words of its own."""
    word = "".join(SYLLABLES[number // 8**place % 8] for place in range(3))
    return item(
        f"{word.capitalize()}tz {word[::-1]}", f"{word}a {word}e {word}i {word}o {word}u declaration."
    )


SYLLABLES = ("ka", "lo", "mi", "ru", "ze", "to", "va", "ni")


async def test_the_limit_is_each_rules_own_on_each_channel(paris, web, wire):
    paris.settings["alerting"]["max_per_hour"] = 1
    paris.rule("cod", "cod OR lunar", alert=["office"])
    paris.channel("office", type="webhook", url=web.on("/office", reply(200)))
    async with paris.daemon() as daemon:
        await daemon.run_once()
        wire.say(news(0))
        await daemon.run_once(every=True)
    assert len(posted(web)) == len(posted(web, "/office")) == 1


# ── digests ──


async def test_a_digest_gathers_its_rules_stories_and_comes_at_its_time(paris, web, wire):
    paris.rule("paris", "declaration", digest="daily 08:00")
    async with paris.daemon() as daemon:
        await daemon.run_once()
        wire.say(news(0), news(1))
        paris.clock.step(hours=1)
        await daemon.run_once(every=True)
        assert set(reasons(paris)) == {"held until 08:00 (for its digest)"}
        paris.clock.at = paris.clock.at.replace(day=7, hour=6, minute=59, second=59)
        await daemon.run_once(every=True)
        assert posted(web) == []
        paris.clock.step(seconds=1)
        await daemon.run_once(every=True)
        [digest] = posted(web)
        paris.clock.step(days=1)
        await daemon.run_once(every=True)
    assert posted(web) == [digest], "nothing matched: nothing is sent"
    assert digest["type"] == "alert.digest"
    assert digest["data"]["text"] == "Digest, since 21:00"
    assert lines(digest) == titles(0, 1)


async def test_a_rule_with_a_digest_does_not_keep_another_from_telling_the_story_now(paris, web, wire):
    paris.rule("paris", "declaration", digest="daily 08:00")
    paris.rule("cod", "cod")
    async with paris.daemon() as daemon:
        await daemon.run_once()
        wire.say(news(0))
        paris.clock.step(minutes=20)
        await daemon.run_once(every=True)
        [now] = posted(web)
        assert (now["type"], [rule["id"] for rule in now["data"]["rules"]]) == ("alert.new", ["cod"])
        paris.clock.step(hours=12)
        await daemon.run_once()
    assert [message["type"] for message in posted(web)] == ["alert.new", "alert.digest"]


async def test_digests_of_several_rules_at_one_time_are_one_message(paris, web, wire):
    paris.rule("paris", "declaration", digest="daily 08:00")
    paris.rule("cod", "cod", digest="every 1h")
    async with paris.daemon() as daemon:
        await daemon.run_once()
        wire.say(news(0), news(1))
        paris.clock.at = paris.clock.at.replace(day=7, hour=6, minute=30)
        await daemon.run_once(every=True)
        paris.clock.step(minutes=30)
        await daemon.run_once()
    [digest] = posted(web)
    assert lines(digest) == titles(0, 1)
    assert {rule["id"] for rule in digest["data"]["rules"]} == {"paris", "cod"}


# ── pauses ──


@pytest.mark.parametrize(("hours", "kinds"), [(6, ["alert.new"] * 2), (7, ["alert.summary"])])
async def test_what_was_missed_in_a_pause_is_one_summary(paris, web, wire, hours, kinds):
    async with paris.daemon() as daemon:
        await daemon.run_once()
    wire.say(news(0), news(1))
    paris.clock.step(hours=hours)
    async with paris.daemon() as daemon:
        await daemon.run_once()
    assert [message["type"] for message in posted(web)] == kinds


async def test_a_pause_ends_for_each_feed_with_its_first_poll_also_after_a_restart(paris, web, wire):
    other = Wire(paris, web, "other")
    async with paris.daemon() as daemon:
        await daemon.run_once()
    wire.say(news(0))
    other.say(news(1))
    paris.clock.step(hours=9)
    async with paris.daemon() as daemon:
        await daemon.clock.notice()
        await daemon.poll_one("wire", dry_run=False)
    async with paris.daemon() as daemon:  # it was killed before the second feed's turn
        await as_ticks_do(daemon)
        assert posted(web) == []
        await daemon.poll_one("other", dry_run=False)
        assert set(reasons(paris)) == {"held until 06:00 (missed while nobody was polling)"}
        await as_ticks_do(daemon)  # all feeds were asked, so it does not wait for the hour to end
    [summary] = posted(web)
    assert lines(summary) == titles(0, 1)
    wire.say(news(2))
    paris.clock.step(minutes=20)
    async with paris.daemon() as daemon:
        await daemon.run_once(every=True)
    assert posted(web)[1]["type"] == "alert.new"


async def test_two_passes_a_day_still_tell_everything(paris, web, wire):
    async with paris.daemon() as daemon:
        await daemon.run_once()
    for number in range(3):
        paris.clock.step(hours=12)
        wire.say(news(number))
        async with paris.daemon() as daemon:
            await daemon.run_once()
    assert [message["data"]["reports"][0]["title"] for message in posted(web)] == [
        NEWS[number][0] for number in range(3)
    ]


# ── one thread for a rule ──


async def test_a_rule_that_groups_by_itself_has_one_thread_for_all_its_stories(paris, web, wire):
    paris.rule("paris", "declaration", group="rule")
    async with paris.daemon() as daemon:
        await daemon.run_once()
        for some in ((0, 1), (2,)):
            paris.clock.step(minutes=20)
            wire.say(*(news(number) for number in some))
            await daemon.run_once(every=True)
    first, second = posted(web)
    assert (lines(first), lines(second)) == (titles(0, 1), titles(2))
    assert first["data"]["thread_id"] == second["data"]["thread_id"]
    assert (first["data"]["first_in_thread"], second["data"]["first_in_thread"]) == (True, False)


# ── updates and summaries together ──


async def test_what_is_new_in_a_story_of_a_digest_is_in_the_next_digest(paris, web):
    paris.rule("paris", "declaration", digest="every 1h")
    wires = [Wire(paris, web, f"wire{number}") for number in range(3)]
    async with paris.daemon() as daemon:
        await daemon.run_once()
        wires[0].say(report(0))
        for _ in range(2):
            paris.clock.step(minutes=30)
            await daemon.run_once(every=True)
        for wire, number in zip(wires[1:], (1, 2), strict=True):
            wire.say(report(number))
        for _ in range(6):
            paris.clock.step(minutes=30)
            await daemon.run_once(every=True)
    assert [message["type"] for message in posted(web)] == ["alert.digest"] * 2
    assert [message["data"]["lines"][0]["text"] for message in posted(web)] == [
        "", "New: 3 outlets tell it (1 before)",
    ]  # fmt: skip


async def test_a_held_telling_of_one_rule_does_not_put_off_another_rules_update(paris, web):
    paris.rule("weekly", "declaration", digest="weekly sun 08:00")
    wires = [Wire(paris, web, f"wire{number}") for number in range(3)]
    async with paris.daemon() as daemon:
        await daemon.run_once()
        for number, wire in enumerate(wires):
            wire.say(report(number))
            paris.clock.step(minutes=5)
            await daemon.run_once(every=True)
        paris.clock.step(hours=1)
        await daemon.run_once(every=True)
    assert [message["type"] for message in posted(web)] == ["alert.new", "alert.update"]


async def test_beside_why_a_match_was_held_stands_what_told_it(paris, web, wire):
    paris.rule("paris", "declaration", digest="daily 08:00")
    async with paris.daemon() as daemon:
        await daemon.run_once()
        wire.say(news(0))
        paris.clock.step(hours=1)
        await daemon.run_once(every=True)
        [alert] = paris.alerts()
        assert alert.reason == "first match of this rule in story 1; held until 08:00 (for its digest)"
        paris.clock.step(hours=12)
        await daemon.run_once()
    assert reasons(paris) == ["held until 08:00 (for its digest); told by alert 2"]


@pytest.mark.sqlite("a server keeps no such row")
async def test_an_update_that_breaks_holds_up_no_other_and_is_not_tried_for_ever(paris, web):
    wires = [Wire(paris, web, f"wire{number}") for number in range(2)]
    async with paris.daemon() as daemon:
        await daemon.run_once()
        wires[0].say(report(0), news(0))
        await daemon.run_once(every=True)
        corrected = "Cod quotas up by 40 percent in Lisbon after protests of 900 fishermen"
        wires[0].items = [report(0), item(corrected, NEWS[0][1] + " A declaration.", guid=NEWS[0][0]), QUIET]
        wires[0].say()
        wires[1].say(report(1))
        paris.clock.step(minutes=5)
        await daemon.run_once(every=True)
        with paris.store.writing() as connection:  # a row that no program of ours wrote
            connection.exec_driver_sql("UPDATE thread SET told_at = 'never' WHERE update_at IS NOT NULL")
        paris.clock.step(hours=1)
        await daemon.run_once()
        await daemon.run_once()
    assert [message["type"] for message in posted(web)] == ["alert.new", "alert.new", "alert.update"]
