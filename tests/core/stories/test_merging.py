"""Two stories become one where an entry shows it, and only there."""

from dataclasses import replace

import pytest
from told import HOUR, told

from monitor.core.stories.grouping import ties_of
from monitor.core.stories.merging import MOST_MOVED, TIED, merges
from monitor.core.stories.traces import Neighbours

# Two first reports that say too little of the same, and one that says all that either says.
PALACE = told("Macron, Starmer and Merz in the Elysee", "Rutte and Costa came at noon.", language="en")
TROOPS = told(
    "Zelensky, Tusk und Meloni reden über Truppen", "Macron und Rutte auch.", language="de", feed="b"
)
WHOLE = told(
    "Macron, Starmer, Merz, Zelensky, Tusk et Meloni : les troupes",
    "Rutte et Costa à l'Elysée.",
    language="fr",
    feed="c",
    story_id=None,
)


def around(*traces):
    neighbours = Neighbours([], {})
    for trace in traces:
        neighbours.add(trace)
    return neighbours


def merged(trace, *others, sizes=None):
    neighbours = around(*others)
    return merges(ties_of(trace, neighbours), neighbours, sizes=sizes or {})


def test_the_younger_of_two_stories_that_an_entry_ties_together_joins_the_older():
    for others in ((PALACE, TROOPS), (TROOPS, PALACE)):
        found = merged(WHOLE, *others)
        assert (found.from_id, found.into_id) == (TROOPS.story_id, PALACE.story_id)
        assert {tie.story_id for tie in found.ties} == {TROOPS.story_id, PALACE.story_id}


def test_an_entry_of_one_story_ties_nothing():
    assert merged(WHOLE) is None
    assert merged(WHOLE, PALACE) is None
    assert merged(WHOLE, PALACE, replace(TROOPS, story_id=PALACE.story_id)) is None


def test_a_digest_of_the_day_does_not_make_one_story_of_its_parts():
    weather = told("Gale warning for Brest, Quimper, Lorient and Vannes", language="en")
    match = told("Saliba, Rice, Havertz and Saka score", language="en", feed="b")
    digest = told(
        "Saliba, Rice, Havertz and Saka score; gale warning for Brest, Quimper, Lorient and Vannes",
        language="en",
        feed="c",
    )
    neighbours = around(weather, match)
    ties = ties_of(digest, neighbours)
    assert min(tie.strength for tie in ties) >= TIED
    assert len(ties) == 2
    assert merges(ties, neighbours, sizes={}) is None


@pytest.mark.parametrize(("size", "moves"), [(MOST_MOVED, True), (MOST_MOVED + 1, False)])
def test_a_large_story_is_not_moved(size, moves):
    sizes = {TROOPS.story_id: size, PALACE.story_id: 9 * MOST_MOVED}
    assert (merged(WHOLE, PALACE, TROOPS, sizes=sizes) is not None) == moves


def test_what_time_parts_is_not_merged():
    late = replace(TROOPS, told_at=TROOPS.told_at - 9 * HOUR)
    assert merged(WHOLE, PALACE, late) is None


def test_entries_of_a_merged_story_are_found_as_the_others():
    neighbours = around(PALACE, TROOPS)
    neighbours.merge(TROOPS.story_id, PALACE.story_id)
    assert {other.story_id for other in neighbours.near(WHOLE)} == {PALACE.story_id}
