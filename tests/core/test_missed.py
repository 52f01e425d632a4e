"""What of a page of older entries was missed."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.core.polling.missed import LATE, older_page
from monitor.core.stories.identity import Changed, New, Repeated, Same, keys_of
from monitor.model import FeedEntry

LOOKED_AT = datetime(2026, 1, 6, 19, 0, tzinfo=UTC)
EPSILON = timedelta(microseconds=1)


def entry(name, *, after=timedelta(minutes=5)):
    return FeedEntry(title=name, published_at=None if after is None else LOOKED_AT + after)


def new(one):
    return New(keys_of(one), "")


def judged(*pairs):
    page = older_page([one for one, _ in pairs], [identity for _, identity in pairs], looked_at=LOOKED_AT)
    return "".join(pairs[index][0].title for index in page.missed), page.ends


A, B, C = entry("a"), entry("b"), entry("c")


def test_a_page_of_unknown_entries_is_missed_whole_and_more_may_be_behind():
    assert judged((A, new(A)), (B, new(B))) == ("ab", False)


@pytest.mark.parametrize("kind", [Same, Changed])
def test_a_page_counts_down_to_what_is_known(kind):
    assert judged((A, new(A)), (B, kind(1, keys_of(B), "")), (C, new(C))) == ("a", True)


@pytest.mark.parametrize(("after", "missed"), [(-LATE, "a"), (-LATE + EPSILON, "ab"), (None, "a")])
def test_what_is_older_than_the_last_look_or_undated_was_not_missed(after, missed):
    late = entry("b", after=after)
    assert judged((A, new(A)), (late, new(late))) == (missed, missed == "a")


def test_an_entry_that_stands_twice_is_missed_once():
    assert judged((A, new(A)), (A, Repeated(0, keys_of(A), ""))) == ("a", False)


def test_an_empty_page_ends_the_search():
    assert judged() == ("", True)
