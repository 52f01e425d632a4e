"""A poll in the database: applied whole or not at all, and found again as it went in."""

from dataclasses import asdict, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples.news import DAY, HOUR, MINUTE, NOW, WIRE, config, entry, feed_state, fresh, polled, rules
from sqlalchemy import func, select

from monitor.core.alerts.planner import AlertPlanner
from monitor.core.plan import plan_poll
from monitor.core.poll_facts import StoredEntry
from monitor.core.stories.identity import NEWEST_KNOWN, Changed, New, keys_of
from monitor.core.stories.open_reports import WINDOW
from monitor.core.text.filing import words_of
from monitor.errors import StalePoll, StorageError
from monitor.model import (
    AlertKind,
    DeliveryState,
    EntryKeys,
    FeedEntry,
    Field,
    Match,
    Silence,
    Span,
    Story,
    StoryMerge,
    Verdict,
)
from monitor.store import (
    Store,
    alerts,
    entries,
    feeds,
    messages,
    naming,
    outbox,
    polls,
    silences,
    stories,
    tombstones,
)
from monitor.store.entries import Wanted
from monitor.store.open_stories import OpenStories

NO_KEYS = EntryKeys(guid=None, alias=None, url=None, fingerprint=None, content_hash="00")
TEXT = "Thirty-five countries signed the declaration at the palace on Tuesday evening, after nine hours of talks."
SIGNED = fresh("Declaration signed", "paris", content=TEXT)


@pytest.fixture
def connection(store):
    with store.writing() as connection:
        feeds.register(connection, {"wire": WIRE.url}, NOW - HOUR)
        feeds.save(connection, feeds.states(connection)["wire"], feed_state())
        yield connection


OPENED = OpenStories()


def stored(*examined, connection, own=None, opened=OPENED, **keys):
    """The plan of a poll, applied."""
    before = feeds.states(connection, ["wire"])["wire"]
    poll = polled(*examined, before=before, **keys)
    plan = plan_poll(poll, polls.facts(connection, poll, opened), config=own or config())
    polls.apply(connection, plan, opened)
    return plan


def file(connection, *given):
    """Entries as they are, without a poll."""
    entries.insert(
        connection,
        [StoredEntry(entry=one, keys=NO_KEYS, words=words_of(one), reported_at=NOW) for one in given],
    )


# ── the poll ──


def test_all_that_a_poll_changes_is_stored_together(connection):
    plan = stored(SIGNED, fresh("Weather for the week"), connection=connection)
    assert [one.entry for one in plan.new] == entries.listed(connection, Wanted())[::-1]
    assert [replace(one.story, name="") for one in stories.summaries(connection)] == list(plan.opened)[::-1]
    assert alerts.listed(connection) == list(plan.alerts)
    assert alerts.decisions(connection, entry_ids=[1, 2]) == list(plan.decisions)
    assert outbox.of_alerts(connection, [1]) == {1: naming.named(connection, plan.deliveries)}
    assert feeds.states(connection)["wire"] == plan.state
    assert polls.next_ids(connection) == plan.next_ids


def test_a_stale_poll_changes_nothing(connection):
    before = feeds.states(connection)["wire"]
    poll = polled(SIGNED, before=before)
    plan = plan_poll(poll, polls.facts(connection, poll, OPENED), config=config())
    stored(connection=connection)
    with pytest.raises(StalePoll):
        polls.apply(connection, plan, OPENED)
    assert entries.listed(connection, Wanted()) == []


def test_the_same_story_told_twice_by_a_rule_is_refused_by_the_database(store, connection):
    stored(SIGNED, connection=connection)
    savepoint = connection.begin_nested()
    with pytest.raises(Exception, match=r"UNIQUE|pk_told"):
        alerts.mark_told(connection, {(1, "paris"): 9}, NOW)
    savepoint.rollback()


def test_ids_go_on_where_they_ended_also_after_polls_without_news(connection):
    for title in ("one", "two"):
        stored(fresh(title, "paris"), connection=connection)
        stored(connection=connection)
    assert [entry.id for entry in entries.listed(connection, Wanted())] == [2, 1]
    ids = polls.next_ids(connection)
    assert (ids.entry, ids.alert) == (3, 3)


