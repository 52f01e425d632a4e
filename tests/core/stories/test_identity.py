from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from monitor.core.stories.identity import (
    Changed,
    Known,
    New,
    Repeated,
    Same,
    identify,
    keys_digest,
    keys_of,
    url_key,
)
from monitor.model import EntryKeys, FeedEntry

NOW = datetime(2026, 1, 6, 21, tzinfo=UTC)
DAY = timedelta(days=1)

TEXT = "Thirty-five countries backed a package of security guarantees on Tuesday, and two of them said that"
REPORT = FeedEntry(
    title="Allies adopt the Paris Declaration",
    summary=f"{TEXT} they would send soldiers once a ceasefire holds.",
    guid="http://www.example.com/?p=7",
    url="http://www.example.com/world/paris-declaration",
    published_at=NOW,
)
BRIEFING = FeedEntry(
    title="Morning briefing",
    guid="briefing-1",
    url="https://example.com/briefing/1",
    published_at=NOW,
)


def stored(*entries: FeedEntry) -> list[Known]:
    return [
        Known(
            entry_id=number,
            keys=keys_of(entry),
            title=entry.title,
            published_at=entry.published_at,
            last_seen_at=NOW,
        )
        for number, entry in enumerate(entries, 1)
    ]


def identity(entry: FeedEntry, *known: FeedEntry):
    return identify([entry], stored(*known), seen_at=NOW + DAY)[0]


