"""Turns of pages: every feed has its own, whoever wants more waits for nobody but himself."""

from datetime import UTC, datetime, timedelta
from itertools import count

from monitor.core.pages.turns import OF_ONE_FEED, next_pages
from monitor.model import Page

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
number = count(1)


def page(feed, site, *, minutes=0):
    at = NOON + timedelta(minutes=minutes)
    entry = next(number)
    return Page(
        entry_id=entry, feed_id=feed, url=f"{site}/{entry}", site=site, wanted="", queued_at=at, next_at=at
    )


def read(waiting, *, room=8, under_way=()):
    """The feeds in the order in which their pages are read, one after another, each done when the next begins."""
    served, turns, left = {}, count(1), list(waiting)
    while chosen := next_pages(left, under_way=under_way, served=served, room=room):
        for one in chosen:
            left.remove(one)
            served[one.feed_id] = next(turns)
            yield one


def test_a_feed_has_half_of_the_places_and_no_more():
    waiting = [page("mole", f"tarpit-{site}") for site in range(64)]
    chosen = next_pages(waiting, under_way=(), served={}, room=8)
    assert len(chosen) == OF_ONE_FEED
    assert next_pages(waiting, under_way=chosen, served={"mole": 1}, room=4) == []
    honest = page("paper", "paper", minutes=5)
    assert next_pages([*waiting, honest], under_way=chosen, served={"mole": 1}, room=4) == [honest]


def test_two_feeds_of_a_site_take_turns_however_many_pages_one_of_them_wants():
    waiting = [page("mole", "paper") for _ in range(50)] + [
        page("paper", "paper", minutes=5 + one) for one in range(3)
    ]
    order = [one.feed_id for one in read(waiting)]
    assert sorted(order) == ["mole"] * 50 + ["paper"] * 3
    assert order.index("paper") <= 1
    assert [index for index, feed in enumerate(order) if feed == "paper"][-1] <= 5


def test_a_site_is_asked_for_one_page_at_a_time():
    chosen = next_pages(
        [page("paper", "a"), page("wire", "a"), page("wire", "b")],
        under_way=[page("post", "b")],
        served={},
        room=8,
    )
    assert [one.site for one in chosen] == ["a"]


def test_of_equals_the_longest_waiting_is_first():
    late, early = page("a", "a", minutes=1), page("b", "b")
    assert next_pages([late, early], under_way=(), served={}, room=1) == [early]