def test_a_copy_of_a_stored_entry_is_found_and_joins_its_story(connection):
    stored(SIGNED, connection=connection)
    copy = fresh("Declaration signed at the palace", "paris", content=TEXT)
    plan = stored(copy, connection=connection, at=NOW + HOUR)
    assert [one.entry.copy_of for one in plan.new] == [1]
    assert [decision.verdict for decision in plan.decisions] == [Verdict.COPY]
    [summary] = stories.summaries(connection)
    assert (summary.entries, summary.feeds, summary.rules) == ((1, 2), ("wire",), ("paris",))
    assert summary.story.last_seen_at == NOW + HOUR


def test_a_note_is_stored_and_its_id_counted(connection):
    telling = AlertPlanner(told={}, next_alert_id=1, config=config(operator=("desk",)), now=NOW)
    polls.apply_notes(connection, telling)  # nothing to say
    telling.note("Feed wire is polled no more", key="stopped wire 1")
    polls.apply_notes(connection, telling)
    assert [alert.note_key for alert in alerts.listed(connection)] == ["stopped wire 1"]
    assert polls.next_ids(connection).alert == 2


# ── what waits, what was told ──


def told(connection):
    return alerts.told(connection, [1])[1, "paris"]


def lease(connection):
    return outbox.lease(connection, NOW + HOUR, for_=MINUTE, token="t", channel="desk", limit=1)


def test_an_alert_waits_until_somebody_begins_to_send_it(connection):
    plan = stored(SIGNED, connection=connection)
    assert told(connection).waits_until == plan.alerts[0].send_at
    [held] = lease(connection)
    assert told(connection).waits_until is None
    outbox.release(connection, held, now=NOW)
    assert told(connection).waits_until == plan.alerts[0].send_at


def test_an_alert_that_was_taken_out_waits_no_more(connection):
    """A second rule would join it, and never be sent."""
    stored(SIGNED, connection=connection)
    outbox.drop(connection, 1)
    assert told(connection).waits_until is None
    second = replace(SIGNED, matches=(Match(rule_id="london", rule_version="1"),))
    second = replace(second, entry=replace(second.entry, title="Paris: 35 sign", guid="2"))
    plan = stored(second, connection=connection)
    assert [one.alert_id for one in plan.deliveries] == [2]


def test_an_alert_without_any_delivery_does_not_wait(connection):
    stored(SIGNED, connection=connection, own=config(default=()))
    assert told(connection).waits_until is None


# ── messages ──


def test_a_message_is_made_of_what_the_alert_tells(connection):
    stored(SIGNED, fresh("Weather for the week"), connection=connection)
    [[row]] = outbox.of_alerts(connection, [1]).values()
    found = messages.material(connection, row)
    assert ([one.id for one in found.entries], found.feeds, found.told_before) == ([1], 1, False)
    assert found.story.title == "Declaration signed"


def test_a_story_was_told_before_once_an_earlier_alert_of_it_was_sent_there(connection):
    stored(SIGNED, connection=connection)
    [held] = lease(connection)
    later = alerts.listed(connection, [1])[0]
    later, sent = replace(later, id=2), {"channel": "desk", "recipient": ""}
    assert alerts.sent_before(connection, later, **sent) is None
    outbox.mark_sent(connection, held, now=NOW, reply_to="17", subject="Declaration signed")
    assert alerts.sent_before(connection, later, **sent) == alerts.SentBefore("17", "Declaration signed")
    assert alerts.sent_before(connection, later, **{**sent, "channel": "mail"}) is None
    assert alerts.sent_before(connection, replace(later, id=1), **sent) is None
    assert alerts.sent_before(connection, replace(later, story_id=2), **sent) is None


