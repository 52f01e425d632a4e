"""A feed's guids are believed until they prove bad again and again, and then never again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples.news import DAY, MINUTE, NOW, feed_state

from monitor.core.stories.guids import FORGOTTEN, STRIKES, Guids, read, weigh
from monitor.core.stories.identity import Known, Same, identify, keys_of
from monitor.core.stories.resemblance import By
from monitor.model import FeedEntry

FLAWS = (Guids.MISSING, Guids.SHARED, Guids.CHANGED)
WORDS = ("Amber", "Birch", "Cedar", "Dune", "Ember")


def entries(*guids: str | None, edit: str = "") -> list[FeedEntry]:
    return [
        FeedEntry(
            title=f"{word} reports on the {word} matter {edit}",
            guid=guid,
            url=f"https://wire.example/{word}",
            published_at=NOW + number * DAY,
        )
        for number, (word, guid) in enumerate(zip(WORDS, guids, strict=False))
    ]


def stored(some: list[FeedEntry]) -> list[Known]:
    return [
        Known(
            entry_id=number,
            keys=keys_of(one),
            title=one.title,
            published_at=one.published_at,
            last_seen_at=NOW,
        )
        for number, one in enumerate(some)
    ]


def said(now: list[FeedEntry], before: list[FeedEntry] = ()) -> Guids:
    known = stored(before)
    return read(identify(now, known, seen_at=NOW), known)


def test_a_response_says_what_is_wrong_with_its_guids():
    good = entries("1", "2", "3")
    assert said(good) is Guids.SILENT
    assert said(entries("1", "2", "3", edit="again"), good) is Guids.KEPT
    assert said(entries(None, "", "3")) is Guids.MISSING
    assert said(entries("feed", "feed", "3")) is Guids.SHARED
    assert said(entries("7", "8", "3"), good) is Guids.CHANGED


def test_a_single_new_entry_with_the_guid_of_another_one_says_that_it_is_shared():
    other = replace(entries(None, "feed")[1], title="PSG win a trophy")
    assert said([other], entries("feed")) is Guids.SHARED


def test_one_bad_entry_among_good_ones_says_nothing():
    assert said(entries("1", None, "3", "4")) is Guids.SILENT
    assert said(entries("1", "1", "3", "4", "5")) is Guids.SILENT
    assert said(entries("1", "2", "9", edit="again"), entries("1", "2", "3")) is Guids.KEPT


def test_an_empty_response_says_nothing():
    assert said([]) is Guids.SILENT


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_feed_is_demoted_for_the_third_flaw_within_a_month(flaw):
    state = feed_state()
    for number in range(STRIKES):
        assert not state.guids.unreliable
        state = weigh(state, flaw, now=NOW + number * FORGOTTEN)
    assert state.guids.unreliable == str(flaw)


def test_flaws_that_are_far_apart_demote_nobody():
    state = feed_state()
    for number in range(10):
        state = weigh(state, Guids.CHANGED, now=NOW + number * (FORGOTTEN + MINUTE))
    assert not state.guids.unreliable


def test_guids_that_were_kept_take_a_flaw_back():
    state = feed_state()
    for number in range(20):
        state = weigh(state, (Guids.CHANGED, Guids.KEPT)[number % 2], now=NOW + number * MINUTE)
    assert not state.guids.unreliable


@given(st.lists(st.tuples(st.sampled_from(Guids), st.integers(0, 50))))
def test_the_demotion_sticks_whatever_comes(history):
    state, at, reasons = feed_state(), NOW, []
    for seen, days in history:
        at += timedelta(days=days)
        state = weigh(state, seen, now=at)
        reasons.append(state.guids.unreliable)
    first = next((index for index, reason in enumerate(reasons) if reason), len(reasons))
    assert len(set(reasons[first:])) <= 1
    assert sum(seen in FLAWS for seen, _ in history[: first + 1]) >= STRIKES or first == len(reasons)


def test_without_guids_entries_are_known_by_address_and_text():
    """A guid that a feed makes anew with every edit, as it dates it: believed, it is another entry each time."""
    before = stored(entries("news#0"))
    edited = [replace(entries("news#1", edit="again")[0], published_at=NOW + timedelta(hours=5))]
    assert not isinstance(identify(edited, before, seen_at=NOW)[0], Same)
    [outcome] = identify(edited, before, seen_at=NOW, without=frozenset({By.GUID}))
    assert outcome.entry_id == 0


def test_guids_that_number_places_in_a_list_never_make_an_entry_new_twice():
    """A new entry on top moves all others down by one, and gives each the guid of its neighbour."""
    before = entries("2", "3", "4")
    top = FeedEntry(title="Ember opens", guid="1", url="https://wire.example/top", published_at=NOW + 9 * DAY)
    shifted = [replace(top, guid="2"), *entries("3", "4", "5")]
    outcomes = identify(shifted, stored(before), seen_at=NOW)
    assert [getattr(one, "entry_id", None) for one in outcomes] == [None, 0, 1, 2]


def test_an_undated_new_entry_is_new_though_its_guid_is_the_place_of_the_one_that_it_pushed_down():
    """Without dates an entry under a known guid looks like that one, edited and moved to another address.

    The page that the guid named before stands elsewhere in the response: so the guid has gone over to the new entry.
    """
    before = [replace(one, published_at=None) for one in entries("1", "2", "3")]
    top = FeedEntry(title="Ember reports on the Ember matter", guid="1", url="https://wire.example/top")
    shifted = [
        top, *(replace(one, guid=str(place)) for place, one in enumerate(before, start=2))
    ]  # fmt: skip
    outcomes = identify(shifted, stored(before), seen_at=NOW)
    assert [getattr(one, "entry_id", None) for one in outcomes] == [None, 0, 1, 2]
