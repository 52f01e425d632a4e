"""A feed that moves, is rebuilt, or comes back from a backup sends nobody anything twice, and hides no news.

Each fixture is one feed of some twenty entries, all of which match, in other clothes.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from house import SUMMIT, House, item, posted, rss
from servers.web import WebServer, reply

from monitor import metrics
from monitor.model import AlertKind, Verdict

NAMES = [
    "Amber", "Birch", "Cedar", "Dune", "Ember", "Flint", "Garnet", "Hazel", "Indigo", "Jasper",
    "Kelp", "Larch", "Maple", "Nettle", "Onyx", "Poplar", "Quartz", "Rowan", "Sedge", "Thistle",
    "Umber", "Violet",
]  # fmt: skip


def counted(cause: str) -> float:
    return metrics.REGISTRY.get_sample_value("monitor_floods_total", {"cause": cause}) or 0.0


ENOUGH = 22
"""Entries of which a feed is taken to be restructured, and not busy."""


@dataclass(frozen=True)
class Report:
    """An entry of the feed, and how its feed writes it down."""

    title: str
    text: str
    guid: str | None
    link: str | None
    published: datetime | None

    def written(self) -> str:
        return item(
            self.title, self.text, guid=self.guid or "", link=self.link, published=self.published
        ).replace('<guid isPermaLink="false"></guid>', "")


def reports(count: int = ENOUGH, *, words: int = 40) -> list[Report]:
    """The newest first, some hours apart."""
    return [
        Report(
            title=f"Treaty of {name} is signed by all of its members",
            text=" ".join([f"{name} treaty: the {number}th clause of {name.lower()}"] * (words // 6)),
            guid=f"http://www.wire.example/?p={number}",
            link=f"http://www.wire.example/news/{name.lower()}",
            published=SUMMIT - timedelta(hours=3 * number + 1, minutes=7),
        )
        for number, name in enumerate(NAMES[:count])
    ]


Change = Callable[[Report], Report]


def _number(report: Report) -> int:
    return NAMES.index(report.title.split()[2])


def https(one: Report) -> Report:
    return replace(
        one,
        guid=one.guid and one.guid.replace("http:", "https:"),
        link=one.link and one.link.replace("http:", "https:"),
    )


def new_domain(one: Report) -> Report:
    return replace(
        one,
        guid=one.guid and one.guid.replace("www.wire.example", "new.example.org"),
        link=one.link and one.link.replace("www.wire.example", "new.example.org"),
    )


def new_guids(one: Report) -> Report:
    return replace(one, guid=f"urn:node:{_number(one) + 7000}")


def no_guids(one: Report) -> Report:
    return replace(one, guid=None)


def new_addresses(one: Report) -> Report:
    return replace(one, link=f"https://wire.example/node/{_number(one) + 7000}")


def dated_anew(one: Report) -> Report:
    return replace(one, published=SUMMIT + timedelta(minutes=19))


def undated(one: Report) -> Report:
    return replace(one, published=None)


def cut_elsewhere(one: Report) -> Report:
    return replace(one, text=one.text[:70] + " … Read on")


def retitled(one: Report) -> Report:
    return replace(one, title=f"Signed: {one.title.split()[2]} pact")


KNOWN_AGAIN: dict[str, Sequence[Change]] = {
    "nothing": [],
    "https": [https],
    "a new domain": [new_domain],
    "new guids": [new_guids],
    "no guids": [no_guids],
    "new addresses": [new_addresses],
    "dated anew": [dated_anew],
    "undated": [undated],
    "cut elsewhere": [cut_elsewhere],
    "https, a new domain": [https, new_domain],
    "a new domain, new guids": [new_domain, new_guids],
    "a new domain, new guids, dated anew": [new_domain, new_guids, dated_anew],
    "a new domain, no guids, undated": [new_domain, no_guids, undated],
    "new addresses, new guids": [new_addresses, new_guids],
    "new addresses, new guids, undated": [new_addresses, new_guids, undated],
    "new addresses, new guids, dated anew": [new_addresses, new_guids, dated_anew],
    "new addresses, new guids, cut elsewhere": [new_addresses, new_guids, cut_elsewhere],
    "new addresses, no guids, cut elsewhere": [new_addresses, no_guids, cut_elsewhere],
}
RESTRUCTURED: dict[str, Sequence[Change]] = {
    "new addresses, new guids, retitled": [new_addresses, new_guids, retitled],
    "new addresses, new guids, cut elsewhere, dated anew": [
        new_addresses, new_guids, cut_elsewhere, dated_anew,
    ],
    "new addresses, new guids, cut elsewhere, undated": [new_addresses, new_guids, cut_elsewhere, undated],
    "new addresses, no guids, retitled, cut elsewhere": [new_addresses, no_guids, retitled, cut_elsewhere],
}  # fmt: skip


def changed(some: Sequence[Report], changes: Sequence[Change]) -> list[Report]:
    return [_changed(one, changes) for one in some]


def _changed(one: Report, changes: Sequence[Change]) -> Report:
    for change in sorted(changes, key=lambda change: change is retitled):
        one = change(one)
    return one


def feed_id(name: str) -> str:
    return name.replace(",", "").replace(" ", "-")


def document(some: Sequence[Report]) -> bytes:
    return rss(*(one.written() for one in some))


async def polled(house: House, web: WebServer, *bodies: bytes) -> None:
    """One pass for each of the feed's contents, by one daemon."""
    house.feed("wire", web.on("/wire", *(reply(200, body) for body in bodies)))
    await passes(house, len(bodies))


