from dataclasses import replace

from samples.news import DAY, HOUR, NOW, WIRE, entry, rules

from monitor.core.examine import examine, language_of, read_feed, rekeyed
from monitor.core.rules import compile_rules
from monitor.core.stories.identity import Changed, Known, New, Repeated, Same, keys_of
from monitor.model import Feed, FeedEntry, ParsedFeed, Rule


def given(title, **keys):
    return FeedEntry(**{"title": title, "guid": title, "published_at": NOW, **keys})


def new(one):
    return New(keys_of(one), "new")


def compiled(*queries, **keys):
    made, problems = compile_rules([Rule(id=query, query=query, **keys) for query in queries], {})
    assert not problems
    return made


def examined(entries, identities=None, *, own=None, feed=WIRE, stored=None):
    rules = own or compiled("declaration")
    return examine(
        read_feed(
            ParsedFeed(entries=tuple(entries), keys=tuple(map(keys_of, entries))), feed=feed, rules=rules
        ).entries,
        identities or [new(one) for one in entries],
        stored=stored or {},
        feed=feed,
        rules=rules,
    )


def test_only_new_and_changed_entries_are_looked_at():
    entries = [given(title) for title in ("new", "same", "repeated", "changed")]
    keys = keys_of(entries[0])
    identities = [New(keys, ""), Same(1, keys, ""), Repeated(0, keys, ""), Changed(2, keys, "")]
    found = examined(entries, identities)
    assert {one.entry.title for one in found} == {"new", "changed"}


def test_entries_come_in_the_order_of_time_undated_ones_last_from_the_foot_of_the_feed_upwards():
    entries = [
        given("undated, on top", published_at=None),
        given("late", published_at=NOW),
        given("also early, above", published_at=NOW - DAY),
        given("early", published_at=NOW - DAY),
        given("undated, below", published_at=None),
    ]
    titles = [one.entry.title for one in examined(entries)]
    assert titles == ["early", "also early, above", "late", "undated, below", "undated, on top"]


def test_an_entry_is_matched_in_all_its_texts():
    texts = [
        given("The declaration"),
        given("a", summary="the declaration"),
        given("b", content="the declaration"),
        given("c", content="nothing of it"),
    ]
    matched = {one.entry.title: bool(one.matches) for one in examined(texts)}
    assert matched == {"The declaration": True, "a": True, "b": True, "c": False}


def test_an_entrys_language_is_detected_where_its_feed_does_not_say():
    french = (
        "Les dirigeants de la coalition se sont réunis mardi soir au palais pour signer un accord historique."
    )
    [one] = examined([given("Accord", content=french)])
    assert one.language == "fr"


def test_a_language_that_an_entry_declares_for_itself_is_believed_one_that_its_feed_declares_is_a_hint():
    french = (
        "Les dirigeants de la coalition se sont réunis mardi soir au palais pour signer un accord historique."
    )
    one = given("Accord", content=french, language="oc")
    assert language_of(one, "en") == "oc"
    assert language_of(one, "oc") == "fr"


def test_a_rule_for_one_feed_matches_no_other():
    own = compiled("declaration", feeds=("tag:world",))
    world = Feed(id="world", url="https://world.example/", tags=frozenset({"world"}))
    assert examined([given("Declaration")], own=own, feed=world)[0].matches
    assert not examined([given("Declaration")], own=own)[0].matches


def test_a_changed_entry_knows_which_rules_held_for_it_before():
    after = given("The declaration on the treaty")
    identity = Changed(1, keys_of(after), "same guid")
    before = {1: entry(id=1, title="The treaty")}
    [one] = examined([after], [identity], own=compiled("declaration", "treaty"), stored=before)
    assert {match.rule_id for match in one.matches} == {"declaration", "treaty"}
    assert one.matched_before == {"treaty"}


def test_the_old_text_is_not_matched_where_the_new_one_matches_nothing():
    after = given("Weather")
    [one] = examined([after], [Changed(1, keys_of(after), "same guid")])  # and so it need not be known
    assert (one.matches, one.matched_before) == ((), frozenset())


def test_unchanged_entries_that_go_by_other_keys_now_are_filed_anew():
    moved, still, fresh = (given(title) for title in ("moved", "still", "fresh"))
    stored_keys = replace(keys_of(moved), guid=1)
    known = [
        Known(entry_id=number, keys=keys, title="", published_at=None, last_seen_at=NOW - HOUR)
        for number, keys in ((1, stored_keys), (2, keys_of(still)))
    ]
    identities = [Same(1, keys_of(moved), ""), Same(2, keys_of(still), ""), New(keys_of(fresh), "")]
    assert rekeyed(identities, known) == {1: keys_of(moved)}


def test_without_rules_nothing_matches():
    empty, _ = compile_rules(rules().values(), {})
    assert examined([given("Declaration")], own=empty)[0].matches == ()
