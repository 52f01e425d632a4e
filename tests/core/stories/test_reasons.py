"""Reasons name what was in common, in the words of the entry itself."""

from dataclasses import replace
from functools import partial

from told import HOUR, neighbours, told

from monitor.core.stories.copies import find_copy
from monitor.core.stories.grouping import choose_story, ties_of
from monitor.core.stories.reasons import MOST_NAMED, why_joined, why_merged
from monitor.core.stories.traces import wording_of
from monitor.model import FeedEntry

FIRST_TITLE = "Macron Starmer and Zelensky sign a declaration on 35 troops for Ukraine"
FIRST = told(
    FIRST_TITLE,
    feed="bbc",
    rules=frozenset({"paris"}),
)


def reason(title, *others, summary="", language="en", **more):
    trace = told(title, summary, language=language, story_id=None, **more)
    around = neighbours(*others)
    chosen = choose_story(trace, around, copy=find_copy(trace, around))
    entry = FeedEntry(title=title, summary=summary, language=language)
    return why_joined(chosen, trace, partial(wording_of, entry, language=language), around)


def test_it_names_what_an_entry_of_another_language_has_in_common():
    said = reason(
        "Макрон, Стармер и Зеленский подписали: 35 государств, Украина",
        FIRST,
        language="ru",
        after=2 * HOUR,
        rules=frozenset({"paris", "other"}),
    )
    assert said.startswith(
        f"in common with entry {FIRST.entry_id} (2 h earlier, bbc): places Украина; names "
    )
    assert said.endswith("; numbers 35; rule paris")
    assert all(name in said for name in ("Макрон", "Стармер", "Зеленский"))


def test_it_names_words_within_a_language_and_no_more_than_can_be_read():
    said = reason(
        "Zelensky, Starmer and Macron sign declaration on troops for Ukraine", FIRST, feed="b", after=HOUR
    )
    assert said.startswith(f"in common with entry {FIRST.entry_id} (60 min earlier, bbc): ")
    named = said.partition("): ")[2].replace(";", ",").split(", ")
    assert len(named) == MOST_NAMED
    assert {one.rpartition(" ")[2] for one in named} < {*FIRST_TITLE.split(), "sign"}


def test_a_story_of_its_own_says_what_came_nearest():
    assert reason("Rain in the west") == "a story of its own: nothing like it is known"
    said = reason("Macron empfängt Merz", FIRST, language="de", feed="b")
    assert said.startswith("a story of its own: too little in common with entry")
    assert said.endswith("names Macron")


def test_a_copy_says_of_what():
    text = (
        "Eleven towns vote on the merger of their schools, which costs nine million a year, says the county."
    )
    first = told("Towns vote", text)
    said = reason("Schools: towns vote", first, summary=text, feed="b")
    assert said == f"a copy of entry {first.entry_id} stays in its story"


def test_a_merge_names_what_is_in_common_with_either_story():
    other = told("Tusk und Meloni: 70 Panzer", language="de", feed="zdf")
    title = "Macron, Starmer, Tusk, Meloni: 35 et 70"
    trace = told(title, language="fr", feed="c")
    around = neighbours(FIRST, other)
    one, two = ties_of(trace, around)
    wording = partial(wording_of, FeedEntry(title=title), language="fr")
    said = why_merged((one, two), trace, wording, around)
    assert said.startswith(f"entry {trace.entry_id} tells both: ")
    assert all(word in said for word in ("Macron", "Starmer", "35", "Tusk", "Meloni", "70", "bbc", "zdf"))
    alone = replace(two, others=(trace,))
    assert why_merged((alone, one), trace, wording, around).count("in common") == 1