async def passes(house: House, count: int) -> None:
    """Twenty minutes apart."""
    async with house.daemon() as daemon:
        for _ in range(count):
            await daemon.run_once(every=True)
            house.clock.step(minutes=20)


def told(house: House) -> list[str]:
    """The titles of the entries that are in some alert, by whichever rule."""
    titles = {entry.id: entry.title for entry in house.entries()}
    return [titles[one.entry_id] for one in house.decisions() if one.alert_id is not None]


def held_back(house: House) -> list[str]:
    """The titles of what matched, and was taken for nothing new."""
    titles = {entry.id: entry.title for entry in house.entries()}
    return [titles[one.entry_id] for one in house.decisions() if one.verdict is Verdict.BASELINE]


def notes(house: House) -> list[str]:
    return [alert.text for alert in house.alerts() if alert.kind is AlertKind.NOTE]


@pytest.fixture
def treaties(house, desk):
    if house.databases.kind == "postgresql":  # which has no memory beside it
        house.memory = house.root / "cache"
    house.rule("treaty", "treaty OR pact OR clause")
    house.settings["alerting"]["operator"] = ["desk"]
    return house


# ── the same entries, in other clothes ──


@pytest.mark.parametrize("count", [ENOUGH, 7])
async def test_a_feed_that_moved_is_known_again_entry_by_entry(treaties, web, count):
    before = reports(count)
    for name, changes in KNOWN_AGAIN.items():
        after = changed(before, changes)[::-1]
        bodies = (document(before), document(after), document(before))
        treaties.feed(feed_id(name), web.on(f"/{feed_id(name)}", *(reply(200, body) for body in bodies)))
    await passes(treaties, 3)
    stored = Counter(entry.feed_id for entry in treaties.entries())
    assert stored == {feed_id(name): count for name in KNOWN_AGAIN}
    assert posted(web) == []


async def test_a_feed_of_which_nothing_can_be_known_again_is_one_note(treaties, web):
    before, counted_before = reports(), counted("restructured")
    for name, changes in RESTRUCTURED.items():
        after = document(changed(before, changes))
        bodies = (document(before), after, after)
        treaties.feed(feed_id(name), web.on(f"/{feed_id(name)}", *(reply(200, body) for body in bodies)))
    await passes(treaties, 3)
    assert told(treaties) == []
    assert sorted(notes(treaties)) == sorted(
        f"Feed {feed_id(name)} was restructured: {ENOUGH} of its {ENOUGH} entries came as new ones at once, most of "
        f"them old. They are stored and matched, not told; `monitor entries list --feed {feed_id(name)}` shows them."
        for name in RESTRUCTURED
    )
    assert len(posted(web)) == len(RESTRUCTURED)
    assert {one.verdict for one in treaties.decisions()} == {Verdict.BASELINE}
    reasons = Counter(one.reason.partition(":")[0] for one in treaties.decisions())
    assert reasons["the feed was restructured"] == ENOUGH * len(RESTRUCTURED)
    assert treaties.feed_state(feed_id(next(iter(RESTRUCTURED)))).gaps.count == 0
    assert counted("restructured") == counted_before + len(RESTRUCTURED)