def test_a_delivery_whose_alert_is_gone_is_an_error_with_a_name(connection):
    stored(SIGNED, connection=connection)
    [[row]] = outbox.of_alerts(connection, [1]).values()
    with pytest.raises(StorageError, match="its alert 99 is gone"):
        messages.material(connection, replace(row, alert_id=99))


# ── entries ──

anything = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("🗞é文لאя\u200b\u2028\x00"), max_size=20
)
moments = st.none() | st.sampled_from([NOW, NOW - 900 * DAY])


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('state') / 'monitor.db'}")
    yield store
    store.close()


@settings(max_examples=60, deadline=None)
@given(
    one=st.builds(
        entry,
        title=anything, summary=anything, content=anything, guid=st.none() | anything, url=st.none() | anything,
        author=anything, categories=st.lists(anything, max_size=3).map(tuple), language=st.sampled_from([None, "uk"]),
        published_at=moments, updated_at=moments, copy_of=st.none() | st.integers(1, 9), copy_reason=anything,
        story_reason=anything, baseline=st.booleans(),
    )
)  # fmt: skip
def test_an_entry_comes_out_as_it_went_in(shared, one):
    with shared.writing() as connection:
        following = connection.execute(select(func.coalesce(func.max(entries.ENTRY.c.id), 0))).scalar() + 1
        one = replace(one, id=following)
        file(connection, one)
    with shared.reading() as connection:
        assert entries.by_ids(connection, [one.id]) == [one]


def test_a_match_comes_out_as_it_went_in(connection):
    spans = (Span(Field.TITLE, 0, 11), Span(Field.CONTENT, 3, 9))
    one = Match(rule_id="paris", rule_version="ab", spans=spans, score=1.5)
    stored(replace(SIGNED, matches=(one,)), connection=connection)
    assert [decision.match for decision in alerts.decisions(connection, alert_id=1)] == [one]
    assert alerts.matches_by_rule(connection) == {"paris": 1}


def test_entries_are_listed_newest_first_by_rule_story_feed_and_time(connection):
    stored(SIGNED, fresh("Weather for the week"), connection=connection)
    stored(fresh("Chess champion wins again", "london"), connection=connection, at=NOW + HOUR)

    def ids(**wanted):
        return [entry.id for entry in entries.listed(connection, Wanted(**wanted))]

    assert ids() == [3, 2, 1]
    assert ids(rule_id="paris") == [1]
    assert ids(story_id=2) == [3]
    assert ids(feed_id="wire") == [3, 2, 1]
    assert ids(feed_id="other") == []
    assert ids(since=NOW + HOUR) == [3]
    assert ids(since=NOW + HOUR + MINUTE) == []


def test_an_entry_is_known_by_any_of_its_keys_within_its_feed(connection):
    given = FeedEntry(title="Declaration signed", guid="g", url="https://wire.example/1", summary="Signed.")
    whole = keys_of(given)
    stored(replace(SIGNED, entry=given, identity=New(whole, "new")), connection=connection)
    for name in ("guid", "alias", "fingerprint"):
        one = replace(NO_KEYS, **{name: getattr(whole, name)})
        assert [known.entry_id for known in entries.known(connection, "wire", [one])] == [1]
        assert entries.known(connection, "other", [one]) == []
    assert entries.known(connection, "wire", [NO_KEYS]) == []


def test_an_entry_goes_by_its_new_keys_once_it_was_filed_anew(connection):
    stored(SIGNED, connection=connection)
    keys = EntryKeys(guid=1, alias=2, url=3, fingerprint=4, content_hash="01ab")
    entries.rekey(connection, {1: keys})
    [known] = entries.known(connection, "wire", [keys])
    assert known.keys == keys


def test_of_an_address_that_all_entries_link_to_the_newest_are_known(connection):
    one_page = EntryKeys(guid=None, alias=5, url=5, fingerprint=None, content_hash="01ab")
    for number in range(1, NEWEST_KNOWN + 20):
        file(connection, entry(id=number))
        entries.rekey(connection, {number: one_page})
    known = entries.known(connection, "wire", [one_page])
    assert sorted(one.entry_id for one in known) == list(range(20, NEWEST_KNOWN + 20))


