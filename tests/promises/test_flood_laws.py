"""Whatever becomes of a feed, each of its entries is told at most once, and what is really new is told.

A whole monitor on a real server, and a feed that moves, edits, repeats, drops and renumbers its entries between
polls, while the monitor is restarted, pruned, and put back to an older copy of its database. What is promised of
that last one: nothing that was told is told again, and what is published afterwards is told.

    FLOOD_EXAMPLES=200 .venv/bin/pytest tests/test_flood_laws.py     # some minutes; the usual run takes seconds
"""

import asyncio
import os
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from house import SUMMIT, House, item, rss
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from servers.web import reply, web_server

from monitor.model import Verdict
from monitor.store import tombstones

EXAMPLES = int(os.environ.get("FLOOD_EXAMPLES", "4"))
SYLLABLES = ("ka", "lo", "mi", "ru", "ze", "to", "va", "ni")
SCHEMES = ("own", "none", "address", "shared", "place", "ever new")
LIVE = "a live blog"
"""All entries stand on one page, so nothing but their own guids tells them apart."""
DOMAINS = ("www.wire.example", "wire.example", "new.example.org", "m.new.example.org")


def name_of(number: int) -> str:
    """A word of its own for each entry: no two tell of the same."""
    return "".join(SYLLABLES[number // 8**place % 8] for place in range(3)).capitalize() + "tz"


class AFeedAndItsMonitor(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.house = House(Path(self.folder.name))
        self.open = AsyncExitStack()
        self.daemon = None
        self.alerted, self.news = Counter(), Counter()
        self.seen: set[tuple[int, str]] = set()

    @initialize(
        count=st.sampled_from([3, 24]),
        guids=st.sampled_from([*SCHEMES, LIVE]),
        dated=st.booleans(),
    )
    def first_poll(self, count, guids, dated):
        self.is_live = guids == LIVE
        self.domain, self.scheme = DOMAINS[0], "http"
        self.guids, self.dated = ("own", False) if self.is_live else (guids, dated)
        self.renumbered = self.polls = self.edits = 0
        self.count, self.added, self.dropped = count, set(), set()
        self.published = {number: SUMMIT - timedelta(hours=3 * number + 1) for number in range(count)}
        self.edited: dict[int, int] = {}
        self.backed_up = None
        self.web = self.runner.run(self.open.enter_async_context(web_server()))
        self.house.channel("desk", type="webhook", url=self.web.on("/hook", reply(200)))
        self.house.rule("all", "council")
        self.house.feed("wire", self.web.url("/wire"))
        self.start()
        self.poll()

    # ── the feed ──

    def written(self, number: int, place: int) -> str:
        name = name_of(number)
        edit = self.edited.get(number, 0)
        link = f"{self.scheme}://{self.domain}/{'live' if self.is_live else name.lower()}"
        guid = {
            "own": f"{self.renumbered}-{number}",
            "none": "",
            "address": link,
            "shared": "the feed",
            "place": str(place),
            "ever new": f"{self.polls}-{number}",
        }[self.guids]
        body = " ".join(
            f"{name}{ending}" for ending in ("er", "ing", "ic", "al", "ous", "an", "ist", "ery") * 3
        )
        return item(
            f"{name} council of {name}ville votes on {name} bridge" + f" — {edit}" * bool(edit),
            f"{body} council" + f" edit {edit}" * bool(edit),
            guid=guid,
            link=link,
            published=self.published[number] if self.dated else None,
        ).replace('<guid isPermaLink="false"></guid>', "")

    def listed(self) -> list[int]:
        """The newest first."""
        return [number for number in range(self.count - 1, -1, -1) if number not in self.dropped]

    def poll(self, order: list[int] | None = None) -> None:
        self.polls += 1
        numbers = self.listed() if order is None else order
        document = rss(*(self.written(number, place) for place, number in enumerate(numbers)))
        self.web.on("/wire", reply(200, document))
        self.house.clock.step(minutes=20)
        done = self.runner.run(self.daemon.run_once(every=True))
        assert (done.polled, done.failed) == (1, 0)
        self.take_note()

    def take_note(self) -> None:
        titles = {entry.id: entry.title for entry in self.house.entries()}
        for one in self.house.decisions():
            key = (one.entry_id, one.match.rule_id)
            if key not in self.seen:
                self.seen.add(key)
                name = titles[one.entry_id].split()[0]
                self.alerted[name] += one.alert_id is not None
                self.news[name] += one.verdict is not Verdict.BASELINE

    # ── what becomes of the feed ──

    @rule(count=st.integers(1, 3))
    def entries_are_added(self, count):
        for number in range(self.count, self.count + count):
            self.published[number] = self.house.clock() + timedelta(minutes=15 + number % 4)
            self.added.add(number)
        self.count += count
        self.poll()

    @rule(data=st.data())
    def an_entry_is_edited(self, data):
        self.edit(data)
        self.poll()

    def edit(self, data) -> None:
        self.edits += 1
        self.edited[data.draw(st.sampled_from(self.listed()))] = self.edits

    @rule(data=st.data())
    def entries_are_shuffled_and_repeated(self, data):
        order = data.draw(st.permutations(self.listed()))
        # Different guids of one response are different entries: there a repetition is another entry, and a copy.
        most = 0 if self.guids == "place" else 5
        self.poll([*order, *data.draw(st.lists(st.sampled_from(order), max_size=most))])

    @precondition(lambda self: len(self.listed()) > 2)
    @rule(data=st.data())
    def entries_vanish(self, data):
        self.dropped |= set(data.draw(st.lists(st.sampled_from(self.listed()[1:]), min_size=1, max_size=4)))
        self.poll()

    @rule()
    def all_entries_come_back(self):
        self.dropped.clear()
        self.poll()

    @rule(scheme=st.sampled_from(["http", "https"]), domain=st.sampled_from(DOMAINS))
    def it_moves(self, scheme, domain):
        self.scheme, self.domain = scheme, domain
        self.poll()

    @precondition(lambda self: not self.is_live)
    @rule(guids=st.sampled_from(SCHEMES), domain=st.sampled_from(DOMAINS))
    def it_gets_other_guids_and_moves(self, guids, domain):
        self.renumbered += 1
        self.guids, self.domain = guids, domain
        self.poll()

    @precondition(lambda self: not self.is_live)
    @rule(data=st.data())
    def it_gets_other_guids_while_an_entry_is_edited(self, data):
        self.renumbered += 1
        self.edit(data)
        self.poll()

    @rule()
    def all_is_dated_anew(self):
        self.published = dict.fromkeys(self.published, self.house.clock())
        self.poll()

    @rule(dated=st.booleans())
    def dates_come_or_go(self, dated):
        self.dated = dated
        self.poll()

    # ── what becomes of the monitor ──

    def start(self) -> None:
        self.running = AsyncExitStack()
        self.daemon = self.runner.run(self.running.enter_async_context(self.house.daemon()))

    def stop(self) -> None:
        self.runner.run(self.running.aclose())
        self.house.close()

    @rule()
    def it_is_restarted(self):
        self.stop()
        self.start()
        self.poll()

    @rule()
    def its_old_entries_are_pruned(self):
        gone = {name_of(number) for number in self.dropped}
        with self.house.store.writing() as connection:
            ids = [entry.id for entry in self.house.entries() if entry.title.split()[0] in gone]
            tombstones.bury(connection, ids, now=self.house.clock())

    @rule()
    def it_is_backed_up(self):
        self.stop()
        self.house.back_up()
        self.backed_up = set(self.seen)
        self.start()

    @precondition(lambda self: self.backed_up is not None)
    @rule()
    def its_backup_is_restored(self):
        self.stop()
        self.house.restore()
        self.seen = set(self.backed_up)
        self.start()
        self.poll()

    # ── the promises ──

    @invariant()
    def each_entry_is_told_at_most_once(self):
        assert not [name for name, count in self.alerted.items() if count > 1]

    @invariant()
    def what_was_there_is_not_told_and_what_is_new_is(self):
        if self.daemon is not None:
            assert {name for name, count in self.news.items() if count} == {
                name_of(one) for one in self.added
            }

    def teardown(self):
        if self.daemon is not None:
            self.stop()
            self.runner.run(self.open.aclose())
        self.runner.close()
        self.folder.cleanup()


TestAFeedAndItsMonitor = AFeedAndItsMonitor.TestCase
TestAFeedAndItsMonitor.settings = settings(
    max_examples=EXAMPLES,
    derandomize="FLOOD_EXAMPLES"
    not in os.environ,  # the short run is the same every time; the long one looks about
    stateful_step_count=8,
    phases=[phase for phase in Phase if phase is not Phase.shrink],  # a step takes a tenth of a second
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