async def test_a_feed_that_is_restructured_at_every_poll_is_one_note_a_week(treaties, web):
    before = reports()
    forms = [
        document([replace(one, title=f"{number} {one.title[:20]}", guid=f"{number} {one.guid}", link=None, text="")
                  for one in before])
        for number in range(6)
    ]  # fmt: skip
    await polled(treaties, web, *forms)
    assert told(treaties) == []
    assert len(notes(treaties)) == 1


async def test_without_an_operator_a_restructured_feed_sends_nothing(treaties, web):
    treaties.settings["alerting"]["operator"] = []
    before = reports()
    await polled(
        treaties, web, document(before), document(changed(before, [new_addresses, new_guids, retitled]))
    )
    assert posted(web) == []
    assert treaties.feed_state("wire").restructured_at is not None


async def test_a_feed_that_suddenly_reaches_back_further_is_one_note(treaties, web):
    every = reports()
    await polled(treaties, web, document(every[:1]), document(every))
    assert told(treaties) == []
    assert len(notes(treaties)) == 1


# ── and no blindness ──


def fresh(count: int, *, at: datetime, **keys) -> list[Report]:
    return [
        replace(one, title=f"{name} breaks the treaty", guid=f"fresh {number}", link=None,
                text=f"{name} has left the talks with {31 * number + 12} delegates. {name} blames no neighbour.",
                published=at - timedelta(seconds=20 * number + 5), **keys)
        for number, one in enumerate(reports(count))
        for name in [one.title.split()[2]]
    ]  # fmt: skip


async def test_news_in_a_restructured_feed_is_told(treaties, web):
    before = reports()
    news = replace(
        before[0], title="Harbour opens after the pact", text="Ships sail.", guid="n", link=None,
        published=SUMMIT + timedelta(minutes=18),
    )  # fmt: skip
    after = changed(before, [new_addresses, new_guids, retitled])
    await polled(treaties, web, document(before), document([news, *after]))
    assert told(treaties) == ["Harbour opens after the pact"]


async def test_a_busy_wire_that_brings_nothing_but_new_entries_is_told(treaties, web):
    before = reports()
    news = fresh(ENOUGH, at=SUMMIT + timedelta(minutes=19))
    await polled(treaties, web, document(before), document(news), document(news))
    assert sorted(told(treaties)) == sorted(one.title for one in news)
    assert notes(treaties) == []


async def test_a_wire_whose_server_was_stuck_for_hours_is_told(treaties, web):
    """The entries are older than the last polls, which brought the same old body, but newer than all it held."""
    before = reports()
    news = [
        replace(one, published=SUMMIT + timedelta(minutes=6 * number + 1))
        for number, one in enumerate(fresh(ENOUGH, at=SUMMIT))
    ]
    await polled(treaties, web, *[document(before)] * 10, document(news))
    assert len(told(treaties)) == ENOUGH
    assert notes(treaties) == []


async def test_a_gazette_that_dates_by_the_day_is_told_both_its_issues(treaties, web):
    day = SUMMIT.replace(hour=0)
    before = [replace(one, published=day - timedelta(days=1)) for one in reports()]
    morning = [replace(one, published=day) for one in fresh(ENOUGH, at=SUMMIT)[:2]]
    evening = [replace(one, published=day) for one in fresh(ENOUGH, at=SUMMIT)]
    await polled(treaties, web, document(before), document(morning), document(evening))
    assert len(treaties.decisions()) == 2 * ENOUGH
    assert sorted(held_back(treaties)) == sorted(one.title for one in before)
    assert notes(treaties) == []


async def test_an_undated_entry_and_one_of_the_future_are_told_once(treaties, web):
    before = reports()
    undated_one, future = fresh(2, at=SUMMIT + timedelta(minutes=19))
    undated_one = replace(undated_one, published=None)
    future = replace(future, published=SUMMIT + timedelta(days=30))
    after = [future, undated_one, *before]
    moved = changed(after[:2], [https])
    await polled(treaties, web, document(before), document(after), document([*moved, *before]))
    assert sorted(told(treaties)) == sorted([undated_one.title, future.title])