# ── merges ──

PALACE = {
    "title": "Macron, Starmer and Merz in the Elysee",
    "summary": "Dinner was served late in the garden room. Rutte and Costa came by train, and nobody spoke.",
    "language": "en",
}
TROOPS = {
    "title": "Zelensky, Tusk und Meloni wollen Truppen",
    "summary": "Aus Kiew kamen sie mit einer langen Liste. Warschau bittet um Radar, Rom um Geduld.",
    "language": "de",
}
AGAIN = {
    "title": PALACE["title"],
    "summary": f"{PALACE['summary']} The doors opened at noon.",
    "language": "en",
}
ONE = StoryMerge(from_id=2, into_id=1, entry_id=2, merged_at=NOW + MINUTE, reason="entry 2 tells both")


def reported(given, *rules, **keys):
    return fresh(given["title"], *rules, summary=given["summary"], language=given["language"], **keys)


def merging(connection):
    """A poll that shows two stories to be one."""
    before = feeds.states(connection, ["wire"])["wire"]
    poll = polled(before=before, at=NOW + MINUTE)
    plan = plan_poll(poll, polls.facts(connection, poll, OpenStories()), config=config())
    polls.apply(connection, replace(plan, merges=(ONE,)), OpenStories())


def test_two_stories_that_are_one_have_all_entries_alerts_and_rules_of_both(connection):
    stored(reported(PALACE, "paris"), connection=connection)
    stored(reported(TROOPS, "london"), connection=connection)
    assert len(stories.summaries(connection)) == 2
    merging(connection)
    [summary] = stories.summaries(connection)
    assert (summary.story.id, summary.entries, summary.rules) == (1, (1, 2), ("london", "paris"))
    assert stories.survivor(connection, 2) == stories.survivor(connection, 1) == 1
    assert stories.merged(connection, 1) == [(ONE, TROOPS["title"])]
    assert {alert.story_id for alert in alerts.listed(connection)} == {1}
    assert {one.story_id for one in open_reports(OPENED, connection).values()} == {1}


def test_no_rule_that_told_either_tells_the_merged_story_as_a_new_one(connection):
    stored(reported(PALACE, "paris"), connection=connection)
    stored(reported(TROOPS, "london"), connection=connection)
    merging(connection)
    more = stored(reported(AGAIN, "paris", guid="other"), connection=connection, at=NOW + 2 * MINUTE)
    assert not [alert for alert in more.alerts if alert.kind is AlertKind.NEW]
    assert alerts.told(connection, [1, 2]).keys() == {(1, "paris"), (1, "london")}


def test_a_rule_that_told_both_keeps_both_alerts_and_tells_no_new_one(connection):
    stored(reported(PALACE, "paris"), connection=connection)
    stored(reported(TROOPS, "paris"), connection=connection)
    merging(connection)
    assert not stored(reported(AGAIN, "paris", guid="x"), connection=connection, at=NOW + 2 * MINUTE).alerts
    assert [alert.rules for alert in alerts.listed(connection)] == [("paris",), ("paris",)]


def test_a_number_leads_through_several_merges(connection):
    for from_id, into_id in ((3, 2), (2, 1)):
        stories.insert(
            connection, [Story(id=from_id, title=f"{from_id}", first_seen_at=NOW, last_seen_at=NOW)]
        )
        merge = StoryMerge(from_id=from_id, into_id=into_id, entry_id=9, merged_at=NOW, reason="said both")
        stories.merge(connection, merge)
    assert [stories.survivor(connection, each) for each in (1, 2, 3, 4)] == [1, 1, 1, 4]
    assert [(merge.from_id, title) for merge, title in stories.merged(connection, 1)] == [(2, "2"), (3, "3")]