MOVES = {
    "nothing": {},
    "https": {
        "guid": "https://www.example.com/?p=7",
        "url": "https://www.example.com/world/paris-declaration",
    },
    "another domain": {
        "guid": "http://new.example.org/?p=7",
        "url": "http://new.example.org/world/paris-declaration",
    },
    "another guid": {"guid": "tag:example.com,2026:7"},
    "no guid any more": {"guid": None},
    "an empty guid": {"guid": " "},
    "another guid, no time": {"guid": "7", "published_at": None},
    "another address": {"url": "https://example.com/2026/01/06/allies-adopt"},
    "another CMS: guid and address": {"guid": "node/7", "url": "https://example.com/node/7"},
    "another CMS, no time": {"guid": "node/7", "url": "https://example.com/node/7", "published_at": None},
    "another CMS, dated anew": {
        "guid": "node/7",
        "url": "https://example.com/node/7",
        "published_at": NOW + DAY,
    },
    "another guid and time at every poll": {"guid": "1767733200", "published_at": NOW + DAY},
    "tracking": {"url": "https://example.com/world/paris-declaration?utm_source=rss"},
    "no address": {"url": None},
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_an_entry_that_moved_is_the_same(move):
    moved = replace(REPORT, **move)
    assert identity(moved, REPORT) == Same(1, keys_of(moved), identity(moved, REPORT).reason)


EDITS = {
    "title": {"title": "Allies adopt and sign the Paris Declaration"},
    "text": {"summary": "Thirty-six countries did."},
    "all of it": {"title": "Ukraine", "summary": "Guarantees."},
    "all of it and the time": {"title": "Ukraine", "summary": "Guarantees.", "published_at": NOW + DAY},
    "title and guid": {"title": "Allies adopt a declaration", "guid": "9"},
    "title and guid, no time": {
        "title": "Allies adopt a declaration",
        "guid": "9",
        "published_at": None,
    },
    "title, guid and domain": {
        "title": "Allies adopt a declaration",
        "guid": "9",
        "url": "https://new.example.org/world/paris-declaration",
    },
    "title and address": {"title": "Allies sign", "url": "https://example.com/allies-sign"},
    "title, no guid": {"title": "Allies sign a declaration", "guid": None},
    "title and time, no guid": {
        "title": "Allies adopt a declaration",
        "guid": None,
        "published_at": NOW + DAY,
    },
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edited_entry_is_changed(edit):
    edited = replace(REPORT, **edit)
    outcome = identity(edited, REPORT)
    assert isinstance(outcome, Changed)
    assert outcome.entry_id == 1


OTHERS = {
    "a guid used anew": (
        REPORT,
        FeedEntry(title="PSG win", guid=REPORT.guid, url="https://example.com/psg", published_at=NOW + DAY),
    ),
    "a recurring title": (
        BRIEFING,
        replace(BRIEFING, guid="briefing-2", url="https://example.com/briefing/2", published_at=NOW + DAY),
    ),
    "a recurring title on one page": (
        BRIEFING,
        replace(BRIEFING, guid="briefing-2", published_at=NOW + DAY),
    ),
    "a recurring title without times": (
        replace(BRIEFING, published_at=None),
        replace(BRIEFING, guid="2", url="https://example.com/briefing/2", published_at=None),
    ),
    "a recurring long text, a week later": (
        REPORT,
        replace(REPORT, guid="9", url="https://example.com/9", published_at=NOW + 7 * DAY),
    ),
    "another entry of one page": (
        FeedEntry(title="Live: the vote begins", guid="1", url="https://example.com/live", published_at=NOW),
        FeedEntry(
            title="Live: rain at noon", guid="2", url="https://example.com/live", published_at=NOW + DAY
        ),
    ),
    "another entry of one page, no guids": (
        FeedEntry(title="The vote begins", url="https://example.com/live", published_at=NOW),
        FeedEntry(title="Rain at noon", url="https://example.com/live", published_at=NOW + DAY),
    ),
    "the same path on another host, no guids": (
        FeedEntry(title="Hello", url="https://one.example/2026/hello", published_at=NOW),
        FeedEntry(title="Hello", url="https://two.example/2026/hello", published_at=NOW + DAY),
    ),
    "the front page": (
        FeedEntry(title="The vote begins", url="https://example.com/", published_at=NOW),
        FeedEntry(title="Rain at noon", url="https://example.com/", published_at=NOW + DAY),
    ),
    "nothing at all": (FeedEntry(title=""), FeedEntry(title="Something")),
    "nothing in both": (FeedEntry(title="", guid="1"), FeedEntry(title="", guid="2")),
}


@pytest.mark.parametrize(("known", "entry"), OTHERS.values(), ids=OTHERS)
def test_another_entry_is_new(known, entry):
    assert isinstance(identity(entry, known), New)


def test_different_guids_of_one_response_are_different_entries():
    twin = replace(REPORT, guid="8")
    first, second = identify([REPORT, twin], [], seen_at=NOW)
    assert isinstance(first, New)
    assert isinstance(second, New)
    again = identify([twin, REPORT], stored(REPORT, twin), seen_at=NOW)
    assert [(type(one), one.entry_id) for one in again] == [(Same, 2), (Same, 1)]


def test_an_entry_whose_guid_is_there_is_no_other_entry():
    other = replace(REPORT, guid="8")
    known, new = identify([REPORT, other], stored(REPORT), seen_at=NOW)
    assert known.entry_id == 1
    assert isinstance(new, New)


@pytest.mark.parametrize(
    "repeated",
    [
        REPORT,
        replace(REPORT, summary="Edited."),
        replace(REPORT, url=None),
        replace(REPORT, published_at=NOW + DAY),
    ],
)
def test_an_entry_that_stands_twice_in_a_response_is_repeated(repeated):
    first, second = identify([REPORT, repeated], [], seen_at=NOW)
    assert isinstance(first, New)
    assert second == Repeated(0, keys_of(repeated), second.reason)


@pytest.mark.parametrize("guid", ["feed", None, ""])
@pytest.mark.parametrize("url", ["https://example.com/", None, "https://example.com/live"])
def test_a_guid_and_an_address_that_all_entries_share_identify_none(guid, url):
    entries = [
        FeedEntry(title=title, guid=guid, url=url, published_at=NOW + minutes * timedelta(minutes=5))
        for minutes, title in enumerate(
            ["The vote begins", "Rain at noon over all of it", "PSG win a trophy"]
        )
    ]
    assert all(isinstance(one, New) for one in identify(entries, [], seen_at=NOW))
    again = identify(entries[::-1], stored(*entries), seen_at=NOW)
    assert [(type(one), one.entry_id) for one in again] == [(Same, 3), (Same, 2), (Same, 1)]


def test_a_long_title_in_a_script_without_spaces_tells_entries_apart():
    title = (
        "有志連合が「パリ宣言」を採択、停戦後のウクライナに多国籍部隊を派遣へ、"
        "英仏の首脳が文書に署名、米国は監視を主導すると表明"
    )
    first = FeedEntry(title=title, guid="1", url="https://example.com/1")
    assert isinstance(identity(replace(first, guid="node/1", url="https://example.com/node/1"), first), Same)


TICKS = {
    "the time of day": ("As of 13:02, wind from 14h30", "As of 14:03, wind from 15h30"),
    "half days": ("As of 9:05 p.m., or 9:05 PM", "As of 10:15 a.m., or 10:15 AM"),
    "an instant": ("Updated 2026-01-06T13:02:11Z.", "Updated 2026-01-07T14:03:12Z."),
    "a German time": ("Stand 21.05 Uhr.", "Stand 22.10 Uhr."),
    "a Finnish time": ("Päivitetty klo 9.05.", "Päivitetty klo 21.10."),
    "a count of comments": ("Signed. 12 comments", "Signed. 1,345 comments"),
    "a German count": ("Unterzeichnet. 1 Kommentar", "Unterzeichnet. 25 Kommentare"),
    "a labelled count": ("Points: 12 # Comments: 33", "Points: 1204 # Comments: 290"),
    "views": ("1.2k views", "15k views"),
    "an age": ("Posted 3 hours ago", "Posted 1 day ago"),
    "a French age": ("Publié il y a 5 minutes", "Publié il y a 2 heures"),
    "a Ukrainian age": ("Оновлено 5 хвилин тому", "Оновлено 2 години тому"),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), TICKS.values(), ids=TICKS)
def test_what_ticks_in_a_text_is_no_change(one, other):
    assert isinstance(identity(replace(REPORT, summary=other), replace(REPORT, summary=one)), Same)
    changed = replace(REPORT, summary=f"{other} Cloudy.")
    assert isinstance(identity(changed, replace(REPORT, summary=one)), Changed)


NEWS = {
    "a date": ("The summit is on 6 January.", "The summit is on 7 January."),
    "votes": ("It passed by 12 votes.", "It passed by 15 votes."),
    "points": ("The index lost 12 points.", "The index lost 120 points."),
    "the dead": ("12 killed", "15 killed"),
    "a result": ("PSG lead 1:0", "PSG lead 2:0"),
    "a price": ("It costs 21.05 euros.", "It costs 22.10 euros."),
}


@pytest.mark.parametrize(("one", "other"), NEWS.values(), ids=NEWS)
def test_a_number_that_is_news_is_a_change(one, other):
    assert isinstance(identity(replace(REPORT, summary=other), replace(REPORT, summary=one)), Changed)


def test_the_order_of_categories_is_no_change():
    one, other = (replace(REPORT, categories=categories) for categories in (("a", "b"), ("b", "a")))
    assert isinstance(identity(other, one), Same)


def test_hashes_of_another_version_say_nothing_of_a_change():
    (known,) = stored(REPORT)
    keys = replace(known.keys, content_hash="00" + known.keys.content_hash[2:])
    (outcome,) = identify([replace(REPORT, title="Edited")], [replace(known, keys=keys)], seen_at=NOW)
    assert isinstance(outcome, Same)
    assert outcome.keys.content_hash != keys.content_hash


def test_a_page_with_hundreds_of_entries_is_compared_with_few():
    entries = [
        FeedEntry(title=f"Entry {n}", guid=str(n), url="https://example.com/live", published_at=NOW + n * DAY)
        for n in range(300)
    ]
    outcomes = identify(entries, stored(*entries), seen_at=NOW)
    assert [one.entry_id for one in outcomes] == list(range(1, 301))


anything = st.builds(
    FeedEntry,
    title=st.text(max_size=20),
    summary=st.text(max_size=20),
    guid=st.none() | st.text(max_size=5),
    url=st.none() | st.text(max_size=20) | st.sampled_from(["https://a.example/1", "http://b.example/1"]),
    published_at=st.none() | st.just(NOW),
)


@given(st.lists(anything, max_size=6), st.lists(anything, max_size=6))
def test_each_stored_entry_is_one_entry_at_most_and_each_entry_has_an_outcome(entries, known):
    outcomes = identify(entries, stored(*known), seen_at=NOW)
    ids = [one.entry_id for one in outcomes if isinstance(one, Changed | Same)]
    assert len(outcomes) == len(entries)
    assert len(ids) == len(set(ids))
    assert set(ids) <= set(range(1, len(known) + 1))
    for index, one in enumerate(outcomes):
        assert not isinstance(one, Repeated) or (
            one.index < index and not isinstance(outcomes[one.index], Repeated)
        )


alike = st.builds(
    FeedEntry,
    title=st.sampled_from(["Talks in Paris", "Talks in Paris: a pause", "Talks in Paris: signed", "PSG win"]),
    summary=st.sampled_from(["", TEXT, "They go on."]),
    guid=st.none() | st.sampled_from("123456"),
    url=st.none()
    | st.sampled_from(["https://a.example/live", "http://b.example/live", "http://b.example/1"]),
    published_at=st.none() | st.sampled_from([NOW, NOW + DAY]),
)


@given(st.lists(alike, max_size=6, unique=True), st.lists(alike, max_size=6), st.data())
def test_what_stands_unchanged_beside_entries_counts_as_if_it_were_given_with_them(before, entries, data):
    known = [
        Known(
            entry_id=number,
            keys=outcome.keys,
            title=before[number].title,
            published_at=before[number].published_at,
            last_seen_at=NOW,
        )
        for number, outcome in enumerate(identify(before, [], seen_at=NOW))
        if isinstance(outcome, New)
    ]
    beside = [one for one in known if data.draw(st.booleans())]
    given_too = [before[one.entry_id] for one in beside]
    whole = identify([*entries, *given_too], known, seen_at=NOW + DAY)
    for one, itself in zip(whole[len(entries) :], beside, strict=True):
        # Where several that are alike may each be any of the stored ones, the order decides who is which.
        assume(isinstance(one, Repeated) or (isinstance(one, Same) and one.entry_id == itself.entry_id))
    present = frozenset(keys_digest(one.keys) for one in beside)
    assert identify(entries, known, seen_at=NOW + DAY, present=present) == whole[: len(entries)]


@given(st.lists(anything, max_size=6))
def test_keys_fit_signed_columns(entries):
    for entry in entries:
        keys = keys_of(entry)
        assert isinstance(keys, EntryKeys)
        assert all(
            key is None or 0 <= key < 2**63 for key in (keys.guid, keys.alias, keys.url, keys.fingerprint)
        )


class AFeedThroughTheYears(RuleBasedStateMachine):
    """Whatever becomes of a feed's entries between two polls, each is new at most once."""

    @initialize(
        count=st.integers(1, 6),
        guids=st.sampled_from(["own", "none", "address", "shared"]),
        dated=st.booleans(),
    )
    def start(self, count, guids, dated):
        self.scheme, self.domain, self.next_guid, self.last_change = "http", "www.example.com", 1000, None
        self.guids, self.dated = guids, dated
        self.titles = [
            f"{name} reports on the {name} matter of day {n}" for n, name in enumerate(NAMES[:count])
        ]
        self.texts = [f"{TEXT} {name} said so in {name} town." for name in NAMES[:count]]
        self.own_guids = [f"guid-{n}" for n in range(count)]
        self.known: dict[int, Known] = {}
        self.logical: dict[int, int] = {}
        self.poll(list(range(count)))

    def entry(self, n: int) -> FeedEntry:
        url = f"{self.scheme}://{self.domain}/story/{NAMES[n].lower()}"
        guid = {"own": self.own_guids[n], "none": None, "address": url, "shared": "the feed"}[self.guids]
        return FeedEntry(
            title=self.titles[n],
            summary=self.texts[n],
            guid=guid,
            url=url,
            published_at=NOW + n * timedelta(hours=7) if self.dated else None,
        )

    def poll(self, listed: list[int]) -> None:
        entries = [self.entry(n) for n in listed]
        for n, entry, outcome in zip(
            listed, entries, identify(entries, list(self.known.values()), seen_at=NOW), strict=True
        ):
            match outcome:
                case New():
                    assert n not in self.logical.values(), f"{entry} is new twice"
                    entry_id = len(self.known) + 1
                    self.logical[entry_id] = n
                case Repeated(index):
                    assert listed[index] == n
                    continue
                case Changed(entry_id) | Same(entry_id):
                    assert self.logical[entry_id] == n
            self.known[entry_id] = Known(
                entry_id=entry_id,
                keys=outcome.keys,
                title=entry.title,
                published_at=entry.published_at,
                last_seen_at=NOW,
            )

    @rule(data=st.data())
    def polled_in_any_order_with_repetitions(self, data):
        self.poll(data.draw(st.lists(st.integers(0, len(self.titles) - 1), max_size=12)))

    def everything_is_polled(self):
        self.poll(list(range(len(self.titles))))

    @rule()
    def moves_to_https(self):
        self.scheme = "https"
        self.everything_is_polled()

    @rule(domain=st.sampled_from(["example.com", "new.example.org", "www.new.example.org", "m.example.com"]))
    def moves_to_another_domain(self, domain):
        self.domain = domain
        self.everything_is_polled()

    @rule()
    def gets_other_guids(self):
        self.next_guid += 1
        self.own_guids = [f"{self.next_guid}-{n}" for n in range(len(self.titles))]
        self.everything_is_polled()

    @rule(guids=st.sampled_from(["own", "none", "address", "shared"]))
    def handles_guids_another_way(self, guids):
        self.guids = guids
        self.everything_is_polled()

    @rule(data=st.data(), word=st.sampled_from(["again", "twice", "today"]))
    def edits_a_title_and_a_text(self, data, word):
        n = data.draw(st.integers(0, len(self.titles) - 1))
        self.titles[n] = f"{self.titles[n].partition(' — ')[0]} — {word}"
        self.texts[n] = f"{word}: {self.texts[n][:150]}"
        self.everything_is_polled()

    @precondition(lambda self: self.dated)
    @rule(word=st.sampled_from(["again", "twice"]))
    def edits_moves_and_renames_at_once(self, word):
        self.domain = f"{word}.example.net"
        self.titles = [f"{title.partition(' — ')[0]} — {word}" for title in self.titles]
        self.gets_other_guids()

    @invariant()
    def every_stored_entry_is_one_logical_entry(self):
        logical = getattr(self, "logical", {})
        assert len(set(logical.values())) == len(logical)


NAMES = ["Amber", "Birch", "Cedar", "Dune", "Ember", "Flint"]

TestAFeedThroughTheYears = AFeedThroughTheYears.TestCase
TestAFeedThroughTheYears.settings = settings(max_examples=20, stateful_step_count=10, deadline=None)


def test_a_page_has_a_key_and_a_front_page_none():
    first, again = (
        url_key(FeedEntry(title="", url=f"https://example.com/a{end}")) for end in ("", "?utm_source=x")
    )
    assert first == again is not None
    assert url_key(FeedEntry(title="", url="https://example.com/")) is None
    assert url_key(FeedEntry(title="", url="no address")) is None