async def test_an_entry_of_the_future_does_not_make_the_news_after_it_old(treaties, web):
    future = replace(
        reports()[0], title="Conference of the next month", published=SUMMIT + timedelta(days=30)
    )
    news = fresh(ENOUGH, at=SUMMIT + timedelta(minutes=19))
    await polled(treaties, web, document([future, *reports()]), document(news))
    assert len(told(treaties)) == ENOUGH


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("count", [7, 10, 20, 21, 30])
@pytest.mark.parametrize("change", [undated, no_guids])
async def test_a_first_answer_that_is_empty_or_has_one_entry_is_no_baseline_yet(
    treaties, web, first, count, change
):
    """What has no date is baseline in the first answer that shows the feed; what has one is by its date."""
    some = changed(reports(count), [undated] if change is undated else [undated, change])
    news = [replace(one, published=None) for one in fresh(2, at=SUMMIT + timedelta(minutes=19))]
    await polled(treaties, web, document(some[:first]), document(some), document([*news, *some]))
    assert sorted(told(treaties)) == sorted(one.title for one in news)
    assert notes(treaties) == []


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("count", [1, 2, 5])
async def test_a_few_undated_entries_in_a_feed_that_was_empty_are_news(treaties, web, first, count):
    was_there = changed(reports(first), [undated])
    news = [replace(one, published=None) for one in fresh(count, at=SUMMIT + timedelta(minutes=19))]
    await polled(treaties, web, document(was_there), document([*news, *was_there]))
    assert sorted(told(treaties)) == sorted(one.title for one in news)


# ── an older database ──


async def test_after_a_restored_backup_nothing_is_told_twice_and_what_comes_is_told(treaties, web):
    before = reports()
    told_once, undated_one, later = (
        replace(one, published=at)
        for one, at in zip(
            fresh(3, at=SUMMIT),
            (SUMMIT + timedelta(minutes=15), None, SUMMIT + timedelta(hours=1)),
            strict=True,
        )
    )
    second = document([told_once, undated_one, *before])
    await polled(treaties, web, document(before))
    treaties.back_up()
    await polled(treaties, web, second)
    assert len(told(treaties)) == 2
    treaties.restore()
    treaties.clock.step(hours=1)
    counted_before = counted("restored")
    await polled(treaties, web, document([later, told_once, undated_one, *before]), second)
    assert told(treaties) == [later.title]
    [note] = notes(treaties)
    assert note.startswith(
        "An older copy of the database was restored: what was published until 2026-01-06 19:20 UTC"
    )
    held = [one for one in treaties.decisions() if one.reason.startswith("an older database was restored")]
    assert len(held) == 2
    assert treaties.feed_state("wire").told_until_at is None
    assert counted("restored") == counted_before + 1


async def test_a_change_after_a_restored_backup_is_not_told_twice(treaties, web):
    quiet = replace(reports()[0], title="Talks go on in the palace", text="Nothing is signed.")
    loud = replace(quiet, text="The pact is signed.")
    await polled(treaties, web, document([quiet]))
    treaties.back_up()
    await polled(treaties, web, document([loud]))
    assert len(posted(web)) == 1
    treaties.restore()
    await polled(treaties, web, document([loud]))
    assert told(treaties) == []


async def test_a_database_that_knows_all_polls_was_not_restored(treaties, web):
    before = reports()
    await polled(treaties, web, document(before))
    treaties.back_up()
    treaties.restore()
    await polled(treaties, web, document([*fresh(1, at=SUMMIT + timedelta(minutes=19)), *before]))
    assert len(told(treaties)) == 1
    assert notes(treaties) == []


@pytest.mark.sqlite("the memory beside a file")
async def test_a_broken_memory_of_the_newest_poll_is_none(treaties, web):
    before = reports()
    await polled(treaties, web, document(before))
    treaties.database.with_name("monitor.db.newest-poll").write_bytes(b"\xff not a time")
    await polled(treaties, web, document([*fresh(1, at=SUMMIT + timedelta(minutes=19)), *before]))
    assert len(told(treaties)) == 1