def test_the_entries_of_a_story_are_counted_up_to_a_limit(connection):
    file(connection, *(entry(id=number, story_id=1 + number // 6) for number in range(1, 8)))
    assert stories.sizes(connection, [1, 2, 3], most=4) == {1: 4, 2: 2, 3: 0}


def test_a_silence_of_a_merged_story_silences_what_it_became(connection):
    stored(reported(PALACE, "london"), connection=connection)
    stored(reported(TROOPS, "london"), connection=connection)
    silences.add(
        connection,
        Silence(
            id=1,
            rule_id=None,
            feed_id=None,
            story_id=2,
            from_at=NOW,
            until_at=NOW + HOUR,
            comment="",
            who="desk",
        ),
    )
    merging(connection)
    after = stored(reported(AGAIN, "paris", guid="other"), connection=connection, at=NOW + 2 * MINUTE)
    assert [one.verdict for one in after.decisions] == [Verdict.SILENCED]


# ── the open stories ──


def open_reports(opened, connection, *, now=NOW):
    found = opened.reports(connection, now=now)
    return {one.id: found[one.id] for one in entries.listed(connection, Wanted()) if one.id in found}


def test_what_no_rule_matches_has_no_story_and_is_compared_with_nothing(connection):
    plan = stored(SIGNED, fresh("Weather for the week", content=TEXT), connection=connection)
    matched, other = (one.entry for one in plan.new)
    assert (matched.story_id, other.story_id, other.copy_of) == (1, None, None)
    assert open_reports(OpenStories(), connection).keys() == {matched.id}
    assert [story.id for story in plan.opened] == [1]


def test_a_poll_without_matches_asks_nothing_of_stories(connection):
    stored(SIGNED, connection=connection)
    poll = polled(fresh("Weather for the week", content=TEXT))
    facts = polls.facts(connection, poll, OPENED)
    assert not facts.saying
    assert not facts.told
    assert not facts.threads


def test_an_entry_that_comes_to_match_gets_a_story_then(connection):
    first = fresh("Talks go on in Vienna", guid="live")
    stored(first, connection=connection)
    [known] = entries.known(connection, "wire", [keys_of(first.entry)])
    now = fresh("Declaration signed", "paris", guid="live", content=TEXT)
    changed = replace(now, identity=Changed(known.entry_id, keys_of(now.entry), "new text"))
    plan = stored(changed, connection=connection, at=NOW + MINUTE)
    assert [(one.entry.id, one.entry.story_id) for one in plan.changed] == [(1, 1)]
    assert [story.title for story in plan.opened] == ["Declaration signed"]
    assert [one.verdict for one in plan.decisions] == [Verdict.ALERTED]


def test_the_open_stories_are_what_the_database_says_whoever_changed_it(url, store):
    other = Store(url)
    with store.writing() as connection:
        feeds.register(connection, {"wire": WIRE.url}, NOW - HOUR)
        feeds.save(connection, feeds.states(connection)["wire"], feed_state())
        stored(SIGNED, connection=connection, opened=store.opened)
    with other.writing() as connection:
        assert open_reports(other.opened, connection).keys() == {1}
        stored(fresh("Pact of Oslo", "paris"), connection=connection, opened=other.opened)
    with store.reading() as connection:
        mine = open_reports(store.opened, connection)
        anew = open_reports(OpenStories(), connection)
        assert list(map(asdict, mine.values())) == list(map(asdict, anew.values()))
        assert {one.story_id for one in mine.values()} == {1, 2}
    other.close()


def test_what_was_rolled_back_is_not_among_the_open_stories(connection):
    opened = OpenStories()
    stored(SIGNED, connection=connection, opened=opened)
    savepoint = connection.begin_nested()
    stored(fresh("Pact of Oslo", "paris"), connection=connection, opened=opened)
    assert open_reports(opened, connection).keys() == {1, 2}
    savepoint.rollback()
    assert open_reports(opened, connection).keys() == {1}


@pytest.mark.parametrize(("later", "ids"), [(WINDOW, {1}), (WINDOW + MINUTE, set())])
def test_an_entry_leaves_the_open_stories_a_window_after_it_was_seen(connection, later, ids):
    opened = OpenStories()
    stored(SIGNED, connection=connection, opened=opened)
    for one in (opened, OpenStories()):
        assert open_reports(one, connection, now=NOW + later).keys() == ids


def test_a_buried_entry_is_compared_with_nothing(connection):
    opened = OpenStories()
    stored(SIGNED, connection=connection, opened=opened)
    connection.execute(outbox.DELIVERY.update().values(state=DeliveryState.SENT))
    tombstones.bury(connection, [1], now=NOW)
    assert not open_reports(opened, connection)


def test_a_report_is_the_same_from_memory_and_from_the_database(connection):
    opened = OpenStories()
    for number, feed_text in enumerate((TEXT, "Subscribe to read on.", "Subscribe to read on."), 1):
        one = fresh(f"Declaration {number} signed by {number * 7} states", "paris", summary=feed_text)
        stored(one, connection=connection, opened=opened, at=NOW + number * MINUTE)
    mine, anew = open_reports(opened, connection), open_reports(OpenStories(), connection)
    assert {each: (one.headline, one.story_id, one.rules) for each, one in mine.items()} == {
        each: (one.headline, one.story_id, one.rules) for each, one in anew.items()
    }


def test_the_outlet_is_called_as_the_config_calls_it_in_a_report_made_anew(connection):
    stored(fresh("Harbour Gazette: pact signed", "paris"), connection=connection, opened=OpenStories())
    named = {WIRE.id: replace(WIRE, title="Harbour Gazette")}
    anew = OpenStories().reports(connection, now=NOW, feeds=named)
    assert anew[1].tokens == {"pact", "signed"}
    assert OpenStories().reports(connection, now=NOW)[1].tokens > anew[1].tokens


# ── what resembles a told story ──

PACT = {
    "title": "Macron, Starmer and Zelensky sign Elysee pact on Ukraine force",
    "summary": "Macron, Starmer and Zelensky signed it in the Elysee on Tuesday. The force is to have 15,000 troops.",
}
MORE = {
    "title": "After Elysee pact: Zelensky thanks Macron and Starmer, names general Hnatov head of Ukraine force",
    "summary": "Andrii Hnatov is to lead the force that Macron, Starmer and Zelensky want. He was wounded in 2023.",
}
FOLLOWING = config(rules=rules("paris", follow=True))


@pytest.mark.parametrize(("own", "alerts_made"), [(config(), 0), (FOLLOWING, 1)])
def test_what_resembles_a_told_story_is_shown_with_it_and_told_where_its_rule_follows(
    connection, own, alerts_made
):
    stored(fresh(PACT["title"], "paris", summary=PACT["summary"], language="en"), connection=connection)
    connection.execute(outbox.DELIVERY.update().values(state=DeliveryState.SENT))
    more = fresh(MORE["title"], summary=MORE["summary"], language="en")
    plan = stored(more, connection=connection, own=own, at=NOW + MINUTE)
    [related] = (one.entry for one in plan.new)
    assert related.story_id == 1
    assert related.story_reason.startswith("no rule matches it; in common with entry 1")
    assert not plan.decisions
    assert len(plan.alerts) == alerts_made
    for alert in plan.alerts:
        assert (alert.kind, alert.story_id, alert.entry_id, alert.rules) == (
            AlertKind.UPDATE,
            1,
            2,
            ("paris",),
        )
        [delivery] = plan.deliveries
        message = messages.material(connection, delivery)
        assert [one.id for one in message.entries] == [2]
    again = fresh(MORE["title"], summary=MORE["summary"], language="en", guid="again")
    connection.execute(outbox.DELIVERY.update().values(state=DeliveryState.SENT))
    assert not stored(again, connection=connection, own=own, at=NOW + 2 * MINUTE).alerts


def test_what_resembles_no_story_joins_none(connection):
    stored(fresh(PACT["title"], "paris", summary=PACT["summary"], language="en"), connection=connection)
    for title in (
        "Macron opens the book fair in Paris",
        "Weather for the week",
        "Zelensky and Macron speak of grain",
    ):
        [one] = stored(fresh(title, language="en"), connection=connection, at=NOW + MINUTE).new
        assert one.entry.story_id is None
