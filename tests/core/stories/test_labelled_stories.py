"""The floor under what `bench/measure_stories.py` measures: it may rise, not sink."""

from itertools import islice

import grouped
import pytest


@pytest.fixture(scope="module")
def entries():
    return grouped.matching(grouped.labelled())


@pytest.fixture(scope="module")
def came(entries):
    orders = islice(grouped.orders(entries), 3)
    return [grouped.streamed(order) for order in orders]


def test_copies_are_told_from_look_alikes_in_any_order(entries, came):
    for one in came:
        score = grouped.copies_score(entries, one)
        assert score.precision >= 0.95
        assert score.recall >= 0.95


def test_a_copy_is_of_an_original_and_in_its_story(came):
    for one in came:
        for name, original in one.copies.items():
            assert original is None or one.copies[original] is None
            assert original is None or one.stories[name] == one.stories[original]


@pytest.mark.parametrize(
    ("counts", "floor"),
    [(lambda one, other: True, 0.82), (grouped.within, 0.96), (grouped.across, 0.81)],
    ids=["all", "within a language", "across languages"],
)
def test_stories_stay_as_good_as_they_were(entries, came, counts, floor):
    scores = [grouped.b_cubed(entries, one.stories, counts) for one in came]
    assert grouped.mean(scores).f1 >= floor


def test_stories_are_found_beyond_copies(entries, came):
    alone = grouped.b_cubed(entries, grouped.copies_alone(entries))
    assert grouped.mean([grouped.b_cubed(entries, one.stories) for one in came]).f1 >= alone.f1 + 0.05
